"""How much of an address strangers see: the owner's choice, or else the default of the page."""

from types import SimpleNamespace

import pytest

from models.core.enums import AddressPrecision
from models.market.shown_addresses import DISTRICT, EXACT, SQUARE, STREET, shown_address, shown_point
from tests.factories import make_property, make_user

PLACE = {"city": "Москва", "district": "Арбат", "street": "Новый Арбат", "house_number": "7к2", "location": None}
TEXT = {"city": "Москва", "district": None, "street": None, "house_number": None}


@pytest.mark.parametrize(
    ("chosen", "parts"),
    [
        (None, ["Москва", "Арбат", "Новый Арбат"]),  # the public default
        (EXACT, ["Москва", "Арбат", "Новый Арбат 7к2"]),
        (STREET, ["Москва", "Арбат", "Новый Арбат"]),
        (DISTRICT, ["Москва", "Арбат"]),
    ],
)
def test_the_public_sees_what_the_owner_chose_or_the_street(chosen, parts):
    assert shown_address(SimpleNamespace(**PLACE, address_precision=chosen)) == parts


@pytest.mark.parametrize(
    ("chosen", "parts"),
    [
        (EXACT, ["Москва", "ул. Арбат", "д. 7"]),
        (STREET, ["Москва", "ул. Арбат"]),
        (DISTRICT, ["Москва"]),  # the district cannot be identified in a text
    ],
)
def test_an_address_of_one_text_keeps_as_much(chosen, parts):
    home = SimpleNamespace(**TEXT, location="Москва, ул. Арбат, д. 7", address_precision=chosen)

    assert shown_address(home) == parts


def test_a_point_is_the_homes_or_its_squares_or_none():
    def point(latitude: float, longitude: float, precision: AddressPrecision):
        return shown_point(SimpleNamespace(latitude=latitude, longitude=longitude), precision)

    assert point(55.7512, 37.5842, EXACT) == (55.7512, 37.5842)
    assert point(55.7512, 37.5842, DISTRICT) is None
    near = point(55.7512, 37.5842, STREET)
    assert near == point(55.7518, 37.5848, STREET)  # another home in the same square
    assert abs(near[0] - 55.7512) <= SQUARE / 2 and abs(near[1] - 37.5842) <= SQUARE
    assert near != (55.7512, 37.5842)


@pytest.mark.parametrize("chosen", [None, *AddressPrecision])
def test_words_of_an_address_find_a_home_only_where_they_are_shown(session, chosen):
    from models.market.listings import public_listings
    from models.market.search.criteria import SearchCriteria
    from models.market.search.homes import search_homes

    home = make_property(
        session, make_user(session), street="Сивцев Вражек", location="Сивцев Вражек, 44", address_precision=chosen
    )

    listed = session.scalars(public_listings(session, {"q": "сивцев"})).all()
    searched = search_homes(session, SearchCriteria(words="сивцев"), 1, 10).homes

    assert ([each.id for each in listed] == [home.id]) is (chosen in (None, EXACT))
    assert ([each.id for each in searched] == [home.id]) is (chosen is not DISTRICT)


def test_a_choice_that_is_made_later_takes_the_words_away(session):
    from models.market.search.criteria import SearchCriteria
    from models.market.search.homes import search_homes

    home = make_property(session, make_user(session), street="Сивцев Вражек")
    home.address_precision = DISTRICT
    session.flush()

    assert search_homes(session, SearchCriteria(words="сивцев"), 1, 10).homes == []


def test_homes_whose_house_is_hidden_do_not_move_the_middle_of_their_district(session):
    from models.market.district_places import district_places

    owner = make_user(session)
    for latitude, chosen in ((55.75, None), (55.76, EXACT), (55.9, STREET), (55.9, DISTRICT), (55.9, STREET)):
        make_property(session, owner, latitude=latitude, longitude=37.6, address_precision=chosen)

    [place] = district_places(session, "geo:524901", "SALE")

    assert (round(place.latitude, 3), place.listings) == (55.755, 2)
