"""What queues and tasks are like, for whoever watches: read from the broker, where every host can see it.

Durations of tasks are counted in a Redis hash rather than in each worker: workers on many hosts need no port
of their own to be scraped, and a worker that has ended leaves its counts. If Redis is wiped they begin at 0
again, as counters may.

Keys: ``leadmatch:tasks``, a hash of ``<task>|<outcome>|<field>``, the fields being ``count``, ``seconds`` and, cumulative,
each of :data:`BUCKETS`; ``leadmatch:stages``, a hash of stages of runs and their seconds.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import redis

#: Upper bounds in seconds. Single entities take milliseconds, shards up to an hour.
BUCKETS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600)
QUEUES = ("entities", "notices", "runs")
TASKS_KEY = "leadmatch:tasks"
STAGES_KEY = "leadmatch:stages"


@dataclass(frozen=True)
class Queue:
    """Messages that no worker has taken yet."""

    name: str
    depth: int
    #: How long the one that comes next has waited; 0 when there is none or it does not say.
    age_seconds: float


@dataclass
class TaskTimes:
    """How long the runs of one task took that ended in one way."""

    task: str
    outcome: str
    count: int = 0
    seconds: float = 0.0
    #: Bucket -> how many took at most so long.
    within: dict[float, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))


def note_task(client: redis.Redis, task: str, outcome: str, seconds: float) -> None:
    """Count one run of a task."""
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
    found: dict[tuple[str, str], TaskTimes] = {}
    for key, value in client.hgetall(TASKS_KEY).items():
        task, outcome, name = key.decode().split("|")
        times = found.setdefault((task, outcome), TaskTimes(task, outcome))
        if name == "count":
            times.count = int(value)
        elif name == "seconds":
            times.seconds = float(value)
        else:
            times.within[float(name)] = int(value)
    return [found[key] for key in sorted(found)]


def note_stages(client: redis.Redis, stages: Mapping[str, float]) -> None:
    """Add up the seconds of a shard's stages (worker.celery_app.stages); what else is noted beside them is passed over."""
    with client.pipeline(transaction=False) as pipe:
        for name, seconds in stages.items():
            if name != "peak_mb":
                pipe.hincrbyfloat(STAGES_KEY, name, round(seconds, 6))
        pipe.execute()


def stage_seconds(client: redis.Redis) -> dict[str, float]:
    """Seconds that the stages of all shards took so far, by stage."""
    return {name.decode(): float(seconds) for name, seconds in sorted(client.hgetall(STAGES_KEY).items())}


def queues(client: redis.Redis, now: float | None = None) -> Iterator[Queue]:
    """Each queue's depth and the age of its next message."""
    now = time.time() if now is None else now
    for name in QUEUES:
        # Celery pushes on the left and takes from the right.
        depth, last = client.pipeline(transaction=False).llen(name).lindex(name, -1).execute()
        sent_at = json.loads(last)["headers"].get("sent_at") if last else None
        yield Queue(name, depth, max(0.0, now - sent_at) if sent_at else 0.0)
