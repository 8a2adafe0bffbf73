"""
Pages of lists that clients poll: an `ETag` that is checked by one statement.

The tag consists of a validator of the page's rows, a key of the request and its caller, and the digest of the answer.
The validators come from :mod:`models.deals.list_validators` for pages of recommendations, and from
:mod:`models.deals.own_list_validators` for lists of the caller's own rows. While no row has changed, a client that
sends `If-None-Match` is answered 304 by one statement. If a row has changed, the new validator is read first and then
the page; its digest may still be the same. A request without `If-None-Match` costs nothing more: the tag of its answer
is the digest alone, as everywhere.
"""

import hashlib
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Response, request
from sqlalchemy import Connection

from api.http.access import claims
from api.http.db import session
from api.http.etags import known_tags
from api.http.request_state import current
from api.http.services import services
from models.core.enums import Side
from models.deals.list_validators import Validator, page_state
from models.deals.own_list_validators import OwnList, current_own_list
from models.version import VERSION


@dataclass
class Polled:
    """A request for a page: the connection to read it with, or the finished answer."""

    connection: Connection
    unchanged: Response | None = None

    def has_read(self, entries: Sized) -> None:
        """Record what was read: a page without entries is counted in another snapshot than that of its validator."""
        if not entries:
            current().tag_prefix = ""


@contextmanager
def polled(side: Side, row_id: int, *, is_exact: bool = True) -> Iterator[Polled]:
    """
    Compare the client's tag with the current page of a list.

    Args:
        is_exact: Whether the page shows only rows that the validators cover.
    """
    known, engine = known_tags(), services().engine
    if not known or not is_exact or services().settings.fetch_photos:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield Polled(connection)
        return
    request_key = _request_key()
    tag, validator = _own_tag(known, request_key)
    # One snapshot for the validator and the page; later changes are newer than both.
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        state = page_state(connection, claims(), side, row_id, validator)
        if state is None:
            yield Polled(connection)
            return
        if validator is not None and state.equals(validator):
            yield Polled(connection, _unchanged(tag))
            return
        current().tag_prefix = f"{request_key}.{state.validator.text}"
        yield Polled(connection)


def unchanged_own_list(kind: OwnList, row_id: int | None = None) -> Response | None:
    """
    A 304 if the client already has the current list of the caller's own rows; None if the view has to read it.

    The view is `signed_in_by_query` and calls `sign_in()` if this returns None.
    """
    known = known_tags()
    if not known or services().settings.fetch_photos:
        return None
    request_key = _request_key()
    tag, validator = _own_tag(known, request_key)
    state = current_own_list(session().connection(), claims(), kind, validator, row_id)
    if state is None:
        return None
    if validator is not None and state.equals(validator):
        return _unchanged(tag)
    current().tag_prefix = f"{request_key}.{state.validator.text}"
    return None


def _own_tag(known: set[str], request_key: str) -> tuple[str, Validator | None]:
    """The client's tag of the requested list, and the validator in that tag."""
    tag = next((tag for tag in known if tag.startswith(f"{request_key}.")), "")
    return tag, Validator.of_text(tag.split(".")[1]) if tag else None


def _unchanged(tag: str) -> Response:
    response = Response(status=304)
    response.set_etag(tag)
    return response


def _request_key() -> str:
    """A key of the request, its caller and the release, so that a tag of another page never matches."""
    key = (VERSION, str(claims().user_id), request.full_path, str(current().language))
    return hashlib.blake2b("\n".join(key).encode(), digest_size=6).hexdigest()
