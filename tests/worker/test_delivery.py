"""Real workers on a real broker: what is killed, lost or away in the middle of work loses nothing."""

import os
import signal

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.enums import RunScope, RunState
from models.leads import Lead
from models.properties import replace_property
from models.recommendations import LeadRecommendations
from models.runs import RescoringRun, RescoringShard, request_run
from tests.factories import lead_body, make_lead, make_property, make_user, token_header
from tests.waiting import wait_for
from worker.client import Client


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
        return {lead_id: ids for lead_id, ids in rows}


def state_of(engine, table, row_id):
    with Session(engine) as session:
        return session.get_one(table, row_id).state


def start_run(engine, redis_url):
    with Session(engine) as session:
        run, _ = request_run(session, RunScope.ALL, "test")
        session.commit()
        run_id = run.id
    assert Client(redis_url).run_requested(run_id)
    return run_id


def test_a_run_whose_worker_is_killed_at_its_last_step_shows_whole_lists_and_finishes_after_restart(
    engine, market, redis_url, start_worker
):
    _, properties, leads = market
    worker = start_worker("runs", "entities")
    first = start_run(engine, redis_url)
    wait_for(lambda: state_of(engine, RescoringRun, first) is RunState.SUCCEEDED)
    before = lists(engine)
    assert before == {lead.id: [p.id for p in properties] for lead in leads}

    with Session(engine) as session:
        # Dearer than its fellows: the next generation puts it last everywhere.
        replace_property(
            session, session.get_one(type(properties[0]), properties[0].id), {"city": "Москва", "price": 16_000_000}
        )
        session.commit()
    with Session(engine) as holder:
        # Whoever publishes needs this lock: the run comes as far as its last step, and no further.
        holder.execute(text("SELECT * FROM markets FOR UPDATE"))
        second = start_run(engine, redis_url)
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM markets%'"
        )
        wait_for(lambda: _scalar(engine, waiting), what="a worker at the lock")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        assert lists(engine) == before
        holder.rollback()
    wait_for(lambda: not _scalar(engine, waiting), what="the dead worker's connection to end")
    assert lists(engine) == before
    assert state_of(engine, RescoringRun, second) is RunState.RUNNING

    with Session(engine) as session:  # the lease runs out
        session.execute(
            text("UPDATE rescoring_shards SET heartbeat_at = now() - interval '1 hour' WHERE state = 'running'")
        )
        session.commit()
    start_worker("runs", "entities")
    wait_for(lambda: state_of(engine, RescoringRun, second) is RunState.SUCCEEDED, what="the end of the run")
    after = lists(engine)
    assert after == {lead.id: [properties[1].id, properties[2].id, properties[0].id] for lead in leads}
    with Session(engine) as session:
        shard = session.scalars(select(RescoringShard).where(RescoringShard.run_id == second)).one()
        assert shard.attempts == 2


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


def test_every_task_may_be_delivered_twice(engine, market, redis_url, start_worker):
    _, properties, leads = market
    start_worker("runs", "entities")
    client = Client(redis_url)
    run_id = start_run(engine, redis_url)
    client.run_requested(run_id)
    wait_for(lambda: state_of(engine, RescoringRun, run_id) is RunState.SUCCEEDED)
    once = lists(engine)
    with Session(engine) as session:
        [shard_id] = session.scalars(select(RescoringShard.id)).all()
    for _ in range(2):
        client.shard_queued(shard_id)
        client.lead_changed(leads[0].id)
        client.property_changed(properties[0].id)
        client.lead_changed(999_999_999)  # gone by the time its task runs
    with Session(engine, expire_on_commit=False) as session:
        late = make_lead(session, session.get_one(type(market[0]), market[0].id))
        session.commit()
    client.lead_changed(late.id)  # the queue is first in, first out: when this is done, so is all before it
    wait_for(lambda: late.id in lists(engine))

    assert {k: v for k, v in lists(engine).items() if k != late.id} == once
    with Session(engine) as session:
        assert session.scalars(select(RescoringShard.attempts)).all() == [1]
        assert session.scalar(select(Lead.id).where(Lead.id == late.id)) == late.id


def _scalar(engine, query):
    with Session(engine) as session:
        return session.scalar(query)


def test_a_bulk_load_is_left_to_the_queue_of_runs(engine, market, start_worker):
    buyer, _, _ = market
    with Session(engine) as session:  # as an import does: many rows, and nobody told
        owner = session.get_one(type(buyer), buyer.id)
        for _ in range(310):
            make_lead(session, owner)
        session.commit()
    start_worker("entities")  # a worker that starts sweeps
    wait_for(lambda: _scalar(engine, text("SELECT count(*) FROM rescoring_runs WHERE scope = 'stale'")))
    assert len(lists(engine)) < 300  # nobody who serves fresh entities has taken it on
    start_worker("runs")
    wait_for(lambda: len(lists(engine)) == 315, what="the lists of all")
