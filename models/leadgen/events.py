"""Events of lead generation: one Redis stream that every live reader follows from where it stopped.

It is a stream rather than plain pub/sub, because with its ids a reader can request the events that it missed. The
stream is short and may be lost with Redis; the tables hold the truth. Events hold ids, words and figures, never
personal data.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from redis import Redis

from models.core.errors import InvalidValueError

STREAM = "leadgen:events"
#: Pub/sub channel for the console: an empty message says that a page of lead generation has changed.
CHANGED = "changed:leadgen"
#: About how many events the stream keeps; a reader that missed more cannot catch up.
KEPT = 10_000
#: Events read at once; the next turn fetches more.
_BATCH = 100
_ID = re.compile("[0-9]{1,19}-[0-9]{1,19}")

#: Entries of a stream as Redis returns them. The stubs of redis allow for decoded and asynchronous answers as well.
_Entries = list[tuple[bytes, Mapping[bytes, bytes]]]


class EventKind(StrEnum):
    CAMPAIGN_STATUS = "campaign.status"
    CAMPAIGN_STATS = "campaign.stats"
    LEAD_CREATED = "lead.created"
    LEAD_STATUS = "lead.status"
    LEAD_SCORED = "lead.scored"
    LEADS_IMPORTED = "leads.imported"
    #: These two are not in the stream; they show one reader where it starts, and that events are missing.
    HELLO = "hello"
    GAP = "gap"


@dataclass(frozen=True)
class Event:
    """One event; *id* is its position in the stream."""

    id: str
    kind: str
    data: Mapping[str, Any]


def publish(redis: Redis, kind: EventKind, data: Mapping[str, Any]) -> None:
    """
    Publish an event to all followers, and notify the console's pages.

    Raises:
        redis.RedisError: Redis cannot be reached.
    """
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.xadd(STREAM, {"type": kind, "data": json.dumps(data)}, maxlen=KEPT, approximate=True)
        pipeline.publish(CHANGED, b"")
        pipeline.execute()


def check_id(raw: str, field: str) -> str:
    """Return *raw*, a reader's event id, if it is well-formed; otherwise raise InvalidValueError for *field*."""
    if not _ID.fullmatch(raw) or any(int(part) >= 2**64 for part in raw.split("-")):
        raise InvalidValueError(field, "event.not_an_id")
    return raw


def newest_id(redis: Redis) -> str:
    """Return the id of the newest event, or "0-0" if there is none."""
    newest = cast(_Entries, redis.xrevrange(STREAM, count=1))
    return newest[0][0].decode() if newest else "0-0"


def is_missing_after(redis: Redis, event_id: str) -> bool:
    """Return whether events that followed *event_id* may be gone: trimmed from the stream, or lost with Redis."""
    oldest = cast(_Entries, redis.xrange(STREAM, count=1))
    if not oldest:
        return event_id != "0-0"
    return _position(event_id) < _position(oldest[0][0].decode()) or _position(event_id) > _position(newest_id(redis))


def follow(redis: Redis, after: str, wait_seconds: float) -> list[Event]:
    """Return the events after *after*, waiting up to *wait_seconds* for the first; an empty list if none comes."""
    streams: Any = redis.xread({STREAM: after}, count=_BATCH, block=max(1, int(wait_seconds * 1000)))
    if not streams:
        return []
    # RESP2 gives a list of (stream, entries), RESP3 a dictionary.
    entries: _Entries = streams[0][1] if isinstance(streams, list) else next(iter(streams.values()))
    return [_event(event_id, fields) for event_id, fields in entries]


def _event(event_id: bytes, fields: Mapping[bytes, bytes]) -> Event:
    return Event(event_id.decode(), fields[b"type"].decode(), json.loads(fields[b"data"]))


def _position(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number)
