"""A worker is killed (kill -9) at each stage of a run. The stage is held still by a lock that the worker needs next."""

import os
import signal

import pytest
from sqlalchemy import text

from models.enums import RunState
from tests.faults.conftest import full_only
from tests.waiting import wait_for

#: Stage -> what the test locks so that the worker comes so far and no further.
STAGES = {
    "before it has shards": "LOCK TABLE properties IN ACCESS EXCLUSIVE MODE",  # texts are learnt from them first
    "while it reads the market": "LOCK TABLE actions IN ACCESS EXCLUSIVE MODE",  # read last before scoring
    "before it publishes": "SELECT FROM markets FOR UPDATE",
    "while it publishes": "SELECT FROM property_recommendations FOR UPDATE",
}

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'leadmatch-worker' AND wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def waiting_workers(engine):
    def count() -> int:
        with engine.connect() as connection:
            return connection.scalar(WAITING)

    return count


@full_only  # in short: a market in tiles (test_tiles_killed.py), one in a piece (tests/worker/test_delivery.py)
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_survives_a_worker_killed(
    stage,
    engine,
    market,
    start_worker,
    ask_for_run,
    state_of_run,
    let_leases_run_out,
    waiting_workers,
    write,
    all_is_well,
):
    worker = start_worker("runs", "entities")
    first = ask_for_run()
    wait_for(lambda: state_of_run(first) is RunState.SUCCEEDED, what="the first run")
    write(1)

    with engine.begin() as connection:
        # New rates, as far as the run can tell: it writes every list, not only those that differ.
        connection.execute(text("UPDATE markets SET rates = NULL"))
    with engine.connect() as holder:
        holder.execute(text(STAGES[stage]))
        second = ask_for_run()
        wait_for(waiting_workers, what="a worker at the lock")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        holder.rollback()
    wait_for(lambda: not waiting_workers(), what="the end of the dead worker's connection")
    assert state_of_run(second) in (RunState.QUEUED, RunState.RUNNING)
    write(1)

    let_leases_run_out()
    start_worker("runs", "entities")
    wait_for(lambda: state_of_run(second) is RunState.SUCCEEDED, what="the end of the run")
    all_is_well()


@full_only
def test_a_run_survives_a_worker_killed_after_publishing(
    engine, market, start_worker, ask_for_run, state_of_run, let_leases_run_out, waiting_workers, write, all_is_well
):
    worker = start_worker("runs", "entities")
    with engine.connect() as publish, engine.connect() as finish:
        publish.execute(text("INSERT INTO markets (city_key, deal_type) VALUES ('geo:524901', 'SALE')"))
        publish.commit()
        publish.execute(text("SELECT FROM markets FOR UPDATE"))
        run_id = ask_for_run()
        wait_for(waiting_workers, what="a worker about to publish")
        finish.execute(text("SELECT FROM rescoring_runs FOR UPDATE"))  # to be had while nobody ends the run
        publish.rollback()
        wait_for(lambda: _published(engine) and waiting_workers(), what="a worker about to end its shard")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        finish.rollback()
    write(1)
    let_leases_run_out()
    start_worker("runs", "entities")
    wait_for(lambda: state_of_run(run_id) is RunState.SUCCEEDED, what="the end of the run")
    all_is_well()


def _published(engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) = 12 FROM lead_recommendations"))
