"""
Vectors of a market written out as matrices: dense columns, then one column a price knot, area knot, and answer to a
wish.

Only knots and answers that some property of the market has get a column. Leads stand in columns
(``points.T``), because scoring picks a few matrix columns for many leads at a time, and a row of memory is
what is cheap to pick. Places and words have far more columns, of which a lead needs few: see
:mod:`matching.engine.block_sparse`.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.curves import area_points, price_points
from matching.engine.sparse import answer_points
from matching.engine.units import ANSWER_SCALE
from matching.engine.vectors import DENSE_WIDTH, LeadVectors, PropertyVectors
from matching.facts.places import rows_of

#: Leads whose curves are sampled at once: keeps the temporaries of a formula within the processor's cache.
FILL_CHUNK = 2048
#: Price knots of different currencies, and answers of different kinds, are told apart by multiples of these.
_KNOTS, _ANSWERS = 1024, 128


@dataclass(frozen=True)
class MatrixColumns:
    """
    What each matrix column after the dense ones stands for; all ascend.

    A price knot is ``space * 1024 + knot``, an answer ``kind * 128 + answer``.
    """

    price_knots: NDArray[np.int64]
    area_knots: NDArray[np.int64]
    answers: NDArray[np.int64]

    @classmethod
    def of(cls, leads: LeadVectors, properties: PropertyVectors) -> "MatrixColumns":
        """The columns that *properties* need, of the kinds of wishes that *leads* have."""
        priced = properties.price_parts + properties.price_next_parts > 0
        spaces, knots = properties.price_space[priced], properties.price_knot[priced]
        kinds = np.unique(leads.wish_table.arrays().kind[leads.wish_codes])
        return cls(
            price_knots=np.concatenate(
                [np.zeros(0, np.int64)]
                + [space * _KNOTS + _knots(knots[spaces == space]) for space in np.unique(spaces).tolist()]
            ),
            area_knots=_knots(properties.area_knot[properties.area_parts + properties.area_next_parts > 0]),
            answers=np.concatenate([np.zeros(0, np.int64)] + [_answers(properties, kind) for kind in kinds.tolist()]),
        )

    @property
    def starts(self) -> tuple[int, int, int, int]:
        """First matrix column of price, area and answers, and the width of all."""
        price = DENSE_WIDTH
        area = price + len(self.price_knots)
        answers = area + len(self.area_knots)
        return price, area, answers, answers + len(self.answers)


def _knots(used: NDArray[np.integer]) -> NDArray[np.int64]:
    """All knots from the first used to the one after the last."""
    return np.arange(used.min(), used.max() + 2, dtype=np.int64) if len(used) else np.zeros(0, np.int64)


def _answers(properties: PropertyVectors, kind: int) -> NDArray[np.int64]:
    given = np.unique(properties.answers[:, kind])
    return kind * _ANSWERS + given[given >= 0].astype(np.int64)


def property_matrix(properties: PropertyVectors, columns: MatrixColumns) -> NDArray[np.float32]:
    """Parts, float32 (P, width)."""
    price, area, answers, width = columns.starts
    matrix = np.zeros((len(properties), width), np.float32)
    matrix[:, :DENSE_WIDTH] = properties.dense
    price_knot = properties.price_space.astype(np.int64) * _KNOTS + properties.price_knot
    for start, knots, knot, parts, next_parts in (
        (price, columns.price_knots, price_knot, properties.price_parts, properties.price_next_parts),
        (area, columns.area_knots, properties.area_knot, properties.area_parts, properties.area_next_parts),
    ):
        rows = np.flatnonzero(parts + next_parts > 0)
        if len(rows):
            first = start + np.searchsorted(knots, knot[rows])
            matrix[rows, first] = parts[rows]
            matrix[rows, first + 1] = next_parts[rows]
    for kind in np.unique(columns.answers // _ANSWERS).tolist():
        given = properties.answers[:, kind].astype(np.int64)
        rows = np.flatnonzero(given >= 0)
        matrix[rows, answers + np.searchsorted(columns.answers, kind * _ANSWERS + given[rows])] = ANSWER_SCALE
    return matrix


def lead_matrix(leads: LeadVectors, columns: MatrixColumns, pool: Executor) -> NDArray[np.float32]:
    """Points, float32 (width, L): a row for each matrix column."""
    price, area, answers, width = columns.starts
    matrix = np.zeros((width, len(leads)), np.float32)

    def fill(first: int) -> None:
        span = slice(first, first + FILL_CHUNK)
        some = leads.take(np.arange(len(leads))[span])
        matrix[:DENSE_WIDTH, span] = some.dense.T
        if len(columns.price_knots):
            space, knot = np.divmod(columns.price_knots[:, np.newaxis], _KNOTS)
            matrix[price:area, span] = price_points(some, knot, space)
        if len(columns.area_knots):
            matrix[area:answers, span] = area_points(some, columns.area_knots[:, np.newaxis])

    list(pool.map(fill, range(0, len(leads), FILL_CHUNK)))
    _fill_answers(matrix[answers:], leads, columns.answers)
    return matrix


def _fill_answers(matrix: NDArray[np.float32], leads: LeadVectors, columns: NDArray[np.int64]) -> None:
    """Wish after wish: what each answer earns those who have it."""
    wishes = leads.wish_table.arrays()
    rows, codes = rows_of(leads.wish_indptr), leads.wish_codes
    kind, answer = np.divmod(columns, _ANSWERS)
    for entries in _groups(codes):
        wish = codes[entries[:1]]
        span = np.flatnonzero(kind == wishes.kind[wish[0]])
        if len(span):
            earned, lost = answer_points(wishes, wish, leads.wish_points[entries], answer[span, np.newaxis])
            matrix[span[:, np.newaxis], rows[entries]] += (earned - lost).astype(np.float32)


def _groups(codes: NDArray[np.integer]) -> Sequence[NDArray[np.intp]]:
    """Positions of equal codes, group by group."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(codes) else []
