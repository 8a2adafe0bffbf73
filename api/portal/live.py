"""Server-sent events: ids of the caller's lists, matches and chats that have changed, resumable.

Changes are read from the tables (:mod:`models.deals.live_changes`): at once after a notice of a match or notification,
otherwise every few seconds, because workers that publish lists send no notice. A connection holds a thread of the web
process, so it counts in the shared budget of long-lived connections and is closed after two minutes.
"""

import json
from collections.abc import Generator, Iterator
from typing import Any

from flask import Response
from marshmallow import fields, validate
from redis.exceptions import RedisError
from sqlalchemy.orm import Session, sessionmaker

from api.http import live_updates, long_lived
from api.http.access import claims, current_user, signed_in
from api.http.blueprint import Blueprint, Body
from api.http.db import end_session
from api.http.services import services
from api.portal.chat_hub import chat_hub
from models.accounts.tokens import Claims, user_of_claims
from models.core.errors import BusyError, NotSignedInError, TooManyError
from models.deals.live_changes import ChangeKind, Changes, changes_since, current_moment

blp = Blueprint("live", __name__, description="Live changes of the caller's lists, matches and chats")

#: How long an EventSource waits before it reconnects.
RETRY_MS = 1000
#: The number of seconds without a signal between two readings of the tables.
CHECKS_PER_READING = 2

_ID = "^[0-9]{1,18}$"
_SHAPE = {"pattern": _ID, "example": "48213"}
STREAM = {
    "type": "object",
    "description": "Each event, for as long as the connection lasts.",
    "properties": {
        "id": {"type": "string", "pattern": _ID, "example": "48213"},
        "event": {
            "type": "string",
            "enum": ["hello", "reset", *ChangeKind],
            "description": "hello: the stream is open; reset: read everything again; others: the kind of changed rows.",
        },
        "data": {"type": "string", "description": 'JSON: {"ids": [...]}, the ids as strings.'},
    },
    "required": ["id", "event", "data"],
}


class LiveArgs(Body):
    last_event_id = fields.String(
        validate=validate.Regexp(_ID),
        metadata={
            "description": "Begin after this event; the header Last-Event-ID takes precedence.",
            "pattern": _ID,
            "example": "48213",
        },
    )


class ResumeHeaders(Body):
    last_event_id = fields.String(data_key="Last-Event-ID", validate=validate.Regexp(_ID), metadata=_SHAPE)


@blp.route("/events")
@signed_in
@blp.arguments(LiveArgs, location="query")
@blp.arguments(ResumeHeaders, location="headers")
@blp.response(200, STREAM, content_type="text/event-stream")
def follow_changes(args: dict[str, Any], headers: dict[str, Any]) -> Response:
    """Follow changes of my lists, matches and chats as server-sent events

    Each event holds ids only; read the objects that they name. Last-Event-ID (or `last_event_id`) resumes without loss,
    however much time has passed; `reset` means that too much has changed since. An id may be repeated. A connection is
    closed after two minutes; reconnect with the last id. A process serves few readers, and at most three of one user;
    otherwise the answer is 429.
    """
    raw = headers.get("last_event_id", args.get("last_event_id"))
    user_id, proof, sessions = current_user().id, claims(), services().reading_sessions
    end_session()  # a stream lives for minutes; each reading has a session of its own
    connections, hub = services().long_lived, chat_hub()
    channels = [holder] = [live_updates.of_user(user_id)]
    if not connections.acquire(long_lived.EVENTS, holder):
        raise TooManyError("live.too_many", 5)
    signals = live_updates.signals(
        services().settings.redis_url, channels, lambda: hub.is_closing, checks_per_heartbeat=CHECKS_PER_READING
    )
    try:
        next(signals)  # before the answer begins, so that an unavailable Redis is a 503 and not a broken stream
        with sessions() as session:
            moment = current_moment(session) if raw is None else int(raw)
    except RedisError:
        connections.release(long_lived.EVENTS, holder)
        raise BusyError("live.away", 5) from None
    except BaseException:
        connections.release(long_lived.EVENTS, holder)
        raise
    response = Response(_events(sessions, proof, moment, signals), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # otherwise nginx would buffer events
    response.call_on_close(signals.close)
    response.call_on_close(lambda: connections.release(long_lived.EVENTS, holder))
    return response


def _events(
    sessions: sessionmaker[Session], proof: Claims, moment: int, signals: Generator[str | None, None, None]
) -> Iterator[str]:
    """https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"""
    yield f"retry: {RETRY_MS}\n\n" + _event(moment, "hello", [])
    sent: dict[tuple[ChangeKind, int], int] = {}
    try:
        while True:
            changes = _read_changes(sessions, proof, moment)
            # An event's id is the moment at which the next reading begins, so a reader that resumes from it misses
            # nothing.
            moment = changes.moment
            yield "".join(_new_events(changes, sent)) or ": alive\n\n"
            if next(signals, live_updates) is live_updates:
                return
    except (RedisError, NotSignedInError):
        return  # the reader reconnects and gets the error


def _read_changes(sessions: sessionmaker[Session], proof: Claims, moment: int) -> Changes:
    with sessions() as session:
        # Checked each time, because the token may have been revoked, or its user deactivated, since the last reading.
        return changes_since(session, user_of_claims(session, proof).id, moment)


def _new_events(changes: Changes, sent: dict[tuple[ChangeKind, int], int]) -> Iterator[str]:
    """The events of one reading of the tables, without those already sent by this stream; updates *sent*."""
    if changes.is_reset:
        yield _event(changes.moment, "reset", [])
        return
    for kind, rows in changes.written.items():
        new = [row_id for row_id, number in sorted(rows.items()) if sent.get((kind, row_id)) != number]
        sent |= {(kind, row_id): rows[row_id] for row_id in new}
        if new:
            yield _event(changes.moment, kind, new)


def _event(moment: int, kind: str, ids: list[int]) -> str:
    return f"id: {moment}\nevent: {kind}\ndata: {json.dumps({'ids': [str(each) for each in ids]})}\n\n"
