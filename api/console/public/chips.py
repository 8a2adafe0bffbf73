"""A search's criteria as chips, each of which removes its criterion."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from api.console.kit.formatting import money, number
from api.console.kit.i18n import translate, word
from api.console.kit.readings import describe_reading
from api.console.public.search_request import address_of
from api.swipe.listing_words import PROPERTY_TYPES
from models.market.search.criteria import MANY_ROOMS, SearchCriteria
from models.market.search.prices import currency_of_search


@dataclass(frozen=True)
class Chip:
    """One criterion in words, and the search's address without it."""

    label: str
    without: str


def chips_of(criteria: SearchCriteria) -> list[Chip]:
    """Chips of all criteria except the town, in the order of the form."""
    chips = []
    for label, changes in _parts(criteria):
        chips.append(Chip(label, address_of(replace(criteria, **changes))))
    return chips


def _parts(criteria: SearchCriteria) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each criterion in words, and the fields of the search without it."""
    if criteria.words:
        yield f"«{criteria.words}»", {"words": ""}
    if criteria.deal_type:
        yield word(f"offer {criteria.deal_type}"), {"deal_type": None}
    currency = currency_of_search(criteria)
    for name, unit in (("price", currency), ("area", translate("m²")), ("floor", "")):
        ends = [getattr(criteria, f"{name}_{end}") for end in ("min", "max")]
        if ends != [None, None]:
            yield _range(name, ends, unit), {f"{name}_min": None, f"{name}_max": None}
    for kind, codes in PROPERTY_TYPES.items():
        if set(codes) <= set(criteria.property_types):
            left = tuple(each for each in criteria.property_types if each not in codes)
            yield word(kind), {"property_types": left}
    for count in criteria.rooms:
        shown = translate("studio") if count == 0 else f"{count}{'+' if count == MANY_ROOMS else ''}"
        label = shown if count == 0 else translate("rooms: {rooms}", rooms=shown)
        yield label, {"rooms": tuple(each for each in criteria.rooms if each != count)}
    for flag, label in (
        ("not_first_floor", "not the first floor"),
        ("not_last_floor", "not the last floor"),
        ("near_metro", "a metro station is named"),
    ):
        if getattr(criteria, flag):
            yield translate(label), {flag: False}
    for kind in criteria.wishes:
        yield describe_reading(kind, True), {"wishes": tuple(each for each in criteria.wishes if each != kind)}
    for field in ("districts", "metro_stations"):
        names = getattr(criteria, field)
        for name in names:
            label = name if field == "districts" else translate("metro {name}", name=name)
            yield label, {field: tuple(each for each in names if each != name)}


def _range(name: str, ends: list[Any], unit: str) -> str:
    """«до 12 млн ₽», «от 40 до 60 м²», «этаж от 2»."""
    low, high = (None if end is None else _shown(name, end, unit) for end in ends)
    if low is not None and high is not None:
        text = translate("from {low} to {high}", low=low, high=high)
    else:
        text = translate("from {value}", value=low) if low is not None else translate("up to {value}", value=high)
    return translate("floor {range}", range=text) if name == "floor" else text


def _shown(name: str, end: Any, unit: str) -> str:
    if name == "price":
        return money(end, unit, short=True)
    return f"{number(end, 1)}\u00a0{unit}".strip()
