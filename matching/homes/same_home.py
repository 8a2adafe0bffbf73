"""
Whether two adverts describe one home: contradictions first, then evidence in points.

Precision is more important than recall: if two adverts of one home are shown separately, readers see it twice; if two
homes are shown as one, they miss a home. So place, floor, rooms and area must agree, and other facts must add up to
:data:`SAME_HOME_POINTS` points. Units of a new building agree in all of these, so more points are required there; and
adverts of one owner that are both on the market are of different homes.

The points are our judgement, checked on real sales and generated copies (docs/evaluation.md).
"""

import math
import re
from functools import lru_cache
from zlib import crc32

from matching.homes.adverts import AdvertFacts

#: The points from which two adverts describe one home.
SAME_HOME_POINTS = 4.0
#: The points deducted for a new building, and if the same owner has posted both adverts.
NEW_BUILDING, POSTED_ANEW = 3.0, 1.0
#: If the ratio of the prices is greater than this, the adverts describe two homes.
MAX_PRICE_RATIO = 1.5
#: The largest distance in metres between two places of one home that are given only by coordinates.
MAX_METRES = 60
#: The most bits (of 64) in which two hashes of one photograph may differ.
MAX_PHOTO_BITS = 6

_TYPES_ALIKE = {"APARTMENT", "APARTMENTS"}


def is_different(left: AdvertFacts, right: AdvertFacts) -> bool:
    """Whether two adverts cannot describe the same home."""
    if left.market != right.market or left.floor != right.floor:
        return True
    if left.property_type != right.property_type and not {left.property_type, right.property_type} <= _TYPES_ALIKE:
        return True
    if left.rooms is None or right.rooms is None or max(left.rooms, 1) != max(right.rooms, 1):
        return True
    if _area_points(left.area, right.area) is None or _are_apart(left, right):
        return True
    if left.flat and right.flat and left.flat != right.flat:
        return True
    if left.currency == right.currency and min(left.price, right.price) * MAX_PRICE_RATIO < max(
        left.price, right.price
    ):
        return True
    is_one_owner = left.owner == right.owner
    may_be_anew = not (left.is_active and right.is_active) and not (left.is_new or right.is_new)
    return is_one_owner and not may_be_anew and not (left.flat and left.flat == right.flat)


def points(left: AdvertFacts, right: AdvertFacts) -> float:
    """
    The evidence that two adverts describe one home; minus infinity if they contradict each other.

    The function is symmetric.
    """
    if is_different(left, right):
        return -math.inf
    total = _area_points(left.area, right.area) or 0.0
    total += _price_points(left, right)
    total += _number_points(left.total_floors, right.total_floors, 0, same=0.5, differ=-2)
    total += _number_points(left.year, right.year, 2, same=0.5, differ=-1)
    total += _number_points(left.kitchen, right.kitchen, 0.5, same=1, differ=-0.5)
    total += _number_points(left.living, right.living, 0.5, same=1, differ=-0.5)
    total += _text_points(left.text, right.text)
    total += _photo_points(left.photos, right.photos)
    if left.flat and left.flat == right.flat:
        total += 6
    if left.rooms != right.rooms:  # a studio, and one room
        total -= 1
    if left.is_new or right.is_new:
        total -= NEW_BUILDING
    if left.owner == right.owner:
        total -= POSTED_ANEW
    return total


def _area_points(left: float | None, right: float | None) -> float | None:
    """
    Points for two areas, None if they cannot be those of one home. People round to whole metres and to tenths.

    >>> _area_points(53.83, 53.8), _area_points(53.8, 54), _area_points(53.8, 53), _area_points(53.8, 53.4)
    (3.0, 2.0, 2.0, None)
    """
    if left is None or right is None:
        return None
    difference = round(abs(left - right), 4)
    has_whole = left == int(left) or right == int(right)
    if not has_whole:
        return 3.0 if difference <= 0.05 else None
    return 2.0 if difference < 1 and (difference == 0 or left != int(left) or right != int(right)) else None


def _are_apart(left: AdvertFacts, right: AdvertFacts) -> bool:
    """Whether they are or may be in different houses; only a house that both name, or one point, is the same place."""
    if left.house and right.house:
        return left.house != right.house
    if left.latitude is None or right.latitude is None or left.longitude is None or right.longitude is None:
        return True
    north = (left.latitude - right.latitude) * 111_320
    east = (left.longitude - right.longitude) * 111_320 * math.cos(math.radians((left.latitude + right.latitude) / 2))
    return math.hypot(north, east) > MAX_METRES


def _price_points(left: AdvertFacts, right: AdvertFacts) -> float:
    if left.currency != right.currency:
        return 0.0
    low, high = sorted((left.price, right.price))
    if low == high:
        return 2.0
    share = (high - low) / high
    return 1.5 if share <= 0.03 else 1.0 if share <= 0.1 else 0.0 if share <= 0.2 else -2.0


def _number_points(left: float | None, right: float | None, slack: float, *, same: float, differ: float) -> float:
    if left is None or right is None:
        return 0.0
    return same if abs(left - right) <= slack else differ


@lru_cache(maxsize=10_000)
def _shingles(text: str) -> frozenset[int]:
    """Hashes of all sequences of three words."""
    words = re.findall(r"\w+", text.casefold())
    return frozenset(crc32(" ".join(words[start : start + 3]).encode()) for start in range(len(words) - 2))


def _text_points(left: str, right: str) -> float:
    """Points by the share of three-word sequences that the shorter text has in common with the other."""
    first, second = _shingles(left), _shingles(right)
    if min(len(first), len(second)) < 10:
        return 0.0
    share = len(first & second) / min(len(first), len(second))
    return 3.0 if share >= 0.6 else 1.5 if share >= 0.25 else 0.0


def _photo_points(left: tuple[int, ...], right: tuple[int, ...]) -> float:
    same = sum(any((first ^ second).bit_count() <= MAX_PHOTO_BITS for second in right) for first in left)
    minimum = min(same, sum(any((first ^ second).bit_count() <= MAX_PHOTO_BITS for first in left) for second in right))
    return 0.0 if not minimum else 4.0 if minimum >= 2 or minimum == min(len(left), len(right)) else 2.0
