"""
Every task is delivered twice, as brokers that promise "at least once" may do; ours does after three hours, or a crash.
"""

import uuid
from collections import Counter
from pathlib import Path

import pytest
import redis
from celery import Celery
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from models.upkeep.invariants import check_all
from tests.faults.conftest import full_only
from tests.faults.scenes import SCENES, WITHOUT_ARGUMENTS, base
from tests.telegram import TOKEN
from tests.waiting import wait_for
from worker.queue.metrics import QUEUES, task_times

#: Columns that differ between two runs of the same work: times (some subjects of notifications contain one), random
#: values, and values that identify the process.
SHOWN = text(
    r"""
    SELECT table_name, string_agg(
        CASE WHEN data_type LIKE 'timestamp%' OR data_type IN ('uuid', 'bytea')
                  OR column_name IN ('worker', 'name', 'changed_in', 'looked_until', 'stages',
                                     'stale_seconds')
             THEN format('(%I IS NULL)', column_name)
             WHEN column_name = 'subject' THEN format('regexp_replace(%I, ''\m\d{10}\M'', ''time'')', column_name)
             ELSE quote_ident(column_name) END, ', ' ORDER BY ordinal_position)
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' GROUP BY table_name
    """
)


#: The columns by table, read once: the schema is the same in all databases, and describing it takes long.
_columns: dict[str, str] = {}


def contents(url: str) -> dict[str, Counter]:
    """The rows of every table."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if not _columns:
                _columns.update((table, columns) for table, columns in connection.execute(SHOWN))
            return {
                table: Counter(map(str, connection.execute(text(f"SELECT {columns} FROM {table}"))))
                for table, columns in _columns.items()
            }
    finally:
        engine.dispose()


def difference(one: dict[str, Counter], other: dict[str, Counter]) -> dict[str, tuple[Counter, Counter]]:
    return {
        table: (one[table] - other[table], other[table] - one[table]) for table in one if one[table] != other[table]
    }


@pytest.fixture
def tasks(process_environment, new_worker_session):
    """The application's tasks by name, in this process."""
    from worker.celery_app.app import app

    app.loader.import_default_modules()
    # Former names are aliases of the same tasks.
    return {name: task for name, task in app.tasks.items() if name.startswith("worker.") and name == task.name}


def test_every_task_has_a_scene_in_which_it_is_delivered_twice(tasks):
    assert set(tasks) == set(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_a_task_delivered_again_changes_nothing(
    name,
    tasks,
    clean_database,
    process_environment,
    engine,
    monkeypatch,
    telegram,
    redis_url,
    capfd,
):
    """One delivery after another, in this process; below, real workers get two at once."""
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_API_URL", telegram.url)
    with Session(engine) as session:
        base(session)
        session.commit()
        arguments = SCENES[name](session, Path(process_environment["LEADMATCH_HOME"], "media"))
        session.commit()
    before = contents(clean_database)
    found = []
    for _ in range(2):
        tasks[name].apply([] if name in WITHOUT_ARGUMENTS else arguments, throw=True, task_id="0123-4567-89ab")
        found.append((contents(clean_database), len(telegram.messages), capfd.readouterr().err.count("SMS to")))

    (once, notified, _), (again, notified_again, sms_again) = found
    assert difference(once, again) == {}
    assert (notified_again, sms_again) == (notified, 0)
    if name not in QUIET:
        assert (before, 0) != (once, notified)  # it had something to do


#: Tasks whose effect is in the broker or on the disk, not in the database.
QUIET = {
    "worker.tasks.fetch_rates",  # off without RATES_URL
    "worker.tasks.fetch_photos",  # off without FETCH_PHOTOS
    "worker.tasks.find_due_imports",
    "worker.tasks.find_due_photos",
    "worker.tasks.remove_orphans",
    "worker.tasks.send_link",
    "worker.tasks.send_reply",  # to a prospect that is gone
    "worker.tasks.send_recommendation_digests",
    "worker.tasks.send_lost_notifications",
    "worker.tasks.send_webhooks",
    "worker.tasks.sweep_runs",
}


class World:
    """A database, a broker and a worker with two processes."""

    def __init__(self, url: str, redis_url: str, home: Path, telegram_url: str, start_worker) -> None:
        self.url, self.redis_url, self.home = url, redis_url, home
        self._engine = create_engine(url)
        self._broker = redis.Redis.from_url(redis_url)
        self._app = Celery(broker=redis_url, set_as_current=False)
        with Session(self._engine) as session:
            base(session)
            session.commit()
        variables = {"DATABASE_URL": url, "REDIS_URL": redis_url, "LEADMATCH_HOME": str(home)}
        variables |= {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram_url}
        self.worker = start_worker(concurrency=2, **variables)
        self._ended = 0
        wait_for(self._is_idle, what="the end of the first sweep")

    def deliver(self, name: str, at_once: int, late: int) -> None:
        """Create the task's scene, deliver its message *at_once* times at once, and later *late* times."""
        with Session(self._engine) as session:
            arguments = SCENES[name](session, self.home / "media")
            session.commit()
        for times in (at_once, late):
            ended, message = (
                self._runs_of(name),
                str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            )  # the same message each time
            for _ in range(times):
                queue = {"accounts": "notifications", "notices": "notifications"}.get(name.split(".")[1], "entities")
                queue = "runs" if name.endswith(("start_run", "score_shard", "sweep_runs")) else queue
                given = [] if name in WITHOUT_ARGUMENTS else arguments
                self._app.send_task(name, given, queue=queue, task_id=message)
            self._wait_for(name, ended + times)

    def _wait_for(self, name: str, runs: int) -> None:
        wait_for(lambda: self._runs_of(name) >= runs and self._is_idle(), what=f"the end of {name}")

    def broken(self) -> dict:
        with Session(self._engine) as session:
            return {result.rule.key: result.examples for result in check_all(session) if result.count}

    def close(self) -> None:
        self._engine.dispose()
        self._broker.close()

    def _runs_of(self, name: str) -> int:
        outcomes = {times.outcome: times.count for times in task_times(self._broker) if times.task == name}
        assert set(outcomes) <= {"success", "retry"}, (name, outcomes)
        return outcomes.get("success", 0)

    def _is_idle(self) -> bool:
        """
        Whether no message waits, none is processed, and none has ended since the last check (tasks send messages too).
        """
        waits = sum(self._broker.llen(name) for name in QUEUES) + self._broker.hlen("unacked")
        ended = sum(times.count for times in task_times(self._broker))
        last, self._ended = self._ended, ended
        return ended > 0 and not waits and last == ended


@full_only
def test_every_task_delivered_twice_at_once_and_once_late_leaves_what_one_delivery_leaves(
    tasks,
    new_database,
    redis_url,
    start_worker,
    tmp_path,
    telegram,
):
    once, thrice = (
        World(
            new_database(),
            redis_url.removesuffix("0") + str(number),
            tmp_path / str(number),
            telegram.url,
            start_worker,
        )
        for number in (1, 2)
    )
    try:
        for name in SCENES:
            before = len(telegram.messages)
            once.deliver(name, at_once=1, late=0)
            between = len(telegram.messages)
            thrice.deliver(name, at_once=2, late=1)

            assert (name, difference(contents(once.url), contents(thrice.url))) == (name, {})
            assert (name, len(telegram.messages) - between) == (name, between - before)
        assert thrice.broken() == once.broken() == {}
        sms = [sum("SMS to" in line for line in world.worker.lines) for world in (once, thrice)]
        assert sms[0] == sms[1] > 0
    finally:
        once.close()
        thrice.close()
