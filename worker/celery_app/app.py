"""The Celery application: `celery --app worker.celery_app.app`."""

import os
import socket
import sys

from celery import Celery, signals

from models.core.errors import SettingsError
from models.platform import logs
from models.platform.loading import without_collector
from models.platform.settings import Settings
from worker.celery_app import task_signals
from worker.celery_app.base_task import LeadmatchTask
from worker.celery_app.heap_memory import share_one_heap
from worker.queue.routing import FORMER_NAMES, QUEUES
from worker.queue.schedule import SCHEDULE_FILE, beat_schedule, read_schedule

#: How often the sweeps look for stale lists and abandoned work.
SWEEP_SECONDS = 30

#: How often due webhooks are sent; the first retry comes after 5 s.
WEBHOOKS_SECONDS = 5

#: How often files without a row are searched: the search lists the whole storage.
ORPHANS_SECONDS = 6 * 3600

#: The safety net and its intervals. Beat does not send them to a queue without workers (worker/celery_app/beat.py).
SWEEPS = {
    "sweep": {"task": "worker.tasks.sweep", "schedule": SWEEP_SECONDS},
    "sweep-runs": {"task": "worker.tasks.sweep_runs", "schedule": SWEEP_SECONDS},
    "sweep-accounts": {"task": "worker.tasks.sweep_accounts", "schedule": SWEEP_SECONDS},
    "send-webhooks": {"task": "worker.tasks.send_webhooks", "schedule": WEBHOOKS_SECONDS},
    "remove-orphans": {"task": "worker.tasks.remove_orphans", "schedule": ORPHANS_SECONDS},
}

#: Former name of a queue -> its present name. During an upgrade, messages of the previous release are in it, and units
#: that operators edited name it. To be removed in 0.3.
FORMER_QUEUES = {"notices": "notifications"}

#: The niceness, see nice(2), of a worker that processes only runs: runs are not urgent, but users wait for a changed
#: lead.
RUNS_NICENESS = 10

#: A connection to a broker that no longer responds (a dead host, a pulled cable) is dropped after about 20 s.
CUT_OFF = {
    "socket_connect_timeout": 5,
    "socket_timeout": 20,
    "health_check_interval": 10,
    "socket_keepalive": True,
    # TCP_KEEPIDLE has another name on macOS, where only single-machine installations run.
    "socket_keepalive_options": {
        getattr(socket, name): seconds
        for name, seconds in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 2))
        if hasattr(socket, name)
    },
}

#: The broker delivers a message again that is not acknowledged within this time, so no task may take longer.
VISIBILITY_TIMEOUT_SECONDS = 3 * 3600


def make_app(settings: Settings) -> Celery:
    """
    The application for *settings*.

    Raises:
        ScheduleError: A line of the schedule file is invalid.
    """
    app = Celery(
        "leadmatch",
        broker=settings.redis_url,
        include=["worker.tasks", "worker.notification_tasks", "worker.search_tasks", "worker.leadgen_tasks"],
        task_cls=LeadmatchTask,
    )
    app.conf.update(
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
        task_routes=_routes(),
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


def add_former_names(app: Celery) -> None:
    """Register every task under its former name too. Only in workers, because beat loads no tasks."""
    with without_collector():
        app.loader.import_default_modules()
    for former, present in FORMER_NAMES.items():
        app.tasks[former] = app.tasks[present]


def take_former_queues(app: Celery) -> None:
    """Consume a queue under both of its names, whichever the worker was started with."""
    queues = app.amqp.queues
    for former, present in FORMER_QUEUES.items():
        if former in queues.consume_from or present in queues.consume_from:
            queues.select_add(former)
            queues.select_add(present)


def _routes() -> dict[str, dict[str, str]]:
    routes = {f"worker.tasks.{name}": {"queue": queue} for queue, names in QUEUES.items() for name in names}
    return routes | {former: routes[present] for former, present in FORMER_NAMES.items() if present in routes}


share_one_heap()
try:
    settings = Settings.from_env()
    app = make_app(settings)
except SettingsError as error:  # a ScheduleError is one
    sys.exit(f"leadmatch: {error}")
task_signals.register()


@signals.setup_logging.connect
def _set_up_logging(**_: object) -> None:
    # If this signal has a receiver, Celery does not configure logging itself, in workers and in beat.
    logs.configure(settings.environment, settings.log_level)


@signals.worker_init.connect
def _keep_former_names(**_: object) -> None:
    add_former_names(app)


@signals.worker_init.connect
def _take_former_queues(**_: object) -> None:
    take_former_queues(app)


@signals.worker_init.connect
def _check_gateway(**_: object) -> None:
    from worker.jobs.mail import mailer_of
    from worker.jobs.sms import gateway_of  # late, as below

    # An invalid setting must be found now: each code is claimed before it is sent, so the first codes would be lost.
    try:
        if settings.sms_gateway_url:
            gateway_of(settings.sms_gateway_url)
        if settings.smtp_url:
            mailer_of(settings.smtp_url)
    except SettingsError as error:
        sys.exit(f"leadmatch: {error}")


@signals.worker_init.connect
def _load_markets(**_: object) -> None:
    if "entities" in app.amqp.queues.consume_from:
        from worker.lists.warm_start import load_biggest_markets  # late: beat does not need its libraries

        load_biggest_markets()


@signals.worker_process_init.connect
def _lower_priority(**_: object) -> None:
    if set(app.amqp.queues.consume_from) == {"runs"}:
        os.nice(RUNS_NICENESS)


@signals.worker_ready.connect
def _sweep_at_start(**_: object) -> None:
    # Recover at once, not half a minute later, the work that was lost while no worker ran.
    for task, queue in (("worker.tasks.sweep", "entities"), ("worker.tasks.sweep_runs", "runs")):
        app.send_task(task, queue=queue)
