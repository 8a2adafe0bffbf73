"""Send tasks to workers by name only, without importing the tasks' code.

An unavailable broker must not fail a write that the database has accepted: the message is dropped with a log line, and
the worker's sweep finds the same work in the tables (docs/operations.md).
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import redis
from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from models.platform import logs, tracing
from worker.queue.messages import Message, unacknowledged, waiting
from worker.queue.metrics import Queue, TaskTimes, queues, stage_seconds, task_times
from worker.queue.routing import queue_of
from worker.queue.schedule import Entry
from worker.queue.task_results import FailedTask, TaskResult, failures, last_results, pop_failure, record_failure
from worker.queue.upcoming import upcoming

log = logging.getLogger(__name__)

#: Changes that are sent one by one; of more, one message tells workers to find them in the database.
MAX_SINGLE = 200
#: A client waits this long for the broker, then continues without it.
BROKER_TIMEOUT_SECONDS = 0.5


class Client:
    """Sends tasks to the broker at *redis_url*."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(
            redis_url, socket_connect_timeout=BROKER_TIMEOUT_SECONDS, socket_timeout=BROKER_TIMEOUT_SECONDS
        )
        self._celery = Celery(broker=redis_url, set_as_current=False)
        self._celery.conf.update(
            broker_connection_timeout=BROKER_TIMEOUT_SECONDS,
            broker_connection_retry_on_startup=False,
            broker_transport_options={
                "socket_connect_timeout": BROKER_TIMEOUT_SECONDS,
                "socket_timeout": BROKER_TIMEOUT_SECONDS,
                "max_retries": 0,
            },
            task_publish_retry=False,
            task_ignore_result=True,
        )

    def warm_up(self) -> None:
        """
        Load the libraries that sending needs, so that the first sender does not wait for them. Opens no connection.
        """
        self._celery.finalize()
        self._celery.amqp.producer_pool  # noqa: B018 - created at the first access
        self._celery.connection_for_write().transport  # noqa: B018 - imported at the first access

    def lead_changed(self, lead_id: int) -> bool:
        """Rescore the lists that a change of a lead affects."""
        return self.send("worker.tasks.rescore_lead", lead_id, queue="entities")

    def property_changed(self, property_id: int) -> bool:
        """Rescore the lists that a change of a property affects."""
        return self.send("worker.tasks.rescore_property", property_id, queue="entities")

    def properties_changed(self, property_ids: Sequence[int]) -> None:
        """As :meth:`property_changed`. Many are left to one sweep, which finds their stale lists in the database."""
        if len(property_ids) > MAX_SINGLE:
            self.send("worker.tasks.sweep", queue="entities")
            return
        for property_id in property_ids:
            self.property_changed(property_id)

    def relaxations_wanted(self, lead_id: int) -> bool:
        """Count how many homes each limit and wish of a lead excludes."""
        return self.send("worker.tasks.count_relaxations", lead_id, queue="entities")

    def prospect_changed(self, prospect_id: str) -> bool:
        """Score a prospect."""
        return self.send("worker.tasks.score_prospect", prospect_id, queue="entities")

    def prospects_changed(self) -> bool:
        """Score every changed prospect."""
        return self.send("worker.tasks.score_stale_prospects", queue="entities")

    def run_requested(self, run_id: int) -> bool:
        """Start a rescoring run."""
        return self.send("worker.tasks.start_run", run_id, queue="runs")

    def import_requested(self, import_id: int) -> bool:
        """Run an import of a source."""
        return self.send("worker.tasks.run_import", import_id, queue="runs")

    def photos_due(self, photo_id: int) -> bool:
        """Fetch photos from the host of this one."""
        return self.send("worker.tasks.fetch_photos", photo_id, queue="runs")

    def shard_queued(self, shard_id: int) -> bool:
        """Score a shard of a run."""
        return self.send("worker.tasks.score_shard", shard_id, queue="runs")

    def notification_stored(self, notification_id: int) -> bool:
        """Send a notification outside the application."""
        return self.send("worker.tasks.send_notification", notification_id, queue="notifications")

    def reply_written(self, message_id: str) -> bool:
        """Send a marketer's reply to its prospect."""
        return self.send("worker.tasks.send_reply", message_id, queue="notifications")

    def webhooks_due(self) -> bool:
        """Send due webhooks."""
        return self.send("worker.tasks.send_webhooks", queue="notifications")

    def code_made(self, code_id: int) -> bool:
        """Send an activation code by SMS."""
        return self.send("worker.tasks.send_code", code_id, queue="notifications")

    def link_made(self, link_id: int) -> bool:
        """Send a one-time link by e-mail."""
        return self.send("worker.tasks.send_link", link_id, queue="notifications")

    def export_requested(self, export_id: int) -> bool:
        """Create the export of an account."""
        return self.send("worker.tasks.make_account_export", export_id, queue="runs")

    def queues(self) -> list[Queue]:
        """The present state of the queues; raises redis.RedisError if the broker is unavailable."""
        return list(queues(self._redis))

    def task_times(self) -> list[TaskTimes]:
        """Durations of tasks so far; raises redis.RedisError if the broker is unavailable."""
        return task_times(self._redis)

    def stage_seconds(self) -> dict[str, float]:
        """Durations of the stages of runs so far; raises redis.RedisError if the broker is unavailable."""
        return stage_seconds(self._redis)

    def waiting(self, queue: str, limit: int) -> list[Message]:
        """The next messages of a queue, without removing them; raises redis.RedisError."""
        return waiting(self._redis, queue, limit)

    def unacknowledged(self, limit: int) -> list[Message]:
        """Messages that workers have received and not acknowledged; raises redis.RedisError."""
        return unacknowledged(self._redis, limit)

    def failures(self) -> list[FailedTask]:
        """The last tasks that failed for good, the newest first; raises redis.RedisError."""
        return failures(self._redis)

    def retry(self, task_id: str) -> FailedTask | None:
        """
        Send a failed task again; None if it is not among the failures any more.

        Raises:
            redis.RedisError: The broker is unavailable or did not accept the task, which stays among the failures.
        """
        failed = pop_failure(self._redis, task_id)
        if failed and not self.send(failed.task, *failed.args, queue=failed.queue, kwargs=failed.kwargs):
            record_failure(self._redis, failed)
            raise redis.ConnectionError("the broker did not take the task")
        return failed

    def last_results(self) -> dict[str, TaskResult]:
        """The last result of each scheduled task, by `task_results.line_key`; raises redis.RedisError."""
        return last_results(self._redis)

    def run_now(self, entry: Entry) -> bool:
        """Send the task of a line of the schedule now; False if the broker did not accept it."""
        return self.send(entry.task, queue=queue_of(entry.task), kwargs=entry.arguments)

    def schedule(self, after: datetime, count: int) -> list[tuple[Entry, list[datetime]]]:
        """The entries of the schedule with their next times; raises ScheduleError if the file is invalid."""
        return upcoming(after, count)

    def send(self, task: str, *args: int | str, queue: str, kwargs: dict[str, Any] | None = None) -> bool:
        """Send a task; False if the broker did not accept it. Arguments are ids: no personal data enters the broker."""
        try:
            headers = {"sent_at": time.time(), **logs.inherited_facts(), **tracing.trace_headers()}
            self._celery.send_task(task, args=args, kwargs=kwargs, queue=queue, headers=headers, retry=False)
        except (KombuError, RedisError, OSError) as error:
            log.warning("task_not_sent", extra={"task": task, "kind": type(error).__name__})
            return False
        return True
