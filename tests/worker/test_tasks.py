"""Every task has retries, metrics of its outcome and a queue; names of former releases still work."""

import pytest
import redis
from celery.exceptions import Retry
from sqlalchemy.exc import OperationalError

from worker import tasks
from worker.celery_app.base_task import LeadmatchTask
from worker.queue import metrics
from worker.queue.routing import FORMER_NAMES
from worker.queue.schedule import SCHEDULE_FILE, read_schedule


@pytest.fixture
def application(new_worker_session):
    from worker.celery_app.app import add_former_names, make_app  # late: it reads the environment
    from worker.celery_app.task_context import settings

    app = make_app(settings())
    add_former_names(app)
    yield app
    app.close()


def own_tasks(app):
    return {name: task for name, task in app.tasks.items() if name.startswith("worker.")}


def test_every_task_retries_when_the_database_is_away_and_survives_its_worker(application):
    assert len(own_tasks(application)) > 20
    for name, task in own_tasks(application).items():
        assert isinstance(task, LeadmatchTask), name
        assert OperationalError in task.autoretry_for, name
        assert task.acks_late and task.reject_on_worker_lost and task.max_retries >= 5, name


def test_a_database_that_is_away_makes_any_task_try_again_later(new_worker_session, monkeypatch):
    monkeypatch.setattr(tasks, "stale_by_market", lambda session: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.sweep.apply(throw=True)

    def away(session):
        raise OperationalError("SELECT", None, Exception())

    monkeypatch.setattr(tasks, "abandoned", away)
    monkeypatch.setattr(tasks.sweep_runs, "retry", lambda exc, **options: Retry(exc=exc, when=options["countdown"]))
    with pytest.raises(Retry) as retried:
        tasks.sweep_runs.apply(throw=True)
    assert retried.value.when <= 30


def test_the_outcome_of_every_task_is_counted(new_worker_session, redis_url, monkeypatch):
    tasks.sweep_runs.apply(throw=True)
    monkeypatch.setattr(tasks, "abandoned", lambda session: 1 / 0)
    tasks.sweep_runs.apply()

    with redis.Redis.from_url(redis_url) as client:
        counts = {(times.task, times.outcome): times.count for times in metrics.task_times(client)}
    assert counts == {("worker.tasks.sweep_runs", "success"): 1, ("worker.tasks.sweep_runs", "failure"): 1}


def test_a_task_is_found_under_its_former_name_and_goes_to_the_same_queue(application):
    for former, present in FORMER_NAMES.items():
        assert application.tasks[former] is application.tasks[present]
        queues = [application.amqp.router.route({}, name)["queue"].name for name in (former, present)]
        assert queues[0] == queues[1]


@pytest.mark.parametrize("started_with", ["notices", "notifications"])
def test_a_worker_takes_from_a_queue_under_its_former_name_too(application, started_with):
    """The former queue contains messages of the previous release, and units that ops have edited still name it."""
    from worker.celery_app.app import take_former_queues

    queues = application.amqp.queues
    before = queues.consume_from
    try:
        queues.select(["entities", started_with])
        take_former_queues(application)
        assert set(queues.consume_from) == {"entities", "notices", "notifications"}
    finally:
        queues.select(list(before))


def test_the_schedule_names_tasks_that_exist(application):
    from worker.celery_app.app import QUEUES, SWEEPS

    scheduled = {entry.task for entry in read_schedule(SCHEDULE_FILE)} | {each["task"] for each in SWEEPS.values()}
    routed = {f"worker.tasks.{name}" for names in QUEUES.values() for name in names}
    assert scheduled | routed <= set(application.tasks)
