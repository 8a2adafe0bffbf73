"""
The lists of a small market from one table of all its pairs.

In a small market no bound rules out a pair, and the steps of :mod:`matching.engine.topk` that order leads and
properties, divide them into blocks and compare pairs with thresholds cost more than the pairs themselves. The results
are the same to the last bit.
"""

import numpy as np
from numpy.typing import NDArray

from matching.engine.bounds_of_few import max_units_of_leads
from matching.engine.curves import broken_by_amount, short_units
from matching.engine.ranking import UNIT_BITS, RankedLists, best_of_table
from matching.engine.units import MAX_UNITS, score_of_units
from matching.engine.vectors import LeadVectors, PropertyVectors

#: Units and the number of a column share 32 bits, so rows of at most so many columns are sorted.
SORTED_BITS = 32 - UNIT_BITS
MAX_SORTED = 1 << SORTED_BITS


def units_of_all_pairs(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float32]:
    """The units of every pair, (properties, leads), at most MAX_UNITS; -1 where the pair is forbidden."""
    portions = [portion.units for portion in max_units_of_leads(leads, properties)]
    units = portions[0] if len(portions) == 1 else np.concatenate(portions)
    every_property = np.arange(len(properties))[:, np.newaxis]
    units -= short_units(leads, properties, slice(None), every_property)
    np.minimum(np.maximum(units, -1, out=units), MAX_UNITS, out=units)
    forbidden = broken_by_amount(leads, properties, slice(None), every_property)
    forbidden |= properties.owner[:, np.newaxis] == leads.owner
    np.putmask(units, forbidden, -1)
    return units


def best_of_units(units: NDArray[np.float32], excluded: NDArray[np.int64], k: int) -> RankedLists:
    """
    The *k* best columns of each row, ties by column; pairs with -1 units never enter.

    Args:
        units: Whole numbers, -1 to MAX_UNITS.
        excluded: (n, 2) pairs (row, column) that the lists leave out.
    """
    n_columns = units.shape[1]
    if len(excluded):
        units = units.copy()
        units[excluded[:, 0], excluded[:, 1]] = -1
    if n_columns > MAX_SORTED:
        return best_of_table(np.ascontiguousarray(units), np.arange(n_columns), k)
    # A key is [inverted units | column]. Complete rows of 32 bits are sorted faster than the best are selected.
    keys = (MAX_UNITS - units).astype(np.uint32, order="C")
    keys <<= np.uint32(SORTED_BITS)
    keys |= np.arange(n_columns, dtype=np.uint32)
    keys.sort(axis=1)
    best = keys[:, :k]
    entries = np.flatnonzero(best < np.uint32((MAX_UNITS + 1) << SORTED_BITS))
    indptr = np.searchsorted(entries, np.arange(len(best) + 1) * best.shape[1])
    best = best.ravel()[entries]
    columns = best & np.uint32(MAX_SORTED - 1)
    return RankedLists(indptr, columns.astype(np.int32), score_of_units(MAX_UNITS - (best >> np.uint32(SORTED_BITS))))
