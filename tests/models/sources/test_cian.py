"""CIAN's feed in its dialects."""

from decimal import Decimal

import pytest

from models.core.enums import Condition, DealType, PropertyType
from models.sources.formats.offer import Photo, Station
from tests.models.sources.feeds import cian, cian_object, feed_of, read


@pytest.fixture
def offer(tmp_path):
    """A function that reads one object with changes."""

    def make(identity="c-1", **changes):
        [found] = read(tmp_path, cian(cian_object(identity, **changes)))
        return found

    return make


def test_every_tag_finds_its_place(offer):
    read_offer = offer(
        RepairType="design",
        BalconiesCount="1",
        SeparateWcsCount="2",
        Undergrounds="<UndergroundInfoSchema><Name>Спортивная</Name><Time>7</Time><TransportType>walk</TransportType>"
        "</UndergroundInfoSchema><UndergroundInfoSchema><Name>Воробьёвы горы</Name><Time>5</Time>"
        "<TransportType>transport</TransportType></UndergroundInfoSchema>",
        Photos="<PhotoSchema><FullUrl>https://img.example/1.jpg</FullUrl><IsDefault>true</IsDefault></PhotoSchema>"
        "<PhotoSchema><FullUrl>https://img.example/2.jpg</FullUrl><IsDefault>true</IsDefault></PhotoSchema>",
        LayoutPhoto="<FullUrl>https://img.example/plan.jpg</FullUrl>",
    )

    assert read_offer.faults == [] and read_offer.guesses == []
    assert (read_offer.external_id, read_offer.deal_type, read_offer.property_type) == (
        "c-1",
        DealType.SALE,
        PropertyType.APARTMENT,
    )
    assert (read_offer.price, read_offer.currency, read_offer.market) == (Decimal(27_900_000), "RUB", "resale")
    assert (read_offer.area, read_offer.living_area, read_offer.kitchen_area) == (
        Decimal("61.4"),
        Decimal(38),
        Decimal(10),
    )
    assert (read_offer.rooms, read_offer.floor, read_offer.total_floors, read_offer.year_built) == (2, 3, 12, 2009)
    assert (read_offer.address, read_offer.street, read_offer.house_number) == (
        "Москва, улица Усачёва, 11",
        "улица Усачёва",
        "11",
    )
    assert (read_offer.latitude, read_offer.longitude) == (Decimal("55.7267"), Decimal("37.5673"))
    assert read_offer.stations == [Station("Спортивная", 7), Station("Воробьёвы горы", 5, by_transport=True)]
    assert read_offer.condition is Condition.DESIGN
    assert read_offer.photos == [
        Photo("https://img.example/plan.jpg", "plan"),
        Photo("https://img.example/1.jpg"),
        Photo("https://img.example/2.jpg"),
    ]
    assert read_offer.facts == {
        "material": ["brick", "monolith"], "lift": True, "mortgage": True, "free_sale": True, "renovation": "design",
        "balcony": True, "bathroom": "separate", "bathrooms": 2,
    }  # fmt: skip


@pytest.mark.parametrize("root", ["feed", "Feed", "realty-feed", "objects"])
def test_objects_are_found_in_whichever_root(tmp_path, root):
    body = cian_object().replace("object>", "Object>") if root == "Feed" else cian_object()
    [found] = read(tmp_path, cian(body, root=root))

    assert (found.external_id, found.price, found.faults) == ("c-1", Decimal(27_900_000), [])


@pytest.mark.parametrize(
    ("rooms", "changes", "expected"),
    [
        ("1", {}, 1),
        ("6", {}, 6),  # six and more
        ("7", {}, None),  # open plan
        ("9", {}, 0),
        ("0", {"more": "<RoomType>both</RoomType>"}, 0),
        ("1", {"Category": "newBuildingFlatSale", "more": "<Type>7</Type>"}, 0),
        (None, {"TotalArea": "24"}, 0),
        ("Студия", {}, 0),
        ("5", {"more": "<Type>2</Type>"}, 5),
    ],
)
def test_counts_of_rooms_and_their_codes(offer, rooms, changes, expected):
    read_offer = offer(FlatRoomsCount=rooms, **changes)

    assert (read_offer.rooms, read_offer.faults) == (expected, [])


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({"BargainTerms": "<Price>9000000</Price><DiscountPrice>8500000</DiscountPrice>"}, 8_500_000),
        ({"BargainTerms": "<Price>9000000</Price><DiscountPrice>0</DiscountPrice>"}, 9_000_000),
        ({"BargainTerms": "<MortgageAllowed>1</MortgageAllowed>", "price": "<value>7100000</value>"}, 7_100_000),
        ({"BargainTerms": None, "price": "<value>7 100 000</value><currency>RUB</currency>"}, 7_100_000),
        ({"BargainTerms": "<Price>9000000</Price>", "more": "<Price_tot_sale>8800000</Price_tot_sale>"}, 8_800_000),
        ({"BargainTerms": "<Price>300000</Price><PriceType>squareMeter</PriceType>"}, 300_000 * Decimal("61.4")),
    ],
)
def test_prices_of_each_dialect_are_found(offer, changes, price):
    read_offer = offer(**changes)

    assert (read_offer.price, read_offer.faults) == (price, [])


def test_a_dialect_without_prices_refuses_its_objects(offer):
    read_offer = offer(BargainTerms=None, more="<Cost>9000000</Cost>")

    assert [(fault.field, fault.reason) for fault in read_offer.faults] == [("price", "import.missing")]


@pytest.mark.parametrize(
    ("category", "deal", "kind"),
    [
        ("flatRent", DealType.RENT, PropertyType.APARTMENT),
        ("dailyFlatRent", DealType.RENT, PropertyType.APARTMENT),
        ("newBuildingFlatSale", DealType.SALE, PropertyType.APARTMENT),
        ("roomRent", DealType.RENT, PropertyType.ROOM),
        ("houseSale", DealType.SALE, PropertyType.HOUSE),
        ("cottageRent", DealType.RENT, PropertyType.HOUSE),
        ("townhouseSale", DealType.SALE, PropertyType.TOWNHOUSE),
        ("officeRent", DealType.RENT, PropertyType.COMMERCIAL),
        ("flatShareSale", DealType.SALE, PropertyType.APARTMENT),
    ],
)
def test_categories_name_deal_and_type(offer, category, deal, kind):
    read_offer = offer(Category=category)

    assert (read_offer.deal_type, read_offer.property_type, read_offer.faults) == (deal, kind, [])
    assert read_offer.per_day is category.startswith("daily")
    assert read_offer.facts.get("share", False) is (category == "flatShareSale")


@pytest.mark.parametrize(
    ("category", "reason"),
    [
        ("landSale", "import.land"),
        ("garageSale", "import.garage"),
        ("castleSale", "import.unknown_category"),
        ("flat", "import.unknown_category"),
        (None, "import.missing"),
    ],
)
def test_unsupported_categories_are_refused_by_name(offer, category, reason):
    assert [(fault.field, fault.reason) for fault in offer(Category=category).faults] == [("category", reason)]


@pytest.mark.parametrize(
    ("more", "on_market"),
    [
        ("<Booking><Status>free</Status></Booking>", True),
        ("<Booking><Status>booked</Status></Booking>", False),
        ("<Status>0</Status><fl_status>AVAILABLE</fl_status>", True),
        ("<Status>0</Status><fl_status>BOOKED</fl_status>", False),
        ("<fl_status>AVAILABLE</fl_status><Booking><Status>booked</Status></Booking>", False),
        ("<fl_status>UNAVAILABLE</fl_status>", False),
        ("", True),
    ],
)
def test_booked_and_sold_homes_are_not_on_the_market(offer, more, on_market):
    assert offer(more=more).on_market is on_market


@pytest.mark.parametrize(
    ("building", "more", "year", "facts"),
    [
        ("<Deadline><Year>2027</Year><Quarter>third</Quarter><IsComplete>false</IsComplete></Deadline>", "", 2027,
         {"handed_over": False, "completion": 2027.5}),
        ("<Deadline><Year>2020</Year><Quarter>first</Quarter><IsComplete>true</IsComplete></Deadline>", "", 2020,
         {"handed_over": True}),
        ("<BuildYear>2026</BuildYear>", "<ready_quarter>2кв</ready_quarter>", 2026, {"completion": 2026.25}),
        ("", "<JKSchema><House><Name>к2</Name><Deadline><Date>2028-03-31</Date></Deadline></House></JKSchema>",
         2028, {}),
        ("<Deadline><Year>1</Year></Deadline>", "", None, {}),
    ],
)  # fmt: skip
def test_deadlines_are_read_wherever_they_stand(offer, building, more, year, facts):
    read_offer = offer(Category="newBuildingFlatSale", Building=building, more=more)

    assert read_offer.year_built == year
    assert {name: read_offer.facts[name] for name in ("handed_over", "completion") if name in read_offer.facts} == facts


def test_rents_have_their_terms(offer):
    read_offer = offer(
        Category="flatRent",
        BargainTerms="<Price>80000</Price><Currency>rur</Currency><LeaseTermType>longTerm</LeaseTermType>"
        "<Deposit>40000</Deposit><ClientFee>50</ClientFee><PrepayMonths>1</PrepayMonths>"
        "<UtilitiesTerms><IncludedInPrice>true</IncludedInPrice></UtilitiesTerms>",
        Building="<FloorsCount>0</FloorsCount>",
        more="<HasInternet>true</HasInternet><PetsAllowed>false</PetsAllowed>",
    )

    assert (read_offer.price, read_offer.total_floors) == (Decimal(80_000), None)
    assert read_offer.facts == {
        "rent_term": "long", "deposit": 0.5, "commission": 50.0, "prepayment": 1.0, "utilities_included": True,
        "internet": True, "pets": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("area", "unit", "square_metres"),
    [
        ("8.5", "sotka", 850),
        ("8", "сотка", 800),
        ("0,3", "hectare", 3000),
        ("900", "squareMeter", 900),
        ("900", "sotka", 900),
    ],
)
def test_a_houses_plot_is_in_square_metres(offer, area, unit, square_metres):
    read_offer = offer(Category="houseSale", Land=f"<Area>{area}</Area><AreaUnitType>{unit}</AreaUnitType>")

    assert read_offer.land_area == square_metres


def test_concatenated_photo_addresses_are_separated(offer):
    read_offer = offer(
        Photos="<PhotoSchema><FullUrl>https://a.example/1.jpghttps://a.example/2.jpg</FullUrl></PhotoSchema>"
    )

    assert [photo.url for photo in read_offer.photos] == ["https://a.example/1.jpg", "https://a.example/2.jpg"]


def test_ignored_parts_are_reported(tmp_path):
    feed = feed_of(tmp_path, cian(cian_object(more="<CadastralNumber>-</CadastralNumber>")))
    list(feed.offers())

    assert feed.notes.ignored_fields == {"phones": 1, "cadastralnumber": 1}
