"""PostgreSQL or Valkey stops, is killed, or loses everything, while clients write and a run is in progress."""

import pytest
import redis
from sqlalchemy import text

from models.core.enums import RunState
from tests.faults.conftest import full_only
from tests.faults.journal import in_process
from tests.waiting import wait_for


@pytest.fixture
def committed_is_written(engine):
    """
    For speed, the tests' PostgreSQL acknowledges commits before it writes them to a file. Here it writes them first, as
    in production, so that a killed server still has every commit that it acknowledged.
    """
    for value in ("ON", "DEFAULT"):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"ALTER DATABASE {engine.url.database} SET synchronous_commit TO {value}"))
        engine.dispose()
        if value == "ON":
            yield


@pytest.mark.parametrize("how", ["stop", pytest.param("kill", marks=full_only)])
def test_postgresql_stops_and_restarts_under_writes(
    how,
    postgres_server,
    engine,
    committed_is_written,
    market,
    start_worker,
    ask_for_run,
    state_of_run,
    let_leases_run_out,
    app,
    writing,
    journal,
    all_is_well,
):
    worker = start_worker("runs", "entities")
    run_id = ask_for_run()
    with writing(in_process(app)):
        getattr(postgres_server, how)()
        try:
            wait_for(lambda: journal.turned_away >= 3, what="writes that are turned away")
        finally:
            postgres_server.start()
    let_leases_run_out()
    assert worker.poll() is None
    start_worker(
        "runs", "entities"
    )  # sweeps at its start, so that the test need not wait half a minute for the next sweep
    wait_for(lambda: state_of_run(run_id) is RunState.SUCCEEDED, what="the end of the run")
    all_is_well()


def test_valkey_loses_everything_and_nothing_is_lost(
    redis_url, market, ask_for_run, state_of_run, let_leases_run_out, write, start_worker, all_is_well
):
    run_id = ask_for_run()
    write(1)
    with redis.Redis.from_url(redis_url) as broker:
        assert broker.llen("runs") == 1 and broker.llen("entities") >= 4
        broker.flushall()
    let_leases_run_out()
    start_worker("runs", "entities")

    wait_for(lambda: state_of_run(run_id) is RunState.SUCCEEDED, what="the end of the run")
    all_is_well()


@full_only
def test_valkey_is_wiped_under_working_workers(
    redis_url, market, ask_for_run, state_of_run, let_leases_run_out, write, start_worker, all_is_well
):
    start_worker("runs", "entities")
    for _ in range(3):
        run_id = ask_for_run()
        write(1)
        with redis.Redis.from_url(redis_url) as broker:
            broker.flushall()
        write(1)
    let_leases_run_out()
    start_worker("runs", "entities")
    wait_for(lambda: state_of_run(run_id) is RunState.SUCCEEDED, what="the end of the run")
    all_is_well()


@full_only
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_valkey_stops_and_restarts_under_writes(
    how,
    valkey_server,
    redis_url,
    market,
    app,
    writing,
    journal,
    start_worker,
    ask_for_run,
    state_of_run,
    let_leases_run_out,
    all_is_well,
):
    """Writes are not affected; the sweep finds the work whose messages could not be sent."""
    worker = start_worker("runs", "entities")
    with writing(in_process(app)):
        getattr(valkey_server, how)()
        try:
            run_id = ask_for_run()
            during = journal.acknowledged
            wait_for(lambda: journal.acknowledged >= during + 10, what="writes without a broker")
        finally:
            valkey_server.start()
    assert journal.turned_away == 0
    let_leases_run_out()
    assert worker.poll() is None
    start_worker("runs", "entities")
    wait_for(lambda: state_of_run(run_id) is RunState.SUCCEEDED, what="the end of the run")
    all_is_well()
