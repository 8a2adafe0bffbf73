"""
Upper bounds of the scores of a block's properties for each lead, computed without scoring them. Blocks that cannot
reach a lead's threshold are skipped.

Every property gives each criterion exactly one answer (or is between two knots), so a criterion earns at most the best
points among the answers that occur. A wish earns at most as much as the best answer in the market, and words at most as
much as if one property had all words of the block. The sum is an upper bound of every score. All arithmetic is exact,
on whole numbers, so nothing is lost to rounding.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.block_places import BlockPlaces, LeadPlaces
from matching.engine.block_terms import BlockWords, LeadWords
from matching.engine.matrices import MatrixColumns
from matching.engine.sparse import contradiction_points, unknown_points
from matching.engine.units import ANSWER_SCALE, MAX_UNITS
from matching.engine.vectors import DENSE, LeadVectors, PropertyVectors
from matching.facts.places import PLACE_KINDS, sum_by_row
from matching.facts.wishes import NOT_STATED, WishArrays

_IMPLIED = DENSE["implied"].start, DENSE["implied"].stop
#: Units per level of bounds: finer than displayed scores, and coarse enough for all levels to fit into 16 bits.
LEVEL = 256
#: Neighbouring matrix columns whose maximum is computed once for all blocks.
GROUP = 6
#: How many sets of categories have their sum cached; neighbouring blocks mostly have the same set.
KEPT_CATEGORIES = 16
#: Leads whose blocks are ordered at a time: the order takes 8 bytes for each of them and each block.
ORDERED_LEADS = 2048
#: Criteria whose answers are dense columns.
_CATEGORIES = ("rooms", "property_type", "property_class", "condition", "year")


@dataclass(frozen=True)
class Answers:
    """Which answers occur among some properties."""

    #: For each criterion with one answer, the matrix columns of its answers: of categories, and of amounts.
    by_category: tuple[NDArray[np.intp], ...]
    by_amount: tuple[NDArray[np.intp], ...]
    places: dict[str, BlockPlaces]
    words: BlockWords


def answers_of(
    columns: MatrixColumns,
    parts: NDArray[np.float32],
    used: NDArray[np.intp],
    places: dict[str, BlockPlaces],
    words: BlockWords,
) -> Answers:
    """
    The answers of properties with these *parts* (properties, width), which are not all 0 in the columns *used*
    (ascending).
    """
    price, area, width = columns.starts
    within = lambda start, stop: used[np.searchsorted(used, start) : np.searchsorted(used, stop)]
    dense = lambda name: within(DENSE[name].start, DENSE[name].stop)
    return Answers(
        by_category=(
            *(dense(name) for name in _CATEGORIES),
            # Each implied wish that every property of the block contradicts counts as a separate answer.
            *(np.array([column]) for column in np.arange(*_IMPLIED) if parts[:, column].all()),
        ),
        by_amount=(
            np.concatenate([dense("price_unknown"), within(price, area)]),
            np.concatenate([dense("area_unknown"), within(area, width)]),
        ),
        places=places,
        words=words,
    )


@dataclass(frozen=True)
class Bounds:
    """
    Bounds for every block and lead, as levels: steps of LEVEL units, rounded up, to save memory.

    Levels rise with units, so a pair that reaches a threshold has at least the threshold's level.
    """

    #: uint16 (blocks, leads); 0 if all properties of the block are forbidden for the lead.
    levels: NDArray[np.uint16]

    def reaching(self, block: int, thresholds: NDArray[np.float32], but_for: NDArray[np.intp]) -> NDArray[np.intp]:
        """
        The leads whose threshold some property of a block may reach, ascending, except those in *but_for*.

        Args:
            thresholds: (leads,), in units, none below 0.
        """
        reaches = self.levels[block] >= levels_of(thresholds)
        reaches[but_for] = False
        return np.flatnonzero(reaches)

    def most_promising(self, block: int, n: int) -> NDArray[np.intp]:
        """The *n* leads (all, if there are no more) that a block could serve best, ascending."""
        levels = self.levels[block]
        if n >= len(levels):
            return np.arange(len(levels))
        # Cheaper than argpartition, and keeps the order.
        minimum = np.partition(levels, -n)[-n]
        better, as_good = np.flatnonzero(levels > minimum), np.flatnonzero(levels == minimum)
        return np.sort(np.concatenate([better, as_good[: n - len(better)]]))

    def best_blocks(self, leads: slice, n: int) -> NDArray[np.intp]:
        """The *n* blocks that could serve each of some leads best, (leads, n)."""
        best = np.empty((leads.stop - leads.start, n), np.intp)
        for first in range(leads.start, leads.stop, ORDERED_LEADS):
            some = slice(first, min(first + ORDERED_LEADS, leads.stop))
            order = np.argpartition(np.ascontiguousarray(self.levels[:, some].T), -n, axis=1)
            best[some.start - leads.start : some.stop - leads.start] = order[:, -n:]
        return best


def levels_of(units: NDArray[np.float32]) -> NDArray[np.uint16]:
    """
    >>> levels_of(np.array([-1, 0, 1, LEVEL, LEVEL + 1, MAX_UNITS], np.float32)).tolist()
    [0, 1, 2, 2, 3, 64002]
    """
    steps = np.ceil(np.minimum(units, MAX_UNITS) * np.float32(1 / LEVEL))
    return np.where(units < 0, 0, steps + 1).astype(np.uint16)


class Bounder:
    """Computes the most units that any property of a block can earn each lead."""

    def __init__(
        self,
        leads: LeadVectors,
        properties: PropertyVectors,
        points: NDArray[np.float32],
        places: dict[str, LeadPlaces],
        words: LeadWords,
    ) -> None:
        """*points* are the leads' matrix, (matrix columns, leads)."""
        self._points = points
        self._places = places
        self._words = words
        # These points do not depend on the block.
        self._whatever = points[DENSE["always"].start] + _best_wishes(leads, properties)
        whole = len(points) // GROUP
        self._of_group = points[: whole * GROUP].reshape(whole, GROUP, -1).max(axis=1)
        self._common: dict[bytes, NDArray[np.float32]] = {}

    def of_block(self, answers: Answers) -> NDArray[np.float32]:
        """The most units that any property of a block earns, (leads,); negative if all are forbidden for the lead."""
        best = self._of_categories(answers).copy()
        for columns in answers.by_amount:
            best += self._largest(columns)
        best *= ANSWER_SCALE
        for kind in PLACE_KINDS:
            best += self._places[kind].best(answers.places[kind], self._points[DENSE[f"{kind}_unknown"].start])
        best += self._words.best(answers.words)
        return np.minimum(best, MAX_UNITS, out=best)

    def _of_categories(self, answers: Answers) -> NDArray[np.float32]:
        """The bound of the categories, which is the same for most neighbouring blocks, in points."""
        key = np.concatenate(answers.by_category).tobytes()
        best = self._common.get(key)
        if best is None:
            best = self._whatever.copy()
            for columns in answers.by_category:
                best += self._largest(columns)
            if len(self._common) >= KEPT_CATEGORIES:
                self._common.clear()
            self._common[key] = best
        return best

    def _largest(self, columns: NDArray[np.intp]) -> NDArray[np.float32]:
        """The maximum of these rows of the points; for complete groups it has been computed before."""
        groups, counts = np.unique(columns // GROUP, return_counts=True)
        whole = groups[(counts == GROUP) & (groups < len(self._of_group))]
        rows = [self._of_group[group] for group in whole]
        rows += [self._points[column] for column in columns[~np.isin(columns // GROUP, whole)]]
        largest = rows[0].copy()
        for row in rows[1:]:
            np.maximum(largest, row, out=largest)
        return largest


def _best_wishes(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float32]:
    """The points that the market's best answers to each lead's wishes earn beyond unknown ones, (leads,)."""
    if not len(leads.wish_codes):
        return np.zeros(len(leads), np.float32)
    wishes = leads.wish_table.arrays()
    in_use = np.zeros(len(wishes.kind), bool)
    in_use[leads.wish_codes] = True
    met, contradicted, is_unknown = _best_answers(wishes, in_use, properties)
    codes, points = leads.wish_codes, leads.wish_points.astype(np.float64)
    best = np.where(is_unknown[codes], 0, -np.inf)
    for value, lost in ((met, np.zeros(len(met))), (contradicted, contradiction_points(wishes))):
        occurs = np.isfinite(value)
        earned = np.rint(points * np.where(occurs, value, 0)[codes]) - unknown_points(points) - lost[codes]
        np.maximum(best, earned, out=best, where=occurs[codes])
    return sum_by_row(leads.wish_indptr, best).astype(np.float32)


def _best_answers(
    wishes: WishArrays, in_use: NDArray[np.bool_], properties: PropertyVectors
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """
    For each wish *in_use*: the highest value among occurring answers that do not contradict it, the highest among those
    that do (-inf if there is none), and whether some property does not answer the wish's kind.
    """
    met, contradicted = np.full((2, len(wishes.kind)), -np.inf)
    is_unknown = np.zeros(len(wishes.kind), bool)
    for kind in np.unique(wishes.kind[in_use]).tolist():
        rows = np.flatnonzero(in_use & (wishes.kind == kind))
        answers = np.unique(properties.answers[:, kind]).astype(np.int64)
        is_unknown[rows] = (answers == NOT_STATED).any()
        at = wishes.first[rows][:, np.newaxis] + answers[answers != NOT_STATED]
        values, contradicts = wishes.values[at], wishes.contradicts[at]
        met[rows] = np.where(contradicts, -np.inf, values).max(axis=1, initial=-np.inf)
        contradicted[rows] = np.where(contradicts, values, -np.inf).max(axis=1, initial=-np.inf)
    return met, contradicted, is_unknown
