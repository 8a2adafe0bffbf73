"""Avito's autoload, formatVersion 3 and 1."""

from decimal import Decimal

import pytest

from models.core.enums import Condition, DealType, PropertyType
from models.sources.formats.offer import Photo
from tests.models.sources.feeds import avito, avito_ad, read


@pytest.fixture
def offer(tmp_path):
    """A function that reads one ad with changes."""

    def make(identity="v-1", **changes):
        [found] = read(tmp_path, avito(avito_ad(identity, **changes)))
        return found

    return make


def test_every_tag_finds_its_place(offer):
    read_offer = offer()

    assert read_offer.faults == [] and read_offer.guesses == []
    assert (read_offer.external_id, read_offer.deal_type, read_offer.property_type) == (
        "v-1",
        DealType.SALE,
        PropertyType.APARTMENT,
    )
    assert (read_offer.price, read_offer.area, read_offer.kitchen_area) == (
        Decimal(19_800_000),
        Decimal("42.5"),
        Decimal("9.5"),
    )
    assert (read_offer.rooms, read_offer.floor, read_offer.total_floors, read_offer.market) == (1, 4, 14, "resale")
    assert (read_offer.street, read_offer.house_number) == ("Погодинская улица", "8")
    assert read_offer.condition is Condition.FINISHING
    assert read_offer.photos == [Photo("https://img.example/1.jpg"), Photo("https://img.example/2.jpg")]
    assert read_offer.description == "Тихий двор\nРядом парк"
    assert read_offer.facts == {
        "material": ["brick", "monolith"], "renovation": "euro", "from_owner": False, "free_sale": True,
        "mortgage": True,
    }  # fmt: skip


def test_format_version_1_with_its_older_tags_is_read(tmp_path):
    ad = avito_ad(
        Address=None,
        Region="Москва",
        City="Москва",
        District="Хамовники",
        Street="Усачёва улица, 29к1",
        Subway="Спортивная",
        DateEnd="2079-08-28",
        Images=None,
        more='<Images><Image name="a.jpg"/><Image url="https://img.example/1.jpg"/></Images>',
    )
    [found] = read(tmp_path, avito(ad, root='Ads formatVersion="1"'))

    assert (found.city, found.district, found.street, found.house_number) == (
        "Москва", "Хамовники", "Усачёва улица", "29к1",
    )  # fmt: skip
    assert [station.name for station in found.stations] == ["Спортивная"]
    assert found.on_market and [photo.url for photo in found.photos] == ["https://img.example/1.jpg"]


@pytest.mark.parametrize(
    ("rooms", "expected"),
    [("Студия", 0), ("3", 3), ("10 и более", 10), ("Свободная планировка", None), ("своб. планировка", None)],
)
def test_rooms_in_words(offer, rooms, expected):
    read_offer = offer(Rooms=rooms)

    assert (read_offer.rooms, read_offer.faults) == (expected, [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Category": "Комнаты"}, PropertyType.ROOM),
        ({"Status": "Апартаменты"}, PropertyType.APARTMENTS),
        ({"Category": "Дома, дачи, коттеджи", "ObjectType": "Таунхаус"}, PropertyType.TOWNHOUSE),
        ({"Category": "Дома, дачи, коттеджи", "ObjectType": "Дача"}, PropertyType.HOUSE),
        ({"Category": "Дома, дачи, коттеджи"}, PropertyType.HOUSE),
        ({"Category": "Коммерческая недвижимость", "ObjectType": "Офис"}, PropertyType.COMMERCIAL),
    ],
)
def test_categories_become_what_they_are(offer, changes, expected):
    read_offer = offer(**changes)

    assert (read_offer.property_type, read_offer.faults) == (expected, [])


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"Category": "Земельные участки"}, "type", "import.land"),
        ({"Category": "Гаражи и машиноместа"}, "type", "import.garage"),
        ({"OperationType": "Куплю"}, "operation_type", "import.wanted_not_offered"),
        ({"Price": "0"}, "price", "import.above_zero"),
        ({"Price": None}, "price", "import.missing"),
    ],
)
def test_unsupported_ads_are_refused_by_name(offer, changes, field, reason):
    [fault] = offer(**changes).faults

    assert fault.field == field and fault.reason == reason


def test_a_flat_to_let_with_its_terms(offer):
    read_offer = offer(
        OperationType="Сдам",
        MarketType=None,
        SaleOptions=None,
        DealType=None,
        Price="55000",
        LeaseType="На длительный срок",
        LeaseCommissionSize="30",
        LeaseDeposit="1 месяц",
        LeaseAppliances="",
        PropertyRights="Собственник",
        more="<PetsAllowed>Да</PetsAllowed><Appliances><Option>Холодильник</Option>"
        "<Option>Стиральная машина</Option></Appliances>"
        "<PassengerElevator>1</PassengerElevator><RoomType><Option>Изолированные</Option></RoomType>",
    )

    assert (read_offer.deal_type, read_offer.price) == (DealType.RENT, Decimal(55_000))
    assert read_offer.facts | {"material": 0, "renovation": 0} == {
        "material": 0, "renovation": 0, "rent_term": "long", "commission": 30.0, "deposit": 1.0, "from_owner": True,
        "pets": True, "fridge": True, "washing_machine": True, "lift": True, "rooms_layout": "isolated",
    }  # fmt: skip


def test_a_rent_per_day_is_recognised(offer):
    read_offer = offer(OperationType="Сдам", LeaseType="Посуточно", Price="3500")

    assert (read_offer.per_day, read_offer.facts["rent_term"]) == (True, "daily")


def test_a_plot_with_its_unit(offer):
    read_offer = offer(Category="Дома, дачи, коттеджи", LandArea="6", more="<LandAreaUnit>сот.</LandAreaUnit>")

    assert read_offer.land_area == 600
