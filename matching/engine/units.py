"""
The whole numbers in which pairs are scored, and the score computed from them.

**Units.** A lead has *points*, of which :data:`POINTS_PER_100` make 100; a property has *parts*, :data:`ANSWER_SCALE`
for an answer that applies fully. A unit is one point times one part, so :data:`BASE_UNITS` units are a base of 100.
float32 adds whole numbers below 2**24 exactly, in any order. So a score is the same to the last bit whether it comes
from a matrix product, a vector product or a sum over criteria, and for any tile, thread or processor.

**Tiers.** Every pair starts with :data:`MAX_TIERS` tiers. Each contradicted wish takes one away, so pairs with 0, 1,
..., 4 contradictions have units in five separate ranges. With more contradictions the units are negative and the pair
is forbidden. A contradicted *must* takes away more than all tiers.

**The score** is a strictly increasing function of the units, :func:`score_of_units`, so ordering lists by score is the
same as ordering by units. A pair without contradictions scores its base if that is 60 or more; a lower base is mapped
to 50 to 60. Pairs with contradictions are mapped to 0 to 50, 12.5 for each tier. So a score below 50 means that the
property contradicts a wish.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: To be increased whenever the score of the same facts changes; lists of an earlier engine are then computed again.
ENGINE_VERSION = 8
#: Lead-side points that make 100.
POINTS_PER_100 = 51_200
#: Property-side parts of one answer; also the resolution of positions between two knots.
ANSWER_SCALE = 64
#: Units of a base of 100.
BASE_UNITS = POINTS_PER_100 * ANSWER_SCALE
#: Contradicted wishes that a pair may have and still be listed.
MAX_TIERS = 4
#: Points of a tier: one more than a whole base, so that tiers do not touch.
TIER_POINTS = POINTS_PER_100 + 1
_TIER_UNITS = TIER_POINTS * ANSWER_SCALE
#: Units that every pair starts with.
TIERS_UNITS = MAX_TIERS * _TIER_UNITS
#: The most units a pair can have; below 2**24.
MAX_UNITS = TIERS_UNITS + BASE_UNITS
#: Points of an answer that breaks the pair: times ANSWER_SCALE they outweigh everything else twice.
BROKEN = -(2**19)

#: A base of 100 * units / BASE_UNITS; exact in float32.
BASE_OF_UNIT = 100 / BASE_UNITS
#: Scores are whole multiples of this.
SCORE_STEP = 2.0**-18


def score_of_units(units: ArrayLike) -> NDArray[np.float32]:
    """
    Scores of pairs, 0 to 100, float32 and exact; strictly increasing, so only equal units give equal scores.

    Args:
        units: Whole numbers, 0 to MAX_UNITS.

    >>> clean = [TIERS_UNITS + base * BASE_UNITS // 100 for base in (100, 80, 0)]
    >>> score_of_units([*clean, TIERS_UNITS - ANSWER_SCALE, 0]).round(2).tolist()
    [100.0, 80.0, 50.0, 50.0, 0.0]
    """
    units = np.asarray(units, np.float32)
    base = units - np.float32(TIERS_UNITS)
    # In steps of 2**-18, a unit is 8 steps for a base of 60 or more, 4/3 steps for a lower base, and 1 step below that;
    # the largest of the three is the right one. float32 is exact wherever it is the largest.
    steps = np.maximum(units, np.floor(4 * base / 3) + np.float32(TIERS_UNITS))
    return np.maximum(steps, 8 * base) * np.float32(SCORE_STEP)


def contradictions_of_units(units: ArrayLike) -> NDArray[np.int64]:
    """How many wishes pairs contradict, computed from their units."""
    missing = np.maximum(TIERS_UNITS - np.asarray(units, np.int64), 0)
    return -(-missing // _TIER_UNITS)


def rounding_bound(wishes: int = 0, words: int = 0) -> float:
    """
    The largest difference of a base from its formula, on the scale of 100.

    The share of every criterion, wish and word is rounded to a point, and so is what it earns. This amounts to a point
    and a half for each of nine criteria, for location in three parts, for the wishes together and for each wish, to
    half a point for a price under the minimum, and to a point for each word of the text. Positions between knots,
    minutes and parts of words are rounded by definition and add nothing.

    >>> round(rounding_bound(), 3), round(rounding_bound(wishes=5, words=20), 3)
    (0.046, 0.1)
    """
    return (1.5 * (13 + wishes) + words + 4) * 100 / POINTS_PER_100
