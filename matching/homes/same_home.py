"""
Whether two adverts are of one home: contradictions first, then evidence in points.

Precision comes first: an advert that stands alone costs its reader a second look, two homes shown as one cost them a
home. So place, floor, rooms and area must agree, and the rest must bring :data:`ENOUGH` points. Units of a new building
are alike in all of that, so there more is asked for; and one owner's adverts on the market are different homes.

The points are our judgement, checked on real sales and made copies (docs/evaluation.md).
"""

import math
import re
from functools import lru_cache
from zlib import crc32

from matching.homes.adverts import AdvertFacts

#: Points from which two adverts are of one home.
ENOUGH = 4.0
#: What a new building takes away, and one owner who posts a home anew.
NEW_BUILDING, POSTED_ANEW = 3.0, 1.0
#: Prices further apart than this ratio are of two homes.
MAX_PRICE_RATIO = 1.5
#: Metres between two places of one home that are told by coordinates only.
MAX_METRES = 60
#: Bits (of 64) in which two hashes of one photograph may differ.
MAX_PHOTO_BITS = 6

_TYPES_ALIKE = {"APARTMENT", "APARTMENTS"}


def is_different(one: AdvertFacts, other: AdvertFacts) -> bool:
    """Whether two adverts contradict being of one home."""
    if one.market != other.market or one.floor != other.floor:
        return True
    if one.property_type != other.property_type and not {one.property_type, other.property_type} <= _TYPES_ALIKE:
        return True
    if one.rooms is None or other.rooms is None or max(one.rooms, 1) != max(other.rooms, 1):
        return True
    if _area_points(one.area, other.area) is None or _are_apart(one, other):
        return True
    if one.flat and other.flat and one.flat != other.flat:
        return True
    if one.currency == other.currency and min(one.price, other.price) * MAX_PRICE_RATIO < max(one.price, other.price):
        return True
    is_one_owner = one.owner == other.owner
    may_be_anew = not (one.is_active and other.is_active) and not (one.is_new or other.is_new)
    return is_one_owner and not may_be_anew and not (one.flat and one.flat == other.flat)


def points(one: AdvertFacts, other: AdvertFacts) -> float:
    """
    The evidence that two adverts are of one home; minus infinity where they contradict it.

    The same both ways round.
    """
    if is_different(one, other):
        return -math.inf
    total = _area_points(one.area, other.area) or 0.0
    total += _price_points(one, other)
    total += _number_points(one.total_floors, other.total_floors, 0, same=0.5, differ=-2)
    total += _number_points(one.year, other.year, 2, same=0.5, differ=-1)
    total += _number_points(one.kitchen, other.kitchen, 0.5, same=1, differ=-0.5)
    total += _number_points(one.living, other.living, 0.5, same=1, differ=-0.5)
    total += _text_points(one.text, other.text)
    total += _photo_points(one.photos, other.photos)
    if one.flat and one.flat == other.flat:
        total += 6
    if one.rooms != other.rooms:  # a studio, and one room
        total -= 1
    if one.is_new or other.is_new:
        total -= NEW_BUILDING
    if one.owner == other.owner:
        total -= POSTED_ANEW
    return total


def _area_points(one: float | None, other: float | None) -> float | None:
    """
    None where two areas are not those of one home: people round to whole metres, and to tenths.

    >>> _area_points(53.83, 53.8), _area_points(53.8, 54), _area_points(53.8, 53), _area_points(53.8, 53.4)
    (3.0, 2.0, 2.0, None)
    """
    if one is None or other is None:
        return None
    difference = round(abs(one - other), 4)
    has_whole = one == int(one) or other == int(other)
    if not has_whole:
        return 3.0 if difference <= 0.05 else None
    return 2.0 if difference < 1 and (difference == 0 or one != int(one) or other != int(other)) else None


def _are_apart(one: AdvertFacts, other: AdvertFacts) -> bool:
    """Whether they stand in two houses, or may: only a house that both name, or one point, is one place."""
    if one.house and other.house:
        return one.house != other.house
    if one.latitude is None or other.latitude is None or one.longitude is None or other.longitude is None:
        return True
    up = (one.latitude - other.latitude) * 111_320
    right = (one.longitude - other.longitude) * 111_320 * math.cos(math.radians((one.latitude + other.latitude) / 2))
    return math.hypot(up, right) > MAX_METRES


def _price_points(one: AdvertFacts, other: AdvertFacts) -> float:
    if one.currency != other.currency:
        return 0.0
    low, high = sorted((one.price, other.price))
    if low == high:
        return 2.0
    share = (high - low) / high
    return 1.5 if share <= 0.03 else 1.0 if share <= 0.1 else 0.0 if share <= 0.2 else -2.0


def _number_points(one: float | None, other: float | None, slack: float, *, same: float, differ: float) -> float:
    if one is None or other is None:
        return 0.0
    return same if abs(one - other) <= slack else differ


@lru_cache(maxsize=10_000)
def _shingles(text: str) -> frozenset[int]:
    """Runs of three words."""
    words = re.findall(r"\w+", text.casefold())
    return frozenset(crc32(" ".join(words[place : place + 3]).encode()) for place in range(len(words) - 2))


def _text_points(one: str, other: str) -> float:
    """By the share of three-word runs that the shorter text has in common with the other."""
    mine, theirs = _shingles(one), _shingles(other)
    if min(len(mine), len(theirs)) < 10:
        return 0.0
    share = len(mine & theirs) / min(len(mine), len(theirs))
    return 3.0 if share >= 0.6 else 1.5 if share >= 0.25 else 0.0


def _photo_points(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    same = sum(any((mine ^ theirs).bit_count() <= MAX_PHOTO_BITS for theirs in other) for mine in one)
    fewest = min(same, sum(any((mine ^ theirs).bit_count() <= MAX_PHOTO_BITS for mine in one) for theirs in other))
    return 0.0 if not fewest else 4.0 if fewest >= 2 or fewest == min(len(one), len(other)) else 2.0
