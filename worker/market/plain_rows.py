"""Rows of a table as plain named tuples, so that a market of a hundred thousand rows loads quickly."""

import json
from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Text, cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute


class PlainRows:
    """
    Some columns of a table, read as the driver gives them, JSON decoded.

    JSON is selected as text, because the driver's own decoding takes longer than all its other work. Decoded values
    equal those of the standard library, except that whole numbers of more than 64 bits become floats.
    """

    def __init__(self, columns: Sequence[InstrumentedAttribute[Any]]) -> None:
        #: What to select, in this order.
        self.selected = [
            cast(column, Text).label(column.key) if isinstance(column.type, JSONB) else column for column in columns
        ]
        self._json = [index for index, column in enumerate(columns) if isinstance(column.type, JSONB)]
        self._make_row = _row_type([column.key for column in columns])._make

    def of(self, rows: Sequence[Any]) -> list[Any]:
        """The rows of a query for the *selected* columns, as named tuples."""
        if not rows:
            return []
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for index in self._json:
            columns[index] = [None if text is None else _decoded(text) for text in columns[index]]
        return list(map(self._make_row, zip(*columns, strict=True)))


def _row_type(names: Sequence[str]) -> Any:
    return namedtuple("PlainRow", names)


def _decoded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # a number too large for a float
        return json.loads(text)
