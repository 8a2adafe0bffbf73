"""Deprecated addresses: the headers `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link to the replacement."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from flask import Response, after_this_request
from werkzeug.http import http_date

View = TypeVar("View", bound=Callable[..., Any])

#: What holds for all of them; served by the documentation.
RULE = "https://leadmatch.example/docs/api-changes"


def deprecated(since: datetime, *, instead: str | None = None, until: datetime | None = None) -> Callable[[View], View]:
    """
    Answers of this view say that its address is to go, errors included. Stands beneath the route; an operation of the
    API is marked in the document as well: `@blp.doc(deprecated=True)`.

    Args:
        since: When it was deprecated.
        instead: The address that takes its place; fields in braces stand for themselves.
        until: From when on it may be gone; None: not decided. At least six months after *since*.
    Raises:
        ValueError: *until* comes too soon.
    """
    if until is not None and (until - since).days < 180:
        raise ValueError(f"{until:%Y-%m-%d} is less than six months after {since:%Y-%m-%d}")
    links = [f'<{RULE}>; rel="deprecation"; type="text/html"']
    if instead is not None:
        links.append(f'<{instead}>; rel="successor-version"')

    def tell(response: Response) -> Response:
        response.headers["Deprecation"] = f"@{int(since.timestamp())}"
        if until is not None:
            response.headers["Sunset"] = http_date(until)
        response.headers.add("Link", ", ".join(links))
        return response

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answer(*args: Any, **kwargs: Any) -> Any:
            after_this_request(tell)
            return view(*args, **kwargs)

        return cast(View, answer)

    return decorate


def day(year: int, month: int, day_: int) -> datetime:
    """Midnight UTC at the beginning of a day."""
    return datetime(year, month, day_, tzinfo=UTC)
