"""What beat sends and when, without its process."""

from datetime import timedelta

import pytest
import redis


@pytest.fixture
def scheduler(process_environment, new_worker_session, redis_url, monkeypatch):
    """A scheduler on the test's broker, without beat's lock."""
    from worker.celery_app.app import make_app
    from worker.celery_app.beat import Scheduler
    from worker.celery_app.task_context import settings

    app = make_app(settings())
    found = Scheduler(app, lazy=True)
    found.lock_key = None
    found.setup_schedule()
    yield found
    app.close()


def waiting(redis_url):
    with redis.Redis.from_url(redis_url) as broker:
        return broker.llen("entities")


def test_an_entry_that_was_sent_tomorrow_counts_as_sent_now(scheduler):
    """After a clock that was a day ahead, there would otherwise be no sweep for a day."""
    entry = scheduler.Entry.from_key("redbeat:sweep", app=scheduler.app)
    entry.reschedule(scheduler.app.now() + timedelta(days=1))
    scheduler.tick()

    entry = scheduler.Entry.from_key("redbeat:sweep", app=scheduler.app)

    assert abs(entry.last_run_at - scheduler.app.now()) < timedelta(hours=1)


def test_no_sweep_is_sent_to_a_queue_that_nobody_empties(scheduler, redis_url, monkeypatch):
    monkeypatch.setattr("worker.celery_app.beat.MAX_WAITING", 3)
    sweep = scheduler.Entry.from_key("redbeat:sweep", app=scheduler.app)
    for _ in range(10):
        scheduler.apply_async(sweep)

    assert waiting(redis_url) == 4

    other = next(name for name in scheduler.app.conf.beat_schedule if "request_full_run" in name)
    scheduler.apply_async(scheduler.Entry.from_key(f"redbeat:{other}", app=scheduler.app))
    assert waiting(redis_url) == 5  # only sweeps are dropped, because they are repeated anyway


@pytest.mark.parametrize(
    "task",
    [
        "worker.tasks.learn_weights",
        "worker.tasks.fit_quality_models",
        "worker.tasks.order_markets",
    ],
)
def test_long_tasks_are_not_in_the_queue_of_fresh_leads(scheduler, task):
    assert scheduler.app.amqp.router.route({}, task)["queue"].name == "runs"
