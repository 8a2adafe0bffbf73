"""Rows whose messages were lost, and rows in large batches, still get their lists."""

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.core.enums import DealType, RunScope
from models.ranking.recommendations import LeadRecommendations
from models.rescoring.runs import RescoringRun
from tests.factories import lead_body, make_lead, make_property, make_user, token_header
from tests.waiting import wait_for
from worker import tasks


@pytest.fixture
def market(engine, clean_database):
    """Three properties and five leads that fit, committed."""
    with Session(engine, expire_on_commit=False) as session:
        seller, buyer = make_user(session), make_user(session)
        properties = [make_property(session, seller) for _ in range(3)]
        leads = [make_lead(session, buyer) for _ in range(5)]
        session.commit()
    return buyer, properties, leads


def lists(engine):
    with Session(engine) as session:
        rows = session.execute(select(LeadRecommendations.lead_id, LeadRecommendations.property_ids))
        return dict(rows.all())


def test_leads_posted_while_the_broker_is_away_get_their_lists_when_it_is_back(
    engine, market, app, valkey_server, start_worker
):
    buyer, properties, _ = market
    client = app.test_client()
    valkey_server.kill()
    try:
        answers = [client.post("/leads", json=lead_body(), headers=token_header(buyer)) for _ in range(10)]
    finally:
        valkey_server.start()
    assert [answer.status_code for answer in answers] == [201] * 10

    start_worker("entities", "runs")
    posted = {int(answer.json["lead_id"]) for answer in answers}
    wait_for(lambda: posted <= set(lists(engine)), what="the lists of all ten")
    found = lists(engine)
    assert {tuple(found[lead_id]) for lead_id in posted} == {tuple(p.id for p in properties)}


def test_a_market_that_fails_does_not_keep_the_others_of_a_sweep_waiting(
    engine, market, new_worker_session, monkeypatch, caplog
):
    buyer, _, leads = market
    with Session(engine, expire_on_commit=False) as session:
        elsewhere = make_lead(session, buyer, city="Алматы")
        session.commit()
    almaty, real = (elsewhere.city_key, DealType.SALE), tasks.reconcile_carefully
    assert almaty < (leads[0].city_key, DealType.SALE)  # it comes first
    monkeypatch.setattr(
        tasks, "reconcile_carefully", lambda session, key, stale: 1 / 0 if key == almaty else real(session, key, stale)
    )

    tasks.sweep.apply(throw=True)

    assert set(lists(engine)) == {lead.id for lead in leads}
    assert [record.market for record in caplog.records if record.message == "market_failed"] == [almaty]


def test_a_bulk_load_is_left_to_the_queue_of_runs(engine, market, redis_url, new_worker_session, monkeypatch):
    """Workers for single entities do not score a large batch without messages, such as an import; a run does."""
    monkeypatch.setattr(tasks, "MAX_CHANGES", 4)  # the market has five leads
    tasks.sweep.apply(throw=True)

    assert lists(engine) == {}
    with Session(engine) as session:
        assert session.scalars(select(RescoringRun.scope)).all() == [RunScope.STALE]
    with redis.Redis.from_url(redis_url) as broker:
        assert (broker.llen("runs"), broker.llen("entities")) == (1, 0)

    monkeypatch.setattr(tasks, "MAX_CHANGES", 100)
    tasks.sweep.apply(throw=True)
    assert len(lists(engine)) == 5, "what is not much is done at once"
