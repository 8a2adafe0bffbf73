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

from matching.engine.block_sparse import BlockPlaces, BlockWords, LeadPlaces, LeadWords
from matching.engine.matrices import MatrixColumns
from matching.engine.sparse import answer_points
from matching.engine.units import ANSWER_SCALE, MAX_UNITS
from matching.engine.vectors import DENSE, LeadVectors, PropertyVectors
from matching.facts.places import PLACE_KINDS, sum_by_row

_IMPLIED = DENSE["implied"].start, DENSE["implied"].stop
#: Criteria whose answers are dense columns.
_CATEGORIES = ("rooms", "property_type", "property_class", "condition", "year")


@dataclass(frozen=True)
class Answers:
    """Which answers occur among some properties."""

    #: For each criterion of one answer, the matrix columns of its answers.
    by_criterion: tuple[NDArray[np.intp], ...]
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
    price, area, answers, _ = columns.starts
    within = lambda start, stop: used[np.searchsorted(used, start) : np.searchsorted(used, stop)]
    dense = lambda name: within(DENSE[name].start, DENSE[name].stop)
    return Answers(
        by_criterion=(
            *(dense(name) for name in _CATEGORIES),
            np.concatenate([dense("price_unknown"), within(price, area)]),
            np.concatenate([dense("area_unknown"), within(area, answers)]),
            # What every property of the block contradicts is an answer of its own each.
            *(np.array([column]) for column in np.arange(*_IMPLIED) if parts[:, column].all()),
        ),
        places=places,
        words=words,
    )


class Bounds:
    """Bounds for all leads of a market, in units."""

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

    def of_block(self, answers: Answers) -> NDArray[np.float32]:
        """What any property of a block earns at most, in units, (leads,); negative where all break the pair."""
        best = self._whatever.copy()
        for columns in answers.by_criterion:
            best += self._largest(columns)
        best *= ANSWER_SCALE
        for kind in PLACE_KINDS:
            best += self._places[kind].best(answers.places[kind], self._points[DENSE[f"{kind}_unknown"].start])
        best += self._words.best(answers.words)
        return np.minimum(best, MAX_UNITS, out=best)

    def _largest(self, columns: NDArray[np.intp]) -> NDArray[np.float32]:
        largest = self._points[columns[0]].copy()
        for column in columns[1:]:
            np.maximum(largest, self._points[column], out=largest)
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
