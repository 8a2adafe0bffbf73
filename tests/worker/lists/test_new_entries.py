"""Webhooks of new recommendations: stored with the lists, once for each pair, and only for subscribers."""

import pytest
from sqlalchemy import delete, func, select, text

from models.accounts.users import User
from models.core.enums import DealType, RunScope
from models.market.properties import Property
from models.rescoring.runs import request_run
from models.upkeep.retention import delete_expired
from models.webhooks.endpoints import add_endpoint, change_endpoint
from models.webhooks.tables import AnnouncedPair, Delivery, Event, EventType
from tests.factories import make_lead, make_property, make_user
from tests.resolver import replace_in_this_thread
from tests.statements import statements_on
from worker.jobs.runs import begin_run, run_shard
from worker.lists import rescore

MOSCOW = ("geo:524901", DealType.SALE)
CREATED = EventType.RECOMMENDATION_CREATED


@pytest.fixture
def scenario(new_worker_session):
    """(session, the buyer's subscribed endpoint, the buyer's lead, the seller)."""
    with new_worker_session() as session:
        buyer, seller = make_user(session), make_user(session)
        lead = make_lead(session, buyer)
        endpoint = add_endpoint(session, buyer, {"url": "https://example.com/", "types": [CREATED]})
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()
        yield session, endpoint, lead, seller


def offered(session, seller, **fields):
    listing = make_property(session, seller, **fields)
    session.commit()
    rescore.reconcile_market(session, MOSCOW)
    session.commit()
    return listing


def event_facts(session):
    return session.scalars(select(Event.facts).order_by(Event.id)).all()


def test_the_owner_of_a_list_gets_an_event_for_a_new_recommendation(scenario):
    session, endpoint, lead, seller = scenario
    found = offered(session, seller)

    [facts] = event_facts(session)
    score = session.scalar(text("SELECT scores[1] FROM lead_recommendations"))
    assert facts == {
        "list": "lead", "lead_id": str(lead.id), "property_id": str(found.id), "match_score": round(score, 2)
    }  # fmt: skip
    assert session.scalars(select(Delivery.endpoint_id)).all() == [endpoint.id]


def test_each_side_gets_events_of_its_own_list(scenario):
    session, _, lead, seller = scenario
    add_endpoint(session, seller, {"url": "https://example.com/", "types": [CREATED]})
    offered(session, seller)

    assert sorted(facts["list"] for facts in event_facts(session)) == ["lead", "property"]


def test_a_score_below_the_endpoints_threshold_causes_no_event_until_it_rises(scenario):
    session, endpoint, lead, seller = scenario
    change_endpoint(session, session.get(User, endpoint.owner_id), endpoint, {"min_score": 95})
    found = offered(session, seller, price=24_500_000, area=30)
    assert event_facts(session) == []

    session.execute(text("UPDATE properties SET price = 12500000, area = 60 WHERE id = :id"), {"id": found.id})
    session.commit()
    rescore.reconcile_market(session, MOSCOW)
    session.commit()

    assert [facts["property_id"] for facts in event_facts(session)] == [str(found.id)]


def test_a_pair_that_returns_causes_no_second_event(scenario):
    session, _, lead, seller = scenario
    found = offered(session, seller)
    for status in ("ARCHIVED", "ACTIVE"):
        session.execute(
            text("UPDATE properties SET status = :status WHERE id = :id"), {"status": status, "id": found.id}
        )
        session.commit()
        rescore.reconcile_market(session, MOSCOW)
        session.commit()

    assert session.scalar(text("SELECT property_ids FROM lead_recommendations")) == [found.id]
    assert len(event_facts(session)) == 1


def test_entries_from_before_the_endpoint_was_added_are_not_new(scenario):
    session, endpoint, lead, seller = scenario
    buyer = session.get(User, endpoint.owner_id)
    session.delete(endpoint)
    offered(session, seller)
    add_endpoint(session, buyer, {"url": "https://example.com/", "types": [CREATED]})
    later = offered(session, seller)

    assert [facts["property_id"] for facts in event_facts(session)] == [str(later.id)]


def test_a_full_run_sends_events_for_new_entries(scenario):
    session, _, lead, seller = scenario
    found = [make_property(session, seller) for _ in range(3)]
    session.commit()
    run, _ = request_run(session, RunScope.ALL, "test")
    session.commit()
    for shard_id in begin_run(run.id):
        run_shard(shard_id)

    assert {facts["property_id"] for facts in event_facts(session)} == {str(each.id) for each in found}


def test_lists_that_are_not_stored_cause_no_event(scenario, monkeypatch):
    session, _, lead, seller = scenario
    make_property(session, seller)
    session.commit()
    replace_in_this_thread(monkeypatch, type(session), "commit", lambda self: None)
    rescore.reconcile_market(session, MOSCOW)
    session.rollback()

    assert event_facts(session) == [] and session.scalar(select(func.count()).select_from(AnnouncedPair)) == 0


def test_without_an_endpoint_each_publication_looks_once_and_stores_nothing(scenario):
    session, endpoint, lead, seller = scenario
    session.delete(endpoint)
    make_property(session, seller)
    session.commit()
    with statements_on(session.get_bind()) as statements:
        rescore.reconcile_market(session, MOSCOW)

    assert not [each for each in statements if "new_entries" in each or "told_pairs" in each]
    assert event_facts(session) == []


def test_pairs_of_deleted_rows_are_forgotten(scenario):
    session, _, lead, seller = scenario
    kept, gone = offered(session, seller), offered(session, seller)
    session.execute(delete(Property).where(Property.id == gone.id))
    delete_expired(session)

    assert session.scalars(select(AnnouncedPair.property_id)).all() == [kept.id]
