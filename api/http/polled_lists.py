"""
Pages of lists that are asked for again and again: an `ETag` that is checked by one statement.

The tag holds a validator of the rows that the page is made of, who asked for what, and the digest of the answer. The
validators are :mod:`models.deals.list_validators` for pages of recommendations, and
:mod:`models.deals.own_list_validators` for lists of the caller's own rows. A client that sends `If-None-Match` is
answered 304 by one statement while no row has changed; where one has, the page is read, not before its new validator,
and its digest may still be the same. A client that does not send `If-None-Match` costs nothing more: that answer's tag
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
from models.deals.list_validators import Validator, present_page
from models.deals.own_list_validators import OwnList, present_own_list
from models.version import VERSION


@dataclass
class Polled:
    """A request for a page: what to read it with, or the answer already."""

    connection: Connection | None = None
    unchanged: Response | None = None

    def has_read(self, entries: Sized) -> None:
        """Note what was read: a page without entries is counted in another snapshot than its validator's."""
        if not entries:
            current().list_tag = ""


@contextmanager
def polled(side: Side, row_id: int, *, is_exact: bool = True) -> Iterator[Polled]:
    """
    Compare what the client has with the page of a list.

    Args:
        is_exact: Whether the page shows nothing but the rows that validators know of.
    """
    known = known_tags()
    if not known or not is_exact or services().settings.fetch_photos:
        yield Polled()
        return
    asked, engine = _request_key(), services().engine
    tag, validator = _own_tag(known, asked)
    # One snapshot for the validator and the page: what comes after it is newer.
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        present = present_page(connection, claims(), side, row_id, validator)
        if present is None:
            yield Polled(connection)
            return
        if validator is not None and present.equals(validator):
            yield Polled(unchanged=_unchanged(tag))
            return
        current().list_tag = f"{asked}.{present.validator.text}"
        yield Polled(connection)


def unchanged_own_list(kind: OwnList, row_id: int | None = None) -> Response | None:
    """
    304 if a list of the caller's own is what the client has; None if the view is to read it.

    The view is `signed_in_by_query`, and calls `sign_in()` where this has answered None.
    """
    known = known_tags()
    if not known or services().settings.fetch_photos:
        return None
    asked = _request_key()
    tag, validator = _own_tag(known, asked)
    present = present_own_list(session().connection(), claims(), kind, validator, row_id)
    if present is None:
        return None
    if validator is not None and present.equals(validator):
        return _unchanged(tag)
    current().list_tag = f"{asked}.{present.validator.text}"
    return None


def _own_tag(known: set[str], asked: str) -> tuple[str, Validator | None]:
    """The tag that the client has of what it asks for, and the validator that it holds."""
    tag = next((tag for tag in known if tag.startswith(f"{asked}.")), "")
    return tag, Validator.of_text(tag.split(".")[1]) if tag else None


def _unchanged(tag: str) -> Response:
    response = Response(status=304)
    response.set_etag(tag)
    return response


def _request_key() -> str:
    """What was asked for, by whom, of which release: a tag of another page is no tag of this one."""
    asked = (VERSION, str(claims().user_id), request.full_path, str(current().language))
    return hashlib.blake2b("\n".join(asked).encode(), digest_size=6).hexdigest()
