"""Vectors of a market written out as matrices: dense columns, then one column a price knot, area knot, district and station.

Only knots and places that some property of the market has get a column. Leads stand in columns
(``points.T``), because scoring picks a few matrix columns for many leads at a time, and a row of memory is
what is cheap to pick.
"""

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.vectorize import DENSE_WIDTH, PARTS, LeadVectors, PropertyVectors, area_points, price_points

#: Leads whose curves are sampled at once: keeps the temporaries of a formula within the processor's cache.
LEADS_AT_ONCE = 2048


@dataclass(frozen=True)
class MatrixColumns:
    """Which knot or place each matrix column after the dense ones stands for. Places ascend by code."""

    price_knots: NDArray[np.int64]
    area_knots: NDArray[np.int64]
    districts: NDArray[np.int64]
    metros: NDArray[np.int64]

    @classmethod
    def of(cls, properties: PropertyVectors) -> "MatrixColumns":
        """The columns that *properties* need."""
        return cls(
            price_knots=_knots(properties.price_knot[properties.price_parts + properties.price_next_parts > 0]),
            area_knots=_knots(properties.area_knot[properties.area_parts + properties.area_next_parts > 0]),
            districts=np.unique(properties.district[properties.district >= 0]).astype(np.int64),
            metros=np.unique(properties.metro[properties.metro >= 0]).astype(np.int64),
        )

    @property
    def starts(self) -> tuple[int, int, int, int, int]:
        """First matrix column of price, area, districts and stations, and the width of all."""
        widths = [DENSE_WIDTH, *map(len, (self.price_knots, self.area_knots, self.districts, self.metros))]
        return tuple(np.cumsum(widths).tolist())


def _knots(used: NDArray[np.integer]) -> NDArray[np.int64]:
    """All knots from the first used to the one after the last."""
    return np.arange(used.min(), used.max() + 2) if len(used) else np.zeros(0, np.int64)


def property_matrix(properties: PropertyVectors, columns: MatrixColumns) -> NDArray[np.float32]:
    """Parts, float32 (P, width)."""
    price, area, district, metro, width = columns.starts
    matrix = np.zeros((len(properties), width), np.float32)
    matrix[:, :DENSE_WIDTH] = properties.dense
    for start, knots, knot, parts, next_parts in (
        (
            price,
            columns.price_knots,
            properties.price_knot,
            properties.price_parts,
            properties.price_next_parts,
        ),
        (area, columns.area_knots, properties.area_knot, properties.area_parts, properties.area_next_parts),
    ):
        rows = np.flatnonzero(parts + next_parts > 0)
        if len(rows):
            first = start + knot[rows] - knots[0]
            matrix[rows, first] = parts[rows]
            matrix[rows, first + 1] = next_parts[rows]
    for start, codes, place in (
        (district, columns.districts, properties.district),
        (metro, columns.metros, properties.metro),
    ):
        rows = np.flatnonzero(place >= 0)
        matrix[rows, start + np.searchsorted(codes, place[rows])] = PARTS
    return matrix


def lead_matrix(leads: LeadVectors, columns: MatrixColumns, pool: Executor) -> NDArray[np.float32]:
    """Points, float32 (width, L): a row for each matrix column."""
    price, area, district, metro, width = columns.starts
    matrix = np.zeros((width, len(leads)), np.float32)

    def fill(first: int) -> None:
        span = slice(first, first + LEADS_AT_ONCE)
        some = leads.take(np.arange(len(leads))[span])
        matrix[:DENSE_WIDTH, span] = some.dense.T
        if len(columns.price_knots):
            matrix[price:area, span] = price_points(some, columns.price_knots[:, np.newaxis])
        if len(columns.area_knots):
            matrix[area:district, span] = area_points(some, columns.area_knots[:, np.newaxis])

    list(pool.map(fill, range(0, len(leads), LEADS_AT_ONCE)))
    for start, codes, indptr, wanted, points in (
        (district, columns.districts, leads.district_indptr, leads.district_codes, leads.district_points),
        (metro, columns.metros, leads.metro_indptr, leads.metro_codes, leads.metro_points),
    ):
        rows = np.repeat(np.arange(len(leads)), np.diff(indptr))
        present = np.isin(wanted, codes)
        rows = rows[present]
        matrix[start + np.searchsorted(codes, wanted[present]), rows] = points[rows]
    return matrix
