import pytest
from sqlalchemy import text

from models.core.enums import DealType, RunScope, RunState
from models.core.errors import ConflictError
from models.rescoring.market_state import run_times
from models.rescoring.run_figures import progress_of
from models.rescoring.runs import RescoringShard, cancel_run, request_run
from models.rescoring.shards import abandoned, claim_shard, end_shard, report, retry_failed


@pytest.fixture
def run(session):
    run, _ = request_run(session, RunScope.ALL, "cli")
    run.state = RunState.RUNNING
    session.flush()
    return run


def shard_of(session, run, city="geo:1", **fields):
    shard = RescoringShard(run_id=run.id, city_key=city, deal_type=DealType.SALE, pairs_total=100, **fields)
    session.add(shard)
    session.flush()
    return shard


def test_the_same_request_joins_the_run_that_is_open(session, run):
    joined, new = request_run(session, RunScope.ALL, "schedule")

    assert (joined.id, new) == (run.id, False)


def test_a_request_for_a_part_of_an_open_run_is_refused(session, run):
    with pytest.raises(ConflictError, match=f"run_id={run.id}"):
        request_run(session, RunScope.MARKET, "cli", city="Москва", deal_type=DealType.SALE)


def test_runs_of_two_markets_go_side_by_side(session):
    _, first = request_run(session, RunScope.MARKET, "cli", city="Москва", deal_type=DealType.SALE)
    _, second = request_run(session, RunScope.MARKET, "cli", city="Казань", deal_type=DealType.SALE)
    _, again = request_run(session, RunScope.MARKET, "cli", city="Moscow", deal_type=DealType.SALE)

    assert (first, second, again) == (True, True, False)


def test_a_shard_is_claimed_once_until_its_worker_falls_silent(session, run):
    shard = shard_of(session, run)

    assert claim_shard(session, shard.id, "one").attempts == 1
    assert claim_shard(session, shard.id, "two") is None
    session.execute(text("UPDATE rescoring_shards SET heartbeat_at = now() - interval '1 hour'"))
    assert claim_shard(session, shard.id, "two").attempts == 2


def test_a_worker_that_lost_its_shard_learns_of_it(session, run):
    shard = shard_of(session, run)
    claim_shard(session, shard.id, "one")
    assert report(session, shard.id, "one", 1, 40)
    session.execute(text("UPDATE rescoring_shards SET heartbeat_at = now() - interval '1 hour'"))
    claim_shard(session, shard.id, "two")

    assert not report(session, shard.id, "one", 1, 60)
    assert progress_of(session, [run.id])[run.id]["pairs_done"] == 0  # the second attempt starts again


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        (["succeeded", "succeeded"], "succeeded"),
        (["succeeded", "failed"], "failed"),
    ],
)
def test_a_run_ends_with_its_last_shard(session, run, ends, state):
    shards = [shard_of(session, run, city=f"geo:{number}") for number, _ in enumerate(ends)]
    for shard, end in zip(shards, ends, strict=True):
        assert run.state is RunState.RUNNING
        claim_shard(session, shard.id, "one")
        end_shard(session, shard, RunState(end))

    assert run.state == state
    assert run.finished_at is not None


def test_cancelling_takes_the_shards_from_their_workers(session, run):
    shard = shard_of(session, run)
    claim_shard(session, shard.id, "one")

    assert cancel_run(session, run.id).state is RunState.CANCELLED
    assert not report(session, shard.id, "one", 1, 50)
    assert claim_shard(session, shard.id, "two") is None
    with pytest.raises(ConflictError, match="cancelled"):
        cancel_run(session, run.id)


def test_retrying_queues_the_failed_shards_alone(session, run):
    good, bad = shard_of(session, run, city="geo:1"), shard_of(session, run, city="geo:2")
    for shard, state in ((good, RunState.SUCCEEDED), (bad, RunState.FAILED)):
        claim_shard(session, shard.id, "one")
        end_shard(session, shard, state)

    run, queued = retry_failed(session, run.id)

    assert queued == [bad.id]
    assert run.state is RunState.RUNNING
    assert (good.state, bad.state) == (RunState.SUCCEEDED, RunState.QUEUED)


def test_a_requeued_shard_starts_again_with_reset_figures(session, run):
    shard = shard_of(session, run)
    claim_shard(session, shard.id, "one")
    report(session, shard.id, "one", 1, 60)
    session.execute(text("UPDATE rescoring_shards SET started_at = now() - interval '1 day'"))
    session.refresh(shard)
    end_shard(session, shard, RunState.FAILED)

    retry_failed(session, run.id)

    progress = progress_of(session, [run.id])[run.id]
    assert (progress["pairs_done"], progress["seconds"], progress["eta_seconds"]) == (0, 0, None)
    assert shard.seconds is None


def test_a_run_takes_from_the_start_of_its_first_shard_on_whatever_states_the_others_are_in(session, run):
    done, going = shard_of(session, run, city="geo:1"), shard_of(session, run, city="geo:2")
    for shard in (done, going):
        claim_shard(session, shard.id, "one")
    report(session, done.id, "one", 1, 100)
    end_shard(session, done, RunState.SUCCEEDED)
    session.execute(
        text(
            "UPDATE rescoring_shards SET"
            " started_at = now() - interval '1 s' * CASE WHEN id = :done THEN 100 ELSE 40 END,"
            " finished_at = CASE WHEN id = :done THEN now() - interval '60 s' END"
        ),
        {"done": done.id},
    )

    progress = progress_of(session, [run.id])[run.id]
    assert (progress["seconds"], progress["pairs_per_second"], progress["eta_seconds"]) == (100, 1, 100)

    session.execute(text("UPDATE rescoring_shards SET state = 'succeeded', finished_at = coalesce(finished_at, now())"))
    session.execute(
        text("UPDATE rescoring_runs SET state = 'succeeded', started_at = now() - interval '1 h', finished_at = now()")
    )
    assert [(time.run_id, time.seconds) for time in run_times(session)] == [(run.id, 100)]


def test_a_market_that_grew_since_it_was_planned_has_nothing_left_rather_than_less(session, run):
    shard = shard_of(session, run)
    claim_shard(session, shard.id, "one")
    report(session, shard.id, "one", 1, 130)
    session.execute(text("UPDATE rescoring_shards SET started_at = now() - interval '10 s'"))

    assert progress_of(session, [run.id])[run.id]["eta_seconds"] == 0


def test_a_run_whose_market_is_in_another_run_is_not_retried(session, run):
    failed = shard_of(session, run)
    claim_shard(session, failed.id, "one")
    end_shard(session, failed, RunState.FAILED)
    other, _ = request_run(session, RunScope.STALE, "cli")
    shard_of(session, other)

    with pytest.raises(ConflictError, match=f"same_market_going .run_id={other.id}"):
        retry_failed(session, run.id)


def test_abandoned_runs_and_shards_are_found(session, run):
    run.started_at = run.created_at
    waiting, silent, going = (shard_of(session, run, city=f"geo:{number}") for number in range(3))
    claim_shard(session, silent.id, "one")
    claim_shard(session, going.id, "two")
    lost, _ = request_run(session, RunScope.STALE, "cli")
    session.flush()
    session.execute(
        text("UPDATE rescoring_shards SET heartbeat_at = now() - interval '1 hour' WHERE id = :id"), {"id": silent.id}
    )
    session.execute(
        text("UPDATE rescoring_runs SET created_at = now() - interval '1 hour', started_at = now() - interval '1 hour'")
    )

    run_ids, shard_ids = abandoned(session)

    assert run_ids == [lost.id]
    assert sorted(shard_ids) == [waiting.id, silent.id]
