"""The truth of single wishes over the file of sales, computed without the engine: met, violated, or unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.benchmarks.evaluate.sales_table import SalesTable

MET, NOT_STATED, VIOLATED = 1, 0, -1


@dataclass(frozen=True)
class Wish:
    """One wish of a lead's words. ``judge`` returns int8 (listings,) of MET, NOT_STATED, VIOLATED."""

    name: str
    judge: Callable[[SalesTable], NDArray[np.int8]]
    #: What a reader that misses nothing would make of it: a kind of `matching.reading.kinds` and a wish of that kind.
    kind: str
    value: Any


def not_first() -> Wish:
    return Wish("not the first floor", lambda homes: _holds(homes.floor > 1, homes.floor), "first_floor", False)


def not_last() -> Wish:
    return Wish(
        "not the last floor",
        lambda homes: _holds(homes.floor < homes.floors_total, homes.floor, homes.floors_total),
        "last_floor",
        False,
    )


def last() -> Wish:
    return Wish(
        "the last floor",
        lambda homes: _holds(homes.floor >= homes.floors_total, homes.floor, homes.floors_total),
        "last_floor",
        True,
    )


def floor(low: float = 1, high: float = np.inf) -> Wish:
    judge = lambda homes: _holds(_within(homes.floor, low, high), homes.floor)
    return Wish(f"floor {low} to {high}", judge, "floor", _limits(low, high))


def house_of(low: float = 1, high: float = np.inf) -> Wish:
    judge = lambda homes: _holds(_within(homes.floors_total, low, high), homes.floors_total)
    return Wish(f"a house of {low} to {high} floors", judge, "house_floors", _limits(low, high))


def kitchen(low: float = 0, high: float = np.inf) -> Wish:
    """A kitchen of a minimum area; the truth forgives 2 %, as a realtor does."""
    return Wish(
        f"a kitchen of {low} to {high} m2",
        lambda homes: _holds(_within(homes.kitchen_area, low * 0.98, high * 1.02), homes.kitchen_area),
        "kitchen_area",
        _limits(low, high),
    )


def living(low: float) -> Wish:
    judge = lambda homes: _holds(homes.living_area >= low * 0.98, homes.living_area)
    return Wish(f"living area from {low} m2", judge, "living_area", {"min": low})


def ceiling(low: float) -> Wish:
    judge = lambda homes: _holds(homes.ceiling >= low - 0.005, homes.ceiling)
    return Wish(f"ceilings from {low} m", judge, "ceiling_height", {"min": low})


def built(low: float = 0, high: float = 9999) -> Wish:
    judge = lambda homes: _holds(_within(homes.year, low, high), homes.year)
    return Wish(f"built {low} to {high}", judge, "year_built", _limits(low, high))


def resale() -> Wish:
    return Wish("resale", lambda homes: _is(homes.market == "resale", homes.market != ""), "new_building", False)


def new_building() -> Wish:
    return Wish("a new building", lambda homes: _is(homes.market == "new", homes.market != ""), "new_building", True)


def handed_over() -> Wish:
    return Wish("handed over", lambda homes: _is(homes.handed_over == 1, homes.handed_over >= 0), "handed_over", True)


def completed_by(year: float) -> Wish:
    """Completed by the end of *year*, or handed over."""
    judge = lambda homes: _holds(homes.completion < year + 1, homes.completion)
    return Wish(f"completed by {year}", judge, "completion", {"max": year + 0.75})


def no_apartments() -> Wish:
    judge = lambda homes: _is(~homes.apartments, np.ones(len(homes), bool))
    return Wish("no apartments", judge, "apartments", False)


def material(*wanted: str) -> Wish:
    """A material of the walls; brick and monolith satisfy a wish for either, however the file names mixed houses."""
    judge = lambda homes: _material(homes, set(wanted), refused=False)
    return Wish(f"a house of {', '.join(wanted)}", judge, "material", {"any_of": list(wanted)})


def not_material(*refused: str) -> Wish:
    judge = lambda homes: _material(homes, set(refused), refused=True)
    return Wish(f"no house of {', '.join(refused)}", judge, "material", {"none_of": list(refused)})


def bathrooms(low: int) -> Wish:
    judge = lambda homes: _holds(homes.combined + homes.separate >= low, homes.combined)
    return Wish(f"{low} bathrooms and more", judge, "bathrooms", {"min": low})


def separate_bathroom() -> Wish:
    judge = lambda homes: _holds(homes.separate > 0, homes.separate)
    return Wish("a separate bathroom", judge, "bathroom", {"any_of": ["separate"]})


def combined_bathroom() -> Wish:
    judge = lambda homes: _holds(homes.combined > 0, homes.combined)
    return Wish("a combined bathroom", judge, "bathroom", {"any_of": ["combined"]})


def metro_within(minutes: float, on_foot: bool = True) -> Wish:
    """Minutes on foot; with a station that is minutes off by transport, a wish for walking is not met."""

    def judge(homes: SalesTable) -> NDArray[np.int8]:
        good = homes.metro_min <= minutes
        return _holds(good & homes.on_foot if on_foot else good, homes.metro_min)

    return Wish(f"{minutes} minutes to the metro", judge, "metro_walk", {"max": minutes})


def _limits(low: float, high: float) -> dict[str, float]:
    """The bounds of a range that limit anything."""
    return ({"min": low} if low > 1 else {}) | ({"max": high} if high < 3000 else {})


def _within(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    return (values >= low) & (values <= high)


def _holds(good: NDArray[np.bool_], *columns: NDArray[np.float64]) -> NDArray[np.int8]:
    """Untold where any of the deciding columns is NaN."""
    return _is(good, ~np.any([np.isnan(column) for column in columns], axis=0))


def _is(good: NDArray[np.bool_], is_stated: NDArray[np.bool_]) -> NDArray[np.int8]:
    return np.where(is_stated, np.where(good, MET, VIOLATED), NOT_STATED).astype(np.int8)


def _material(homes: SalesTable, names: set[str], *, refused: bool) -> NDArray[np.int8]:
    has = np.array([bool(names & set(materials)) for materials in homes.materials])
    return _is(~has if refused else has, np.array([bool(materials) for materials in homes.materials]))
