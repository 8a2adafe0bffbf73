"""The events for webhooks, which are stored in the same transaction as the change."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models.accounts.users import User
from models.core.enums import ActionKind, Role, RunScope, Side
from models.deals.completion import complete, object_to_completion
from models.deals.inquiries import create_inquiry
from models.deals.matches import act
from models.leadgen.prospects import add_prospects
from models.rescoring.runs import cancel_run, request_run
from models.upkeep.erasure import erase_user, export_user
from models.upkeep.retention import delete_expired
from models.webhooks.endpoints import add_endpoint
from models.webhooks.tables import Delivery, Endpoint, Event, EventType
from tests.factories import make_lead, make_property, make_user

URL = "https://example.com/hooks"
ALL_OF_REALTORS = [
    type_
    for type_ in EventType
    if type_ not in (EventType.WEBHOOK_TEST, EventType.RUN_FINISHED, EventType.PROSPECT_CREATED)
]


def subscribe(session, owner, *types):
    return add_endpoint(session, owner, {"url": URL, "types": types or ALL_OF_REALTORS})


def event_types(session, owner):
    query = select(Event.type).where(Event.owner_id == owner.id).order_by(Event.id)
    return [str(type_) for type_ in session.scalars(query)]


@pytest.fixture
def pair(session):
    """Two realtors with all of their events subscribed, and the arguments of an action on their pair."""
    buyer, seller = make_user(session), make_user(session)
    lead, found = make_lead(session, buyer), make_property(session, seller)
    for owner in (buyer, seller):
        subscribe(session, owner)
    return buyer, seller, {"lead_id": lead.id, "property_id": found.id, "kind": ActionKind.LIKE}


def test_a_deal_causes_events_from_the_first_like_to_the_objection(session, pair):
    buyer, seller, like = pair
    act(session, buyer, Side.LEAD, **like)
    act(session, buyer, Side.LEAD, **like)  # a repetition causes no event
    assert (event_types(session, buyer), event_types(session, seller)) == ([], ["like.received"])
    match = act(session, seller, Side.PROPERTY, **like)
    complete(session, buyer, match.id)
    object_to_completion(session, seller, match.id)

    both = ["match.created", "contacts.shared", "deal.completed", "deal.undone"]
    assert event_types(session, buyer) == both
    assert event_types(session, seller) == ["like.received", *both]
    assert {event.subject for event in session.scalars(select(Event))} == {f"match:{match.id}"}


def test_events_hold_ids_and_no_personal_data(session, pair):
    buyer, seller, like = pair
    match = act(session, buyer, Side.LEAD, **like)
    [event] = session.scalars(select(Event))

    assert event.facts == {
        "match_id": str(match.id), "lead_id": str(like["lead_id"]), "property_id": str(like["property_id"])
    }  # fmt: skip


def test_an_uncommitted_change_causes_no_event(session, pair):
    buyer, seller, like = pair
    session.commit()
    act(session, buyer, Side.LEAD, **like)
    session.rollback()

    assert event_types(session, seller) == []


def test_nothing_is_stored_where_nobody_wants_it(session):
    owner, tenant = make_user(session), make_user(session, Role.TENANT)
    subscribe(session, owner, EventType.MATCH_CREATED)
    off = subscribe(session, owner, EventType.INQUIRY_CREATED)
    off.is_enabled, off.disabled_reason = False, "owner"
    session.flush()
    create_inquiry(session, tenant, make_property(session, owner))

    assert session.scalars(select(Event)).all() == []


def test_the_owner_gets_an_inquiry_at_each_endpoint(session):
    owner, tenant = make_user(session), make_user(session, Role.TENANT)
    endpoints = {subscribe(session, owner, EventType.INQUIRY_CREATED).id for _ in range(2)}
    listing = make_property(session, owner)
    create_inquiry(session, tenant, listing)
    create_inquiry(session, tenant, listing)

    assert event_types(session, owner) == ["inquiry.created"]
    assert set(session.scalars(select(Delivery.endpoint_id))) == endpoints


def test_only_administrators_get_events_of_runs_and_prospects(session):
    admin, realtor = make_user(session, Role.ADMIN), make_user(session)
    subscribe(session, admin, EventType.RUN_FINISHED, EventType.PROSPECT_CREATED)
    endpoint = subscribe(session, realtor)
    endpoint.types = ["run.finished", "prospect.created"]  # as if a role had changed since
    run, _ = request_run(session, RunScope.ALL, "test")
    cancel_run(session, run.id)
    added = add_prospects(session, [{"source": "olx", "phone": f"+7701000000{n}", "name": "Пётр"} for n in range(3)])

    assert event_types(session, admin) == ["run.finished"] + ["prospect.created"] * 3
    assert event_types(session, realtor) == []
    facts = session.scalars(select(Event.facts).where(Event.type == EventType.PROSPECT_CREATED).order_by(Event.id))
    assert [each["prospect_id"] for each in facts] == [str(each.prospect.id) for each in added]


def test_an_erased_user_leaves_no_webhooks_and_an_export_shows_them_without_secrets(session, pair):
    buyer, seller, like = pair
    act(session, buyer, Side.LEAD, **like)
    exported = export_user(session, seller)
    assert [row["url"] for row in exported["webhooks"]] == [URL]
    assert not {"secret", "old_secret"} & set(exported["webhooks"][0])
    assert (len(exported["webhook_events"]), len(exported["webhook_deliveries"])) == (1, 1)

    erase_user(session, session.get(User, seller.id))

    assert session.scalars(select(Endpoint.owner_id)).all() == [buyer.id]
    assert session.scalars(select(Event)).all() == session.scalars(select(Delivery)).all() == []


def test_the_log_is_kept_for_thirty_days(session, pair):
    buyer, seller, like = pair
    act(session, buyer, Side.LEAD, **like)
    session.execute(update(Delivery).values(state="delivered"))
    session.execute(update(Event).values(created_at=Event.created_at - timedelta(days=29)))
    assert delete_expired(session)["webhook_events"] == 0
    session.execute(update(Event).values(created_at=Event.created_at - timedelta(days=2)))

    assert delete_expired(session)["webhook_events"] == 1
    assert session.scalars(select(Delivery)).all() == []
