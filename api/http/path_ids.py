"""
Path converters. Ids are ASCII digits; Werkzeug's own converter accepts digits of every script, so ٣ would be 3. Words
contain no U+0000, which PostgreSQL cannot compare.
"""

from typing import Any

from werkzeug.routing import IntegerConverter, Map, UnicodeConverter


class PathId(IntegerConverter):
    """The `int` of a route; other spellings do not match and give 404."""

    regex = "[0-9]+"


class PathWord(UnicodeConverter):
    """A word of a route, such as a token; one with U+0000 gives 404."""

    def __init__(self, map: Map, *lengths: Any, **named: Any) -> None:
        super().__init__(map, *lengths, **named)
        self.regex = self.regex.replace("[^/]", r"[^/\x00]")
