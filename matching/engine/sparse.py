"""
What places, wishes and words earn for chosen pairs: row *i* with row *i*, or one side's single row with all of the
other's.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.units import ANSWER_SCALE, BROKEN, TIER_POINTS
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.facts.places import find_in_rows, max_by_row, rows_of, sum_by_row
from matching.facts.wishes import NOT_TOLD, WishArrays

_STRENGTH_POINTS = np.array([-BROKEN, TIER_POINTS, 0.0])


def place_units(kind: str, leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """
    What the best of a property's places of a kind (of PLACE_KINDS) earns; 0 where none is known, below 0 where it
    breaks the pair.
    """
    l_indptr, l_codes, points, elsewhere = (
        getattr(leads, f"{kind}_{part}") for part in ("indptr", "codes", "points", "elsewhere")
    )
    p_indptr, p_codes, parts = (getattr(properties, f"{kind}_{part}") for part in ("indptr", "codes", "parts"))
    if len(leads) == 1:
        earned = np.full(max(p_codes.max(initial=-1), l_codes.max(initial=-1)) + 1, elsewhere[0], np.float64)
        earned[l_codes] = points
        return max_by_row(p_indptr, earned[p_codes] * parts, 0.0)
    if len(properties) == 1:
        if not len(p_codes):
            return np.zeros(len(leads))
        best = elsewhere * float(ANSWER_SCALE)
        rows = None
        for code, part in zip(p_codes, parts, strict=True):
            hits = np.flatnonzero(l_codes == code)
            rows = np.searchsorted(l_indptr, hits, side="right") - 1
            best[rows] = np.maximum(best[rows], points[hits].astype(np.float64) * part)
        return best
    rows = rows_of(p_indptr)
    entries = find_in_rows(l_indptr, l_codes, rows, p_codes)
    earned = np.where(entries >= 0, points[entries] if len(points) else 0, elsewhere[rows]).astype(np.float64)
    return max_by_row(p_indptr, earned * parts, 0.0)


def word_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """What the words that both texts have earn."""
    l_codes, points = leads.word_codes, leads.word_points.astype(np.float64)
    p_codes, parts = properties.word_codes, properties.word_parts.astype(np.float64)
    width = max(l_codes.max(initial=-1), p_codes.max(initial=-1)) + 1
    if len(leads) == 1:
        return sum_by_row(properties.word_indptr, _at(l_codes, points, width)[p_codes] * parts)
    if len(properties) == 1:
        return sum_by_row(leads.word_indptr, _at(p_codes, parts, width)[l_codes] * points)
    rows = rows_of(properties.word_indptr)
    entries = find_in_rows(leads.word_indptr, l_codes, rows, p_codes)
    hits = np.flatnonzero(entries >= 0)
    return np.bincount(rows[hits], points[entries[hits]] * parts[hits], minlength=len(properties)).astype(np.float64)


def _at(codes: NDArray[np.int32], values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    dense = np.zeros(width)
    dense[codes] = values
    return dense


class WishUnits(NamedTuple):
    """What wishes earn, n pairs; *lost* is not below 0, and what contradictions take away."""

    earned: NDArray[np.float64]
    lost: NDArray[np.float64]


def answer_points(
    wishes: WishArrays, codes: NDArray[np.integer], points: NDArray, answers: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    What answers to wishes earn beyond what an unknown one does, and what they take away, in points. Arguments
    broadcast.

    Args:
        codes: Of the wishes.
        points: What each earns when it is met.
        answers: To the kinds of the wishes; NOT_TOLD earns and takes nothing.
    """
    at = wishes.first[codes] + answers
    at = np.where(answers == NOT_TOLD, 0, at)
    points = np.asarray(points, np.float64)
    earned = np.rint(points * wishes.values[at]) - unknown_points(points)
    lost = wishes.contradicts[at] * _STRENGTH_POINTS[wishes.strength[codes]]
    told = answers != NOT_TOLD
    return earned * told, lost * told


def unknown_points(points: NDArray) -> NDArray[np.float64]:
    """What a wish earns of which the property does not tell; every pair gets it, and answers make up the difference."""
    return np.rint(np.asarray(points, np.float64) / 2)


def wish_units(leads: LeadVectors, properties: PropertyVectors) -> WishUnits:
    """
    What the answers to the leads' wishes earn beyond unknown ones (which *always* holds), and what they take away.
    """
    n = len(properties) if len(leads) == 1 else len(leads)
    if not len(leads.wish_codes):
        return WishUnits(np.zeros(n), np.zeros(n))
    wishes = leads.wish_table.arrays()
    if len(leads) == 1:
        answers = properties.answers[:, wishes.kind[leads.wish_codes]].astype(np.int64)
        earned, lost = answer_points(wishes, leads.wish_codes, leads.wish_points, answers)
        return WishUnits(earned.sum(axis=1) * ANSWER_SCALE, lost.sum(axis=1) * ANSWER_SCALE)
    rows = rows_of(leads.wish_indptr)
    kinds = wishes.kind[leads.wish_codes]
    given = properties.answers[0, kinds] if len(properties) == 1 else properties.answers[rows, kinds]
    earned, lost = answer_points(wishes, leads.wish_codes, leads.wish_points, given.astype(np.int64))
    return WishUnits(
        sum_by_row(leads.wish_indptr, earned) * ANSWER_SCALE, sum_by_row(leads.wish_indptr, lost) * ANSWER_SCALE
    )
