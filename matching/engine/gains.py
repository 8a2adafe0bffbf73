"""
The homes that would come into the useful range of a lead's list if the lead asked for less.

A lead has a dozen limits and wishes, and scoring the whole market for each would take a dozen times as long as scoring
it once. So the market is scored once, criterion by criterion, which gives an upper bound of every score for a weaker
lead. Only homes that may reach the range are scored again, exactly.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matching.engine.criteria import CRITERION_NAMES
from matching.engine.explain import broken_criteria, criterion_units
from matching.engine.pairs import pair_scores
from matching.engine.sparse import wish_units
from matching.engine.units import ANSWER_SCALE, POINTS_PER_100, TIERS_UNITS, rounding_bound, score_of_units
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.errors import InvalidInputError

#: A pair with a score above this contradicts no wish.
_UNCONTRADICTED = 50.0
#: Dropping a stated wish reduces a criterion's share of the whole to no less than a quarter, so another criterion's
#: share, with its rounding error, grows at most fourfold; the weaker lead's own rounding error is added once.
_ROUNDINGS = 5


def gained(
    lead: LeadVectors,
    weaker: LeadVectors,
    criteria: Sequence[frozenset[str]],
    properties: PropertyVectors,
    minimum: float,
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """
    The homes that would come into the useful range if the lead were weaker.

    Args:
        lead: One row, the unchanged lead.
        weaker: The same lead, with one requirement weakened in each row, vectorised with the same model and weights.
        criteria: For each row of *weaker*, the criteria whose values change; the others keep the lead's values.
        minimum: The least useful score, above 50.
    Returns:
        Rows of *properties* that are useful for *lead*; and for each row of *weaker*, those that would become useful.
        Both ascend.
    Raises:
        InvalidInputError: *lead* is not one row, *criteria* are not one set a row, or *minimum* is not above 50.
    """
    if len(lead) != 1 or len(criteria) != len(weaker):
        raise InvalidInputError(f"expected one lead and {len(weaker)} sets, got {len(lead)} and {len(criteria)}")
    if not minimum > _UNCONTRADICTED:
        raise InvalidInputError(f"the minimum useful score must be above {_UNCONTRADICTED}, not {minimum}")
    if not len(properties):
        return np.zeros(0, np.int64), [np.zeros(0, np.int64) for _ in criteria]
    units = criterion_units(lead, properties)
    lost = wish_units(lead, properties).lost
    broken = broken_criteria(lead, properties, units, lost)
    forbidden = np.any(list(broken.values()), axis=0)
    scores = score_of_units(np.maximum(TIERS_UNITS + units.sum(axis=1) - lost, 0))
    useful = ~forbidden & (scores >= minimum)
    # The share of its weight that each criterion earns; if the weight is 0, the value is unknown and may be 1.
    whole = lead.whole_points[0] * ANSWER_SCALE
    values = np.where(whole > 0, np.maximum(units, 0) / np.maximum(whole, 1), 1.0)
    broken["wish"] = broken["wish"] | (lost > 0)
    how_often = np.sum(list(broken.values()), axis=0)
    bounds = values @ weaker.whole_points.T
    may = np.zeros((len(criteria), len(properties)), bool)
    for row, touched in enumerate(criteria):
        points, bound = weaker.whole_points[row], bounds[:, row]
        for column in (CRITERION_NAMES.index(name) for name in touched):
            bound += (1 - values[:, column]) * points[column]
        min_points = (minimum - _slack(lead, weaker.take([row]))) / 100 * POINTS_PER_100
        elsewhere_whole = how_often == np.sum([broken[name] for name in touched if name in broken], axis=0)
        may[row] = ~useful & elsewhere_whole & (bound >= min_points)
    chosen = np.flatnonzero(may.any(axis=0))
    candidates = properties.take(chosen)
    reached = [pair_scores(weaker.take([row]), candidates) >= minimum for row in range(len(criteria))]
    # Properties that are not among a row's own candidates cannot reach the range for it.
    return np.flatnonzero(useful), [chosen[rows] for rows in reached]


def _slack(lead: LeadVectors, weaker: LeadVectors) -> float:
    """How far rounding may put a bound below the score, on the scale of 100."""
    wishes = max(len(lead.wish_codes), len(weaker.wish_codes))
    words = max(len(lead.word_codes), len(weaker.word_codes))
    return _ROUNDINGS * rounding_bound(wishes, words)
