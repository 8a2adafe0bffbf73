"""Explanations of a pair's score: criterion by criterion, wish by wish."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine import criteria
from matching.engine.criteria import CRITERION_NAMES, DEFAULT_WEIGHTS, Weights
from matching.engine.curves import area_units, broken_by_price, price_units
from matching.engine.explain_places import PlaceNote, place_note
from matching.engine.explain_wishes import WishShare, wish_shares
from matching.engine.sparse import place_units, wish_units, word_units
from matching.engine.text import TextModel
from matching.engine.units import ANSWER_SCALE, BASE_OF_UNIT, POINTS_PER_100, TIERS_UNITS, score_of_units
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.engine.vectors import DENSE, LeadVectors, PropertyVectors
from matching.errors import InvalidInputError
from matching.facts.closeness import Closeness
from matching.facts.columns import NOTHING_NEAR, LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts
from matching.facts.places import PLACE_KINDS

#: Criterion to the slices of the dense columns that hold its answers.
_DENSE_OF = {
    "price": ("price_unknown",),
    "location": tuple(f"{kind}_unknown" for kind in PLACE_KINDS),
    "area": ("area_unknown",),
    "text": (),
    "wish": (),
    **{name: (name,) for name in ("rooms", "property_class", "property_type", "condition", "year")},
}


@dataclass(frozen=True)
class CriterionShare:
    """The contribution of one criterion to a pair's score."""

    criterion: str
    #: Whether the lead states a wish; if not, *value* is the prior.
    stated: bool
    #: Whether the property states anything about the subject of the wish.
    known: bool
    #: 0 to 1.
    value: float
    #: The criterion's share of the whole, 0 to 1; the shares of a pair add up to 1.
    weight: float
    #: What it adds to the base, ``100 * weight * value``; the points of a pair add up to the base.
    points: float


@dataclass(frozen=True)
class PairExplanation:
    """
    The components of a pair's score. A broken pair has a *score* of None and *broken* states the reasons.

    ``score == base + adjustment``. The adjustment is 0 for a pair that contradicts no wish and has a base of 60 or
    more. Otherwise it is the deduction for contradicted wishes, or it lifts a low base into the range of pairs without
    contradictions.
    """

    score: float | None
    base: float
    adjustment: float
    criteria: tuple[CriterionShare, ...]
    #: Every wish of the lead, and the implied refusals (features refused unless requested) that the property violates.
    #: They add up to the criterion "wish".
    wishes: tuple[WishShare, ...]
    #: The property's place compared with the lead's; None if the lead names no place.
    place: PlaceNote | None
    #: Criteria whose deal-breaker applies, and "owner" if both sides belong to one realtor.
    broken: tuple[str, ...]

    @property
    def contradicted(self) -> int:
        """How many wishes the property is known to contradict, not counting soft ones."""
        return sum(share.outcome == "not_met" and share.strength != "soft" for share in self.wishes)


def explain_pairs(
    leads: Sequence[LeadFacts],
    properties: Sequence[PropertyFacts],
    text_model: TextModel,
    weights: Weights = DEFAULT_WEIGHTS,
    closeness: Closeness = NOTHING_NEAR,
) -> list[PairExplanation]:
    """
    Explain lead *i* with property *i*; a single lead or property is paired with every row of the other side.

    Raises:
        InvalidInputError: The sides have different lengths and neither is 1.
    """
    if len(leads) != len(properties) and 1 not in (len(leads), len(properties)):
        raise InvalidInputError(f"cannot pair {len(leads)} leads with {len(properties)} properties")
    n = max(len(leads), len(properties)) if leads and properties else 0
    if not n:
        return []
    places = PlaceIndex()
    lead_table = LeadColumns.from_facts(leads, places, closeness)
    property_table = PropertyColumns.from_facts(properties, places, closeness)
    wants = lead_vectors(lead_table, text_model, weights)
    offers = property_vectors(property_table, text_model)
    wants = wants if len(wants) == n else wants.take(np.zeros(n, np.intp))
    offers = offers if len(offers) == n else offers.take(np.zeros(n, np.intp))
    units = criterion_units(wants, offers)
    lost = wish_units(wants, offers).lost
    broken = broken_criteria(wants, offers, units, lost)
    listings = [properties[row % len(properties)] for row in range(n)]
    # Python's own numbers, because reading an array's items one by one takes most of the time.
    of_rows = zip(
        (wants.whole_points / POINTS_PER_100).tolist(),
        (wants.sizes > 0).tolist(),
        units.tolist(),
        score_of_units(TIERS_UNITS + units.sum(axis=1) - lost).tolist(),
        np.stack(list(broken.values()), axis=1).tolist(),
        _known(wants, offers).tolist(),
        wish_shares(wants, offers, [listing.facts for listing in listings]),
        strict=True,
    )
    return [
        _explanation(
            weights_of_row,
            stated,
            earned,
            score,
            tuple(itertools.compress(broken, is_broken)),
            known,
            wishes,
            place_note(leads[row % len(leads)], listings[row], closeness),
        )
        for row, (weights_of_row, stated, earned, score, is_broken, known, wishes) in enumerate(of_rows)
    ]


def criterion_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """
    Units of the base by criterion of row *i* with row *i*, (n, criteria) in the order of CRITERION_NAMES, without the
    deductions for contradicted wishes. A single lead is paired with each property.
    """
    units = np.repeat(leads.always * ANSWER_SCALE, len(properties) if len(leads) == 1 else 1, axis=0)
    for column, name in enumerate(CRITERION_NAMES):
        for part in _DENSE_OF[name]:
            span = DENSE[part]
            units[:, column] += _dense_units(leads.dense[:, span], properties.dense[:, span])
    column_of = CRITERION_NAMES.index
    units[:, column_of("price")] += price_units(leads, properties)
    units[:, column_of("area")] += area_units(leads, properties)
    for kind in PLACE_KINDS:
        units[:, column_of("location")] += place_units(kind, leads, properties)
    units[:, column_of("text")] += word_units(leads, properties)
    units[:, column_of("wish")] += wish_units(leads, properties).earned
    return units


def _dense_units(points: NDArray[np.float32], parts: NDArray[np.float32]) -> NDArray[np.float64]:
    if len(points) == 1:
        return (parts @ points[0]).astype(np.float64)
    return np.einsum("ij,ij->i", points, parts, dtype=np.float64)


def broken_criteria(
    leads: LeadVectors, properties: PropertyVectors, units: NDArray[np.float64], lost: NDArray[np.float64]
) -> dict[str, NDArray[np.bool_]]:
    """
    Which deal-breakers apply, by name (also "owner"), to row *i* with row *i* or to a single lead with each property.

    Args:
        units, lost: Those of these pairs, as returned by :func:`criterion_units` and :func:`wish_units`.
    """
    span = DENSE["implied"]
    refused = (leads.dense[:, span] * properties.dense[:, span]).min(axis=1) < 0
    return {
        "price": broken_by_price(leads, properties),
        "area": criteria.far_too_small(properties.area, leads.area_min),
        **{name: units[:, CRITERION_NAMES.index(name)] < 0 for name in ("location", "rooms", "property_type")},
        "wish": refused | (lost > TIERS_UNITS),
        "owner": leads.owner == properties.owner,
    }


def _known(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.bool_]:
    """
    (n, criteria): whether the property states the fact. Location is known if one of its places is; wishes are known if
    one of them has an answer.
    """
    states = lambda name: properties.dense[:, DENSE[name].stop - 1] == 0
    by_name = {
        "price": states("price_unknown") & (leads.price_space == properties.price_space),
        "location": np.any([np.diff(getattr(properties, f"{kind}_indptr")) > 0 for kind in PLACE_KINDS], axis=0),
        "area": states("area_unknown"),
        "text": np.diff(properties.word_indptr) > 0,
        "property_type": np.ones(len(properties), bool),
        "wish": (properties.answers >= 0).any(axis=1),
        **{name: states(name) for name in ("rooms", "property_class", "condition", "year")},
    }
    return np.stack([by_name[name] for name in CRITERION_NAMES], axis=1)


def _explanation(
    weights: list[float],
    stated: list[bool],
    earned: list[float],
    score: float,
    broken_here: tuple[str, ...],
    known: list[bool],
    wishes: tuple[WishShare, ...],
    place: PlaceNote | None,
) -> PairExplanation:
    """
    One pair's explanation, from its values by criterion, in the order of CRITERION_NAMES.

    Args:
        earned: Units of the base.
        score: The score that the pair has if it is not broken.
    """
    shares = []
    for name, weight, is_stated, units, is_known in zip(CRITERION_NAMES, weights, stated, earned, known, strict=True):
        if name == "wish":
            is_known = any(share.outcome != "not_told" for share in wishes)
        is_broken = name in broken_here and name != "wish"
        points = 0.0 if is_broken else max(units, 0.0) * BASE_OF_UNIT
        value = min(points / (100 * weight), 1.0) if weight > 0 else 0.0
        shares.append(CriterionShare(name, is_stated, is_known, value, weight, points))
    base = sum(share.points for share in shares)
    if broken_here:
        return PairExplanation(None, base, 0.0, tuple(shares), wishes, place, broken_here)
    return PairExplanation(score, base, score - base, tuple(shares), wishes, place, broken_here)
