"""A row on which the engine fails is set aside; all others get their lists."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from models.core.enums import DealType, RunScope, RunState, Side
from models.market.leads import Lead, replace_lead
from models.market.unscorable import UnscorableEntity
from models.ranking.recommendations import LeadRecommendations, PropertyRecommendations
from models.rescoring.run_plan import stale_markets
from models.rescoring.runs import RescoringShard, request_run
from tests.factories import make_lead, make_property, make_user
from tests.length import examples
from worker.jobs.runs import prepare_run, run_shard
from worker.lists import compute, rescore, scoring
from worker.market import failing_rows, load

MOSCOW = ("geo:524901", DealType.SALE)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.sets(st.integers(0, 30), max_size=3))
@settings(max_examples=examples(20, 500))
def test_exactly_the_rows_that_fail_are_left_out(rows, bad):
    def make(some):
        if bad & set(some):
            raise ValueError("boom")
        return list(some)

    rows = [[row] for row in rows]  # wrapped, so that equal rows can be distinguished
    computed, failing = failing_rows.without_failing_rows(rows, lambda some: make([row[0] for row in some]))

    assert computed == [row[0] for row in rows if row[0] not in bad]
    assert [row for row, _ in failing] == [row for row in rows if row[0] in bad]


def test_work_that_fails_on_everything_is_to_blame_itself():
    with pytest.raises(ZeroDivisionError):
        failing_rows.without_failing_rows(list(range(100)), lambda rows: 1 / 0)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
@settings(max_examples=examples(20, 500))
def test_a_pair_that_fails_is_found(n_rows, n_columns, data):
    pair = data.draw(st.integers(0, n_rows - 1)), data.draw(st.integers(0, n_columns - 1))

    def work(rows, columns):
        assert not (pair[0] in rows and pair[1] in columns)

    assert failing_rows.failing_pair(n_rows, n_columns, work) == pair


@pytest.fixture
def market(new_worker_session):
    """Two leads of one owner and one of another, two properties of a third; nothing scored yet."""
    with new_worker_session() as session:
        buyer, stranger, seller = (make_user(session) for _ in range(3))
        leads = [make_lead(session, buyer), make_lead(session, stranger, notes="fails"), make_lead(session, buyer)]
        properties = [make_property(session, seller) for _ in range(2)]
        session.commit()
        yield session, leads, properties


def fail_on(monkeypatch, module, name, owner_id):
    """Let *name* of *module* raise whenever the vectors of that owner are among its arguments."""
    real = getattr(module, name)

    def fail(first, *args, **kwargs):
        parts = [first, *args]
        parts += [getattr(first, side) for side in ("leads", "properties") if hasattr(first, side)]
        if any(owner_id in getattr(part, "owner", ()) for part in parts):
            raise FloatingPointError("what a client wrote: +77010000000")
        return real(first, *args, **kwargs)

    monkeypatch.setattr(module, name, fail)


def run_everything(session):
    run, _ = request_run(session, RunScope.ALL, "test")
    for shard_id in prepare_run(session, run.id):
        session.commit()
        run_shard(shard_id)
    session.commit()
    return session.scalars(
        select(RescoringShard).where(RescoringShard.run_id == run.id).execution_options(populate_existing=True)
    ).one()


@pytest.mark.parametrize(("module", "name"), [(load, "lead_vectors"), (scoring, "score_market")])
def test_a_run_reports_a_failing_lead_and_goes_on_without_it(market, monkeypatch, module, name):
    session, leads, properties = market
    fail_on(monkeypatch, module, name, leads[1].owner_id)

    shard = run_everything(session)

    assert shard.state is RunState.SUCCEEDED
    [skipped] = shard.skipped
    assert (skipped["side"], skipped["id"]) == ("LEAD", leads[1].id)
    assert skipped["error"].startswith("FloatingPointError")
    assert "+7701" not in skipped["error"]
    lists = dict(session.execute(select(PropertyRecommendations.property_id, PropertyRecommendations.lead_ids)).all())
    assert lists == {row.id: [leads[0].id, leads[2].id] for row in properties}
    assert stale_markets(session) == set()  # the sweep does not retry endlessly


def test_a_failing_property_is_blamed_and_not_the_leads_it_meets(market, monkeypatch):
    session, leads, properties = market
    bad = make_property(session, make_user(session))
    session.commit()
    fail_on(monkeypatch, scoring, "score_market", bad.owner_id)

    shard = run_everything(session)

    assert [(each["side"], each["id"]) for each in shard.skipped] == [("PROPERTY", bad.id)]
    lists = dict(session.execute(select(LeadRecommendations.lead_id, LeadRecommendations.property_ids)).all())
    assert lists == {lead.id: [row.id for row in properties] for lead in leads}


def test_the_next_run_takes_back_what_the_engine_manages_now(market, monkeypatch):
    session, leads, properties = market
    with monkeypatch.context() as patch:
        fail_on(patch, load, "lead_vectors", leads[1].owner_id)
        run_everything(session)

    assert run_everything(session).skipped == []
    assert session.scalars(select(UnscorableEntity)).all() == []
    assert len(session.get_one(LeadRecommendations, leads[1].id, populate_existing=True).property_ids) == 2


@pytest.mark.parametrize(("module", "name"), [(load, "lead_vectors"), (compute, "pair_scores")])
def test_a_failing_lead_alone_leaves_the_lists_until_it_is_written_again(market, monkeypatch, module, name):
    session, leads, properties = market
    rescore.reconcile_market(session, MOSCOW)
    session.commit()
    bad = session.get_one(Lead, leads[1].id)
    with monkeypatch.context() as patch:
        fail_on(patch, module, name, bad.owner_id)
        replace_lead(session, bad, {"city": "Москва", "area_min": 51})
        session.commit()
        rescore.rescore_entity(session, Side.LEAD, bad.id)

        assert stale_markets(session) == set()
        lists = session.scalars(select(PropertyRecommendations.lead_ids)).all()
        assert lists == [[leads[0].id, leads[2].id]] * 2

    session.refresh(bad)
    replace_lead(session, bad, {"city": "Москва", "area_min": 50})
    session.commit()
    assert stale_markets(session) == {MOSCOW}
    rescore.rescore_entity(session, Side.LEAD, bad.id)
    session.expire_all()
    assert sorted(session.scalars(select(PropertyRecommendations.lead_ids)).first()) == [lead.id for lead in leads]


def test_a_failing_lead_does_not_take_others_of_its_sweep_with_it(market, monkeypatch):
    session, leads, properties = market
    fail_on(monkeypatch, compute, "pair_scores", leads[1].owner_id)

    rescore.reconcile_market(session, MOSCOW)
    session.commit()

    assert stale_markets(session) == set()
    good = dict(session.execute(select(LeadRecommendations.lead_id, LeadRecommendations.property_ids)).all())
    assert good[leads[0].id] == good[leads[2].id] == [row.id for row in properties]
    assert session.scalars(select(UnscorableEntity.entity_id)).all() == [leads[1].id]
