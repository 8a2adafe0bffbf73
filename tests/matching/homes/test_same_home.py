"""The rule of one home: what joins two adverts, and what separates two homes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.homes.addresses import house_key
from matching.homes.adverts import AdvertFacts, keys
from matching.homes.groups import MAX_ALIKE, groups
from matching.homes.photos import SIDE, photo_hash
from matching.homes.same_home import is_different, points
from tests.length import examples

FLAT = AdvertFacts(
    id=1,
    owner=1,
    is_active=True,
    market=("geo:524901", "SALE"),
    property_type="APARTMENT",
    area=53.8,
    rooms=2,
    floor=5,
    price=12_500_000,
    currency="RUB",
    house=house_key("Новый Арбат", "7к2"),
    total_floors=9,
    year=1974,
    kitchen=9,
    living=34,
    text="Светлая тёплая квартира с видом на парк, окна на две стороны, рядом школа, метро и большой магазин у дома",
)


def copy(**changes):
    return replace(FLAT, **({"id": 2, "owner": 2} | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"price": 12_900_000, "area": 54.0, "text": ""},
        {"property_type": "APARTMENTS", "text": "другие слова"},
        {"house": house_key("ул. Новый Арбат", "д. 7, корп. 2"), "year": None, "kitchen": None},
    ],
)
def test_another_owners_advert_of_the_flat_is_of_one_home(changes):
    assert groups([FLAT, copy(**changes)]) == [[1, 2]]


@pytest.mark.parametrize(
    "changes",
    [
        {"floor": 6},
        {"rooms": 3},
        {"rooms": None},
        {"area": 54.3},
        {"area": 53.4},
        {"house": house_key("Новый Арбат", "7к1")},
        {"house": None},
        {"market": ("geo:524901", "RENT")},
        {"price": 20_000_000},
        {"property_type": "ROOM"},
        {"owner": 1},  # one owner's adverts on the market are different homes
        {"is_new": True, "price": 12_700_000, "text": "", "kitchen": None},  # a unit like it in a new building
    ],
)
def test_a_near_copy_is_another_home(changes):
    assert groups([FLAT, copy(**changes)]) == []


def test_a_home_reposted_by_its_owner_is_the_same_home_but_a_developers_next_unit_is_not():
    sold = replace(FLAT, is_active=False)

    assert groups([sold, copy(owner=1)]) == [[1, 2]]
    assert groups([replace(sold, is_new=True), copy(owner=1, is_new=True)]) == []


def test_flats_of_two_numbers_are_two_homes_and_one_number_joins_even_one_owners_adverts():
    first = replace(FLAT, flat="15", is_new=True)

    assert groups([first, copy(flat="16", is_new=True)]) == []
    assert groups([first, copy(flat="15", is_new=True, owner=1)]) == [[1, 2]]


def test_an_advert_that_is_like_two_units_of_one_developer_joins_neither():
    units = [replace(FLAT, id=number, owner=7, is_new=True) for number in (1, 2)]

    assert groups([*units, copy(id=3, is_new=True)]) == []
    assert groups([units[0], copy(id=3, is_new=True)]) == [[1, 3]]


def test_evidence_that_too_many_adverts_share_joins_none_except_the_number_of_a_flat():
    alike = [copy(id=number, owner=number) for number in range(1, MAX_ALIKE + 1)]
    with_a_number = [copy(id=1_000 + number, owner=number, flat="15") for number in (1, 2)]

    assert groups(alike) == [[each.id for each in alike]]
    assert groups([*alike, copy(id=1_000)]) == []
    assert groups([*alike, *with_a_number]) == [[1_001, 1_002]]


def test_homes_without_an_address_are_joined_by_coordinates_within_sixty_metres():
    here = replace(FLAT, house=None, latitude=55.75, longitude=37.6)

    assert groups([here, copy(house=None, latitude=55.7503, longitude=37.6003)]) == [[1, 2]]
    assert groups([here, copy(house=None, latitude=55.7506, longitude=37.6006)]) == []
    assert groups([here, copy(latitude=55.75, longitude=37.6)]) == [[1, 2]]


ADVERTS = st.builds(
    copy,
    owner=st.integers(1, 4),
    is_active=st.booleans(),
    is_new=st.booleans(),
    area=st.sampled_from([53.8, 53.83, 54.0, 53.0, 54.3]),
    rooms=st.sampled_from([0, 1, 2]),
    price=st.sampled_from([12_500_000.0, 12_600_000.0, 14_000_000.0]),
    house=st.sampled_from([FLAT.house, None]),
    latitude=st.sampled_from([55.75, 55.7501, 55.7504]),
    longitude=st.just(37.6),
    kitchen=st.sampled_from([9.0, None]),
)


@given(st.lists(ADVERTS, max_size=7), st.randoms())
@settings(max_examples=examples(25, 500))
def test_groups_do_not_depend_on_order_and_join_no_contradicting_pair(adverts, random):
    adverts = [replace(each, id=number) for number, each in enumerate(adverts)]
    found = groups(adverts)

    shuffled = list(adverts)
    random.shuffle(shuffled)
    assert groups(shuffled) == found
    for group in found:
        assert not any(is_different(adverts[one], adverts[other]) for one in group for other in group if one != other)


@given(ADVERTS, ADVERTS)
@settings(max_examples=examples(40, 1000))
def test_evidence_is_the_same_both_ways_and_what_is_alike_shares_a_key(one, other):
    assert points(one, other) == points(other, one)
    if points(one, other) > 0:
        assert set(keys(one)) & set(keys(other))


def test_a_photograph_keeps_its_hash_when_it_is_brighter_or_a_little_noisy():
    rng = np.random.default_rng(1)
    photo = np.kron(rng.uniform(0, 255, (8, 8)), np.ones((4, 4)))
    again = photo * 1.1 + rng.normal(0, 3, (SIDE, SIDE))
    another = np.kron(rng.uniform(0, 255, (8, 8)), np.ones((4, 4)))

    assert (photo_hash(photo) ^ photo_hash(again)).bit_count() <= 6
    assert (photo_hash(photo) ^ photo_hash(another)).bit_count() > 12
