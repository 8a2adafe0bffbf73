"""Scores of chosen pairs: one lead against every property, one property against every lead, or a list of pairs.

The counterpart of the tiled :mod:`matching.engine.topk` for the few; both give the same numbers to the last bit
(:mod:`matching.engine.units` says why).
"""

import numpy as np
from numpy.typing import NDArray

from matching.engine.curves import area_units, broken_by_amount, price_units
from matching.engine.sparse import place_units, wish_units, word_units
from matching.engine.units import MAX_UNITS, score_of_units
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.errors import InvalidInputError
from matching.facts.places import PLACE_KINDS


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
    for kind in PLACE_KINDS:
        units += place_units(kind, leads, properties)
    units += word_units(leads, properties)
    earned, lost = wish_units(leads, properties)
    units += earned - lost
    forbidden = (units < 0) | broken_by_amount(leads, properties) | (leads.owner == properties.owner)
    scores = score_of_units(np.clip(units, 0, MAX_UNITS))
    scores[forbidden] = np.nan
    return scores


def _dense_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    if len(leads) == 1:
        return (properties.dense @ leads.dense[0]).astype(np.float64)
    if len(properties) == 1:
        return (leads.dense @ properties.dense[0]).astype(np.float64)
    return np.einsum("ij,ij->i", leads.dense, properties.dense, dtype=np.float64)
