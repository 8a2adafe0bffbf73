"""
How well the best property of a block could serve each lead, without scoring any: what cannot reach a threshold is
skipped.

Every property gives each criterion exactly one answer (or stands between two knots), so a criterion earns at
most the best points among the answers that occur. A wish earns at most what the best answer of the market does, and
words at most what they would if one property had all words of the block. The sum bounds every score from above; that is
exact arithmetic on whole numbers, so nothing is lost to rounding.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.block_places import BlockPlaces, LeadPlaces
from matching.engine.block_terms import BlockWords, LeadWords
from matching.engine.matrices import MatrixColumns
from matching.engine.sparse import answer_points
from matching.engine.units import ANSWER_SCALE, MAX_UNITS
from matching.engine.vectors import DENSE, LeadVectors, PropertyVectors
from matching.facts.places import PLACE_KINDS, sum_by_row

_IMPLIED = DENSE["implied"].start, DENSE["implied"].stop
#: Units of a level of bounds: fewer than a score shows, and 16 bits hold them all.
LEVEL = 256
#: Neighbouring matrix columns whose largest is worked out once for all blocks.
GROUP = 6
#: Sets of categories whose sum is kept: neighbouring blocks have the same.
KEPT_CATEGORIES = 16
#: Criteria whose answers are dense columns.
_CATEGORIES = ("rooms", "property_type", "property_class", "condition", "year")


@dataclass(frozen=True)
class Answers:
    """Which answers occur among some properties."""

    #: For each criterion of one answer, the matrix columns of its answers: of categories, and of amounts.
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
    The answers of properties with the *parts* (properties, width), which have something in the columns *used*
    (ascending).
    """
    price, area, width = columns.starts
    within = lambda start, stop: used[np.searchsorted(used, start) : np.searchsorted(used, stop)]
    dense = lambda name: within(DENSE[name].start, DENSE[name].stop)
    return Answers(
        by_category=(
            *(dense(name) for name in _CATEGORIES),
            # What every property of the block contradicts is an answer of its own each.
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
    Bounds for every block and lead, as levels: steps of LEVEL units, rounded up, so that few bytes hold them.

    Levels rise with units: what reaches a threshold has at least the threshold's level.
    """

    #: uint16 (blocks, leads); 0 where the block breaks the pair whatever the property.
    levels: NDArray[np.uint16]

    def reaching(self, block: int, thresholds: NDArray[np.float32], but_for: NDArray[np.intp]) -> NDArray[np.intp]:
        """
        The leads for which some property of a block may reach their threshold, ascending, some left out.

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
        # Cheaper than argpartition, and in order.
        least = np.partition(levels, -n)[-n]
        better, as_good = np.flatnonzero(levels > least), np.flatnonzero(levels == least)
        return np.sort(np.concatenate([better, as_good[: n - len(better)]]))

    def best_blocks(self, leads: slice, n: int) -> NDArray[np.intp]:
        """The *n* blocks that could serve each of some leads best, (leads, n)."""
        return np.argpartition(np.ascontiguousarray(self.levels[:, leads].T), -n, axis=1)[:, -n:]


def levels_of(units: NDArray[np.float32]) -> NDArray[np.uint16]:
    """
    >>> levels_of(np.array([-1, 0, 1, LEVEL, LEVEL + 1, MAX_UNITS], np.float32)).tolist()
    [0, 1, 2, 2, 3, 64002]
    """
    steps = np.ceil(np.minimum(units, MAX_UNITS) * np.float32(1 / LEVEL))
    return np.where(units < 0, 0, steps + 1).astype(np.uint16)


class Bounder:
    """Works out what any property of a block earns each lead at most."""

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
        # Neither depends on the block.
        self._whatever = points[DENSE["always"].start] + _best_wishes(leads, properties)
        whole = len(points) // GROUP
        self._of_group = points[: whole * GROUP].reshape(whole, GROUP, -1).max(axis=1)
        self._common: dict[bytes, NDArray[np.float32]] = {}

    def of_block(self, answers: Answers) -> NDArray[np.float32]:
        """What any property of a block earns at most, in units, (leads,); negative where all break the pair."""
        best = self._of_categories(answers).copy()
        for columns in answers.by_amount:
            best += self._largest(columns)
        best *= ANSWER_SCALE
        for kind in PLACE_KINDS:
            best += self._places[kind].best(answers.places[kind], self._points[DENSE[f"{kind}_unknown"].start])
        best += self._words.best(answers.words)
        return np.minimum(best, MAX_UNITS, out=best)

    def _of_categories(self, answers: Answers) -> NDArray[np.float32]:
        """What is the same for a block and for most of its neighbours, in points."""
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
        """The largest of these rows of the points; groups of which all are asked for were looked through before."""
        groups, counts = np.unique(columns // GROUP, return_counts=True)
        whole = groups[(counts == GROUP) & (groups < len(self._of_group))]
        rows = [self._of_group[group] for group in whole]
        rows += [self._points[column] for column in columns[~np.isin(columns // GROUP, whole)]]
        largest = rows[0].copy()
        for row in rows[1:]:
            np.maximum(largest, row, out=largest)
        return largest


def _best_wishes(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float32]:
    """What the best answers of the market to each lead's wishes earn beyond unknown ones, in points, (leads,)."""
    if not len(leads.wish_codes):
        return np.zeros(len(leads), np.float32)
    wishes = leads.wish_table.arrays()
    best = np.full(len(leads.wish_codes), -np.inf)
    kinds = wishes.kind[leads.wish_codes]
    for kind in np.unique(kinds).tolist():
        entries = np.flatnonzero(kinds == kind)
        for answer in np.unique(properties.answers[:, kind]).tolist():
            answers = np.full(len(entries), answer, np.int64)
            earned, lost = answer_points(wishes, leads.wish_codes[entries], leads.wish_points[entries], answers)
            best[entries] = np.maximum(best[entries], earned - lost)
    return sum_by_row(leads.wish_indptr, best).astype(np.float32)
