"""Tables of columns: the common base of the columns of facts and of the vectors computed from them."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidInputError
from matching.facts.places import concat_lists, take_lists


class Table:
    """
    Base of dataclasses whose fields are columns with the same number of rows: arrays, lists of texts, or CSR tables,
    which consist of several fields.

    A table has a column *owner*.
    """

    #: Columns that are CSR tables: the name of the indptr column to the names of the columns that it divides into rows.
    _LISTS: dict[str, tuple[str, ...]] = {}
    #: Fields that all rows share, and that are the same in all tables that are concatenated.
    _SHARED: tuple[str, ...] = ()

    owner: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> Self:
        """The given rows, in the given order."""
        rows = np.asarray(rows, np.intp)
        taken: dict[str, Any] = {}
        for indptr, names in self._LISTS.items():
            taken[indptr], entries = take_lists(getattr(self, indptr), rows)
            taken |= {name: getattr(self, name)[entries] for name in names}
        for column in fields(self):  # type: ignore[arg-type]
            values = getattr(self, column.name)
            if isinstance(values, list):
                taken[column.name] = [values[row] for row in rows]
            elif column.name not in taken and column.name not in self._SHARED:
                taken[column.name] = values[rows]
        return replace(self, **taken)  # type: ignore[type-var]

    @classmethod
    def concat(cls, tables: Sequence[Self]) -> Self:
        """
        The concatenation of at least one table.

        Raises:
            InvalidInputError: The tables differ in a field that all rows share.
        """
        joined: dict[str, Any] = {}
        for name in cls._SHARED:
            joined[name] = getattr(tables[0], name)
            if any(getattr(table, name) is not joined[name] for table in tables):
                raise InvalidInputError(f"tables of different {name} cannot be joined")
        for indptr in cls._LISTS:
            joined[indptr] = concat_lists([getattr(table, indptr) for table in tables])
        for column in fields(cls):  # type: ignore[arg-type]
            parts = [getattr(table, column.name) for table in tables]
            if isinstance(parts[0], list):
                joined[column.name] = [text for part in parts for text in part]
            elif column.name not in joined:
                joined[column.name] = np.concatenate(parts)
        return cls(**joined)

    def overwritten(self, rows: NDArray[np.intp], others: Self) -> Self:
        """
        This table of arrays with *rows* (ascending) replaced by those of *others*, in its own memory; self must not be
        used any more.

        A market has a hundred thousand rows, of which one changes; copying all of them would take longer than
        everything else.
        """
        changed: dict[str, Any] = {}
        for indptr, names in self._LISTS.items():
            bounds, new_bounds = getattr(self, indptr), getattr(others, indptr)
            lengths = bounds[rows + 1] - bounds[rows]
            as_long = np.array_equal(lengths, np.diff(new_bounds))
            for name in names:
                values, new_values = getattr(self, name), getattr(others, name)
                if as_long and values.flags.writeable:
                    values[np.repeat(bounds[rows] - new_bounds[:-1], lengths) + np.arange(new_bounds[-1])] = new_values
                    changed[name] = values
                else:
                    changed[name] = _spliced(values, bounds, rows, new_values, new_bounds)
            if not as_long:
                every_length = np.diff(bounds)
                every_length[rows] = np.diff(new_bounds)
                changed[indptr] = np.concatenate([[0], np.cumsum(every_length)])
        for column in fields(self):  # type: ignore[arg-type]
            if column.name not in changed and column.name not in self._LISTS and column.name not in self._SHARED:
                values = getattr(self, column.name)
                values = values if values.flags.writeable else values.copy()
                values[rows] = getattr(others, column.name)
                changed[column.name] = values
        return replace(self, **changed)  # type: ignore[type-var]

    def shortened(self, row: int) -> Self:
        """This table of arrays without *row*, in its own memory; self must not be used any more."""
        left: dict[str, Any] = {}
        for indptr, names in self._LISTS.items():
            bounds = getattr(self, indptr)
            left |= {name: _closed_up(getattr(self, name), bounds[row], bounds[row + 1]) for name in names}
            lengths = np.delete(np.diff(bounds), row)
            left[indptr] = np.concatenate([[0], np.cumsum(lengths)])
        for column in fields(self):  # type: ignore[arg-type]
            if column.name not in left and column.name not in self._SHARED:
                left[column.name] = _closed_up(getattr(self, column.name), row, row + 1)
        return replace(self, **left)  # type: ignore[type-var]


#: Bytes moved at a time, because numpy first makes a copy of overlapping data.
_MOVED_AT_ONCE = 1 << 19


def _closed_up(column: NDArray, start: int, stop: int) -> NDArray:
    """*column* without ``[start, stop)``, in its own memory."""
    gap = stop - start
    if not column.flags.writeable:
        return np.delete(column, np.s_[start:stop], axis=0)
    if gap:
        step = max(1, _MOVED_AT_ONCE // max(column[:1].nbytes, 1))
        for to in range(start, len(column) - gap, step):
            end = min(to + step, len(column) - gap)
            column[to:end] = column[to + gap : end + gap]
    return column[: len(column) - gap]


def _spliced(
    values: NDArray, bounds: NDArray[np.int64], rows: NDArray[np.intp], new: NDArray, new_bounds: NDArray[np.int64]
) -> NDArray:
    """The entries of a CSR table with those of *rows* (ascending) replaced by the *new* ones."""
    parts, copied = [], 0
    for index, (start, stop) in enumerate(zip(bounds[rows].tolist(), bounds[rows + 1].tolist(), strict=True)):
        parts += [values[copied:start], new[new_bounds[index] : new_bounds[index + 1]]]
        copied = stop
    return np.concatenate([*parts, values[copied:]])
