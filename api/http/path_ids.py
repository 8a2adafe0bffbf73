"""
What may stand in paths: ids are plain digits, where Werkzeug's own converter takes those of every script, so that ٣
would be 3; words hold no U+0000, which PostgreSQL cannot compare.
"""

from typing import Any

from werkzeug.routing import IntegerConverter, Map, UnicodeConverter


class PathId(IntegerConverter):
    """The `int` of a route; what is written otherwise is another path, and so not found."""

    regex = "[0-9]+"


class PathWord(UnicodeConverter):
    """The word of a route, such as a token; one with U+0000 in it is not found."""

    def __init__(self, map: Map, *lengths: Any, **named: Any) -> None:
        super().__init__(map, *lengths, **named)
        self.regex = self.regex.replace("[^/]", r"[^/\x00]")
