"""The Celery application: `celery --app worker.app`."""

import os
import sys
from typing import Any

from celery import Celery, signals

from models import logs
from models.errors import SettingsError
from models.settings import Settings
from worker import watch
from worker.schedule import SCHEDULE_FILE, beat_schedule, read_schedule

#: How often stale lists and abandoned work are looked for.
SWEEP_SECONDS = 30

#: How often files that belong to nobody are looked for: it lists the whole storage.
ORPHANS_SECONDS = 6 * 3600

#: Longer than any task may take: the broker hands out a message again that was not acknowledged within it.
VISIBILITY_TIMEOUT_SECONDS = 3 * 3600

#: What the processes of a worker that only takes runs yield to others by (man 2 setpriority): people who read pages and
#: wait for fresh lists go first, and a run has the machine when nobody does.
RUNS_NICENESS = 10


def make_app(settings: Settings) -> Celery:
    """
    The application for *settings*.

    Raises:
        ScheduleError: A line of the schedule file is bad.
    """
    tasks = ["worker.tasks", "worker.accounts", "worker.notices", "worker.quality", "worker.learning"]
    app = Celery("leadmatch", broker=settings.redis_url, include=tasks)
    app.conf.update(
        task_ignore_result=True,
        # A task is done when it is done: one whose worker dies is handed out again.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
            # Without these two an abandoned message waits for 100 s, whatever the timeout.
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_keepalive": True,
        },
        task_default_queue="entities",
        task_routes={
            "worker.tasks.start_run": {"queue": "runs"},
            "worker.tasks.score_shard": {"queue": "runs"},
            "worker.notices.*": {"queue": "notices"},
            "worker.accounts.*": {"queue": "notices"},
        },
        timezone="UTC",
        worker_hijack_root_logger=False,
        worker_max_tasks_per_child=2000,
        worker_max_memory_per_child=settings.worker_memory_mb * 1024 or None,  # kilobytes
        beat_scheduler="redbeat.RedBeatScheduler",
        redbeat_redis_url=settings.redis_url,
        redbeat_lock_timeout=60,
        beat_max_loop_interval=5,
        beat_schedule={
            "sweep": {"task": "worker.tasks.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
            "sweep-accounts": {
                "task": "worker.accounts.sweep",
                "schedule": SWEEP_SECONDS,
                "options": {"expires": SWEEP_SECONDS, "queue": "notices"},
            },
            "remove-orphans": {
                "task": "worker.accounts.remove_orphans",
                "schedule": ORPHANS_SECONDS,
                "options": {"expires": ORPHANS_SECONDS, "queue": "notices"},
            },
            **beat_schedule(read_schedule(SCHEDULE_FILE)),
        },
    )
    return app


try:
    settings = Settings.from_env()
    app = make_app(settings)
except SettingsError as error:  # a ScheduleError is one
    sys.exit(f"leadmatch: {error}")
watch.register(settings.redis_url)


@signals.setup_logging.connect
def _set_up_logging(**_: object) -> None:
    # With a receiver here Celery leaves logging alone, in workers and in beat.
    logs.configure(settings.environment, settings.log_level)


@signals.celeryd_after_setup.connect
def _yield_to_others(instance: Any, **_: object) -> None:
    # Before the pool is forked: its processes inherit it, and so do the threads of their numpy.
    if set(instance.app.amqp.queues.consume_from) == {"runs"}:
        os.setpriority(os.PRIO_PROCESS, 0, RUNS_NICENESS)


@signals.worker_ready.connect
def _sweep_at_start(**_: object) -> None:
    # What was lost while no worker ran is found now rather than half a minute later.
    app.send_task("worker.tasks.sweep", queue="entities", expires=SWEEP_SECONDS)
