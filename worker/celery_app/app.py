"""The Celery application: `celery --app worker.celery_app.app`."""

import os
import socket
import sys

from celery import Celery, signals

from models.core.errors import SettingsError
from models.platform import logs
from models.platform.settings import Settings
from worker.celery_app import task_signals
from worker.celery_app.heap_memory import share_one_heap
from worker.queue.schedule import SCHEDULE_FILE, beat_schedule, read_schedule

#: How often stale lists and abandoned work are looked for.
SWEEP_SECONDS = 30

#: How often files that belong to nobody are looked for: it lists the whole storage.
ORPHANS_SECONDS = 6 * 3600

#: What the safety net does, and how often. Beat does not send them to a queue that nobody empties (worker/celery_app/beat.py).
SWEEPS = {
    "sweep": {"task": "worker.tasks.sweep", "schedule": SWEEP_SECONDS},
    "sweep-runs": {"task": "worker.tasks.sweep_runs", "schedule": SWEEP_SECONDS, "options": {"queue": "runs"}},
    "sweep-accounts": {
        "task": "worker.jobs.accounts.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"queue": "notices"},
    },
    "remove-orphans": {
        "task": "worker.jobs.accounts.remove_orphans",
        "schedule": ORPHANS_SECONDS,
        "options": {"queue": "notices"},
    },
}

#: How much a process that takes nothing but runs gives way to others (see nice(2)): a run may take its time, somebody
#: waits for a changed lead.
RUNS_NICENESS = 10

#: A broker that is cut off without a word (a dead host, a pulled cable) is given up after about 20 s.
CUT_OFF = {
    "socket_connect_timeout": 5,
    "socket_timeout": 20,
    "health_check_interval": 10,
    "socket_keepalive": True,
    # TCP_KEEPIDLE has another name on macOS, where nobody runs more than one machine.
    "socket_keepalive_options": {
        getattr(socket, name): seconds
        for name, seconds in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 2))
        if hasattr(socket, name)
    },
}

#: Longer than any task may take: the broker hands out a message again that was not acknowledged within it.
VISIBILITY_TIMEOUT_SECONDS = 3 * 3600


def make_app(settings: Settings) -> Celery:
    """
    The application for *settings*.

    Raises:
        ScheduleError: A line of the schedule file is bad.
    """
    tasks = [
        "worker.tasks",
        "worker.jobs.accounts",
        "worker.jobs.display_order",
        "worker.jobs.learning",
        "worker.jobs.notifications",
        "worker.jobs.prospect_quality",
    ]
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
            **CUT_OFF,
        },
        task_default_queue="entities",
        task_routes={
            "worker.tasks.start_run": {"queue": "runs"},
            "worker.tasks.score_shard": {"queue": "runs"},
            "worker.jobs.display_order.*": {"queue": "runs"},
            "worker.jobs.learning.*": {"queue": "runs"},
            "worker.jobs.prospect_quality.fit_models": {"queue": "runs"},
            "worker.tasks.sweep_runs": {"queue": "runs"},
            "worker.jobs.notifications.*": {"queue": "notices"},
            "worker.jobs.accounts.*": {"queue": "notices"},
        },
        timezone="UTC",
        worker_hijack_root_logger=False,
        worker_max_tasks_per_child=2000,
        worker_max_memory_per_child=settings.worker_memory_mb * 1024 or None,  # kilobytes
        beat_scheduler="worker.celery_app.beat.Scheduler",
        redbeat_redis_url=settings.redis_url,
        redbeat_lock_timeout=60,
        beat_max_loop_interval=5,
        redbeat_redis_options=CUT_OFF,
        beat_schedule={**SWEEPS, **beat_schedule(read_schedule(SCHEDULE_FILE))},
    )
    return app


share_one_heap()
try:
    settings = Settings.from_env()
    app = make_app(settings)
except SettingsError as error:  # a ScheduleError is one
    sys.exit(f"leadmatch: {error}")
task_signals.register(settings.redis_url)


@signals.setup_logging.connect
def _set_up_logging(**_: object) -> None:
    # With a receiver here Celery leaves logging alone, in workers and in beat.
    logs.configure(settings.environment, settings.log_level)


@signals.worker_init.connect
def _check_gateway(**_: object) -> None:
    from worker.jobs.sms import gateway_of  # as below

    # Or the first codes would find out: each is taken before the gateway is asked, and would be lost.
    try:
        gateway_of(settings.sms_gateway_url)
    except SettingsError as error:
        sys.exit(f"leadmatch: {error}")


@signals.worker_init.connect
def _load_markets(**_: object) -> None:
    if "entities" in app.amqp.queues.consume_from:
        from worker.lists.warm_start import load_biggest_markets  # what it needs, beat has no use for

        load_biggest_markets()


@signals.worker_process_init.connect
def _give_way(**_: object) -> None:
    if set(app.amqp.queues.consume_from) == {"runs"}:
        os.nice(RUNS_NICENESS)


@signals.worker_ready.connect
def _sweep_at_start(**_: object) -> None:
    # What was lost while no worker ran is found now rather than half a minute later.
    for task, queue in (("worker.tasks.sweep", "entities"), ("worker.tasks.sweep_runs", "runs")):
        app.send_task(task, queue=queue)
