import pytest

from models.enums import DealType, RunScope, RunState
from models.runs import request_run
from tests.factories import make_lead, make_user
from worker.runs import prepare_run, run_shard


@pytest.mark.parametrize(
    "wanted",
    [{"scope": RunScope.ALL}, {"scope": RunScope.MARKET, "city": "Москва", "deal_type": DealType.SALE}],
    ids=["all", "market"],
)
def test_a_run_waits_for_a_market_on_which_another_is_at_work(worker_here, wanted):
    with worker_here() as session:
        make_lead(session, make_user(session))
        stale, _ = request_run(session, RunScope.STALE, "sweep")
        [shard_id] = prepare_run(session, stale.id)
        run, _ = request_run(session, requested_by="cli", **wanted)
        session.commit()

        assert prepare_run(session, run.id) == []
        assert run.state is RunState.QUEUED
        session.commit()
        run_shard(shard_id)
        assert len(prepare_run(session, run.id)) == 1
