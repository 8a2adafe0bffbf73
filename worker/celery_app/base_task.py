"""The base class of all tasks: a session, retries, counts of durations and outcomes, a log line at the end."""

import logging
import threading
import time
from functools import partial
from typing import Any

import redis
from celery import Task, shared_task
from celery.exceptions import Retry
from sqlalchemy.orm import Session

from models.platform import logs, tracing
from worker.celery_app.error_location import error_location
from worker.celery_app.task_context import DATABASE_AWAY, new_session, redis_client
from worker.queue import metrics, task_results
from worker.queue.routing import queue_of

log = logging.getLogger(__name__)

_current = threading.local()


class LeadmatchTask(Task):
    """
    A task that can be delivered twice, or again after a crash, without harm.

    After a temporary failure of the database it is retried after about 1, 2, 4, 8 and 16 s; if all retries fail, the
    sweeps repeat the work. A task's own `max_retries` changes the number of these retries and of its own.
    """

    autoretry_for = DATABASE_AWAY
    retry_backoff = True
    retry_backoff_max = 30  # seconds
    max_retries = 5
    ignore_result = True
    # Acknowledged after completion, so that a task whose worker dies is delivered again.
    acks_late = True
    reject_on_worker_lost = True

    @staticmethod
    def session() -> Session:
        """A session on this process's own connections."""
        return new_session()

    @property
    def is_redelivered(self) -> bool:
        """Whether the message was delivered before, and its worker died or lost the connection to the broker."""
        return bool((self.request.delivery_info or {}).get("redelivered"))

    def before_start(self, task_id: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Begin the task's log context and trace, which continue those of the sending request."""
        _current.began = time.perf_counter()
        sent_with = {name: getattr(self.request, name, None) for name in logs.INHERITED}
        name = self.name.rpartition(".")[2]
        trace = tracing.begin(name, "CONSUMER", getattr(self.request, "traceparent", None), task_id=task_id)
        _current.trace = trace
        logs.begin(task=name, task_id=task_id, trace_id=trace.trace_id if trace else None, **sent_with)

    def after_return(
        self, status: str, retval: Any, task_id: str, args: tuple[Any, ...], kwargs: dict[str, Any], einfo: Any
    ) -> None:
        """Log the task's end, and count its outcome and duration."""
        seconds = time.perf_counter() - getattr(_current, "began", time.perf_counter())
        outcome = status.lower()
        log.info("task_ended", extra={"outcome": outcome, "ms": round(seconds * 1000, 1)})
        tracing.end(_current.__dict__.pop("trace", None), outcome != "success", outcome=outcome)
        logs.begin()
        error = _error_of(retval)
        try:
            metrics.count_task(redis_client(), self.name, outcome, seconds)
            result = task_results.TaskResult(time.time(), outcome, seconds, error)
            task_results.record_result(redis_client(), self.name, args, kwargs, result)
            if outcome == "failure":
                queue = (self.request.delivery_info or {}).get("routing_key") or queue_of(self.name)
                failed = (task_id, self.name, queue, list(args), kwargs, time.time(), error or "")
                task_results.record_failure(redis_client(), task_results.FailedTask(*failed))
        except redis.RedisError:
            pass  # a missing count harms nobody


def _error_of(result: Any) -> str | None:
    """Kind and location of the error of a failed or retried task; None if it succeeded."""
    error = result.exc or result if isinstance(result, Retry) else result
    return error_location(error) if isinstance(error, BaseException) else None


#: Decorates a function as a task: ``@task(name="worker.tasks.sweep")``.
task = partial(shared_task, base=LeadmatchTask)
