"""
A worker has less memory than a market needs, while clients write: the market is cut into tiles, and the worker stays
within its limit.
"""

from sqlalchemy.orm import Session

from models.core.enums import RunState
from models.rescoring.runs import RescoringRun
from scripts.benchmarks.bench.run import fill
from tests.faults.conftest import full_only
from tests.waiting import wait_for

#: Of each side: a run needs 540 MB without a bound. With it, a tile needs 340 MB and the merge 380 MB.
ROWS = 24_000
BOUND_MB = 480


@full_only
def test_a_market_too_big_for_a_worker_is_tiled_and_the_bound_is_kept(
    engine, market, process_environment, start_worker, ask_for_run, state_of_run, write, all_is_well
):
    with Session(engine) as session:
        fill(session, ROWS)
    peaks = {}
    for bound in (BOUND_MB, 0):
        process_environment["WORKER_MEMORY_MB"] = str(bound)
        worker = start_worker("runs", is_forked=False)
        run_id = ask_for_run()
        write(3)
        wait_for(
            lambda run_id=run_id: state_of_run(run_id) is RunState.SUCCEEDED, seconds=300, what="the end of the run"
        )
        worker.terminate()
        worker.wait()
        with Session(engine) as session:
            shards = session.get_one(RescoringRun, run_id).shards
            peaks[bound] = max(shard.stages["peak_mb"] for shard in shards)
            assert (len(shards) > 1) == bool(bound)

    print(f"peak memory in MB by bound: {peaks}")
    assert peaks[BOUND_MB] <= BOUND_MB < peaks[0]
    start_worker("runs", "entities")
    all_is_well()
