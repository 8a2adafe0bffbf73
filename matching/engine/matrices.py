"""
The vectors of a market as matrices: dense columns, then one column for each price knot and area knot.

Only knots that some property of the market uses have a column. Leads are in columns (``points.T``), because their
bounds are computed criterion by criterion, for all leads at once. Places, wishes and words have far more columns, of
which a lead needs few: see :mod:`matching.engine.block_terms`.
"""

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.curves import area_table, price_keys, price_table
from matching.engine.vectors import DENSE_WIDTH, LeadVectors, PropertyVectors

#: Leads whose curves are sampled at once, so that the temporaries of a formula stay within the processor's cache.
FILL_CHUNK = 2048


@dataclass(frozen=True)
class MatrixColumns:
    """
    The meaning of each matrix column after the dense ones; all arrays ascend.

    A price knot is numbered by :func:`matching.engine.curves.price_keys`.
    """

    price_knots: NDArray[np.int64]
    area_knots: NDArray[np.int64]

    @classmethod
    def of(cls, properties: PropertyVectors) -> "MatrixColumns":
        """The columns that *properties* need."""
        priced = properties.price_parts + properties.price_next_parts > 0
        spaces, knots = properties.price_space[priced], properties.price_knot[priced]
        return cls(
            price_knots=np.concatenate(
                [np.zeros(0, np.int64)]
                + [price_keys(space, _knots(knots[spaces == space])) for space in np.unique(spaces).tolist()]
            ),
            area_knots=_knots(properties.area_knot[properties.area_parts + properties.area_next_parts > 0]),
        )

    @property
    def starts(self) -> tuple[int, int, int]:
        """First matrix column of price and area, and the width of all."""
        price = DENSE_WIDTH
        area = price + len(self.price_knots)
        return price, area, area + len(self.area_knots)


def _knots(used: NDArray[np.integer]) -> NDArray[np.int64]:
    """The used knots and the one after each, ascending. A small town uses two thirds of the knots in its range.

    >>> _knots(np.array([7, 3, 7], np.int32)).tolist()
    [3, 4, 7, 8]
    """
    in_use = np.zeros(used.max(initial=-2) + 2, bool)
    in_use[used] = in_use[used + 1] = True
    return np.flatnonzero(in_use)


def property_matrix(properties: PropertyVectors, columns: MatrixColumns) -> NDArray[np.float32]:
    """Parts, float32 (P, width)."""
    price, area, width = columns.starts
    matrix = np.zeros((len(properties), width), np.float32)
    matrix[:, :DENSE_WIDTH] = properties.dense
    price_knot = price_keys(properties.price_space, properties.price_knot)
    for start, knots, knot, parts, next_parts in (
        (price, columns.price_knots, price_knot, properties.price_parts, properties.price_next_parts),
        (area, columns.area_knots, properties.area_knot, properties.area_parts, properties.area_next_parts),
    ):
        rows = np.flatnonzero(parts + next_parts > 0)
        if len(rows):
            first = start + np.searchsorted(knots, knot[rows])
            matrix[rows, first] = parts[rows]
            matrix[rows, first + 1] = next_parts[rows]
    return matrix


def lead_matrix(leads: LeadVectors, columns: MatrixColumns, pool: Executor) -> NDArray[np.float32]:
    """Points, float32 (width, L): a row for each matrix column."""
    price, area, width = columns.starts
    matrix = np.zeros((width, len(leads)), np.float32)

    def fill(first: int) -> None:
        span = slice(first, first + FILL_CHUNK)
        chunk = leads if len(leads) <= FILL_CHUNK else leads.take(np.arange(len(leads))[span])
        matrix[:DENSE_WIDTH, span] = chunk.dense.T
        if len(columns.price_knots):
            matrix[price:area, span] = price_table(chunk, columns.price_knots)
        if len(columns.area_knots):
            matrix[area:, span] = area_table(chunk, columns.area_knots)

    list(pool.map(fill, range(0, len(leads), FILL_CHUNK)))
    return matrix
