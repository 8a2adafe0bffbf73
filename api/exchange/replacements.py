"""Bodies of PUT for rows that were created through another contract.

The answer of a GET can be sent back. For such a row it contains null for fields that the other contract lacks, and
words that the exchange does not otherwise accept (a ROOM). So a field may remain null or absent if the row has no value
for it, and such a word may remain. If the row has a value, the exchange's own rules apply.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flask import request
from marshmallow import Schema, fields, validate

from api.http.blueprint import Body, Parser, SomeWords


def read_replacement(schema: Body, shown: Mapping[str, Any]) -> dict[str, Any]:
    """
    Read the request's body by *schema*, except for values that the row itself lacks; raises a 400 like any other body.

    Args:
        shown: The row as its GET answers it.
    """
    lacking, words = tuple(_lacking(schema, shown)), tuple(_foreign_words(schema, shown))
    if lacking or words:
        schema = _made(type(schema), lacking, words)
    return Parser().parse(schema, request, location="json")


def _lacking(schema: Schema, shown: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Dotted paths of fields that *schema* requires and for which the row has no value."""
    for name, field in schema.load_fields.items():
        value = shown.get(name)
        if isinstance(field, fields.Nested) and isinstance(value, Mapping):
            yield from _lacking(field.schema, value, f"{above}{name}.")
        elif field.required and name in shown and value is None:
            yield above + name


def _foreign_words(schema: Schema, shown: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """(dotted path, the row's word) of fields that do not accept this word."""
    for name, field in schema.load_fields.items():
        value = shown.get(name)
        if isinstance(field, fields.Nested) and isinstance(value, Mapping):
            yield from _foreign_words(field.schema, value, f"{above}{name}.")
        elif isinstance(field, SomeWords) and value is not None and str(value) not in field.words:
            yield above + name, str(value)


@lru_cache(maxsize=64)  # a schema is costly to make, and few things can be lacking
def _made(schema: type[Body], lacking: tuple[str, ...], words: tuple[tuple[str, str], ...]) -> Body:
    """The schema without requiring the *lacking* fields, and accepting these *words* at their paths."""
    made = schema(partial=lacking)
    for path, word in words:
        *above, name = path.split(".")
        part: Any = made
        for each in above:
            part = part.load_fields[each].schema
        field = part.load_fields[name]
        field.validators = [validate.OneOf([*field.words, word])]
    return made
