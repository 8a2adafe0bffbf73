"""The public search: filters, order, words, and homes with several adverts."""

from decimal import Decimal

import pytest

from models.accounts.users import User
from models.core.base import database_now
from models.core.enums import DealType, PropertyType
from models.market.advert_groups import AdvertGroup
from models.market.places import city_of
from models.market.properties import archive_property
from models.market.rates import set_rate
from models.market.search import homes
from models.market.search.criteria import HomeOrder, SearchCriteria
from models.market.search.homes import search_homes
from models.market.search.sitemaps import HOMES_A_MAP, homes_of_map, maps_of_homes
from models.market.search.text_search import refresh_words
from tests.factories import make_property, make_user

MOSCOW = city_of("Москва").key


def found(session, page=1, per_page=10, **criteria):
    return [home.id for home in search_homes(session, SearchCriteria(**criteria), page, per_page).homes]


@pytest.fixture
def owner(session) -> User:
    return make_user(session)


@pytest.mark.parametrize(
    ("fits", "differs", "criteria"),
    [
        ({}, {"city": "Казань"}, {"city_key": MOSCOW}),
        ({"deal_type": DealType.RENT}, {}, {"deal_type": DealType.RENT}),
        ({"property_type": PropertyType.HOUSE}, {}, {"property_types": (PropertyType.HOUSE, PropertyType.ROOM)}),
        ({"rooms": 0}, {"rooms": 1}, {"rooms": (0, 2)}),
        ({"rooms": 7}, {"rooms": 4}, {"rooms": (5,)}),
        ({"price": 9}, {"price": 10}, {"price_max": Decimal("9.99")}),
        ({"price": 10}, {"price": 9}, {"price_min": Decimal("9.99")}),
        ({"area": Decimal("40.5")}, {"area": None}, {"area_min": Decimal("40.5")}),
        ({"floor": 3}, {"floor": 4}, {"floor_max": 3}),
        ({"floor": 2}, {"floor": 1}, {"not_first_floor": True}),
        ({"floor": 8}, {"floor": 9}, {"not_last_floor": True}),
        ({"district": "Хамовники"}, {"district": None}, {"districts": ("Хамовники", "Якиманка")}),
        ({"metro_station": "Сокол"}, {}, {"metro_stations": ("Сокол",)}),
        ({"stations": [{"name": "Аэропорт"}, {"name": "Сокол"}]}, {}, {"metro_stations": ("Сокол",)}),
        ({"facts": {"pets": True}}, {"facts": {"pets": False}}, {"wishes": ("pets",)}),
        ({"read_facts": [{"kind": "lift", "value": True}]}, {}, {"wishes": ("lift",)}),
        ({}, {"facts": {"lift": False}, "read_facts": [{"kind": "lift", "value": True}]}, {}),
    ],
)
def test_a_filter_keeps_what_fits(session, owner, fits, differs, criteria):
    make_property(session, owner, **differs)
    home = make_property(session, owner, **fits)

    assert found(session, **criteria)[0] == home.id
    assert len(found(session, **criteria)) == (1 if criteria else 2)


def test_a_field_overrides_what_was_read_in_the_text(session, owner):
    make_property(session, owner, facts={"lift": False}, read_facts=[{"kind": "lift", "value": True}])

    assert found(session, wishes=("lift",)) == []


def test_prices_are_compared_in_the_currency_of_the_town(session, owner):
    set_rate(session, "USD", "RUB", database_now(session).date(), Decimal(90))
    dollars = make_property(session, owner, price=100_000, currency="USD")
    roubles = make_property(session, owner, price=8_000_000)
    unknown = make_property(session, owner, price=1, currency="AED")

    assert found(session, city_key=MOSCOW, price_min=Decimal(8_500_000)) == [dollars.id]
    assert found(session, order=HomeOrder.DEAREST) == [dollars.id, roubles.id, unknown.id]


@pytest.mark.parametrize(
    ("order", "indexes"),
    [
        (HomeOrder.NEWEST, [2, 1, 0]),
        (HomeOrder.CHEAPEST, [1, 2, 0]),
        (HomeOrder.DEAREST, [0, 2, 1]),
        (HomeOrder.LARGEST, [0, 2, 1]),
        (HomeOrder.CHEAPEST_PER_METRE, [0, 2, 1]),
    ],
)
def test_homes_are_in_the_requested_order(session, owner, order, indexes):
    made = [make_property(session, owner, price=price, area=area).id for price, area in ((9, 90), (1, 1), (4, 10))]

    assert found(session, order=order) == [made[index] for index in indexes]


def test_a_home_with_two_adverts_is_shown_and_counted_once(session, owner):
    dear, alone, cheap = (make_property(session, owner, price=price).id for price in (12, 11, 10))
    session.add_all(AdvertGroup(property_id=each, group_id=dear) for each in (dear, cheap))
    session.flush()

    assert found(session, order=HomeOrder.CHEAPEST) == [cheap, alone]
    assert found(session, order=HomeOrder.DEAREST) == [dear, alone]
    assert found(session, price_min=Decimal(11), order=HomeOrder.CHEAPEST) == [alone, dear]
    assert search_homes(session, SearchCriteria(), 1, 1).total == 2
    assert [home_id for home_id, _ in homes_of_map(session, dear // 10_000)] == [dear, alone]


@pytest.mark.parametrize("maximum", [3, 5_000])
@pytest.mark.parametrize("words", ["", "двор"])
def test_pages_hold_each_home_once_and_leave_none_out(session, owner, monkeypatch, maximum, words):
    """Even if not all adverts are counted, and if most homes have many."""
    monkeypatch.setattr(homes, "MAX_COUNTED", maximum)
    monkeypatch.setattr(homes, "_adverts_for", lambda count: count)
    made = [make_property(session, owner, description="тихий двор", price=number % 4).id for number in range(24)]
    session.add_all(AdvertGroup(property_id=each, group_id=made[index % 5]) for index, each in enumerate(made[:20]))
    session.flush()
    pages = 5 if maximum > 24 else 2

    shown = [
        each for page in range(1, pages + 1) for each in found(session, page, 2, order=HomeOrder.DEAREST, words=words)
    ]

    assert len(shown) == len(set(shown)) == (9 if maximum > 24 else 4)
    assert search_homes(session, SearchCriteria(words=words), 1, 2).is_more is (maximum < 24)


def test_homes_off_the_market_are_not_found(session, owner):
    gone = make_property(session, owner, description="тихий двор")
    other = make_user(session)
    make_property(session, other, description="тихий двор")
    archive_property(session, gone)
    other.is_active = False
    session.flush()

    assert found(session) == found(session, words="двор") == []


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("светлые квартиры", True),
        ("квартира арбат", True),
        ("Smolenskaya", True),
        ("views", True),
        ("и в на", True),
        ("квартира -светлая", False),
        ("-студия", True),
        ("подвал", False),
        ("кватрира", True),
        ("смоленскя", True),
        ("зелёный", True),
        ("89161234567", True),
    ],
)
def test_words_are_found_as_lexemes_and_with_typing_errors(session, owner, words, is_found):
    make_property(
        session,
        owner,
        title="Светлая квартира",
        description="Beautiful view, зеленый двор. Звоните 89161234567",
        district="Арбат",
        metro_station="Смоленская",
        street="Smolenskaya",
    )
    refresh_words(session)

    assert bool(found(session, words=words)) is is_found


def test_a_correction_is_reported(session, owner):
    home = make_property(session, owner, description="Большой балкон")
    refresh_words(session)

    answer = search_homes(session, SearchCriteria(words="баклон"), 1, 10)

    assert ([each.id for each in answer.homes], answer.corrections) == ([home.id], {"баклон": "балкон"})


def test_neither_a_phone_nor_a_house_can_be_searched_for(session, owner):
    """Numbers are removed from the words, so that they find no more than an empty query."""
    make_property(session, owner, description="Звоните 89161234567", location="Арбат, 7к2")

    for words in ("89161234567", "79990000000", "7к2", "9к9", "a@b.ru"):
        assert len(found(session, words=words)) == 1


def test_words_follow_a_change_of_the_listing(session, owner):
    home = make_property(session, owner, description="балкон")
    home.description = "терраса"
    session.flush()

    assert (found(session, words="балкон"), found(session, words="терраса")) == ([], [home.id])


@pytest.mark.parametrize("offset", [0, HOMES_A_MAP // 2, HOMES_A_MAP - 1])
def test_every_home_is_in_the_map_that_is_named(session, owner, offset):
    home = make_property(session, owner, id=7 * HOMES_A_MAP + offset)

    (number,) = maps_of_homes(session)

    assert [home_id for home_id, _ in homes_of_map(session, number)] == [home.id]
