"""
Rows in the format of PostgreSQL's COPY: a batch is one stream instead of a statement with thousands of parameters.
"""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import ARRAY, Connection, Table

#: Characters with a meaning for COPY. The backslash comes first, because the replacements of the others contain it.
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_IN_ARRAY = (("\\", "\\\\"), ('"', '\\"'))


def copy_into(
    connection: Connection, name: str, table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """
    Add *rows* to the table *name*, whose *columns* have the types of those of *table*.

    Args:
        rows: A value for each column: text, number, enumeration's word, bytes, or JSON; a list for an array of texts.
    """
    arrays = {column for column in columns if isinstance(table.c[column].type, ARRAY)}
    lines = ("\t".join(_field(row[column], column in arrays) for column in columns) for row in rows)
    listed = ", ".join(columns)
    cursor: Any = connection.connection.cursor()  # the driver's cursor: SQLAlchemy has no COPY
    try:
        cursor.copy_expert(f"COPY {name} ({listed}) FROM STDIN", io.StringIO("\n".join(lines) + "\n"))
    finally:
        cursor.close()


def _field(value: Any, is_array: bool) -> str:
    r"""
    >>> _field(None, False), _field("a\tb", False), _field(['x"y'], True), _field({"k": [1]}, False)
    ('\\N', 'a\\tb', '{"x\\\\"y"}', '{"k":[1]}')
    """
    if value is None:
        return "\\N"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return _escaped(value, _ESCAPES)
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    if is_array:
        return _escaped("{" + ",".join(f'"{_escaped(each, _IN_ARRAY)}"' for each in value) + "}", _ESCAPES)
    if isinstance(value, int | Decimal | float):
        return str(value)
    return _escaped(orjson.dumps(value, default=str).decode(), _ESCAPES)


def _escaped(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    # Most texts contain nothing to escape: searching for four characters costs a tenth of translating every letter.
    for mark, escaped in escapes:
        if mark in text:
            text = text.replace(mark, escaped)
    return text
