"""Celery signals: messages get the time of sending, traces are sent when a process ends."""

import time
from typing import Any

from celery import signals

from models.platform import tracing


def register() -> None:
    """Connect the receivers in this process."""
    # Strong references: Celery keeps weak ones, and a receiver that nobody else holds would be gone at once.
    signals.before_task_publish.connect(_stamp, weak=False)
    signals.worker_process_shutdown.connect(_flush, weak=False)


def _stamp(headers: dict[str, Any], **_: Any) -> None:
    """Add the time of sending, whoever sends (a request, beat, a retry); worker.queue.metrics reads it."""
    headers.setdefault("sent_at", time.time())


def _flush(**_: Any) -> None:
    tracing.flush()
