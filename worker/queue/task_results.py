"""Results of tasks, for operators: the last result of each scheduled line, and the last failed tasks.

They are kept in Redis beside the counts of :mod:`worker.queue.metrics`, and are lost if Redis is wiped. They contain no
personal data: arguments are ids, and errors are stored as kind and location, without the message.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import redis

RESULTS_KEY = "leadmatch:ends"
FAILURES_KEY = "leadmatch:failures"
#: How many of the latest failures are kept.
FAILURES_KEPT = 200


@dataclass(frozen=True)
class TaskResult:
    """The last result of a task that was called with these keyword arguments."""

    at: float  #: Seconds since the epoch.
    outcome: str  #: success, failure or retry.
    seconds: float
    error: str | None  #: Kind and location of the error.


@dataclass(frozen=True)
class FailedTask:
    """A task that failed for good; it can be sent again with the same arguments."""

    id: str
    task: str
    queue: str
    args: list[Any]
    kwargs: dict[str, Any]
    at: float
    error: str


def line_key(task: str, kwargs: Mapping[str, Any]) -> str:
    """The key shared by a line of the schedule and the result of its task."""
    return f"{task} {json.dumps(dict(kwargs), sort_keys=True, ensure_ascii=False)}"


def record_result(
    client: redis.Redis, task: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: TaskResult
) -> None:
    """Record the result of a task without positional arguments; scheduled tasks have none."""
    if not args:
        client.hset(RESULTS_KEY, line_key(task, kwargs), json.dumps(asdict(result)))


def last_results(client: redis.Redis) -> dict[str, TaskResult]:
    """The last result of each task, by :func:`line_key`."""
    stored = cast(dict[bytes, bytes], client.hgetall(RESULTS_KEY))
    return {key.decode(): TaskResult(**json.loads(value)) for key, value in stored.items()}


def record_failure(client: redis.Redis, failed: FailedTask) -> None:
    """Record a failure; the oldest is dropped when there are too many."""
    with client.pipeline(transaction=False) as pipe:
        pipe.lpush(FAILURES_KEY, json.dumps(asdict(failed)))
        pipe.ltrim(FAILURES_KEY, 0, FAILURES_KEPT - 1)
        pipe.execute()


def failures(client: redis.Redis) -> list[FailedTask]:
    """The last failures, the newest first."""
    return [FailedTask(**json.loads(raw)) for raw in cast(list[bytes], client.lrange(FAILURES_KEY, 0, -1))]


def pop_failure(client: redis.Redis, task_id: str) -> FailedTask | None:
    """Remove a failure and return it; None if it is gone, so that only one of two concurrent retries succeeds."""
    for raw in cast(list[bytes], client.lrange(FAILURES_KEY, 0, -1)):
        failed = FailedTask(**json.loads(raw))
        if failed.id == task_id and client.lrem(FAILURES_KEY, 1, cast(str, raw)):
            return failed
    return None
