from types import SimpleNamespace

import pytest

from models.core.enums import DealType, RunScope, RunState
from models.rescoring.runs import request_run, waiting_runs
from models.rescoring.shards import abandoned, retry_failed
from tests.factories import make_lead, make_user
from worker import tasks
from worker.jobs import runs
from worker.jobs.runs import begin_run, prepare_run


@pytest.mark.parametrize(
    "wanted",
    [{"scope": RunScope.ALL}, {"scope": RunScope.MARKET, "city": "Москва", "deal_type": DealType.SALE}],
    ids=["all", "market"],
)
def test_a_run_waits_for_a_market_on_which_another_is_at_work(worker_here, monkeypatch, wanted):
    requested = []
    monkeypatch.setattr(tasks, "client", lambda: SimpleNamespace(run_requested=requested.append))
    with worker_here() as session:
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


def test_a_run_that_cannot_be_prepared_fails_and_can_be_retried(worker_here, monkeypatch):
    with worker_here() as session:
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
