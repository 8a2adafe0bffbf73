"""GET /events sends the ids of a user's changed rows over a real socket, starting where a reader stopped."""

from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.http import live_updates, long_lived
from api.http.services import services_of
from models.accounts.users import User
from models.core.enums import ActionKind, DealType, Role, Side
from models.deals import live_changes
from models.deals.chats import open_chat, post_message
from models.deals.live_changes import changes_since, current_moment
from models.deals.matches import act
from tests.factories import make_lead, make_property
from tests.sockets import FOR_EVER, served
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for
from worker.lists import rescore


@pytest.fixture
def address(app, monkeypatch):
    monkeypatch.setattr(live_updates, "LIFETIME_SECONDS", FOR_EVER)
    monkeypatch.setattr(live_updates, "CHECK_INTERVAL_SECONDS", 0.05)
    with served(app) as place:
        yield f"http://{place}"


@pytest.fixture
def pair(person, database):
    """(realtor with a lead, realtor with a property, the arguments of an action on the pair)."""
    buyer, seller = person(Role.REALTOR), person(Role.REALTOR)
    lead = make_lead(database, database.get(User, buyer.id))
    listing = make_property(database, database.get(User, seller.id))
    database.commit()
    return buyer, seller, {"lead_id": lead.id, "property_id": listing.id}


@contextmanager
def reading(address, reader, **headers):
    """A function that returns (id, kind, ids) of the next event; comments and settings are skipped."""
    headers = {"Authorization": f"Bearer {reader.token}", **headers}
    with httpx.stream("GET", f"{address}/events", headers=headers, timeout=WAIT_LIMIT_SECONDS) as answer:
        assert answer.status_code == 200, answer.read()
        lines = answer.iter_lines()

        def event():
            fields = {}
            for line in lines:
                name, _, value = line.partition(": ")
                fields |= {name: value} if name else {}
                if not line and "data" in fields:
                    return fields["id"], fields["event"], httpx.Response(200, text=fields["data"]).json()["ids"]
            raise AssertionError("the stream has ended")

        yield event


def test_only_the_two_owners_of_a_match_get_its_event(address, person, pair, database):
    buyer, seller, ids = pair
    other = person()
    with reading(address, buyer) as mine, reading(address, seller) as theirs, reading(address, other) as others:
        assert [event()[1] for event in (mine, theirs, others)] == ["hello"] * 3
        liked = buyer("POST", f"/leads/{ids['lead_id']}/property-recommendations/{ids['property_id']}/action",
                      json={"action": "LIKE"})  # fmt: skip
        assert mine()[1:] == ("match", [liked.json["match_id"]])
        assert theirs()[1:] == ("match", [liked.json["match_id"]])
        # The first event that the third reader gets is their own.
        who = {"buyer_id": other.id, "seller_id": seller.id, "property_id": ids["property_id"]}
        chat, _ = open_chat(database, database.get(User, other.id), **who)
        database.commit()
        assert others()[1:] == ("chat", [str(chat.id)])


def test_lists_that_a_worker_publishes_cause_events(address, pair, new_worker_session):
    buyer, seller, ids = pair
    with reading(address, buyer) as mine, reading(address, seller) as theirs:
        mine(), theirs()
        with new_worker_session() as session:
            rescore.reconcile_market(session, ("geo:524901", DealType.SALE))

        assert mine()[1:] == ("lead_recommendations", [str(ids["lead_id"])])
        assert theirs()[1:] == ("property_recommendations", [str(ids["property_id"])])


def test_a_reader_who_reconnects_gets_the_missed_events_once(address, pair, database):
    buyer, seller, ids = pair
    with reading(address, buyer) as event:
        last, *_ = event()
    match = act(database, database.get(User, seller.id), Side.PROPERTY, kind=ActionKind.LIKE, **ids)
    database.commit()
    with reading(address, buyer, **{"Last-Event-ID": last}) as event:
        event()
        last, *received = event()
        assert received == ["match", [str(match.id)]]
    with reading(address, buyer, **{"Last-Event-ID": last}) as event:
        event()
        who = {"buyer_id": buyer.id, "seller_id": seller.id, "property_id": ids["property_id"]}
        chat, _ = open_chat(database, database.get(User, buyer.id), **who)
        post_message(database, database.get(User, seller.id), chat.id, "?")
        database.commit()
        assert event()[1:] == ("chat", [str(chat.id)])


def test_a_transaction_that_ends_late_is_not_missed(engine, pair, database):
    """Its number is lower than those that readers have already received."""
    buyer, seller, ids = pair
    like = {"kind": ActionKind.LIKE, **ids}
    with Session(engine) as late, Session(engine) as reader:
        match_id = act(late, late.get(User, seller.id), Side.PROPERTY, **like).id
        database.execute(text("UPDATE users SET name = 'x' WHERE id = :id"), {"id": buyer.id})
        database.commit()
        before = changes_since(reader, buyer.id, current_moment(reader))
        reader.rollback()
        late.commit()
        after = changes_since(reader, buyer.id, before.moment)

    assert (list(before.written["match"]), list(after.written["match"])) == ([], [match_id])


def test_too_much_or_too_old_is_a_reset(address, pair, database, monkeypatch):
    buyer, seller, ids = pair
    with reading(address, buyer) as event:
        first, *_ = event()
    monkeypatch.setattr(live_changes, "MAX_IDS", 0)
    act(database, database.get(User, seller.id), Side.PROPERTY, kind=ActionKind.LIKE, **ids)
    database.commit()
    for last in (first, "9" * 18):
        with reading(address, buyer, **{"Last-Event-ID": last}) as event:
            event()
            assert event()[1:] == ("reset", [])


def test_an_empty_event_id_counts_as_missing(address, pair):
    buyer, _, ids = pair
    with reading(address, buyer, **{"Last-Event-ID": ""}) as event:
        assert event()[1] == "hello"
        liked = buyer("POST", f"/leads/{ids['lead_id']}/property-recommendations/{ids['property_id']}/action",
                      json={"action": "LIKE"})  # fmt: skip
        assert event()[1:] == ("match", [liked.json["match_id"]])


def test_an_invalid_event_id_is_refused(person):
    assert person()("GET", "/events", headers={"Last-Event-ID": "yesterday"}).status_code == 400
    assert person()("GET", "/events?last_event_id=-1").status_code == 400


def test_readers_are_few_and_free_their_places(app, address, person, monkeypatch):
    budget = services_of(app).long_lived
    monkeypatch.setattr(budget, "_max_of_kind", {long_lived.EVENTS: 1})
    reader = person()
    with reading(address, reader) as event:
        event()
        full = reader("GET", "/events")
        assert (full.status_code, full.headers["Retry-After"]) == (429, "5")
    wait_for(lambda: budget.open == 0)


def test_one_user_takes_half_of_the_places_and_leaves_the_rest_to_others(app, address, person, monkeypatch):
    budget = services_of(app).long_lived
    monkeypatch.setattr(budget, "_max_of_kind", {long_lived.EVENTS: 4})
    greedy, other = person(), person()
    with reading(address, greedy) as first:
        with reading(address, greedy) as second:
            first(), second()
            full = greedy("GET", "/events")
            assert (full.status_code, full.headers["Retry-After"]) == (429, "5")
            assert full.json["error_code"] == "live.too_many"
            with reading(address, other) as theirs:
                assert theirs()[1] == "hello"
        wait_for(lambda: budget.open == 1)
        with reading(address, greedy) as again:  # the place of a stream that has ended is free again
            assert again()[1] == "hello"
    wait_for(lambda: budget.open == 0)


def test_without_redis_the_answer_is_503(app, person, valkey_server):
    reader = person()
    valkey_server.stop()
    try:
        assert reader("GET", "/events").status_code == 503
    finally:
        valkey_server.start()
    assert services_of(app).long_lived.open == 0
