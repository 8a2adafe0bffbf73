"""Why a pair scores what it scores, criterion by criterion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine import criteria
from matching.engine.criteria import CRITERION_NAMES, DEFAULT_WEIGHTS, Weights
from matching.engine.pairs import area_units, district_units, metro_units, price_units
from matching.engine.text import TextModel
from matching.engine.vectorize import (
    DENSE,
    MOST_UNITS,
    PARTS,
    WHOLE_SCORE,
    LeadVectors,
    PropertyVectors,
    lead_vectors,
    property_vectors,
)
from matching.errors import InvalidInputError
from matching.facts.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts

#: Criterion to the parts of the dense columns that hold its answers.
_DENSE_OF = {
    "price": ("price_unknown",),
    "location": ("district_unknown", "metro_unknown"),
    "area": ("area_unknown",),
    **{name: (name,) for name in ("rooms", "text", "property_class", "property_type", "condition", "year")},
}


@dataclass(frozen=True)
class CriterionShare:
    """What one criterion did for a pair."""

    criterion: str
    #: Whether the lead states a wish; if not, *value* is the prior.
    stated: bool
    #: Whether the property tells what the wish is about.
    known: bool
    #: 0 to 1.
    value: float
    #: The criterion's share of the whole, 0 to 1; all of a pair's together are 1.
    weight: float
    #: What it adds to the score, ``100 * weight * value``; all of a pair's together are the score.
    points: float


@dataclass(frozen=True)
class PairExplanation:
    """The score of a pair taken apart. A broken pair has a *score* of None and names what broke it."""

    score: float | None
    criteria: tuple[CriterionShare, ...]
    #: Criteria whose deal-breaker holds, and "owner" when both sides are one realtor's.
    broken: tuple[str, ...]


def explain_pairs(
    leads: Sequence[LeadFacts],
    properties: Sequence[PropertyFacts],
    text_model: TextModel,
    weights: Weights = DEFAULT_WEIGHTS,
) -> list[PairExplanation]:
    """
    Explain lead *i* with property *i*; a side of one is paired with each of the other.

    Raises:
        InvalidInputError: The sides have different lengths and neither is 1.
    """
    if len(leads) != len(properties) and 1 not in (len(leads), len(properties)):
        raise InvalidInputError(f"cannot pair {len(leads)} leads with {len(properties)} properties")
    n = max(len(leads), len(properties)) if leads and properties else 0
    if not n:
        return []
    places = PlaceIndex()
    lead_table = LeadColumns.from_facts(leads, places)
    property_table = PropertyColumns.from_facts(properties, places)
    wishes = lead_vectors(lead_table, text_model, weights).take(np.arange(n) % len(leads))
    offers = property_vectors(property_table, text_model).take(np.arange(n) % len(properties))
    units = criterion_units(wishes, offers)
    broken = _broken(wishes, offers, units)
    known = _known(offers)
    return [_explanation(wishes, units, broken, known, row) for row in range(n)]


def criterion_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """Units by criterion of row *i* with row *i*, (n, criteria) in the order of CRITERION_NAMES; rows add up
    to the pair's units.

    Rounding can lift a pair of all but equal texts a hair above the whole; text gives the excess back.
    """
    units = leads.always * PARTS
    for column, name in enumerate(CRITERION_NAMES):
        for part in _DENSE_OF[name]:
            span = DENSE[part]
            units[:, column] += np.einsum("ij,ij->i", leads.dense[:, span], properties.dense[:, span], dtype=np.float64)
    units[:, CRITERION_NAMES.index("price")] += price_units(leads, properties)
    units[:, CRITERION_NAMES.index("area")] += area_units(leads, properties)
    units[:, CRITERION_NAMES.index("location")] += district_units(leads, properties) + metro_units(leads, properties)
    units[:, CRITERION_NAMES.index("text")] -= np.maximum(units.sum(axis=1) - MOST_UNITS, 0)
    return units


def _broken(
    leads: LeadVectors, properties: PropertyVectors, units: NDArray[np.float64]
) -> dict[str, NDArray[np.bool_]]:
    return {
        "price": criteria.over_budget(properties.price, leads.price_max),
        "area": criteria.far_too_small(properties.area, leads.area_min),
        "rooms": units[:, CRITERION_NAMES.index("rooms")] < 0,
        "property_type": units[:, CRITERION_NAMES.index("property_type")] < 0,
        "owner": leads.owner == properties.owner,
    }


def _known(properties: PropertyVectors) -> NDArray[np.bool_]:
    """(n, criteria): whether the property tells. Location is known when the district or the station is."""
    tells = lambda name: properties.dense[:, DENSE[name].stop - 1] == 0
    by_name = {
        "price": tells("price_unknown"),
        "location": (properties.district >= 0) | (properties.metro >= 0),
        "area": tells("area_unknown"),
        "text": properties.dense[:, DENSE["text"]].any(axis=1),
        "property_type": np.ones(len(properties), bool),
        **{name: tells(name) for name in ("rooms", "property_class", "condition", "year")},
    }
    return np.stack([by_name[name] for name in CRITERION_NAMES], axis=1)


def _explanation(
    leads: LeadVectors,
    units: NDArray[np.float64],
    broken: dict[str, NDArray[np.bool_]],
    known: NDArray[np.bool_],
    row: int,
) -> PairExplanation:
    broken_here = tuple(name for name, holds in broken.items() if holds[row])
    shares = []
    for column, name in enumerate(CRITERION_NAMES):
        weight = float(leads.whole_points[row, column]) / WHOLE_SCORE
        points = 0.0 if name in broken_here else float(max(units[row, column], 0.0)) * 100 / MOST_UNITS
        value = min(points / (100 * weight), 1.0) if weight > 0 else 0.0
        stated = bool(leads.stated[row, column])
        shares.append(CriterionShare(name, stated, bool(known[row, column]), value, weight, points))
    score = None if broken_here else float(units[row].sum()) * 100 / MOST_UNITS
    return PairExplanation(score, tuple(shares), broken_here)
