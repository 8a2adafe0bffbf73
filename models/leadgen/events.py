"""What happens in lead generation: one Redis stream that every live reader follows from where it stopped.

A stream rather than plain pub/sub: its ids let a reader who was away ask for what it missed. It is short, and may be
lost with Redis; who needs the truth reads the tables. Events hold ids, words and figures, never personal data.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from redis import Redis

from models.core.errors import InvalidValueError

STREAM = "leadgen:events"
#: Rung beside every event, and where a page of lead generation changes without one; says nothing but "look".
LOOK = "bell:leadgen"
#: About how many events a reader may have missed and still catch up with.
KEPT = 10_000
#: Read at once; more are fetched at the next turn.
_BATCH = 100
_ID = re.compile("[0-9]{1,19}-[0-9]{1,19}")


class EventKind(StrEnum):
    CAMPAIGN_STATUS = "campaign.status"
    CAMPAIGN_STATS = "campaign.stats"
    LEAD_CREATED = "lead.created"
    LEAD_STATUS = "lead.status"
    LEAD_SCORED = "lead.scored"
    LEADS_IMPORTED = "leads.imported"
    #: These two come from a reader's own connection: where it begins, and that events are gone.
    HELLO = "hello"
    GAP = "gap"


@dataclass(frozen=True)
class Event:
    """One event; *id* is its place in the stream."""

    id: str
    kind: str
    data: Mapping[str, Any]


def publish(redis: Redis, kind: EventKind, data: Mapping[str, Any]) -> None:
    """Tell everybody who follows; raises redis.RedisError when Redis is away."""
    with redis.pipeline(transaction=False) as both:
        both.xadd(STREAM, {"type": kind, "data": json.dumps(data)}, maxlen=KEPT, approximate=True)
        both.publish(LOOK, b"")
        both.execute()


def check_id(raw: str, field: str) -> str:
    """The id of an event, as a reader sent it; raises InvalidValueError."""
    if not _ID.fullmatch(raw) or any(int(part) >= 2**64 for part in raw.split("-")):
        raise InvalidValueError(field, "This is no event's id; send one as it came, such as 1764500000000-0.")
    return raw


def newest_id(redis: Redis) -> str:
    """Where the stream ends now."""
    newest = redis.xrevrange(STREAM, count=1)
    return newest[0][0].decode() if newest else "0-0"


def is_missing_after(redis: Redis, event_id: str) -> bool:
    """Whether events that followed *event_id* may be gone: cut off, or lost with Redis."""
    oldest = redis.xrange(STREAM, count=1)
    if not oldest:
        return event_id != "0-0"
    return _place(event_id) < _place(oldest[0][0].decode()) or _place(event_id) > _place(newest_id(redis))


def follow(redis: Redis, after: str, wait_seconds: float) -> list[Event]:
    """The next events after one, at once if there are any, else those that come within *wait_seconds*; or none."""
    found = redis.xread({STREAM: after}, count=_BATCH, block=max(1, int(wait_seconds * 1000)))
    if not found:
        return []
    entries = found[0][1] if isinstance(found, list) else next(iter(found.values()))
    return [_event(event_id, fields) for event_id, fields in entries]


def _event(event_id: bytes, fields: Mapping[bytes, bytes]) -> Event:
    return Event(event_id.decode(), fields[b"type"].decode(), json.loads(fields[b"data"]))


def _place(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number)
