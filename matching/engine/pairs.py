"""Scores of chosen pairs: one lead against every property, one property against every lead, or a list of pairs.

The counterpart of the tiled :mod:`matching.engine.topk` for the few; both give the same numbers to the last bit
(:mod:`matching.engine.vectorize` says why).
"""

import numpy as np
from numpy.typing import NDArray

from matching.engine.vectorize import (
    MOST_UNITS,
    PARTS,
    SCORE_OF_UNIT,
    LeadVectors,
    PropertyVectors,
    area_points,
    broken_by_amount,
    price_points,
)
from matching.errors import InvalidInputError
from matching.facts.places import list_contains


def pair_scores(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float32]:
    """Score row *i* of *leads* with row *i* of *properties*; a side of one row is paired with every row of the other.

    Returns:
        float32 (n,), 0 to 100; NaN where a deal-breaker or a common owner forbids the pair.
    Raises:
        InvalidInputError: The sides have different lengths and neither is 1.
    """
    if len(leads) != len(properties) and 1 not in (len(leads), len(properties)):
        raise InvalidInputError(f"cannot pair {len(leads)} leads with {len(properties)} properties row by row")
    if not len(leads) or not len(properties):
        return np.zeros(0, np.float32)
    units = _dense_units(leads, properties)
    units += price_units(leads, properties) + area_units(leads, properties)
    units += district_units(leads, properties) + metro_units(leads, properties)
    forbidden = (units < 0) | broken_by_amount(leads, properties) | (leads.owner == properties.owner)
    scores = np.minimum(units, MOST_UNITS).astype(np.float32) * SCORE_OF_UNIT
    scores[forbidden] = np.nan
    return scores


def _dense_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    if len(leads) == 1:
        return (properties.dense @ leads.dense[0]).astype(np.float64)
    if len(properties) == 1:
        return (leads.dense @ properties.dense[0]).astype(np.float64)
    return np.einsum("ij,ij->i", leads.dense, properties.dense, dtype=np.float64)


def price_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """What the price earns; 0 where it is not known."""
    at, after = (price_points(leads, properties.price_knot + step) for step in (0, 1))
    return at.astype(np.float64) * properties.price_parts + after.astype(np.float64) * properties.price_next_parts


def area_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """What the area earns; 0 where it is not known."""
    at, after = (area_points(leads, properties.area_knot + step) for step in (0, 1))
    return at.astype(np.float64) * properties.area_parts + after.astype(np.float64) * properties.area_next_parts


def district_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """What a wanted district earns; 0 elsewhere."""
    return _hit_units(leads.district_indptr, leads.district_codes, leads.district_points, properties.district)


def metro_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """What a wanted station earns; 0 elsewhere."""
    return _hit_units(leads.metro_indptr, leads.metro_codes, leads.metro_points, properties.metro)


def _hit_units(
    indptr: NDArray[np.int64],
    codes: NDArray[np.int32],
    points: NDArray[np.float32],
    places: NDArray[np.int32],
) -> NDArray[np.float64]:
    return list_contains(indptr, codes, places) * (points.astype(np.float64) * PARTS)
