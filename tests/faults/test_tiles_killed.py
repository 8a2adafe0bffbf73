"""A worker is killed (kill -9) at each stage of a run over a market in tiles: in a tile, between two, in the merge.

A lock that the worker needs next stops it at each stage. It needs no lock while it scores pairs; but then the database
is in the same state as while a tile is read: the shard is claimed, and none of its results are stored.
"""

import os
import signal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.core.enums import RunState
from models.rescoring.runs import RescoringRun
from tests.factories import make_lead, make_property, make_user
from tests.faults.conftest import full_only
from tests.waiting import wait_for

#: So little that tiles have 200 rows, the minimum (models.rescoring.tiles.grid_of), but enough for a worker to run.
MEMORY_MB = 381
ROWS = 110  # of each side, in addition to those of the fixture `market`

PARTIALS = "LOCK TABLE rescoring_partials IN EXCLUSIVE MODE"
MARKETS = "SELECT FROM markets FOR UPDATE"
#: Stage -> the test's locks, in order. When the worker waits for one, the test takes the next and releases this one.
STAGES = {
    "while it reads or scores a tile": ["LOCK TABLE actions IN ACCESS EXCLUSIVE MODE"],
    "about to leave the lists of a tile": [PARTIALS],
    "having left them, before the tile is ended": [PARTIALS, "SELECT FROM rescoring_runs FOR UPDATE"],
    "between two tiles": [PARTIALS, "SELECT FROM rescoring_shards WHERE state = 'queued' AND tile > 0 FOR UPDATE"],
    "with all tiles done, before the merge": [PARTIALS, "LOCK TABLE lead_recommendations IN ACCESS EXCLUSIVE MODE"],
    "in the merge, before it publishes": [MARKETS],
    "in the merge, while it publishes": ["SELECT FROM property_recommendations FOR UPDATE"],
    "in the merge, having published, before the run is ended": [MARKETS, "SELECT FROM rescoring_runs FOR UPDATE"],
}
SHORT = "in the merge, having published, before the run is ended"
#: At this stage no worker holds a shard.
IDLE = "between two tiles"

BLOCKED_BY = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'leadmatch-worker' AND CAST(:holder AS integer) = ANY (pg_blocking_pids(pid))"
)


@pytest.fixture
def big_market(engine, market, process_environment):
    """A market that this test's workers cut into tiles."""
    process_environment["WORKER_MEMORY_MB"] = str(MEMORY_MB)
    with Session(engine) as session:
        buyer, seller = make_user(session), make_user(session)
        for number in range(ROWS):
            make_lead(session, buyer)
            make_property(session, seller, price=12_000_000 + number * 10_000)
        session.commit()


@pytest.mark.parametrize(
    "stage", [stage if stage == SHORT else pytest.param(stage, marks=full_only) for stage in STAGES]
)
def test_a_run_in_tiles_survives_a_worker_killed(
    stage,
    engine,
    big_market,
    start_worker,
    ask_for_run,
    state_of_run,
    let_leases_run_out,
    write,
    all_is_well,
):
    runner = start_worker("runs")
    first = ask_for_run()
    wait_for(lambda: state_of_run(first) is RunState.SUCCEEDED, what="the first run")
    with engine.begin() as connection:
        # With changed rates the run writes every list, not only those that differ.
        connection.execute(text("UPDATE markets SET rates = rates || ', XXX 1'"))
    before = stored(engine)
    write(1)

    second = kill_at(STAGES[stage], engine, ask_for_run, runner)
    assert stored(engine) == before  # readers see the last complete generation
    assert state_of_run(second) in (RunState.QUEUED, RunState.RUNNING)
    write(1)

    let_leases_run_out()
    start_worker("runs", "entities")
    wait_for(lambda: state_of_run(second) is RunState.SUCCEEDED, what="the end of the run")
    with Session(engine) as session:
        attempts = [shard.attempts for shard in session.get_one(RescoringRun, second).shards]
        assert len(attempts) > 2  # tiles, and their merge
        # Only the interrupted shard is done again.
        assert sorted(attempts) == [1] * (len(attempts) - 1) + [1 if stage == IDLE else 2]
        assert session.scalar(text("SELECT count(*) FROM rescoring_partials")) == 0
    all_is_well()


def kill_at(locks, engine, ask_for_run, runner) -> int:
    """Let a new run continue to the last of *locks* and kill the runner there; returns the run's id."""
    holders = []
    try:
        for statement in locks:
            holders.append(engine.connect())
            holders[-1].execute(text(statement))
            if len(holders) == 1:
                run_id = ask_for_run()
            else:
                holders[-2].rollback()
            wait_for(lambda: blocked_by(engine, holders[-1]), what=f"a worker that waits for {statement}")
        os.killpg(runner.pid, signal.SIGKILL)
        runner.wait()
    finally:
        for holder in holders:
            holder.close()  # and with it the lock
    wait_for(lambda: not workers_connected(engine), what="the end of the dead worker's connections")
    return run_id


def blocked_by(engine, holder) -> int:
    """How many workers wait for a lock of the connection *holder*."""
    with engine.connect() as connection:
        return connection.scalar(BLOCKED_BY, {"holder": holder.connection.dbapi_connection.info.backend_pid})


def workers_connected(engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leadmatch-worker'")
        )


def stored(engine) -> list[tuple]:
    """The lists that readers see."""
    with engine.connect() as connection:
        return [
            tuple(row)
            for key, other in (("lead", "property"), ("property", "lead"))
            for row in connection.execute(
                text(f"SELECT {key}_id, {other}_ids, scores, run_id FROM {key}_recommendations ORDER BY 1")
            )
        ]
