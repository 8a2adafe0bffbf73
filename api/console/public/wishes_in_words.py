"""
Convert words typed into the search box to filters, as far as filters exist; the words are read like leads' wishes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from api.console.public.search_request import LARGEST
from api.exchange.understand import understand_request
from api.http.db import session
from api.swipe.listing_words import PROPERTY_TYPES
from matching.reading.lead_text import Wish
from matching.reading.request_text import RequestReading
from models.core.enums import DealType
from models.market.search.criteria import MANY_ROOMS, WISHES, SearchCriteria
from models.market.search.prices import currency_of_search
from models.market.town_aliases import city_in
from models.market.towns.reading import TownError

#: An excluded word, and words in quotation marks: the search's own syntax, which the reader does not handle.
_SIGNS = re.compile(r'(?<!\S)(?:-\S+|"[^"]*")')
#: Wishes that correspond to a filter with another name.
_AS = {"cats": "pets", "dogs": "pets"}


@dataclass(frozen=True)
class ReadWords:
    """The criteria read from words, added to the criteria before."""

    criteria: SearchCriteria  #: Its `words` are those that were not understood, or that listings may also contain.
    unused: tuple[str, ...]  #: Words that were understood, but for which there is no filter.


def with_words(criteria: SearchCriteria, text: str) -> ReadWords:
    """*criteria* with the filters read from *text*: its fields replace former values, its wishes are added.

    Text that is not understood is searched for unchanged; no text causes an error.
    """
    signs = " ".join(_SIGNS.findall(text))
    plain = _SIGNS.sub(lambda match: " " * len(match[0]), text)
    reading = understand_request(session(), plain, criteria.city if criteria.city_key else None)
    changed = _with_place(replace(criteria, words=""), reading)
    changes, used = _fields(changed, reading)
    changed = replace(changed, **changes)
    kept, unused = list(reading.unread), []
    if reading.budget is not None and "budget" not in used:
        unused += [plain[start:end] for start, end in reading.spans.get("budget", [])]
    for wish in reading.wishes:
        change = _filter_of(wish, changed)
        if change is not None:
            changed = replace(changed, **change)
        elif wish.value is True:
            kept.append((wish.start, wish.end))
        else:
            unused.append(plain[wish.start : wish.end])
    words = [plain[start:end] for start, end in sorted(kept)]
    refused = [f"-{name}" for name in (*reading.refused_districts, *reading.refused_stations) if " " not in name]
    whole = " ".join([*words, *refused, signs]).split()
    if not whole and not unused and changed == replace(criteria, words=""):
        whole = text.split()
    return ReadWords(replace(changed, words=" ".join(dict.fromkeys(whole))), tuple(dict.fromkeys(unused)))


def _with_place(criteria: SearchCriteria, reading: RequestReading) -> SearchCriteria:
    """Add the text's town, districts and stations."""
    if reading.town is not None:
        try:
            key = city_in(session(), reading.town).key
        except TownError:
            return criteria
        if key != criteria.city_key:
            criteria = replace(criteria, city=reading.town, city_key=key, districts=(), metro_stations=())
    return replace(
        criteria,
        districts=tuple(reading.districts) or criteria.districts,
        metro_stations=tuple(reading.stations) or criteria.metro_stations,
    )


def _fields(criteria: SearchCriteria, reading: RequestReading) -> tuple[dict[str, Any], set[str]]:
    """Criteria columns from the text's own fields, and the names of the fields used."""
    changes: dict[str, Any] = {}
    used = set()
    if reading.rooms:
        changes["rooms"] = tuple(sorted({min(count, MANY_ROOMS) for count in reading.rooms}))
    if reading.deal_type is not None:
        changes["deal_type"] = DealType(reading.deal_type)
    if reading.property_type is not None:
        codes: Iterable[Any] = next(
            (codes for codes in PROPERTY_TYPES.values() if reading.property_type in map(str, codes)), ()
        )
        changes["property_types"] = tuple(codes) or criteria.property_types
    budget = reading.budget
    if budget is not None and budget.currency in ("", currency_of_search(criteria)):
        used.add("budget")
        changes |= _range("price", budget.low, budget.high)
    if reading.area is not None:
        changes |= _range("area", reading.area.low, reading.area.high)
    return changes, used


def _range(name: str, low: float | None, high: float | None) -> dict[str, Any]:
    """Both ends of a range, or neither if the search does not accept it."""
    ends = [None if end is None else Decimal(str(end)) for end in (low, high)]
    if any(end is not None and not 0 <= end <= LARGEST for end in ends):
        return {}
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        return {}
    return {f"{name}_min": ends[0] or None, f"{name}_max": ends[1]}


def _filter_of(wish: Wish, criteria: SearchCriteria) -> dict[str, Any] | None:
    """The criteria columns for a wish; None if no filter covers it."""
    kind, value = _AS.get(wish.kind, wish.kind), wish.value
    if kind in WISHES and value is True:
        return {"wishes": tuple(each for each in WISHES if each == kind or each in criteria.wishes)}
    if kind == "first_floor" and value is False:
        return {"not_first_floor": True}
    if kind == "last_floor" and value is False:
        return {"not_last_floor": True}
    if kind == "metro_walk":
        return {"near_metro": True}
    if kind == "floor" and isinstance(value, dict):
        low, high = (None if value.get(end) is None else int(value[end]) for end in ("min", "max"))
        return {"floor_min": low, "floor_max": high}
    return None
