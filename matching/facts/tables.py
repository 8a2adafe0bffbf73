"""Tables of columns: what the columns of facts and the vectors made of them share."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidInputError
from matching.facts.places import concat_lists, take_lists


class Table:
    """
    Base of dataclasses whose fields are columns of as many rows: arrays, lists of texts, or CSR tables of several
    fields.

    A table has a column *owner*.
    """

    #: Columns that are CSR tables: the name of the indptr column to the names of the columns that it cuts into rows.
    _LISTS: dict[str, tuple[str, ...]] = {}
    #: Columns that all rows share, and all tables that are joined.
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
        Tables one under another; at least one.

        Raises:
            InvalidInputError: They do not share what all rows of a table share.
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

    def put(self, rows: NDArray[np.intp] | Sequence[int], others: Self) -> Self:
        """This table with *rows* replaced by those of *others*, in that order; self stays as it is."""
        rows = np.asarray(rows, np.intp)
        source = np.arange(len(self))
        source[rows] = len(self) + np.arange(len(others))
        changed: dict[str, Any] = {}
        for indptr, names in self._LISTS.items():
            both = concat_lists([getattr(self, indptr), getattr(others, indptr)])
            changed[indptr], entries = take_lists(both, source)
            for name in names:
                changed[name] = np.concatenate([getattr(self, name), getattr(others, name)])[entries]
        for column in fields(self):  # type: ignore[arg-type]
            if column.name not in changed and column.name not in self._SHARED:
                # One copy and a few assignments: gathering all rows anew would cost several times that.
                changed[column.name] = getattr(self, column.name).copy()
                changed[column.name][rows] = getattr(others, column.name)
        return replace(self, **changed)  # type: ignore[type-var]
