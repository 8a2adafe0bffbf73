"""`If-Match`: a write is refused if its row has changed since the caller read it.

The tag of a single row's answer begins with the row's version, `"v7.0f3c..."`. A write that sends this tag as
`If-Match` is a 412 unless the row still has that version, so that two editors do not overwrite each other. Only the
version is compared: a new match changes the tag of a lead, but overwrites nothing. Without `If-Match` a write replaces
whatever is there.
"""

from flask import request

from api.http.operations import View, with_facts
from api.http.request_state import current
from models.core.errors import ChangedMeanwhileError


def guards_updates(view: View) -> View:
    """Declare that this write calls :func:`refuse_if_changed`."""
    return with_facts(view, guards_updates=True)


def tag_with_version(version: int) -> None:
    """Begin the tag of the current answer with the version of the row that it shows."""
    current().tag_prefix = _prefix(version)


def refuse_if_changed(version: int) -> None:
    """
    Compare the row's version with the tags in `If-Match`. The caller holds the row's lock.

    Weak tags count as well, because proxies that compress answers weaken their tags.

    Raises:
        ChangedMeanwhileError: None of the tags has this version.
    """
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return
    tags = request.if_match.as_set(include_weak=True)
    if not any((tag or "").partition(".")[0] == _prefix(version) for tag in tags):
        raise ChangedMeanwhileError


def _prefix(version: int) -> str:
    return f"v{version}"
