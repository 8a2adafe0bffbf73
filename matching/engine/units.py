"""
The whole numbers in which pairs are scored, and the score that is made of them.

**Units.** A lead's side holds *points*, :data:`POINTS_PER_100` of them being 100; a property's side *parts*,
:data:`ANSWER_SCALE` for an answer that is wholly its own. A unit is one point times one part, so :data:`BASE_UNITS`
units are a base of 100. float32 adds whole numbers below 2**24 exactly, in any order: a score is the same to the last
bit from a matrix product, a vector product or a sum over criteria, whatever the tile, the thread or the processor.

**Tiers.** Every pair starts with :data:`MAX_TIERS` tiers. A contradicted wish takes one away, so that pairs with 0, 1,
..., 4 contradictions fill five ranges that do not meet; with more, the units are negative and the pair is forbidden. A
contradicted
*must* takes away more than all.

**The score** is a strictly rising function of the units, :func:`score_of_units`: so lists by score are lists by units.
A pair without contradictions scores its base where that is 60 or more; a lower base is squeezed into 50 to 60. Pairs
with contradictions share 0 to 50, 12.5 for each tier. A score below 50 therefore says: something that was asked for is
not so.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Raised whenever the score of the same facts changes: lists of an earlier engine are computed anew.
ENGINE_VERSION = 4
#: Lead-side points that make 100.
POINTS_PER_100 = 51_200
#: Property-side parts of one answer; also how finely a place between two knots is told.
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
#: Points of an answer that breaks the pair: times ANSWER_SCALE it outweighs all else twice over.
BROKEN = -(2**19)

#: A base of 100 * units / BASE_UNITS; exact in float32.
BASE_OF_UNIT = 100 / BASE_UNITS
#: Scores are whole multiples of this.
SCORE_STEP = 2.0**-18


def score_of_units(units: ArrayLike) -> NDArray[np.float32]:
    """
    Scores of pairs, 0 to 100, float32 and exact; strictly rising, so equal scores come of equal units only.

    Args:
        units: Whole numbers, 0 to MAX_UNITS.

    >>> clean = [TIERS_UNITS + base * BASE_UNITS // 100 for base in (100, 80, 0)]
    >>> score_of_units([*clean, TIERS_UNITS - ANSWER_SCALE, 0]).round(2).tolist()
    [100.0, 80.0, 50.0, 50.0, 0.0]
    """
    units = np.asarray(units, np.int64)
    base = units - TIERS_UNITS
    # Steps of 2**-18: a unit of the base is 8 of them, of the squeezed base 4/3, of what lies below one.
    steps = np.where(base < 0, units, np.maximum(8 * base, TIERS_UNITS + 4 * base // 3))
    return (steps * SCORE_STEP).astype(np.float32)


def contradictions_of_units(units: ArrayLike) -> NDArray[np.int64]:
    """How many wishes pairs contradict, of their units."""
    missing = np.maximum(TIERS_UNITS - np.asarray(units, np.int64), 0)
    return -(-missing // _TIER_UNITS)


def rounding_bound(wishes: int = 0, words: int = 0) -> float:
    """
    How far a base may be from its formula, of 100.

    Every criterion's, wish's and word's share of the whole is rounded to a point, and so is what it earns: a point and
    a half for each of nine criteria, location in three parts, the wishes together, and each wish; a point for each word
    of the text. Places between knots, minutes and parts of words are rounded by definition and add nothing.

    >>> round(rounding_bound(), 3), round(rounding_bound(wishes=5, words=20), 3)
    (0.045, 0.099)
    """
    return (1.5 * (13 + wishes) + words + 3.5) * 100 / POINTS_PER_100
