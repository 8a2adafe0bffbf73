"""
The end of a list: pairs that rank behind its last entry can never enter it.

An *end* is the rank of that entry as one whole number, ``[inverted units | column]``, the key of
:mod:`matching.engine.ranking` without its group; lower is better. It distinguishes ties, so of thousands of pairs with
equal scores only those before the last entry are processed further. As a single number it can be read while another
thread replaces it; an older end only admits more pairs.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.ranking import COLUMN_BITS, MAX_COLUMNS, UNIT_BITS
from matching.engine.units import MAX_UNITS

#: The end that admits no pair, for lists that are not wanted.
NOTHING = -1
_RANK_MASK = np.uint64((1 << (COLUMN_BITS + UNIT_BITS)) - 1)


def ends_at(units: NDArray[np.float32]) -> NDArray[np.int64]:
    """Ends that admit all pairs with at least these units, whatever their columns."""
    return ((MAX_UNITS - units.astype(np.int64)) << COLUMN_BITS) | (MAX_COLUMNS - 1)


def ends_of_keys(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Ends directly behind these entries."""
    return (keys & _RANK_MASK).astype(np.int64)


def units_of_ends(ends: NDArray[np.int64]) -> NDArray[np.float32]:
    """The units of the last entry; for NOTHING, more than any pair has."""
    return (MAX_UNITS - (ends >> COLUMN_BITS)).astype(np.float32)


class Ends(NamedTuple):
    """Ends of some rows, and the columns (rows of the other side) of the pairs that are compared with them."""

    units: NDArray[np.float32]
    last_columns: NDArray[np.int64]

    @classmethod
    def of(cls, ends: NDArray[np.int64]) -> "Ends":
        return cls(units_of_ends(ends), ends & (MAX_COLUMNS - 1))

    def min_units(self, first_column: int) -> NDArray[np.float32]:
        """
        The fewest units of an admitted pair whose column is *first_column* or later; may admit too many, never too few.

        >>> ends = Ends(units=np.array([5, 5], np.float32), last_columns=np.array([40, 41]))
        >>> ends.min_units(first_column=41).tolist()
        [6.0, 5.0]
        """
        return self.units + (self.last_columns < first_column)

    def ranks_within(
        self, rows: NDArray[np.intp], units: NDArray[np.float32], columns: NDArray[np.integer]
    ) -> NDArray[np.bool_]:
        """Whether each pair ranks no worse than its row's end."""
        limit = self.units[rows]
        return (units > limit) | ((units == limit) & (columns <= self.last_columns[rows]))


def ranked_within(
    units: NDArray[np.float32],
    rows: Ends,
    columns: Ends,
    row_numbers: NDArray[np.integer],
    column_numbers: NDArray[np.integer],
) -> NDArray[np.bool_]:
    """
    Which of the pairs *units* (R, C) rank no worse than the end of their row or of their column.

    *row_numbers* (R,) and *column_numbers* (C,) are what breaks ties in the lists of the other side.
    """
    row_units = rows.units[:, np.newaxis]
    within = (units == row_units) & (column_numbers <= rows.last_columns[:, np.newaxis])
    within |= units > row_units
    within |= (units == columns.units) & (row_numbers[:, np.newaxis] <= columns.last_columns)
    within |= units > columns.units
    return within
