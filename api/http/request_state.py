"""State of the current request as typed fields instead of names on `flask.g`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import g
from sqlalchemy.orm import Session

from models.accounts.notification_switches import Topic
from models.platform.tracing import OpenSpan

if TYPE_CHECKING:
    from models.accounts.tokens import Claims
    from models.accounts.users import User


@dataclass
class RequestState:
    """Fields are unset until the responsible hook sets them."""

    #: Who is calling: by the access check, the console's cookie, or a chat's ticket.
    user: User | None = None
    #: What the bearer token says, its signature and times checked.
    claims: Claims | None = None
    #: A name of the caller, for limits and the log: "user:7", "key:3", "local".
    caller: str | None = None
    #: The only niche that the caller's API key opens.
    niche_id: UUID | None = None
    #: The request's database session, opened by the first query.
    session: Session | None = None
    #: The operation writes nothing, so its session needs no transaction.
    only_reads: bool = False
    #: What is to follow the commit, in order.
    after_commit: list[Callable[[], object]] = field(default_factory=list)
    #: (caller, key) of a write with an Idempotency-Key.
    idempotency: tuple[str, str] | None = None
    #: Names of stored files whose rows are not committed yet.
    uncommitted_files: list[str] | None = None
    #: The part of the request that was read last ("json", "query", "form", ...): where a later error is said to be.
    read_from: str = "json"
    #: Faults of the request beyond those that are named to the client.
    more_faults: int = 0
    #: What the answer warns of, as :mod:`api.http.warnings` shapes it.
    warnings: list[dict[str, Any]] = field(default_factory=list)
    #: Addresses of photos that were looked for -> the stored file's name, None where it is not here.
    photos: dict[str, str | None] = field(default_factory=dict)
    #: What a list's tag says beside the digest of the answer (api/http/polled_lists.py).
    list_tag: str = ""
    request_id: str = ""
    #: Seconds of the monotonic clock.
    began: float = 0.0
    trace: OpenSpan | None = None
    status: int = 500
    #: A chat socket's handshake: the token that opened it, and the message after which it begins.
    chat_token: str = ""
    after_id: int = 0
    #: The console's: its form token, a new guest's cookie, the visitor's language, how many notifications are unread.
    csrf: str | None = None
    new_guest: str | None = None
    language: str | None = None
    unread: dict[Topic, int] | None = None


def current() -> RequestState:
    """The state of the current request, or of the application context outside a request."""
    if "state" not in g:
        g.state = RequestState()
    state: RequestState = g.state
    return state
