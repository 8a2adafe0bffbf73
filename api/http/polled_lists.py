"""
Pages of lists that are asked for again and again: an `ETag` that is checked by one statement.

The tag holds a validator of the rows that the page is made of (:mod:`models.deals.list_validators`), who asked for
what, and the digest of the answer. Somebody who sends `If-None-Match` is answered 304 by one statement while no row has
changed; where one has, the page is read, in the same snapshot as its new validator, and its digest may still be the
same. Who asks without `If-None-Match` pays nothing: that answer's tag is the digest alone, as everywhere.
"""

import hashlib
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Response, request
from sqlalchemy import Connection

from api.http.access import claims
from api.http.etags import known_tags
from api.http.request_state import current
from api.http.services import services
from models.core.enums import Side
from models.deals.list_validators import Validator, present_page
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
    asked, engine = _asked(), services().engine
    tag = next((tag for tag in known if tag.startswith(f"{asked}.")), "")
    validator = Validator.of_text(tag.split(".")[1]) if tag else None
    # One snapshot for the validator and the page: what comes after it is newer.
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        present = present_page(connection, claims(), side, row_id, validator)
        if present is None:
            yield Polled(connection)
            return
        if validator is not None and present.equals(validator):
            unchanged = Response(status=304)
            unchanged.set_etag(tag)
            yield Polled(unchanged=unchanged)
            return
        current().list_tag = f"{asked}.{present.validator.text}"
        yield Polled(connection)


def _asked() -> str:
    """What was asked for, by whom, of which release: a tag of another page is no tag of this one."""
    asked = (VERSION, str(claims().user_id), request.full_path, str(current().language))
    return hashlib.blake2b("\n".join(asked).encode(), digest_size=6).hexdigest()
