"""Ids in paths: plain digits. Werkzeug's own converter takes the digits of every script, so that ٣ would be 3."""

from werkzeug.routing import IntegerConverter


class PathId(IntegerConverter):
    """The `int` of a route; what is written otherwise is another path, and so not found."""

    regex = "[0-9]+"
