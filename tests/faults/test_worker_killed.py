"""
A worker is killed (kill -9) at each stage of a run. A lock that the worker needs next stops it at the stage.

Until another worker continues the run, readers see the complete lists from before the run.
"""

import os
import signal

import pytest
import redis
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.core.enums import RunState
from models.ranking.freshness import freshness
from models.ranking.recommendations import LeadRecommendations
from models.rescoring.runs import RescoringShard
from tests.faults.conftest import full_only
from tests.waiting import lock_waits, wait_for

#: Stage -> the lock with which the test stops the worker there.
STAGES = {
    "before it has shards": "LOCK TABLE properties IN ACCESS EXCLUSIVE MODE",  # read first, to learn from their texts
    "while it reads the market": "LOCK TABLE actions IN ACCESS EXCLUSIVE MODE",  # read last before scoring
    "before it publishes": "SELECT FROM markets FOR UPDATE",
    "while it publishes": "SELECT FROM property_recommendations FOR UPDATE",
}

#: The stage that a quick run of the tests includes.
SHORT = "while it publishes"

BLOCKED_BY = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'leadmatch-worker' AND CAST(:pid AS integer) = ANY (pg_blocking_pids(pid))"
)


@pytest.fixture
def waiting_workers(engine):
    return lambda: lock_waits(engine, "leadmatch-worker")


@pytest.fixture
def idle(engine, redis_url):
    """A function that tells whether workers have nothing left to do, so that the next lock stops the run."""

    def check() -> bool:
        with redis.Redis.from_url(redis_url) as broker:
            waits = sum(broker.llen(queue) for queue in ("entities", "runs")) + broker.hlen("unacked")
        with Session(engine) as session:
            return not waits and freshness(session).stale == 0

    return check


@pytest.mark.parametrize(
    "stage", [stage if stage == SHORT else pytest.param(stage, marks=full_only) for stage in STAGES]
)
def test_a_run_survives_a_worker_killed(
    stage,
    engine,
    market,
    start_worker,
    ask_for_run,
    state_of_run,
    let_leases_run_out,
    waiting_workers,
    idle,
    write,
    all_is_well,
):
    worker = start_worker("runs", "entities")
    first = ask_for_run()
    wait_for(lambda: state_of_run(first) is RunState.SUCCEEDED, what="the first run")
    write(1)
    wait_for(idle, what="the lists of what was written")
    before = lists(engine)
    assert before

    with engine.begin() as connection:
        # With changed rates the run writes every list, not only those that differ.
        connection.execute(text("UPDATE markets SET rates = rates || ', XXX 1'"))
    with engine.connect() as holder:
        holder.execute(text(STAGES[stage]))
        second = ask_for_run()
        wait_for(waiting_workers, what="a worker at the lock")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        holder.rollback()
    wait_for(lambda: not waiting_workers(), what="the end of the dead worker's connection")
    assert state_of_run(second) in (RunState.QUEUED, RunState.RUNNING)
    assert lists(engine) == before
    write(1)

    let_leases_run_out()
    start_worker("runs", "entities")
    wait_for(lambda: state_of_run(second) is RunState.SUCCEEDED, what="the end of the run")
    # If there were shards, the one that the dead worker held was started again.
    assert max(attempts(engine, second)) == (1 if stage == "before it has shards" else 2)
    all_is_well()


@full_only
def test_a_worker_killed_after_publishing_and_before_its_shard_has_ended_has_stored_neither(
    engine,
    market,
    start_worker,
    ask_for_run,
    state_of_run,
    let_leases_run_out,
    waiting_workers,
    idle,
    write,
    all_is_well,
):
    """Both are one transaction, so lists are never published without their shard's end."""
    worker = start_worker("runs", "entities")
    write(1)
    wait_for(idle, what="the first lists")
    before = lists(engine)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE markets SET rates = rates || ', XXX 1'")
        )  # as above, so that the run writes every list
    with engine.connect() as publish, engine.connect() as finish:
        publish.execute(text("SELECT FROM markets FOR UPDATE"))
        run_id = ask_for_run()
        wait_for(waiting_workers, what="a worker about to publish")
        finish.execute(
            text("SELECT FROM rescoring_runs FOR UPDATE")
        )  # this lock is free while nobody ends a shard of the run
        finish_pid = finish.connection.dbapi_connection.info.backend_pid
        publish.rollback()
        wait_for(lambda: blocked_by(engine, finish_pid), what="a worker about to end its shard")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        finish.rollback()
    wait_for(lambda: not waiting_workers(), what="the end of the dead worker's connection")
    assert state_of_run(run_id) is RunState.RUNNING
    assert lists(engine) == before and not _published(engine, run_id)
    write(1)
    let_leases_run_out()
    start_worker("runs", "entities")
    wait_for(lambda: state_of_run(run_id) is RunState.SUCCEEDED, what="the end of the run")
    assert max(attempts(engine, run_id)) == 2
    all_is_well()


def _published(engine, run_id) -> bool:
    with engine.connect() as connection:
        written = text("SELECT bool_or(run_id = :run_id) FROM lead_recommendations")
        return bool(connection.scalar(written, {"run_id": run_id}))


def blocked_by(engine, pid) -> int:
    """How many workers wait for a lock of the connection *pid*."""
    with engine.connect() as connection:
        return connection.scalar(BLOCKED_BY, {"pid": pid})


def lists(engine) -> dict[int, list[int]]:
    with Session(engine) as session:
        rows = session.execute(select(LeadRecommendations.lead_id, LeadRecommendations.property_ids))
        return dict(rows.all())


def attempts(engine, run_id: int) -> list[int]:
    """How often each shard of the run was started."""
    with Session(engine) as session:
        return list(session.scalars(select(RescoringShard.attempts).where(RescoringShard.run_id == run_id)))
