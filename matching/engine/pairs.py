"""Scores of chosen pairs: one lead against every property, one property against every lead, or a list of pairs.

The counterpart of the blockwise :mod:`matching.engine.topk` for a few rows; both give the same numbers to the last bit
(:mod:`matching.engine.units` explains why).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.curves import area_units, broken_by_amount, price_units
from matching.engine.sparse import place_units, wish_units, word_units
from matching.engine.units import MAX_UNITS, score_of_units
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.errors import InvalidInputError
from matching.facts.places import PLACE_KINDS

#: For each term, the columns of the single row for which it was last computed, as bytes, and its units.
KeptTerms = dict[str, tuple[tuple[bytes, ...], NDArray[np.float64]]]


def pair_scores(leads: LeadVectors, properties: PropertyVectors, kept: KeptTerms | None = None) -> NDArray[np.float32]:
    """Score row *i* of *leads* with row *i* of *properties*; a side of one row is paired with every row of the other.

    Args:
        kept: A cache, empty at first, for scoring several single rows one after another with the same rows of the other
            side. Terms that a row has in common with its predecessor are not computed again. An entity is mostly scored
            both before and after a change, and most of its terms are equal.
    Returns:
        float32 (n,), 0 to 100; NaN if a deal-breaker or a common owner forbids the pair.
    Raises:
        InvalidInputError: The sides have different lengths and neither is 1.
    """
    units = pair_units(leads, properties, kept)
    scores = score_of_units(np.maximum(units, 0))
    scores[units < 0] = np.nan
    return scores


def pair_units(leads: LeadVectors, properties: PropertyVectors, kept: KeptTerms | None = None) -> NDArray[np.float64]:
    """:func:`pair_scores` in units, 0 to MAX_UNITS; -1 where a deal-breaker or a common owner forbids the pair."""
    if len(leads) != len(properties) and 1 not in (len(leads), len(properties)):
        raise InvalidInputError(f"cannot pair {len(leads)} leads with {len(properties)} properties row by row")
    if not len(leads) or not len(properties):
        return np.zeros(0)
    units = np.zeros(max(len(leads), len(properties)))
    for name, term in _TERMS.items():
        units += term.units(leads, properties) if kept is None else _kept_or_new(name, kept, leads, properties)
    forbidden = (units < 0) | broken_by_amount(leads, properties) | (leads.owner == properties.owner)
    units = np.minimum(units, MAX_UNITS)
    units[forbidden] = -1
    return units


def _dense_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    if len(leads) == 1:
        return (properties.dense @ leads.dense[0]).astype(np.float64)
    if len(properties) == 1:
        return (leads.dense @ properties.dense[0]).astype(np.float64)
    return np.einsum("ij,ij->i", leads.dense, properties.dense, dtype=np.float64)


def _wish_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    earned, lost = wish_units(leads, properties)
    return earned - lost


class _Term(NamedTuple):
    """A part of a pair's units, and the columns of each side on which it depends."""

    units: Callable[[LeadVectors, PropertyVectors], NDArray[np.float64]]
    of_lead: tuple[str, ...]
    of_property: tuple[str, ...]


_TERMS = {
    "dense": _Term(_dense_units, ("dense",), ("dense",)),
    "price": _Term(
        price_units,
        ("price_min", "price_max", "price_space", "price_points"),
        ("price", "price_space", "price_knot", "price_parts", "price_next_parts"),
    ),
    "area": _Term(area_units, ("area_min", "area_max", "area_points"), ("area_knot", "area_parts", "area_next_parts")),
    **{
        kind: _Term(
            partial(place_units, kind),
            (f"{kind}_codes", f"{kind}_points", f"{kind}_elsewhere"),
            (f"{kind}_codes", f"{kind}_parts"),
        )
        for kind in PLACE_KINDS
    },
    "words": _Term(word_units, ("word_codes", "word_points"), ("word_codes", "word_parts")),
    "wishes": _Term(_wish_units, ("wish_codes", "wish_points"), ("answers",)),
}


def _kept_or_new(name: str, kept: KeptTerms, leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    term = _TERMS[name]
    sides = (leads, term.of_lead), (properties, term.of_property)
    key = tuple(getattr(side, each).tobytes() for side, columns in sides if len(side) == 1 for each in columns)
    if name not in kept or kept[name][0] != key:
        kept[name] = key, term.units(leads, properties)
    return kept[name][1]
