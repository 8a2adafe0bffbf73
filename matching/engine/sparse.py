"""
The units that places, wishes and words earn for chosen pairs: row *i* with row *i*, or the single row of one side with
all rows of the other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.units import ANSWER_SCALE, BROKEN, TIER_POINTS
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.facts.places import find_in_rows, max_by_row, rows_of, sum_by_row
from matching.facts.wishes import NOT_STATED, WishArrays

_STRENGTH_POINTS = np.array([-BROKEN, TIER_POINTS, 0.0])


def place_units(kind: str, leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """
    The units of the best of a property's places of a kind (of PLACE_KINDS); 0 if no place is known, below 0 if it
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
    """The units of the words that both texts contain."""
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
    """For each row of a CSR table, the sum over common words of the worth in one text times the worth in the row."""
    width = max(own.max(initial=-1), codes.max(initial=-1)) + 1
    is_own, dense = np.zeros(width, bool), np.zeros(width)
    is_own[own], dense[own] = True, own_worth
    # Few of a market's words are in one text, so the others are filtered out by a single pass.
    hits = np.flatnonzero(is_own.take(codes, mode="clip"))  # the quickest way: no code is clipped
    rows = np.searchsorted(indptr, hits, side="right") - 1
    return np.bincount(rows, dense[codes[hits]] * worth[hits], minlength=len(indptr) - 1).astype(np.float64)


class WishUnits(NamedTuple):
    """The units of wishes, for n pairs; *lost*, not below 0, are the units that contradictions take away."""

    earned: NDArray[np.float64]
    lost: NDArray[np.float64]


def answer_points(
    wishes: WishArrays, codes: NDArray[np.integer], points: NDArray, answers: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    The points that answers to wishes earn beyond those of an unknown answer, and the points that they take away.
    Arguments broadcast.

    Args:
        codes: The codes of the wishes.
        points: The points that each wish earns if it is met.
        answers: The answers to the kinds of the wishes; NOT_STATED earns and costs nothing.
    """
    cells = wishes.first[codes] + answers
    cells = np.where(answers == NOT_STATED, 0, cells)
    points = np.asarray(points, np.float64)
    earned = np.rint(points * wishes.values[cells]) - unknown_points(points)
    lost = wishes.contradicts[cells] * contradiction_points(wishes)[codes]
    answered = answers != NOT_STATED
    return earned * answered, lost * answered


def contradiction_points(wishes: WishArrays) -> NDArray[np.float64]:
    """The points that an answer contradicting each wish takes away, which depend on the wish's strength."""
    return _STRENGTH_POINTS[wishes.strength]


def unknown_points(points: NDArray) -> NDArray[np.float64]:
    """The points of a wish about which the property states nothing; every pair gets them, and answers add to them."""
    return np.rint(np.asarray(points, np.float64) / 2)


def wish_units(leads: LeadVectors, properties: PropertyVectors) -> WishUnits:
    """
    The units that answers to the leads' wishes earn beyond unknown ones (included in *always*), and those they cost.
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
    """:func:`wish_units` with one property: each of the market's few distinct wishes is evaluated once."""
    n = len(leads)
    given = answers[wishes.kind].astype(np.int64)
    is_stated = given != NOT_STATED
    cells = np.where(is_stated, wishes.first + given, 0)
    lost_by_wish = wishes.contradicts[cells] * contradiction_points(wishes)
    wish_rows = np.flatnonzero(is_stated[leads.wish_codes])
    codes, points = leads.wish_codes[wish_rows], leads.wish_points[wish_rows].astype(np.float64)
    rows, earned = leads.wish_rows[wish_rows], np.rint(points * wishes.values[cells][codes]) - unknown_points(points)
    return WishUnits(
        np.bincount(rows, earned, minlength=n).astype(np.float64) * ANSWER_SCALE,
        np.bincount(rows, lost_by_wish[codes], minlength=n).astype(np.float64) * ANSWER_SCALE,
    )


def _wishes_of_one(wishes: WishArrays, lead: LeadVectors, answers: NDArray[np.int8]) -> WishUnits:
    """:func:`wish_units` of one lead: each possible answer to a wish is evaluated once, not for each property."""
    earned, lost = np.zeros(len(answers)), np.zeros(len(answers))
    for code, points in zip(lead.wish_codes.tolist(), lead.wish_points, strict=True):
        given = answers[:, wishes.kind[code]].astype(np.intp)  # read once: a column of a wide table is slow to read
        # NOT_STATED is -1 and so indexes the last item.
        possible = np.append(np.arange(given.max(initial=NOT_STATED) + 1), NOT_STATED)
        of_answer = answer_points(wishes, np.array([code]), points, possible)
        earned += of_answer[0][given]
        lost += of_answer[1][given]
    return WishUnits(earned * ANSWER_SCALE, lost * ANSWER_SCALE)
