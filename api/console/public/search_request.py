"""The criteria in the search's address, and the address of given criteria."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from api.console.kit.i18n import translate_error
from api.console.kit.typed_values import currency_of_town, read_money
from api.http.db import session
from api.swipe.listing_words import DEAL_TYPES, PROPERTY_TYPES, deal_word
from models.core.amount_words import Bound, Unit
from models.core.amounts import read_number, read_whole
from models.core.numbers import UnreadableError
from models.market.search.criteria import MANY_ROOMS, WISHES, HomeOrder, SearchCriteria
from models.market.town_aliases import city_in
from models.market.towns.reading import TownError, read_town

Word = TypeVar("Word", bound=StrEnum)

#: The maximum length of a text in the address, and the maximum number of names in a list, that are read.
LONGEST, MAX_CHOICES = 200, 20
LARGEST = Decimal(10) ** 13
#: The criteria of searches that search engines may list, each with its own address.
LISTED = frozenset({"town", "deal", "type", "rooms", "page"})


@dataclass(frozen=True)
class SearchRequest:
    """The search's criteria; unreadable values are left out and reported in the errors, by control."""

    criteria: SearchCriteria
    errors: dict[str, str] = field(default_factory=dict)


def criteria_of_address(args: MultiDict[str, str] | None = None) -> SearchRequest:
    """Read the criteria from the address of the request, or from other arguments with the same names."""
    args = request.args if args is None else args
    errors: dict[str, str] = {}
    town = _text(args, "town")
    city_key, city = _town(town, errors)
    currency = currency_of_town(town)

    def read(name: str, reader: Callable[[str], Any]) -> Any:
        text = _text(args, name)
        try:
            value = reader(text) if text else None
        except UnreadableError as error:
            errors[name] = translate_error(error)
            return None
        return None if value is not None and abs(value) > LARGEST else value

    criteria = SearchCriteria(
        words=_text(args, "q"),
        city=city,
        city_key=city_key,
        deal_type=DEAL_TYPES.get(args.get("deal", "")),
        property_types=tuple(each for word in _known(args, "type", PROPERTY_TYPES) for each in PROPERTY_TYPES[word]),
        rooms=tuple(int(each) for each in _known(args, "rooms", [str(number) for number in range(MANY_ROOMS + 1)])),
        price_min=read("price_from", lambda text: read_money(text, currency, end=Bound.LOW)),
        price_max=read("price_to", lambda text: read_money(text, currency, end=Bound.HIGH)),
        area_min=read("area_from", lambda text: read_number(text, Unit.AREA, end=Bound.LOW)),
        area_max=read("area_to", lambda text: read_number(text, Unit.AREA, end=Bound.HIGH)),
        floor_min=read("floor_from", lambda text: read_whole(text, Unit.FLOOR, negative=True)),
        floor_max=read("floor_to", lambda text: read_whole(text, Unit.FLOOR, negative=True)),
        not_first_floor="not_first" in args,
        not_last_floor="not_last" in args,
        near_metro="near_metro" in args,
        districts=_names(args, "district"),
        metro_stations=_names(args, "metro"),
        wishes=tuple(_known(args, "wish", WISHES)),
        order=_order(args.get("order", "")),
    )
    return SearchRequest(_without_reversed(criteria, errors), errors)


def query_of(criteria: SearchCriteria, page: int = 1) -> list[tuple[str, str]]:
    """The address's arguments for these criteria, always in one order: one search has one address."""
    words = {code: word for word, codes in PROPERTY_TYPES.items() for code in codes}
    pairs: list[tuple[str, Any]] = [
        ("town", criteria.city if criteria.city_key else ""),
        ("deal", deal_word(criteria.deal_type) if criteria.deal_type else ""),
        *(("type", word) for word in dict.fromkeys(words[each] for each in criteria.property_types)),
        *(("rooms", number) for number in sorted(criteria.rooms)),
        ("q", criteria.words),
        *((name, _plain(getattr(criteria, column))) for name, column in _NUMBERS),
        ("not_first", "1" if criteria.not_first_floor else ""),
        ("not_last", "1" if criteria.not_last_floor else ""),
        ("near_metro", "1" if criteria.near_metro else ""),
        *(("district", name) for name in criteria.districts),
        *(("metro", name) for name in criteria.metro_stations),
        *(("wish", kind) for kind in criteria.wishes),
        ("order", "" if criteria.order is HomeOrder.NEWEST else criteria.order.value),
        ("page", page if page > 1 else ""),
    ]
    return [(name, str(value)) for name, value in pairs if value != ""]


def address_of(criteria: SearchCriteria, page: int = 1) -> str:
    """The address of a search."""
    query = query_of(criteria, page)
    return f"/homes?{urlencode(query)}" if query else "/homes"


def is_listed(criteria: SearchCriteria) -> bool:
    """Whether search engines may list the search: by town, deal, type and rooms; not every combination of filters."""
    names = [name for name, _ in query_of(criteria)]
    return set(names) <= LISTED and len(names) == len(set(names))


_NUMBERS = (
    ("price_from", "price_min"),
    ("price_to", "price_max"),
    ("area_from", "area_min"),
    ("area_to", "area_max"),
    ("floor_from", "floor_min"),
    ("floor_to", "floor_max"),
)


def _without_reversed(criteria: SearchCriteria, errors: dict[str, str]) -> SearchCriteria:
    """A range with reversed ends is ignored; the error is shown beside its first end."""
    for first, column, other in (
        ("price_from", "price_min", "price_max"),
        ("area_from", "area_min", "area_max"),
        ("floor_from", "floor_min", "floor_max"),
    ):
        low, high = getattr(criteria, column), getattr(criteria, other)
        if low is not None and high is not None and low > high:
            errors[first] = translate_error(UnreadableError("price.reversed"))
            ends: dict[str, Any] = {column: None, other: None}
            criteria = replace(criteria, **ends)
    return criteria


def _town(typed: str, errors: dict[str, str]) -> tuple[str | None, str]:
    """The town's key and its name as written; (None, "") if there is none or it is ambiguous."""
    if not typed:
        return None, ""
    try:
        return city_in(session(), typed).key, read_town(typed).name
    except TownError as error:
        errors["town"] = translate_error(error)
        return None, typed


def _order(raw: str) -> HomeOrder:
    return HomeOrder(raw) if raw in list(HomeOrder) else HomeOrder.NEWEST


def _text(args: MultiDict[str, str], name: str) -> str:
    """A text of the address without zero bytes, which the database cannot store."""
    return args.get(name, "").replace("\0", "").strip()[:LONGEST]


def _names(args: MultiDict[str, str], name: str) -> tuple[str, ...]:
    given = (each.replace("\0", "").strip()[:100] for each in args.getlist(name)[:MAX_CHOICES])
    return tuple(dict.fromkeys(filter(None, given)))


def _known(args: MultiDict[str, str], name: str, known: Iterable[str]) -> list[str]:
    """The known words in the address, in their own order."""
    given = set(args.getlist(name)[: 10 * MAX_CHOICES])
    return [each for each in known if each in given]


def _plain(value: Decimal | int | None) -> str:
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
