"""Celery signals: messages are given the time of sending, and traces are sent when a process ends."""

import time
from typing import Any

from celery import signals

from models.platform import tracing


def register() -> None:
    """Connect the receivers in this process."""
    # Strong references: by default Celery keeps weak ones, and a receiver without other references would be deleted.
    signals.before_task_publish.connect(_stamp, weak=False)
    signals.worker_process_shutdown.connect(_flush, weak=False)


def _stamp(headers: dict[str, Any], **_: Any) -> None:
    """Add the time of sending to messages of requests, beat and retries alike; worker.queue.metrics reads it."""
    headers.setdefault("sent_at", time.time())


def _flush(**_: Any) -> None:
    tracing.flush()
