"""Truth of single wishes over the file of sales, written without the engine: met, not met, or not told."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.evaluate.sales_table import SalesTable

MET, UNTOLD, VIOLATED = 1, 0, -1


@dataclass(frozen=True)
class Wish:
    """One thing that a lead's words ask for. ``judge`` gives int8 (listings,) of MET, UNTOLD, VIOLATED."""

    name: str
    judge: Callable[[SalesTable], NDArray[np.int8]]


def not_first() -> Wish:
    return Wish("not the first floor", lambda homes: _holds(homes.floor > 1, homes.floor))


def not_last() -> Wish:
    return Wish(
        "not the last floor", lambda homes: _holds(homes.floor < homes.floors_total, homes.floor, homes.floors_total)
    )


def last() -> Wish:
    return Wish(
        "the last floor", lambda homes: _holds(homes.floor >= homes.floors_total, homes.floor, homes.floors_total)
    )


def floor(low: float = 1, high: float = np.inf) -> Wish:
    return Wish(f"floor {low} to {high}", lambda homes: _holds(_within(homes.floor, low, high), homes.floor))


def house_of(low: float = 1, high: float = np.inf) -> Wish:
    return Wish(
        f"a house of {low} to {high} floors", lambda homes: _holds(_within(homes.floors_total, low, high), homes.floors_total)
    )


def kitchen(low: float = 0, high: float = np.inf) -> Wish:
    """Half a metre less than asked for is not worth a refusal: the truth forgives 2 %, as a realtor does."""
    return Wish(
        f"a kitchen of {low} to {high} m2",
        lambda homes: _holds(_within(homes.kitchen_area, low * 0.98, high * 1.02), homes.kitchen_area),
    )


def living(low: float) -> Wish:
    return Wish(f"living area from {low} m2", lambda homes: _holds(homes.living_area >= low * 0.98, homes.living_area))


def ceiling(low: float) -> Wish:
    return Wish(f"ceilings from {low} m", lambda homes: _holds(homes.ceiling >= low - 0.005, homes.ceiling))


def built(low: float = 0, high: float = 9999) -> Wish:
    return Wish(f"built {low} to {high}", lambda homes: _holds(_within(homes.year, low, high), homes.year))


def resale() -> Wish:
    return Wish("resale", lambda homes: _is(homes.market == "resale", homes.market != ""))


def new_building() -> Wish:
    return Wish("a new building", lambda homes: _is(homes.market == "new", homes.market != ""))


def handed_over() -> Wish:
    return Wish("handed over", lambda homes: _is(homes.handed_over == 1, homes.handed_over >= 0))


def no_apartments() -> Wish:
    return Wish("no apartments", lambda homes: _is(~homes.apartments, np.ones(len(homes), bool)))


def no_penthouse() -> Wish:
    return Wish("no penthouse", lambda homes: _is(~homes.penthouse, np.ones(len(homes), bool)))


def no_studio() -> Wish:
    return Wish("no studio", lambda homes: _holds(homes.rooms > 0, homes.rooms))


def material(*wanted: str) -> Wish:
    """Brick and monolith, whatever the file calls mixed houses, satisfy a wish for either."""
    return Wish(f"a house of {', '.join(wanted)}", lambda homes: _material(homes, set(wanted), refused=False))


def not_material(*refused: str) -> Wish:
    return Wish(f"no house of {', '.join(refused)}", lambda homes: _material(homes, set(refused), refused=True))


def bathrooms(low: int) -> Wish:
    return Wish(
        f"{low} bathrooms and more", lambda homes: _holds(homes.combined + homes.separate >= low, homes.combined)
    )


def separate_bathroom() -> Wish:
    return Wish("a separate bathroom", lambda homes: _holds(homes.separate > 0, homes.separate))


def combined_bathroom() -> Wish:
    return Wish("a combined bathroom", lambda homes: _holds(homes.combined > 0, homes.combined))


def metro_within(minutes: float, on_foot: bool = True) -> Wish:
    """Minutes on foot; with a station that is minutes off by transport, a wish for walking is not met."""

    def judge(homes: SalesTable) -> NDArray[np.int8]:
        good = homes.metro_min <= minutes
        return _holds(good & homes.on_foot if on_foot else good, homes.metro_min)

    return Wish(f"{minutes} minutes to the metro", judge)


def _within(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    return (values >= low) & (values <= high)


def _holds(good: NDArray[np.bool_], *told: NDArray[np.float64]) -> NDArray[np.int8]:
    """Untold where any of the columns that decide is NaN."""
    return _is(good, ~np.any([np.isnan(column) for column in told], axis=0))


def _is(good: NDArray[np.bool_], told: NDArray[np.bool_]) -> NDArray[np.int8]:
    return np.where(told, np.where(good, MET, VIOLATED), UNTOLD).astype(np.int8)


def _material(homes: SalesTable, names: set[str], *, refused: bool) -> NDArray[np.int8]:
    has = np.array([bool(names & set(some)) for some in homes.materials])
    return _is(~has if refused else has, np.array([bool(some) for some in homes.materials]))
