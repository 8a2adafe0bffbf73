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
    if len(leads) == 1:
        points = leads.word_points
        return _shared_words(
            leads.word_codes, points, properties.word_indptr, properties.word_codes, properties.word_parts
        )
    if len(properties) == 1:
        parts = properties.word_parts
        return _shared_words(properties.word_codes, parts, leads.word_indptr, leads.word_codes, leads.word_points)
    rows = rows_of(properties.word_indptr)
    entries = find_in_rows(leads.word_indptr, leads.word_codes, rows, properties.word_codes)
    hits = np.flatnonzero(entries >= 0)
    earned = leads.word_points[entries[hits]].astype(np.float64) * properties.word_parts[hits]
    return np.bincount(rows[hits], earned, minlength=len(properties)).astype(np.float64)


def _shared_words(
    own: NDArray[np.int32],
    own_worth: NDArray[np.float32],
    indptr: NDArray[np.int64],
    codes: NDArray[np.int32],
    worth: NDArray[np.float32],
) -> NDArray[np.float64]:
    """The sum over the words that one text has of its own worth times that of each row of a CSR table."""
    width = max(own.max(initial=-1), codes.max(initial=-1)) + 1
    is_own, dense = np.zeros(width, bool), np.zeros(width)
    is_own[own], dense[own] = True, own_worth
    # Few of a market's words are in one text: the rest are looked at only once.
    hits = np.flatnonzero(is_own[codes])
    rows = np.searchsorted(indptr, hits, side="right") - 1
    return np.bincount(rows, dense[codes[hits]] * worth[hits], minlength=len(indptr) - 1).astype(np.float64)


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
        return _wishes_of_one(wishes, leads, properties.answers)
    if len(properties) == 1:
        return _wishes_of_all(wishes, leads, properties.answers[0])
    given = properties.answers[leads.wish_rows, wishes.kind[leads.wish_codes]].astype(np.int64)
    earned, lost = answer_points(wishes, leads.wish_codes, leads.wish_points, given)
    return WishUnits(
        sum_by_row(leads.wish_indptr, earned) * ANSWER_SCALE, sum_by_row(leads.wish_indptr, lost) * ANSWER_SCALE
    )


def _wishes_of_all(wishes: WishArrays, leads: LeadVectors, answers: NDArray[np.int8]) -> WishUnits:
    """:func:`wish_units` with one property: a market's wishes are few, and each meets its answer once."""
    n = len(leads)
    given = answers[wishes.kind].astype(np.int64)
    is_told = given != NOT_TOLD
    at = np.where(is_told, wishes.first + given, 0)
    lost_by_wish = wishes.contradicts[at] * _STRENGTH_POINTS[wishes.strength]
    told = np.flatnonzero(is_told[leads.wish_codes])
    codes, points = leads.wish_codes[told], leads.wish_points[told].astype(np.float64)
    rows, earned = leads.wish_rows[told], np.rint(points * wishes.values[at][codes]) - unknown_points(points)
    return WishUnits(
        np.bincount(rows, earned, minlength=n).astype(np.float64) * ANSWER_SCALE,
        np.bincount(rows, lost_by_wish[codes], minlength=n).astype(np.float64) * ANSWER_SCALE,
    )


def _wishes_of_one(wishes: WishArrays, lead: LeadVectors, answers: NDArray[np.int8]) -> WishUnits:
    """:func:`wish_units` of one lead: each possible answer to a wish is worked out once, not for each property."""
    earned, lost = np.zeros(len(answers)), np.zeros(len(answers))
    for code, points in zip(lead.wish_codes.tolist(), lead.wish_points, strict=True):
        given = answers[:, wishes.kind[code]]
        # NOT_TOLD is -1: the last place.
        possible = np.append(np.arange(given.max(initial=NOT_TOLD) + 1), NOT_TOLD)
        of_answer = answer_points(wishes, np.array([code]), points, possible)
        earned += of_answer[0][given]
        lost += of_answer[1][given]
    return WishUnits(earned * ANSWER_SCALE, lost * ANSWER_SCALE)
