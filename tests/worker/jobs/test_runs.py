from random import Random
from types import SimpleNamespace

import pytest
from sqlalchemy import func, text

from matching.reading.kinds import GRAMMAR_VERSION
from models.core.enums import DealType, RunScope, RunState
from models.ranking.recommendations import Market
from models.rescoring.runs import request_run, waiting_runs
from models.rescoring.shards import abandoned, retry_failed
from tests.factories import make_lead, make_user
from tests.statements import statements_on
from tests.worker.lists.test_rescore import fill
from worker import tasks
from worker.jobs import runs
from worker.jobs.runs import begin_run, prepare_run, run_shard

MAX_STATEMENTS_OF_A_MARKET = 40


@pytest.mark.parametrize(
    "wanted",
    [{"scope": RunScope.ALL}, {"scope": RunScope.MARKET, "city": "Москва", "deal_type": DealType.SALE}],
    ids=["all", "market"],
)
def test_a_run_waits_for_a_market_on_which_another_is_at_work(new_worker_session, monkeypatch, wanted):
    requested = []
    monkeypatch.setattr(tasks, "client", lambda: SimpleNamespace(run_requested=requested.append))
    with new_worker_session() as session:
        make_lead(session, make_user(session))
        stale, _ = request_run(session, RunScope.STALE, "sweep")
        [shard_id] = prepare_run(session, stale.id)
        run, _ = request_run(session, requested_by="cli", **wanted)
        session.commit()

        assert prepare_run(session, run.id) == []
        assert run.state is RunState.QUEUED
        session.commit()
        tasks.score_shard(shard_id)
        assert requested == [run.id]
        assert len(prepare_run(session, run.id)) == 1
        session.commit()
        assert waiting_runs(session) == []


def test_a_run_that_cannot_be_prepared_fails_and_can_be_retried(new_worker_session, monkeypatch):
    with new_worker_session() as session:
        make_lead(session, make_user(session))
        run, _ = request_run(session, RunScope.ALL, "cli")
        session.commit()
        with monkeypatch.context() as patch:
            patch.setattr(runs, "text_model_for", lambda *_: 1 / 0)
            assert begin_run(run.id) == []
        session.refresh(run)
        assert (run.state, run.error.partition(" ")[0]) == (RunState.FAILED, "ZeroDivisionError")
        assert abandoned(session) == ([], [])

        retry_failed(session, run.id)
        session.commit()
        assert len(begin_run(run.id)) == 1
        session.refresh(run)
        assert (run.state, run.error) == (RunState.RUNNING, None)


def test_a_release_with_another_engine_requests_one_run_even_if_a_market_is_empty_by_now(
    new_worker_session, monkeypatch
):
    requested = []
    monkeypatch.setattr(tasks, "client", lambda: SimpleNamespace(run_requested=requested.append))
    with new_worker_session() as session:
        make_lead(session, make_user(session))
        # All rows of this market have left it, so no run computes its lists again.
        session.add(Market(city_key="geo:1", deal_type=DealType.SALE, published_at=func.now(), engine=1))
        session.commit()
        for _ in range(2):
            tasks.sweep()
            tasks.sweep_runs()
            for run_id in requested:
                for shard_id in begin_run(run_id):
                    run_shard(shard_id)

    assert len(requested) == 1


def test_a_market_costs_a_bounded_number_of_statements(new_worker_session):
    """A country has thousands of towns, most of them tiny."""
    with new_worker_session() as session:
        fill(session, Random(1), 5)
        for table in ("leads", "properties"):  # their texts are read, as in most runs
            session.execute(text(f"UPDATE {table} SET grammar = :grammar"), {"grammar": GRAMMAR_VERSION})
        session.commit()
        for _ in range(2):
            run, _ = request_run(session, RunScope.ALL, "cli")
            session.commit()
            [shard_id] = begin_run(run.id)
            with statements_on(session.get_bind()) as statements:
                run_shard(shard_id)
            session.refresh(run)
            assert run.state is RunState.SUCCEEDED
            session.commit()

    shown = [" ".join(statement.split())[:120] for statement in statements]
    assert len(shown) <= MAX_STATEMENTS_OF_A_MARKET, "\n".join(shown)
