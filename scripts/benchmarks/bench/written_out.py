"""
Both sides of a market as wide dense matrices for dense methods: a column for every district, station, price knot, area
knot and answer to a wish. Words would need thousands of further columns and are left out.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from matching.engine.matrices import MatrixColumns, lead_matrix, property_matrix
from matching.engine.sparse import answer_points
from matching.engine.units import ANSWER_SCALE
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.facts.places import rows_of

Matrix = NDArray[np.float32]


def written_out(leads: LeadVectors, properties: PropertyVectors, threads: int) -> tuple[Matrix, Matrix]:
    """
    Points and parts, (leads, width) and (properties, width); of several stations the dense form has only the first.
    """
    columns = MatrixColumns.of(properties)
    with ThreadPoolExecutor(threads) as pool:
        points = [lead_matrix(leads, columns, pool).T]
    parts = [property_matrix(properties, columns)]
    for kind in np.unique(leads.wish_table.arrays().kind[leads.wish_codes]).tolist():
        given = np.unique(properties.answers[:, kind])
        points.append(_answer_points(leads, kind, given[given >= 0].astype(np.int64)))
        parts.append(_answer_parts(properties, kind, given[given >= 0]))
    for place_kind in ("district", "metro"):
        for side, tables, column in ((leads, points, "points"), (properties, parts, "parts")):
            indptr, codes = getattr(side, f"{place_kind}_indptr"), getattr(side, f"{place_kind}_codes")
            width = max(
                getattr(leads, f"{place_kind}_codes").max(initial=-1),
                getattr(properties, f"{place_kind}_codes").max(initial=-1),
            )
            table = np.zeros((len(side), width + 1), np.float32)
            if side is leads:
                table[:] = getattr(leads, f"{place_kind}_elsewhere")[:, np.newaxis]
            table[rows_of(indptr), codes] = getattr(side, f"{place_kind}_{column}")
            tables.append(table)
    return np.concatenate(points, axis=1), np.concatenate(parts, axis=1)


def _answer_points(leads: LeadVectors, kind: int, answers: NDArray[np.int64]) -> Matrix:
    """The points of each answer to a kind of wish, (leads, answers)."""
    wishes = leads.wish_table.arrays()
    entries = np.flatnonzero(wishes.kind[leads.wish_codes] == kind)
    codes, points = leads.wish_codes[entries, np.newaxis], leads.wish_points[entries, np.newaxis]
    earned, lost = answer_points(wishes, codes, points, answers)
    table = np.zeros((len(leads), len(answers)), np.float32)
    np.add.at(table, rows_of(leads.wish_indptr)[entries], (earned - lost).astype(np.float32))
    return table


def _answer_parts(properties: PropertyVectors, kind: int, answers: NDArray[np.int8]) -> Matrix:
    return np.where(properties.answers[:, kind, np.newaxis] == answers, np.float32(ANSWER_SCALE), np.float32(0))
