"""YRL in its dialects: the meaning of each variant."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from models.core.enums import Condition, DealType, PropertyType
from models.sources.formats.offer import Photo, Station
from tests.models.sources.feeds import NAMESPACE, feed_of, read, yrl, yrl_offer
from tests.sentences import english

LOCATION = "<locality-name>Москва</locality-name>"


def test_every_tag_finds_its_place(offer):
    read_offer = offer(
        built_year="2008",
        building_type="кирпично-монолитный",
        renovation="дизайнерский",
        bathroom_unit="2 раздельный",
        balcony="лоджия",
        ceiling_height="3,1",
        mortgage="да",
        image="https://img.example/1.jpg",
        more='<image tag="plan">https://img.example/plan.png</image><lift>+</lift>',
    )

    assert read_offer.faults == [] and read_offer.guesses == []
    assert (read_offer.external_id, read_offer.deal_type, read_offer.property_type) == (
        "a-1",
        DealType.SALE,
        PropertyType.APARTMENT,
    )
    assert (read_offer.price, read_offer.currency) == (Decimal(21_500_000), "RUB")
    assert (read_offer.area, read_offer.living_area, read_offer.kitchen_area) == (
        Decimal("54.3"),
        Decimal("31.5"),
        Decimal(11),
    )
    assert (read_offer.rooms, read_offer.floor, read_offer.total_floors, read_offer.year_built) == (2, 5, 9, 2008)
    assert (read_offer.city, read_offer.district, read_offer.street, read_offer.house_number) == (
        "Москва", "Хамовники", "улица Льва Толстого", "16",
    )  # fmt: skip
    assert (read_offer.latitude, read_offer.longitude) == (Decimal("55.7339"), Decimal("37.5885"))
    assert read_offer.stations == [Station("Парк культуры", 9)]
    assert read_offer.condition is Condition.DESIGN
    assert read_offer.photos == [Photo("https://img.example/1.jpg"), Photo("https://img.example/plan.png", "plan")]
    assert read_offer.description == "Светлая квартира окнами в тихий двор."
    assert read_offer.facts == {
        "material": ["brick", "monolith"],
        "renovation": "design",
        "bathroom": "separate",
        "bathrooms": 2,
        "balcony": True,
        "ceiling_height": 3.1,
        "mortgage": True,
        "lift": True,
        "from_owner": False,
    }


@pytest.mark.parametrize(
    "root",
    [
        "realty-feed",
        "realty-feed" + NAMESPACE,
        'realty-feed xmlns="http://webmaster.yandex.ru/schemas/feed/metarealty/2026-03"',
        'realty-feed type="profitbase_xml"',
        'Realty-Feed xmlns:y="urn:x"',
        "feed",
    ],
)
def test_the_root_and_its_namespace_do_not_matter(tmp_path, root):
    [found] = read(tmp_path, yrl(yrl_offer(), root=root))

    assert (found.external_id, found.price, found.faults) == ("a-1", Decimal(21_500_000), [])


@pytest.mark.parametrize("identity", ["1", "000110548", "261-1-2-6", "9f86d081-884c-4d65-9f86-d081884c7d65", "ffe0"])
def test_ids_are_texts(offer, identity):
    assert offer(identity).external_id == identity


@pytest.mark.parametrize(
    ("changes", "rooms"),
    [
        ({"rooms": None, "studio": "true"}, 0),
        ({"rooms": "1", "studio": "1"}, 0),
        ({"rooms": None, "area": "<value>28</value>"}, 0),  # rooms missing: a guess from the area
        ({"rooms": None, "rooms-type": "раздельные"}, 0),  # the type only
        ({"rooms": "0", "rooms-type": "студия"}, 0),
        ({"rooms": "0"}, 0),
        ({"rooms": "Студия"}, 0),
        ({"rooms": None, "open-plan": "1"}, None),  # open plan is no studio
        ({"rooms": None, "area": "<value>28</value>", "studio": "0"}, None),
        ({"rooms": None}, None),  # 54 m² without a word
        ({"rooms": "3", "open-plan": "0", "studio": "false"}, 3),
    ],
)
def test_studios_are_recognised_in_six_forms(offer, changes, rooms):
    read_offer = offer(**changes)

    assert read_offer.rooms == rooms
    assert read_offer.facts.get("studio", False) is (rooms == 0)


@pytest.mark.parametrize(
    ("price", "more", "expected"),
    [
        ("<value>2 500 000</value><currency>RUR</currency>", "", (2_500_000, "RUB")),
        ("<value>2&#160;500&#160;000</value><currency>rub</currency>", "", (2_500_000, "RUB")),
        ("<value>90000</value><currency>usd</currency>", "", (90_000, "USD")),
        ("<value>45000000.50</value><currency>KZT</currency>", "", ("45000000.50", "KZT")),
        ("<value>5000000</value>", "<discount><final-price>4500000</final-price></discount>", (4_500_000, None)),
        ("<value>5000000</value>", "<promo-price>4700000</promo-price>", (4_700_000, None)),
        ("<value>5000000</value>", "<promo-price>0</promo-price>", (5_000_000, None)),
        (
            "<value>5000000</value>",
            "<special-offers><special-offer><discount-price>4600000</discount-price></special-offer></special-offers>",
            (4_600_000, None),
        ),
        ("<value>5000000</value><oldprice><value>6000000</value></oldprice>", "", (5_000_000, None)),
        ("<value>250000</value><unit>кв.м</unit>", "", (250_000 * Decimal("54.3"), None)),
        ("<value>5000000</value><unit>всего</unit>", "", (5_000_000, None)),
        ("5000000", "", (5_000_000, None)),
        ("<value>5000000</value>", "<Price_tot_sale>4900000</Price_tot_sale>", (4_900_000, None)),
    ],
)
def test_the_lowest_price_of_the_whole_home_counts(offer, price, more, expected):
    read_offer = offer(price=price, more=more)

    assert (read_offer.price, read_offer.currency) == (Decimal(expected[0]), expected[1])


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"price": "<value>0</value>"}, "price", "Must be above 0"),
        ({"price": None}, "price", "It is missing"),
        ({"price": "<value>договорная</value>"}, "price", "is not a price"),
        ({"price": "<value>45,000</value>"}, "price", "45,000 could mean two numbers"),
        ({"price": "<value>10</value><currency>у.е.</currency>"}, "currency", "names no currency"),
        ({"price": "<value>9000000</value><period>неделя</period>"}, "price", "This period is not accepted"),
        (
            {"price": "<value>900</value><unit>сотка</unit>"},
            "price",
            "per сотка, and the plot's size is missing",
        ),
        ({"category": "участок"}, "type", "Land is not accepted"),
        ({"category": "гараж", "rooms": None}, "type", "Garages"),
        ({"property-type": "кладовая"}, "type", "Garages"),
        ({"category": "замок"}, "type", "Unknown"),
        ({"type": "обмен"}, "type", "neither sale nor rent"),
        ({"floor": "12"}, "floor", "Floor 12 is above the house's 9 floors"),
        ({"area": "<value>много</value>"}, "area", "not a number"),
        ({"rooms": "3.5"}, "rooms", "Must be a whole number"),
    ],
)
def test_an_offer_is_refused_with_field_and_reason_and_the_next_one_is_read(tmp_path, changes, field, reason):
    bad, good = read(tmp_path, yrl(yrl_offer("bad", **changes), yrl_offer("good")))

    assert any(fault.field == field and reason in english(fault.reason) for fault in bad.faults), bad.faults
    assert (good.external_id, good.faults) == ("good", [])


def test_an_offer_without_an_id_is_refused(offer):
    assert [(fault.field, fault.reason) for fault in offer(None).faults] == [("id", "import.missing")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"built_year": "1970"}, "year_built"),
        ({"built_year": "1"}, "year_built"),
        ({"floors_total": "0"}, "total_floors"),
        ({"floor": "-1"}, "floor"),
        ({"location": LOCATION + "<latitude>0</latitude><longitude>0</longitude>"}, "latitude"),
        ({"kitchen_space": "<value>-1</value>"}, "kitchen_area"),
        ({"living_space": "<value>1,234</value>"}, "living_area"),
        ({"ceiling_height": "0"}, "ceiling_height"),
    ],
)
def test_placeholders_mean_unknown_and_are_counted(offer, changes, field):
    read_offer = offer(**changes)

    assert read_offer.faults == []
    assert [guess.field for guess in read_offer.guesses] == [field]
    assert "as unknown" in english(read_offer.guesses[0].reason)


def test_empty_tags_and_dashes_mean_unknown_and_are_not_reported(offer):
    read_offer = offer(
        built_year="", kitchen_space="", floor="-", more="<cadastral-number>-</cadastral-number><organization/>"
    )

    assert (read_offer.year_built, read_offer.kitchen_area, read_offer.floor) == (None, None, None)
    assert read_offer.faults == [] and read_offer.guesses == []


@pytest.mark.parametrize(
    ("word", "on_market", "known"),
    [
        ("AVAILABLE", True, True),
        ("SOLD", False, True),
        ("BOOKED", False, True),
        ("UNAVAILABLE", False, True),
        ("withheld", False, True),
        ("В резерве", False, True),
        ("в продаже", True, True),
        ("PENDING_REVIEW", False, False),
    ],
)
def test_the_status_decides_and_an_unknown_one_is_reported(offer, word, on_market, known):
    read_offer = offer(status=word)

    assert (read_offer.on_market, read_offer.status) == (on_market, word)
    assert [guess.field for guess in read_offer.guesses] == ([] if known else ["status"])


def test_the_stricter_of_two_statuses_wins_and_a_number_beside_a_word_does_not_count(offer):
    assert not offer(more="<status>AVAILABLE</status><fl_status>SOLD</fl_status>").on_market
    assert offer(more="<Status>1</Status><fl_status>AVAILABLE</fl_status>").on_market
    assert not offer(more="<Status>1</Status>").on_market


def test_an_expired_offer_is_not_on_the_market(tmp_path):
    feed = feed_of(
        tmp_path,
        yrl(yrl_offer("old", expire_date="2026-01-31"), yrl_offer("new", expire_date="2026-02-01T00:00:00+03:00")),
        now=datetime(2026, 1, 31, 20, 59, tzinfo=UTC),
    )

    assert [found.on_market for found in feed.offers()] == [True, True]
    feed.now = datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC)
    assert [found.on_market for found in feed.offers()] == [False, False]
