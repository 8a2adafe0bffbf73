"""State of the current request as typed fields instead of names on `flask.g`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import g
from sqlalchemy.orm import Session

from models.platform.tracing import OpenSpan

if TYPE_CHECKING:
    from models.accounts.notification_groups import Unread
    from models.accounts.tokens import Claims
    from models.accounts.users import User
    from models.agenda.summary import LeadSummary


@dataclass
class RequestState:
    """Fields are unset until the responsible hook sets them."""

    #: The caller, identified by the access check, the console's cookie, or a chat's ticket.
    user: User | None = None
    #: The claims of the bearer token, whose signature and times have been checked.
    claims: Claims | None = None
    #: A name of the caller, for limits and the log: "user:7", "key:3", "local".
    caller: str | None = None
    #: The caller's API key, if it has one, and the only niche that the key may use.
    key_id: int | None = None
    niche_id: UUID | None = None
    #: The request's database session, opened by the first query.
    session: Session | None = None
    #: The operation writes nothing, so its session needs no transaction.
    only_reads: bool = False
    #: The callbacks to run after the commit, in order.
    after_commit: list[Callable[[], object]] = field(default_factory=list)
    #: (caller, key) of a write with an Idempotency-Key, or of a form with a one-time key.
    idempotency: tuple[str, str] | None = None
    #: Pixels of the pictures decoded so far, as they were sent.
    pixels: int = 0
    #: Names of stored files whose rows are not committed yet.
    uncommitted_files: list[str] | None = None
    #: The part of the request that was read last ("json", "query", "form", ...); later errors name it.
    read_from: str = "json"
    #: The number of faults beyond those that the answer names.
    more_faults: int = 0
    #: The answer's warnings, in the format of :mod:`api.http.warnings`.
    warnings: list[dict[str, Any]] = field(default_factory=list)
    #: Addresses of photos that were looked up -> the stored file's name, or None if there is no copy.
    photos: dict[str, str | None] = field(default_factory=dict)
    #: The part of an answer's tag that precedes its digest (api/http/polled_lists.py, api/http/lost_updates.py).
    tag_prefix: str = ""
    request_id: str = ""
    #: The start of the request in seconds of the monotonic clock.
    began: float = 0.0
    trace: OpenSpan | None = None
    status: int = 500
    #: A chat socket's handshake: the token that opened it, and the message after which it begins.
    chat_token: str = ""
    after_id: int = 0
    #: For the console: its form token, a new guest's cookie, the visitor's language and unread
    #: notifications.
    csrf: str | None = None
    #: For the console: the one-time key of the page's form, and the form's values as they are sent.
    form_key: str | None = None
    form_values: str | None = None
    new_guest: str | None = None
    language: str | None = None
    unread: Unread | None = None
    #: For the console: the counts beside the tabs of a lead's page.
    lead_summary: LeadSummary | None = None


def current() -> RequestState:
    """The state of the current request, or of the application context outside a request."""
    held = vars(g._get_current_object())  # each use of the proxy `g` itself would look up the context again
    state: RequestState | None = held.get("state")
    if state is None:
        state = held["state"] = RequestState()
    return state
