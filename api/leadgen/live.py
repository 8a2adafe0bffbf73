"""Live updates: the same events over a WebSocket and as server-sent events, from where a reader stopped.

A live connection holds one of the web process's threads, so they are few and do not last: each is closed in time, and
a reader comes back with the id of the last event it saw. Browsers' EventSource does that by itself.
"""

import json
import threading
import time
from collections.abc import Iterator

import redis
from flask import Response, request
from flask_sock import Sock
from marshmallow import EXCLUDE, fields
from redis.exceptions import RedisError
from simple_websocket import ConnectionClosed, Server

from api.http.api_keys import with_api_key
from api.http.blueprint import Blueprint, Body
from api.http.db import end_session
from api.http.services import services
from models.core.errors import BusyError, InvalidValueError, TooManyError
from models.leadgen.events import Event, EventKind, check_id, follow, is_missing_after, newest_id

blp = Blueprint("leadgen-live", __name__, description="Events as they happen")
sock = Sock()

#: Of the web process's 96 threads these many may be held by readers, beside 64 chat sockets and 12 listeners
#: (api/http/live_updates.py).
MOST_READERS = 6
LIFETIME_SECONDS = 120.0
#: After this long a silence an event stream says that it is alive, and learns whether its reader is.
HEARTBEAT_SECONDS = 5.0
#: How often a silent WebSocket is looked at.
TURN_SECONDS = 1.0
#: What an EventSource waits before it comes back.
RETRY_MS = 1000
#: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 and the IANA registry of close codes
GOING_AWAY, BAD_DATA, TRY_AGAIN_LATER = 1001, 1008, 1013

_seats = threading.BoundedSemaphore(MOST_READERS)

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


class LiveArgs(Body):
    last_event_id = fields.String(
        metadata={
            "description": "Begin behind this event; a Last-Event-ID header wins.",
            "pattern": EVENT_ID["pattern"],
        }
    )


class ResumeHeaders(Body):
    last_event_id = fields.String(data_key="Last-Event-ID", metadata={"pattern": EVENT_ID["pattern"]})


@blp.route("/api/events")
@with_api_key
@blp.arguments(LiveArgs, location="query")
@blp.arguments(ResumeHeaders(unknown=EXCLUDE), location="headers")
@blp.response(200, EVENTS, content_type="text/event-stream")
def events(args, headers):
    """Follow events as server-sent events; Last-Event-ID resumes

    Begins behind `Last-Event-ID` (or `last_event_id`), otherwise with what happens from now on. A connection is closed
    after two minutes; come back with the last id.
    """
    raw = headers.get("last_event_id", args.get("last_event_id"))
    last_event_id = None if raw is None else check_id(raw, "last_event_id")
    end_session()  # nothing of the database is needed from here on
    if not _seats.acquire(blocking=False):
        raise TooManyError("Too many live connections; try again in a moment.", 5)
    try:
        client = _own_redis()
        # Asked before the answer begins, so that a Redis that is away is a 503 and not a stream that breaks off.
        following = _follow(client, last_event_id, newest_id(client), HEARTBEAT_SECONDS)
        response = Response(_as_stream(following), mimetype="text/event-stream")
    except RedisError:
        _seats.release()
        raise BusyError("Live updates are away; try again in a moment.", 5) from None
    except BaseException:
        _seats.release()
        raise
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would gather events otherwise
    response.call_on_close(client.close)
    response.call_on_close(_seats.release)  # the server closes the answer whether or not it was read
    return response


@sock.route("/api/ws", bp=blp)
@with_api_key
@blp.doc(
    parameters=[{"in": "query", "name": "last_event_id", "schema": EVENT_ID, "required": False}],
    responses={
        101: {"description": "The socket is open: one JSON object a frame, with id, type and data."},
        426: {"$ref": "#/components/responses/UPGRADE_REQUIRED"},
    },
)
def live(ws: Server) -> None:
    """Follow events over a WebSocket, one JSON object a frame; ?last_event_id= resumes

    The same events as `/api/events`. A socket is closed after two minutes with 1001; come back with the last id.
    """
    end_session()
    raw = request.args.get("last_event_id")
    try:
        last_event_id = None if raw is None else check_id(raw, "last_event_id")
    except InvalidValueError as error:
        ws.close(BAD_DATA, error.reason)
        return
    if not _seats.acquire(blocking=False):
        ws.close(TRY_AGAIN_LATER, "Too many live connections.")
        return
    try:
        with _own_redis() as client:
            for event in _follow(client, last_event_id, newest_id(client), TURN_SECONDS):
                if not ws.connected:
                    return
                while ws.receive(timeout=0) is not None:
                    pass  # readers have nothing to tell us; what they say must not pile up
                if event is not None:
                    ws.send(_json(event))
        ws.close(GOING_AWAY, "Come back with the id of the last event.")
    except RedisError:
        ws.close(TRY_AGAIN_LATER, "Live updates are away.")
    except ConnectionClosed:
        pass
    finally:
        _seats.release()


def _own_redis() -> redis.Redis:
    """A connection of the reader's own: it waits longer than requests let theirs."""
    url = services().settings.redis_url
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=HEARTBEAT_SECONDS + 5)


def _follow(client: redis.Redis, last_event_id: str | None, newest: str, turn_seconds: float) -> Iterator[Event | None]:
    """Events until the lifetime is over; None after every turn in which nothing happened."""
    until = time.monotonic() + LIFETIME_SECONDS
    after = last_event_id or newest
    yield Event(after, EventKind.HELLO, {})
    if last_event_id and is_missing_after(client, last_event_id):
        # Redis has lost its events if it has none as new as the reader's: then begin with those that it has.
        after = min(last_event_id, newest, key=lambda one: tuple(map(int, one.split("-"))))
        yield Event(after, EventKind.GAP, {"message": "Some events are gone; read the lists again."})
    while (left := until - time.monotonic()) > 0:
        found = follow(client, after, min(left, turn_seconds))
        yield from found
        if found:
            after = found[-1].id
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
        return  # the reader comes back and finds out


def _json(event: Event) -> str:
    return json.dumps({"id": event.id, "type": event.kind, "data": dict(event.data)})
