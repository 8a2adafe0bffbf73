"""Tables of columns: what the columns of facts and the vectors made of them share."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matching.facts.places import concat_lists, take_lists


class Table:
    """
    Base of dataclasses whose fields are columns of as many rows: arrays, lists of texts, or CSR tables of two fields.

    A table has a column *owner*.
    """

    #: Columns that are CSR tables, as (indptr, codes) name pairs.
    _LISTS: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> Self:
        """The given rows, in the given order."""
        rows = np.asarray(rows, np.intp)
        taken = {}
        for indptr, codes in self._LISTS:
            taken[indptr], taken[codes] = take_lists(getattr(self, indptr), getattr(self, codes), rows)
        for column in fields(self):
            values = getattr(self, column.name)
            if isinstance(values, list):
                taken[column.name] = [values[row] for row in rows]
            elif column.name not in taken:
                taken[column.name] = values[rows]
        return replace(self, **taken)

    @classmethod
    def concat(cls, tables: Sequence[Self]) -> Self:
        """Tables one under another; at least one."""
        joined = {}
        for indptr, codes in cls._LISTS:
            joined[indptr], joined[codes] = concat_lists(
                [(getattr(table, indptr), getattr(table, codes)) for table in tables]
            )
        for column in fields(cls):
            parts = [getattr(table, column.name) for table in tables]
            if isinstance(parts[0], list):
                joined[column.name] = [text for part in parts for text in part]
            elif column.name not in joined:
                joined[column.name] = np.concatenate(parts)
        return cls(**joined)
