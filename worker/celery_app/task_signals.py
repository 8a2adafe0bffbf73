"""What is noted of every task: whose request and run it is part of, a line in the log at its end, its duration."""

import logging
import threading
import time
from typing import Any

import redis
from celery import Task, signals

from models.platform import logs, tracing
from worker.queue import metrics

log = logging.getLogger(__name__)

_began = threading.local()


def register(redis_url: str) -> None:
    """Note the tasks of this process; durations go to the Redis at *redis_url*."""
    client = redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)

    def end(task: Task, task_id: str, state: str | None = None, **_: Any) -> None:
        seconds = time.perf_counter() - getattr(_began, "at", time.perf_counter())
        outcome = (state or "UNKNOWN").lower()
        log.info("task_ended", extra={"outcome": outcome, "ms": round(seconds * 1000, 1)})
        tracing.end(_began.__dict__.pop("trace", None), outcome != "success", outcome=outcome)
        logs.begin()
        try:
            metrics.note_task(client, task.name, outcome, seconds)
        except redis.RedisError:
            pass  # a missing count harms nobody

    # Strong references: Celery keeps weak ones, and `end` would be gone at once.
    signals.task_prerun.connect(_begin, weak=False)
    signals.task_postrun.connect(end, weak=False)
    signals.before_task_publish.connect(_stamp, weak=False)
    signals.worker_process_shutdown.connect(_flush, weak=False)


def _begin(task_id: str, task: Task, **_: Any) -> None:
    _began.at = time.perf_counter()
    handed = {name: getattr(task.request, name, None) for name in logs.HANDED_ON}
    name = task.name.rpartition(".")[2]
    _began.trace = tracing.begin(name, "CONSUMER", getattr(task.request, "traceparent", None), task_id=task_id)
    logs.begin(task=name, task_id=task_id, trace_id=_began.trace and _began.trace.trace_id, **handed)


def _stamp(headers: dict[str, Any], **_: Any) -> None:
    """When it was sent, on whatever beat or a retry publishes; see metrics.queues."""
    headers.setdefault("sent_at", time.time())


def _flush(**_: Any) -> None:
    tracing.flush()
