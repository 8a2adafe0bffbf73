"""Live updates over real sockets, and health while a service is down or hangs."""

import json
import socket
import threading

import httpx
import pytest
import redis
from sqlalchemy.orm import Session
from websockets.exceptions import ConnectionClosed
from websockets.sync import client as sockets

from api.http import long_lived
from api.http.services import services_of
from api.leadgen import health, live
from api.leadgen.health import Probe, ask_redis
from models.accounts.api_keys import create_api_key
from models.leadgen.events import CHANGED, STREAM, EventKind, publish
from tests.api.leadgen import make_ad, make_campaign, make_contact, send
from tests.sockets import FOR_EVER, served
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for


@pytest.fixture
def app(app_with):
    return app_with(ENVIRONMENT="local")


@pytest.fixture
def address(app, monkeypatch):
    """host:port of a real server whose live connections end with their readers."""
    monkeypatch.setattr(live, "LIFETIME_SECONDS", FOR_EVER)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(live, "CHECK_INTERVAL_SECONDS", 0.1)
    with served(app) as place:
        yield place


@pytest.fixture
def read(address):
    """A function that opens an event stream, with further headers; all are closed after the test."""
    readers = []

    def start(**headers):
        readers.append(Reader(address, **headers))
        return readers[-1]

    yield start
    for reader in readers:
        reader.close()


@pytest.fixture
def stream(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        yield client


def connect(url, headers=None):
    """
    A socket that notices its end quickly. After the closing handshake this client waits until the connection is closed
    or its next ping fails, and by default it pings only every 20 seconds.
    """
    return sockets.connect(
        url,
        additional_headers=headers,
        open_timeout=WAIT_LIMIT_SECONDS,
        close_timeout=0.5,
        ping_interval=0.2,
        ping_timeout=None,
    )


class Reader:
    """Server-sent events, one at a time."""

    def __init__(self, address, **headers):
        self.answer = httpx.stream("GET", f"http://{address}/api/events", headers=headers, timeout=WAIT_LIMIT_SECONDS)
        self.lines = self.answer.__enter__().iter_lines()

    def event(self):
        """(id, kind, data) of the next event; comments and settings are skipped."""
        fields = {}
        for line in self.lines:
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
            if not line and "data" in fields:
                return fields["id"], fields["event"], json.loads(fields["data"])
        raise AssertionError("the stream has ended")

    def close(self):
        self.answer.__exit__(None, None, None)


def test_event_streams_and_sockets_get_a_new_lead(app, address, read):
    client = app.test_client()
    ad = make_ad(client)
    reader = read()
    with connect(f"ws://{address}/api/ws") as socket:
        assert reader.event()[1] == json.loads(socket.recv())["type"] == "hello"

        made = make_contact(client, ad_id=ad["id"])

        expected = {name: made[name] for name in ("source", "campaign_id", "niche_id")} | {"lead_id": made["id"]}
        event_id, kind, data = reader.event()
        assert (kind, data) == ("lead.created", expected)
        assert json.loads(socket.recv()) == {"id": event_id, "type": kind, "data": expected}
        _, kind, data = reader.event()
        assert (kind, data["campaign_id"], data["total_leads"]) == ("campaign.stats", ad["campaign_id"], 1)


def test_a_status_that_does_not_change_causes_no_event(app, stream):
    client = app.test_client()
    made = make_ad(client)
    for status in ("active", "active"):
        send(client, "PATCH", f"/api/campaigns/{made['campaign_id']}/status", json={"status": status})

    kinds = [fields[b"type"] for _, fields in stream.xrange(STREAM)]

    assert kinds.count(b"campaign.status") == 1


def test_pages_are_notified_of_every_change_that_they_show_even_without_an_event(app, monkeypatch):
    notified = []
    monkeypatch.setattr("api.leadgen.announce.live_updates.notify", lambda redis, channel: notified.append(channel))
    client = app.test_client()
    campaign = make_campaign(client)  # and its niche
    ad = make_ad(client, campaign["id"])
    lead = make_contact(client)
    at = f"/api/leads/{lead['id']}"
    send(client, "PATCH", at + "/status", json={"status": "won", "revenue": 1})
    assert notified == [CHANGED] * 2

    send(client, "PATCH", f"/api/ads/{ad['id']}", json={"title": "x"})
    send(client, "PATCH", at + "/status", json={"status": "won", "revenue": 2})
    send(client, "POST", at + "/messages", json={"message": "?", "sender": "lead", "platform": "olx"})
    send(client, "PATCH", f"/api/niches/{campaign['niche_id']}", json={"name": "x"})

    assert notified == [CHANGED] * 6


def test_events_hold_no_personal_data(app, stream):
    client = app.test_client()
    ad = make_ad(client)
    make_contact(client, ad_id=ad["id"], name="Тайна", notes="секрет", platform_user_id="acc123")

    sent = repr(stream.xrange(STREAM)) + json.dumps([json.loads(f[b"data"]) for _, f in stream.xrange(STREAM)])

    for secret in ("7771234567", "acc123", "Тайна", "секрет"):
        assert secret not in sent


def test_a_reader_who_was_away_gets_what_was_missed(address, read, stream):
    publish(stream, EventKind.CAMPAIGN_STATUS, {"n": 1})
    [(seen, _)] = stream.xrange(STREAM)
    publish(stream, EventKind.CAMPAIGN_STATUS, {"n": 2})

    reader = read(**{"Last-Event-ID": seen.decode()})
    with connect(f"ws://{address}/api/ws?last_event_id={seen.decode()}") as socket:
        assert [reader.event()[1:] for _ in range(2)] == [("hello", {}), ("campaign.status", {"n": 2})]
        assert [json.loads(socket.recv())["data"] for _ in range(2)] == [{}, {"n": 2}]


@pytest.mark.parametrize("last", ["1-0", "9999999999999-0"])
def test_a_reader_who_was_away_too_long_learns_that_events_were_lost(read, stream, last):
    publish(stream, EventKind.CAMPAIGN_STATUS, {"n": 1})

    reader = read(**{"Last-Event-ID": last})

    assert [reader.event()[1] for _ in range(2)] == ["hello", "gap"]


@pytest.mark.parametrize("name", ["Last-Event-ID", "last-event-id"])
def test_a_reader_is_resumed_whatever_other_headers_it_sends(read, stream, name):
    publish(stream, EventKind.CAMPAIGN_STATUS, {"n": 1})
    [(seen, _)] = stream.xrange(STREAM)
    publish(stream, EventKind.CAMPAIGN_STATUS, {"n": 2})

    reader = read(**{f"X-Of-A-Proxy-{number}": "x" for number in range(40)}, **{name: seen.decode()})

    assert [reader.event()[1:] for _ in range(2)] == [("hello", {}), ("campaign.status", {"n": 2})]


def test_an_empty_event_id_counts_as_missing(read, stream):
    publish(stream, EventKind.CAMPAIGN_STATUS, {"n": 1})

    reader = read(**{"Last-Event-ID": ""})

    assert reader.event()[1] == "hello"
    publish(stream, EventKind.CAMPAIGN_STATUS, {"n": 2})
    assert reader.event()[2] == {"n": 2}


def test_an_invalid_event_id_is_refused(app, address):
    client = app.test_client()
    refused = send(client, "GET", "/api/events", 400, headers={"Last-Event-ID": "yesterday"})
    assert [fault["code"] for fault in refused["faults"]] == ["event.not_an_id"]
    send(client, "GET", f"/api/events?last_event_id={2**64}-0", 400)
    # The header takes precedence, but a bad id in the address is still refused.
    send(client, "GET", "/api/events?last_event_id=yesterday", 400, headers={"Last-Event-ID": "1-0"})
    with connect(f"ws://{address}/api/ws?last_event_id=yesterday") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv()
    assert closed.value.rcvd.code == 1008


def test_readers_are_few_and_free_their_slots(app, address, read, monkeypatch):
    budget = services_of(app).long_lived
    monkeypatch.setattr(budget, "_max_of_kind", {long_lived.EVENTS: 2})
    first = read()
    first.event()
    with connect(f"ws://{address}/api/ws") as second:
        second.recv()

        full = httpx.get(f"http://{address}/api/events", timeout=WAIT_LIMIT_SECONDS)
        assert (full.status_code, full.headers["Retry-After"]) == (429, "5")
        with connect(f"ws://{address}/api/ws") as third, pytest.raises(ConnectionClosed) as closed:
            third.recv()
        assert closed.value.rcvd.code == 1013

    first.close()
    wait_for(lambda: budget.open == 0)


def test_a_socket_is_closed_in_good_time(address, monkeypatch):
    monkeypatch.setattr(live, "LIFETIME_SECONDS", 0.3)
    with connect(f"ws://{address}/api/ws") as socket:
        socket.recv()
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv()
    assert closed.value.rcvd.code == 1001


def test_a_write_succeeds_while_redis_is_away(app, valkey_server):
    client = app.test_client()
    ad = make_ad(client)
    valkey_server.stop()
    try:
        made = make_contact(client, 201, ad_id=ad["id"])
        health = send(client, "GET", "/api/health", 503)
        send(client, "GET", "/api/events", 503)
    finally:
        valkey_server.start()

    assert send(client, "GET", f"/api/leads/{made['id']}")["id"] == made["id"]
    assert health["services"] == {"database": "connected", "redis": "disconnected"}
    assert health["status"] == "unhealthy"


def test_health_answers_within_a_second_while_the_database_hangs(app, monkeypatch):
    hanging = threading.Event()
    monkeypatch.setattr(health, "ask_database", lambda _: hanging.wait())
    client = app.test_client()
    try:
        answers = [send(client, "GET", "/api/health", 503)["services"]["database"] for _ in range(2)]
    finally:
        hanging.set()

    assert answers == ["disconnected"] * 2
    assert health.TIMEOUT_SECONDS < 1


def test_requests_during_a_hanging_probe_wait_for_the_same_probe():
    hanging, calls = threading.Event(), []

    def ask():
        calls.append(1)
        hanging.wait(WAIT_LIMIT_SECONDS)

    probe = Probe(ask)
    answers = {probe.begin() for _ in range(5)}
    hanging.set()

    assert len(answers) == len(calls) == 1
    assert answers.pop().result(timeout=WAIT_LIMIT_SECONDS) is None


def test_a_redis_that_hangs_is_given_up(short_redis_timeouts):
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(redis.RedisError):
        ask_redis(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")


def test_one_key_takes_half_of_the_slots_and_leaves_the_rest_to_others(app, address, read, engine, monkeypatch):
    budget = services_of(app).long_lived
    monkeypatch.setattr(budget, "_max_of_kind", {long_lived.EVENTS: 2})
    with Session(engine) as session:
        greedy, other = ({"X-API-Key": create_api_key(session, name)[1]} for name in ("greedy", "other"))
        session.commit()
    first = read(**greedy)
    first.event()

    with httpx.stream("GET", f"http://{address}/api/events", headers=greedy, timeout=WAIT_LIMIT_SECONDS) as full:
        assert full.status_code == 429
    with connect(f"ws://{address}/api/ws", greedy) as second, pytest.raises(ConnectionClosed) as closed:
        second.recv(timeout=WAIT_LIMIT_SECONDS)
    assert closed.value.rcvd.code == 1013
    assert read(**other).event()[1] == "hello"

    first.close()
    wait_for(lambda: budget.open == 1)
    assert read(**greedy).event()[1] == "hello"
