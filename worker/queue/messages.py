"""Read the messages of the queues without removing them: those that wait for a worker, and unacknowledged ones.

Celery keeps a queue as a Redis list: it pushes on the left and pops from the right. A message that a worker has
received is in the hash ``unacked`` until its task has ended; so is a message that waits for its next attempt.
"""

import base64
import json
import time
from dataclasses import dataclass
from typing import Any

import redis

UNACKED_KEY = "unacked"
#: The most messages that are read of one queue; further ones are only counted.
MAX_READ = 1000


@dataclass(frozen=True)
class Message:
    """One task that has not ended. *args* and *kwargs* are ids and keywords; no personal data enters the broker."""

    id: str
    task: str
    queue: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    #: Since it was sent; None: unknown.
    age_seconds: float | None
    #: How often it was tried before.
    retries: int


def waiting(client: redis.Redis, queue: str, limit: int = MAX_READ) -> list[Message]:
    """The next *limit* messages of a queue, the next one first."""
    return [message for raw in reversed(client.lrange(queue, -limit, -1)) if (message := _message(raw, queue))]


def unacknowledged(client: redis.Redis, limit: int = MAX_READ) -> list[Message]:
    """At most *limit* messages that workers have received and not finished, in arbitrary selection, oldest first."""
    messages = []
    for _, raw in client.hscan_iter(UNACKED_KEY, count=limit):
        message, _, queue = json.loads(raw)
        known = _message(message, queue)
        if known:
            messages.append(known)
        if len(messages) >= limit:
            break
    return sorted(messages, key=lambda each: -(each.age_seconds or 0))


def _message(raw: bytes | str | dict[str, Any], queue: str) -> Message | None:
    """A message in Celery's second protocol; None if it is malformed."""
    try:
        whole = raw if isinstance(raw, dict) else json.loads(raw)
        headers = whole["headers"]
        body = whole["body"]
        if (whole.get("properties") or {}).get("body_encoding") == "base64":
            body = base64.b64decode(body)
        args, kwargs, _ = json.loads(body)
        sent_at = headers.get("sent_at")
        age = None if sent_at is None else max(0.0, time.time() - sent_at)
        return Message(headers["id"], headers["task"], queue, tuple(args), kwargs, age, headers.get("retries") or 0)
    except (KeyError, TypeError, ValueError):
        return None
