"""State of queues and durations of tasks, kept in the broker, where every host can read them.

Durations are counted in a Redis hash rather than in each worker. So workers on many hosts need no port for scraping,
and the counts of a worker that has ended remain. If Redis is wiped, the counts begin at 0 again, as counters may.

Keys: ``leadmatch:tasks``, a hash of ``<task>|<outcome>|<field>`` with the fields ``count``, ``seconds`` and,
cumulative, each of :data:`BUCKETS`; ``leadmatch:stages``, a hash of the stages of runs and their seconds.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import redis

#: Upper bounds in seconds. Single entities take milliseconds, shards up to an hour.
BUCKETS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600)
QUEUES = ("entities", "notifications", "runs")
TASKS_KEY = "leadmatch:tasks"
STAGES_KEY = "leadmatch:stages"


@dataclass(frozen=True)
class Queue:
    """The messages of one queue that no worker has received yet."""

    name: str
    depth: int
    #: How long the next message has waited; 0 if there is none, or if it lacks its time of sending.
    age_seconds: float


@dataclass
class TaskTimes:
    """The durations of one task's executions with one outcome."""

    task: str
    outcome: str
    count: int = 0
    seconds: float = 0.0
    #: Bucket -> how many took at most that long.
    within: dict[float, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))


def count_task(client: redis.Redis, task: str, outcome: str, seconds: float) -> None:
    """Count one execution of a task."""
    key = f"{task}|{outcome}|"
    with client.pipeline(transaction=False) as pipe:
        pipe.hincrby(TASKS_KEY, key + "count", 1)
        pipe.hincrbyfloat(TASKS_KEY, key + "seconds", round(seconds, 6))
        for bound in BUCKETS:
            if seconds <= bound:
                pipe.hincrby(TASKS_KEY, f"{key}{bound:g}", 1)
        pipe.execute()


def task_times(client: redis.Redis) -> list[TaskTimes]:
    """The counts so far, by task and outcome."""
    by_task: dict[tuple[str, str], TaskTimes] = {}
    for key, value in _hash(client, TASKS_KEY).items():
        task, outcome, name = key.split("|")
        times = by_task.setdefault((task, outcome), TaskTimes(task, outcome))
        if name == "count":
            times.count = int(value)
        elif name == "seconds":
            times.seconds = float(value)
        else:
            times.within[float(name)] = int(value)
    return [by_task[key] for key in sorted(by_task)]


def add_stages(client: redis.Redis, stages: Mapping[str, float]) -> None:
    """
    Add the seconds of a shard's stages (worker.celery_app.stages) to the counts, but not the peak memory stored with
    them.
    """
    with client.pipeline(transaction=False) as pipe:
        for name, seconds in stages.items():
            if name != "peak_mb":
                pipe.hincrbyfloat(STAGES_KEY, name, round(seconds, 6))
        pipe.execute()


def stage_seconds(client: redis.Redis) -> dict[str, float]:
    """Seconds of the stages of all shards so far, by stage."""
    return {name: float(seconds) for name, seconds in sorted(_hash(client, STAGES_KEY).items())}


def queues(client: redis.Redis, now: float | None = None) -> Iterator[Queue]:
    """Each queue's depth and the age of its next message."""
    now = time.time() if now is None else now
    for name in QUEUES:
        # Celery pushes on the left and pops from the right.
        with client.pipeline(transaction=False) as pipe:
            pipe.llen(name)
            pipe.lindex(name, -1)
            depth, last = pipe.execute()
        sent_at = json.loads(last)["headers"].get("sent_at") if last else None
        yield Queue(name, depth, max(0.0, now - sent_at) if sent_at else 0.0)


def _hash(client: redis.Redis, key: str) -> dict[str, str]:
    """A hash as strings, whether or not the client decodes."""
    return {_text(name): _text(value) for name, value in client.hgetall(key).items()}


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
