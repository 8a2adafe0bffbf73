"""Live updates: the same events over a WebSocket and as server-sent events, resumable by the id of the last event.

A live connection holds one of the web process's threads, so connections are few and short: each is closed after
:data:`LIFETIME_SECONDS`, and a reader reconnects with the id of the last event that it received. Browsers' EventSource
does this automatically.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import redis
from flask import Response, request
from flask_sock import Sock
from marshmallow import fields, validate
from redis.exceptions import RedisError
from simple_websocket import ConnectionClosed, Server

from api.http import long_lived
from api.http.api_keys import key_checker, niche_scope, stream_holder, with_api_key
from api.http.blueprint import Blueprint, Body
from api.http.db import end_session
from api.http.services import services
from models.core.errors import BusyError, InvalidValueError, TooManyError
from models.leadgen.events import Event, EventKind, check_id, follow, is_missing_after, newest_id
from models.translations.catalogue import describe_fault

blp = Blueprint("leadgen-live", __name__, description="Live events")
sock = Sock()

LIFETIME_SECONDS = 120.0
#: After this long without an event, an event stream sends a comment, which shows whether its reader is still there.
HEARTBEAT_SECONDS = 5.0
#: How often a WebSocket without events is checked.
CHECK_INTERVAL_SECONDS = 1.0
#: How long an EventSource waits before it reconnects.
RETRY_MS = 1000
#: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 and the IANA registry of close codes
GOING_AWAY, BAD_DATA, TRY_AGAIN_LATER = 1001, 1008, 1013


EVENT_ID = {"type": "string", "pattern": "^[0-9]{1,19}-[0-9]{1,19}$"}
#: https://html.spec.whatwg.org/multipage/server-sent-events.html
EVENTS = {
    "type": "object",
    "description": "Each event, for as long as the connection lasts.",
    "properties": {
        "id": EVENT_ID,
        "event": {"type": "string", "enum": list(EventKind)},
        "data": {"type": "string", "description": "JSON."},
    },
    "required": ["id", "event", "data"],
}


#: Both are validated, although only one is used.
IS_EVENT_ID = validate.Regexp(EVENT_ID["pattern"], error="event.not_an_id")


class LiveArgs(Body):
    last_event_id = fields.String(
        validate=IS_EVENT_ID,
        metadata={
            "description": "Begin after this event; the header Last-Event-ID takes precedence.",
            "pattern": EVENT_ID["pattern"],
        },
    )


class ResumeHeaders(Body):
    last_event_id = fields.String(
        data_key="Last-Event-ID", validate=IS_EVENT_ID, metadata={"pattern": EVENT_ID["pattern"]}
    )


@blp.route("/api/events")
@with_api_key
@blp.arguments(LiveArgs, location="query")
@blp.arguments(ResumeHeaders, location="headers")
@blp.response(200, EVENTS, content_type="text/event-stream")
def events(args: dict[str, Any], headers: dict[str, Any]) -> Response:
    """Follow events as server-sent events; Last-Event-ID resumes

    Begins after `Last-Event-ID` (or `last_event_id`), otherwise with the next event. A connection is closed after two
    minutes; reconnect with the last id.
    """
    raw = headers.get("last_event_id", args.get("last_event_id"))
    last_event_id = None if raw is None else check_id(raw, "last_event_id")
    scope, may_continue, holder = niche_scope(), _continuation_check(), stream_holder()
    end_session()  # the database is not needed from here on
    connections = services().long_lived
    if not connections.acquire(long_lived.EVENTS, holder):
        raise TooManyError("live.too_many", 5)
    try:
        client = _own_redis()
        # Called before the response begins, so that an unreachable Redis is a 503 and not a broken stream.
        following = _follow(client, last_event_id, newest_id(client), HEARTBEAT_SECONDS, scope, may_continue)
        response = Response(_as_stream(following), mimetype="text/event-stream")
    except RedisError:
        connections.release(long_lived.EVENTS, holder)
        raise BusyError("live.away", 5) from None
    except BaseException:
        connections.release(long_lived.EVENTS, holder)
        raise
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would buffer events otherwise
    response.call_on_close(client.close)
    # The server closes the response whether or not it was read.
    response.call_on_close(lambda: connections.release(long_lived.EVENTS, holder))
    return response


@sock.route("/api/ws", bp=blp)
@with_api_key
@blp.doc(
    parameters=[{"in": "query", "name": "last_event_id", "schema": EVENT_ID, "required": False}],
    responses={
        101: {"description": "The socket is open: one JSON object per frame, with id, type and data."},
        426: {"$ref": "#/components/responses/UPGRADE_REQUIRED"},
    },
)
def live(ws: Server) -> None:
    """Follow events over a WebSocket, one JSON object a frame; ?last_event_id= resumes

    The same events as `/api/events`. A socket is closed after two minutes with 1001; reconnect with the last id.
    """
    end_session()
    raw = request.args.get("last_event_id")
    try:
        last_event_id = None if raw is None else check_id(raw, "last_event_id")
    except InvalidValueError as error:
        ws.close(BAD_DATA, describe_fault("en", error.fault))
        return
    connections, holder = services().long_lived, stream_holder()
    if not connections.acquire(long_lived.EVENTS, holder):
        ws.close(TRY_AGAIN_LATER, "Too many live connections.")
        return
    try:
        with _own_redis() as client:
            scope, may_continue = niche_scope(), _continuation_check()
            for event in _follow(client, last_event_id, newest_id(client), CHECK_INTERVAL_SECONDS, scope, may_continue):
                if not ws.connected:
                    return
                while ws.receive(timeout=0) is not None:
                    pass  # discard what readers send, so that it does not pile up
                if event is not None:
                    ws.send(_json(event))
        ws.close(GOING_AWAY, "Reconnect with the id of the last event.")
    except RedisError:
        ws.close(TRY_AGAIN_LATER, "Live updates are unavailable.")
    except ConnectionClosed:
        pass
    finally:
        connections.release(long_lived.EVENTS, holder)


def _own_redis() -> redis.Redis:
    """Return a connection of the reader's own, with a longer timeout than those of requests."""
    url = services().settings.redis_url
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=HEARTBEAT_SECONDS + 5)


def _continuation_check() -> Callable[[], bool]:
    """
    A function that returns whether the reader's key is still valid and the process is not stopping; it also works after
    the request.
    """
    budget, is_authorized = services().long_lived, key_checker()
    return lambda: not budget.is_stopping and is_authorized()


def _follow(
    client: redis.Redis,
    last_event_id: str | None,
    newest: str,
    turn_seconds: float,
    scope: UUID | None,
    may_continue: Callable[[], bool],
) -> Iterator[Event | None]:
    """
    Yield events until the lifetime is over or the process stops, and None after every turn without an event.

    Args:
        scope: The only niche whose events are sent; None: all.
        may_continue: See :func:`_continuation_check`; the events end when it returns False.
    """
    until = time.monotonic() + LIFETIME_SECONDS
    after = last_event_id or newest
    yield Event(after, EventKind.HELLO, {})
    if last_event_id and is_missing_after(client, last_event_id):
        # If Redis has no event as new as the reader's, it has lost events: begin with those that it has.
        after = min(last_event_id, newest, key=lambda event_id: tuple(map(int, event_id.split("-"))))
        yield Event(after, EventKind.GAP, {"message": "Some events are lost; read the lists again."})
    while (left := until - time.monotonic()) > 0:
        new_events = follow(client, after, min(left, turn_seconds))
        if not may_continue():
            return
        yield from (each for each in new_events if scope is None or each.data.get("niche_id") == str(scope))
        if new_events:
            after = new_events[-1].id
        else:
            yield None


def _as_stream(following: Iterator[Event | None]) -> Iterator[str]:
    """https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"""
    yield f"retry: {RETRY_MS}\n\n"
    try:
        for event in following:
            if event is None:
                yield ": alive\n\n"
            else:
                yield f"id: {event.id}\nevent: {event.kind}\ndata: {json.dumps(dict(event.data))}\n\n"
    except RedisError:
        return  # the reader reconnects and gets the error


def _json(event: Event) -> str:
    return json.dumps({"id": event.id, "type": event.kind, "data": dict(event.data)})
