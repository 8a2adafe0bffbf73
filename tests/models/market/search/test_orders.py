"""Pages, orders and counts of the search equal those of a slow computation over all adverts."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.core.base import database_now
from models.core.enums import DealType
from models.market.advert_groups import AdvertGroup
from models.market.places import city_of
from models.market.rates import set_rate
from models.market.search import homes
from models.market.search.criteria import HomeOrder, SearchCriteria
from models.market.search.homes import search_homes
from tests.factories import make_property, make_user
from tests.length import examples

PER_PAGE = 2
WORDS = ("двор", "парк", "ремонт")
#: The factor for an amount, by (its currency, the search's). All quotients of prices and areas are finite decimals.
FACTORS = {
    ("USD", "RUB"): Decimal(90),
    ("RUB", "KZT"): Decimal(5),
    ("KZT", "RUB"): Decimal("0.2"),
    ("RUB", "RUB"): Decimal(1),
    ("KZT", "KZT"): Decimal(1),
}


@dataclass(frozen=True)
class Advert:
    city: str
    deal_type: DealType
    currency: str
    price: int
    area: int | None
    words: frozenset[str]
    is_gone: bool
    group: int | None


adverts = st.builds(
    Advert,
    st.sampled_from(("Москва", "Москва", "Алматы")),
    st.sampled_from(DealType),
    st.sampled_from(("RUB", "RUB", "USD", "KZT", "AED")),
    st.sampled_from((1, 2, 90, 450)),
    st.sampled_from((10, 20, 40, None)),
    st.frozensets(st.sampled_from(WORDS)),
    st.integers(0, 5).map(lambda number: number == 0),
    st.sampled_from((None, None, 0, 1)),
)
searches = st.tuples(
    st.sampled_from((None, "Москва", "Москва", "Алматы")),
    st.none() | st.sampled_from(DealType),
    st.sampled_from(("", "", "двор", "парк двор", "ремонт -парк")),
    st.sampled_from(HomeOrder),
    st.sampled_from((None, None, 15)),
)


@given(
    market=st.lists(adverts, min_size=1, max_size=14),
    requested=st.lists(searches, min_size=1, max_size=4),
    maximum=st.sampled_from((1, 3, 50)),
)
@settings(
    max_examples=examples(25, 500),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_page_is_that_of_a_slow_walk_over_all_adverts(session, market, requested, maximum):
    """Even if more adverts match than are counted, and if the first query finds too few with the words."""
    with session.begin_nested() as savepoint, pytest.MonkeyPatch.context() as patch:
        patch.setattr(homes, "MAX_COUNTED", maximum)
        patch.setattr(homes, "ADVERTS_READ_PER_SHOWN", 1)
        patch.setattr(homes, "_adverts_for", lambda count: count)
        ids = _store(session, market)
        for search in requested:
            _check(session, dict(zip(ids, market, strict=True)), maximum, *search)
        savepoint.rollback()


def _check(
    session, market: dict[int, Advert], maximum: int, city, deal_type, words: str, order: HomeOrder, area_min
) -> None:
    fitting = {each: advert for each, advert in market.items() if _fits(advert, city, deal_type, words, area_min)}
    expected = _homes_in_order(fitting, "KZT" if city == "Алматы" else "RUB", order)
    key = city and city_of(city).key
    criteria = SearchCriteria(
        words=words, city=city or "", city_key=key, deal_type=deal_type, area_min=area_min, order=order
    )

    first = search_homes(session, criteria, 1, PER_PAGE)

    assert first.is_more == (len(fitting) > maximum)
    assert first.total <= len(expected) if first.is_more else first.total == len(expected)
    for page in range(1, first.pages(PER_PAGE) + 1):
        shown = [home.id for home in search_homes(session, criteria, page, PER_PAGE).homes]
        assert shown == expected[(page - 1) * PER_PAGE : page * PER_PAGE]


def _fits(advert: Advert, city: str | None, deal_type: DealType | None, words: str, area_min: int | None) -> bool:
    return (
        not advert.is_gone
        and advert.city == (city or advert.city)
        and advert.deal_type == (deal_type or advert.deal_type)
        and (area_min is None or (advert.area or 0) >= area_min)
        and all((word.lstrip("-") in advert.words) is (word[0] != "-") for word in words.split())
    )


def _homes_in_order(fitting: dict[int, Advert], currency: str, order: HomeOrder) -> list[int]:
    """The first advert of each home."""
    in_order = sorted(fitting, key=lambda each: (*_place(fitting[each], currency, order), -each))
    first: dict[object, int] = {}
    for each in in_order:
        group = fitting[each].group
        first.setdefault(-1 - each if group is None else group, each)
    return list(first.values())


def _place(advert: Advert, currency: str, order: HomeOrder) -> tuple[bool, Decimal]:
    """(there is no value, the value, smaller first)"""
    factor = FACTORS.get((advert.currency, currency))
    value = {
        HomeOrder.NEWEST: lambda: Decimal(0),
        HomeOrder.LARGEST: lambda: advert.area and -Decimal(advert.area),
        HomeOrder.CHEAPEST: lambda: factor and advert.price * factor,
        HomeOrder.DEAREST: lambda: factor and -advert.price * factor,
        HomeOrder.CHEAPEST_PER_METRE: lambda: factor and advert.area and advert.price * factor / advert.area,
    }[order]()
    return value is None, value or Decimal(0)


def _store(session, market: list[Advert]) -> list[int]:
    today = database_now(session).date()
    set_rate(session, "USD", "RUB", today, Decimal(90))
    set_rate(session, "RUB", "KZT", today, Decimal(5))
    owner, gone = make_user(session), make_user(session)
    gone.is_active = False
    ids = []
    for advert in market:
        home = make_property(
            session,
            gone if advert.is_gone else owner,
            city=advert.city,
            deal_type=advert.deal_type,
            currency=advert.currency,
            price=advert.price,
            area=advert.area,
            description=" ".join(sorted(advert.words)),
        )
        ids.append(home.id)
    grouped = [(each, advert.group) for each, advert in zip(ids, market, strict=True) if advert.group is not None]
    heads = {group: each for each, group in reversed(grouped)}
    session.add_all(AdvertGroup(property_id=each, group_id=heads[group]) for each, group in grouped)
    session.flush()
    return ids
