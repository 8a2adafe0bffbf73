"""Deprecated addresses: the headers `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link to the replacement."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from flask import Response, after_this_request
from werkzeug.http import http_date

View = TypeVar("View", bound=Callable[..., Any])

#: The policy for all deprecated addresses; the documentation serves it.
RULE = "https://leadmatch.example/docs/api-changes"


def deprecated(since: datetime, *, instead: str | None = None, until: datetime | None = None) -> Callable[[View], View]:
    """
    All answers of this view, errors included, state that its address is deprecated. Apply it below the route. An
    operation of the API is also marked in the OpenAPI document: `@blp.doc(deprecated=True)`.

    Args:
        since: When it was deprecated.
        instead: The address that replaces it; fields in braces are left as they are.
        until: The earliest moment of removal; None: not decided. At least six months after *since*.
    Raises:
        ValueError: *until* is less than six months after *since*.
    """
    if until is not None and (until - since).days < 180:
        raise ValueError(f"{until:%Y-%m-%d} is less than six months after {since:%Y-%m-%d}")
    links = [f'<{RULE}>; rel="deprecation"; type="text/html"']
    if instead is not None:
        links.append(f'<{instead}>; rel="successor-version"')

    def add_headers(response: Response) -> Response:
        response.headers["Deprecation"] = f"@{int(since.timestamp())}"
        if until is not None:
            response.headers["Sunset"] = http_date(until)
        response.headers.add("Link", ", ".join(links))
        return response

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answer(*args: Any, **kwargs: Any) -> Any:
            after_this_request(add_headers)
            return view(*args, **kwargs)

        return cast(View, answer)

    return decorate


def day(year: int, month: int, day_: int) -> datetime:
    """Midnight UTC at the beginning of a day."""
    return datetime(year, month, day_, tzinfo=UTC)
