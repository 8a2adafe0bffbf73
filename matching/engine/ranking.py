"""Ranked lists of a whole market, and the sortable keys from which they are built."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.units import MAX_UNITS, score_of_units
from matching.errors import InvalidInputError

#: A key is one uint64, [group | inverted units | column], so that ascending keys are ordered by group, then best score
#: first, then smaller column first.
COLUMN_BITS, UNIT_BITS = 26, 24
MAX_COLUMNS = 1 << COLUMN_BITS
MAX_GROUPS = 1 << (64 - COLUMN_BITS - UNIT_BITS)
#: Columns of a table are put into this many groups for each rank that is determined among them.
GROUPS_PER_RANK = 4
#: If so many times the entries of the lists reach a list's threshold, there are many ties.
MANY_TIES = 4
_GROUP_SHIFT = np.uint64(COLUMN_BITS + UNIT_BITS)
_UNIT_SHIFT = np.uint64(COLUMN_BITS)
_COLUMN_MASK = np.uint64(MAX_COLUMNS - 1)
_UNIT_MASK = np.uint64((1 << UNIT_BITS) - 1)


@dataclass(frozen=True)
class RankedLists:
    """
    A list for each of n rows: ``columns[indptr[i]:indptr[i + 1]]`` and the same slice of *scores*.

    Best first, ties by column.

    *columns* are rows of the other side, or other integers that a caller uses, such as ids; their order breaks ties.
    *scores* are float32, 0 to 100, whole multiples of 2**-18.
    """

    indptr: NDArray[np.int64]
    columns: NDArray[np.integer]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not len(self.columns) == len(self.scores) == self.indptr[-1]:
            raise InvalidInputError(
                f"{self.indptr[-1]} entries promised, {len(self.columns)} columns and {len(self.scores)} scores given"
            )

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.indptr)

    def row(self, row: int) -> tuple[NDArray[np.integer], NDArray[np.float32]]:
        """Columns and scores of one row."""
        span = slice(self.indptr[row], self.indptr[row + 1])
        return self.columns[span], self.scores[span]

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> "RankedLists":
        """The given rows, in the given order."""
        rows = np.asarray(rows, np.intp)
        entries, indptr = spans(self.indptr[:-1][rows], self.lengths[rows])
        return RankedLists(indptr, self.columns[entries], self.scores[entries])

    @classmethod
    def empty(cls, rows: int) -> "RankedLists":
        return cls(np.zeros(rows + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))

    @classmethod
    def concat(cls, parts: Sequence["RankedLists"]) -> "RankedLists":
        """The lists of all *parts*, whose rows follow one another."""
        lengths = np.concatenate([np.zeros(1, np.int64), *[part.lengths for part in parts]])
        return cls(
            np.cumsum(lengths),
            np.concatenate([np.zeros(0, np.int32), *[part.columns for part in parts]]),
            np.concatenate([np.zeros(0, np.float32), *[part.scores for part in parts]]),
        )

    @classmethod
    def from_parts(cls, parts: list["RankedLists"], order: NDArray[np.intp]) -> "RankedLists":
        """
        The lists of all *parts*, whose rows follow one another; the i-th of them becomes row ``order[i]``.

        Empties *parts*: a large market's lists should not be in memory twice.
        """
        lengths = np.zeros(len(order), np.int64)
        lengths[order] = np.concatenate([np.zeros(0, np.int64), *[part.lengths for part in parts]])
        indptr = np.zeros(len(order) + 1, np.int64)
        np.cumsum(lengths, out=indptr[1:])
        columns, scores = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
        last = len(order)
        while parts:
            part = parts.pop()
            first = last - len(part)
            entries, _ = spans(indptr[order[first:last]], part.lengths)
            columns[entries], scores[entries] = part.columns, part.scores
            last = first
        return cls(indptr, columns, scores)

    @classmethod
    def from_entries(
        cls,
        rows: NDArray[np.integer],
        columns: NDArray[np.integer],
        scores: NDArray[np.float32],
        n_rows: int,
        k: int,
    ) -> "RankedLists":
        """The *k* best of each row among (row, column, score) entries in any order; no pair twice, no score below 0."""
        order = _ranked(rows, columns, np.asarray(scores, np.float32))
        starts = np.searchsorted(rows[order], np.arange(n_rows + 1))
        entries, indptr = spans(starts[:-1], np.minimum(np.diff(starts), k))
        best = order[entries]
        return cls(indptr, columns[best], scores[best].astype(np.float32))


def _ranked(rows: NDArray[np.integer], columns: NDArray[np.integer], scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """
    The order of entries by row, then best score first, then column: ``lexsort((columns, -scores, rows))``, but ten
    times faster.

    Row and score are combined into one whole number (floats from 0 up sort like their bits), by which entries from
    sorted lists are almost sorted already. The sort is stable, and equal scores are mostly in the order of columns
    already; where they are not, the tied entries are sorted again.
    """
    upside_down = np.uint64(0xFFFFFFFF) - (scores + np.float32(0)).view(np.uint32)  # + 0 turns -0 into 0
    keys = (np.asarray(rows, np.uint64) << np.uint64(32)) | upside_down
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    ties = keys[1:] == keys[:-1]
    if (ties & (np.diff(columns[order]) < 0)).any():
        tied = np.flatnonzero(np.concatenate([ties, [False]]) | np.concatenate([[False], ties]))
        among = order[tied]
        order[tied] = among[np.lexsort((columns[among], keys[tied]))]
    return order


def spans(starts: NDArray[np.integer], lengths: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The concatenated positions ``[start, start + length)`` of all spans, and the index where each span begins.

    >>> spans(np.array([5, 20]), np.array([2, 3]))
    (array([ 5,  6, 20, 21, 22]), array([0, 2, 5]))
    """
    indptr = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=indptr[1:])
    return np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], lengths), indptr


def pack(groups: NDArray[np.integer], units: NDArray[np.float32], columns: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Keys of entries; *units* are whole and not negative, *groups* below MAX_GROUPS, *columns* below MAX_COLUMNS."""
    upside_down = np.uint64(MAX_UNITS) - np.minimum(units, MAX_UNITS).astype(np.uint64)
    keys = groups.astype(np.uint64) << _GROUP_SHIFT
    keys |= upside_down << _UNIT_SHIFT
    keys |= columns.astype(np.uint64)
    return keys


def best_of_groups(keys: NDArray[np.uint64], n_groups: int, k: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The *k* smallest keys of each group, ascending, and the groups' indptr. Sorts *keys* in place."""
    keys.sort()
    starts = np.searchsorted(keys, np.arange(n_groups + 1, dtype=np.uint64) << _GROUP_SHIFT)
    entries, indptr = spans(starts[:-1], np.minimum(np.diff(starts), k))
    return keys[entries], indptr


def best_of_table(units: NDArray[np.float32], columns: NDArray[np.integer], k: int) -> RankedLists:
    """
    The *k* best of each row of a table, ties by column; a pair with units below 0 never enters.

    Args:
        units: (rows, width), C order, at most MAX_UNITS and MAX_GROUPS rows.
        columns: (width,), the number of each column.
    """
    n, width = units.shape
    folds = max(1, width // (GROUPS_PER_RANK * k))
    # The k-th best of the maxima of many groups is hardly lower than the k-th best of all, and is found faster.
    groups = units[:, : width // folds].copy()
    for first in range(groups.shape[1], groups.shape[1] * folds, groups.shape[1]):
        np.maximum(groups, units[:, first : first + groups.shape[1]], out=groups)
    thresholds = np.zeros((n, 1), np.float32)
    if k <= groups.shape[1]:
        # Not a partition: it takes three times as long where most pairs are forbidden, and so equal.
        groups.sort(axis=1)
        thresholds = np.maximum(groups[:, -k, np.newaxis], 0)
    chosen = np.flatnonzero(units >= thresholds)
    if len(chosen) > MANY_TIES * n * k:
        chosen = _best_of_ties(units, columns, k)
    row, column = np.divmod(chosen, width)
    return unpack(*best_of_groups(pack(row, units.ravel()[chosen], columns[column]), n, k))


def _best_of_ties(units: NDArray[np.float32], columns: NDArray[np.integer], k: int) -> NDArray[np.intp]:
    """The positions in *units* of each row's *k* best, in any order, if most of them are tied."""
    width = units.shape[1]
    keys = pack(np.zeros(units.shape, np.int64), np.maximum(units, 0), columns)
    keys[units < 0] = np.iinfo(np.uint64).max
    best = np.argpartition(keys, k - 1, axis=1)[:, :k] if k < width else np.broadcast_to(np.arange(width), units.shape)
    chosen = (best + width * np.arange(len(units))[:, np.newaxis]).ravel()
    return chosen[units.ravel()[chosen] >= 0]


def units_of(keys: NDArray[np.uint64]) -> NDArray[np.float32]:
    return (np.uint64(MAX_UNITS) - ((keys >> _UNIT_SHIFT) & _UNIT_MASK)).astype(np.float32)


def unpack(keys: NDArray[np.uint64], indptr: NDArray[np.int64]) -> RankedLists:
    """The lists of keys that :func:`best_of_groups` returned."""
    return RankedLists(indptr, (keys & _COLUMN_MASK).astype(np.int32), score_of_units(units_of(keys)))
