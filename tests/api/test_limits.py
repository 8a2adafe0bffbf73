"""Limits, with Redis and without it; headers; proxies; other origins; the log."""

import logging

import pytest
from limits import parse
from sqlalchemy import select

from api.http.limit_counters import LimitCounters
from api.server.app import create_app
from models.accounts.audit import AuditEntry
from models.core.errors import TooManyError
from models.platform.settings import Settings

TWO = parse("2 per minute")


def test_a_limit_is_per_key_and_says_when_to_come_back(redis_url):
    limits = LimitCounters(redis_url)
    for _ in range(2):
        limits.count_call(TWO, "door", "10.0.0.1")

    with pytest.raises(TooManyError) as refused:
        limits.count_call(TWO, "door", "10.0.0.1")
    assert 0 < refused.value.retry_after_seconds <= 60
    limits.count_call(TWO, "door", "10.0.0.2")
    limits.count_call(TWO, "other", "10.0.0.1")


def test_two_processes_share_their_counts(redis_url):
    one, other = LimitCounters(redis_url), LimitCounters(redis_url)
    one.count_call(TWO, "door", "a")
    other.count_call(TWO, "door", "a")

    with pytest.raises(TooManyError):
        one.count_call(TWO, "door", "a")


def test_checking_costs_nothing(redis_url):
    limits = LimitCounters(redis_url)
    for _ in range(5):
        limits.check(TWO, "door", "a")
    limits.count_call(TWO, "door", "a")


def test_without_redis_sign_in_limits_are_kept_in_memory():
    limits = LimitCounters("redis://127.0.0.1:1")
    for _ in range(2):
        limits.count_call(TWO, "door", "a")

    with pytest.raises(TooManyError):
        limits.count_call(TWO, "door", "a")


def client_with(process_environment, **variables):
    return create_app(Settings.from_env(process_environment | variables)).test_client()


def test_sign_in_is_limited_by_address(client):
    body = {"username": "a@example.com", "password": "x"}

    def login(address: str) -> int:
        body["username"] = f"{address}@example.com"
        return client.post("/users/reset", json={"phone": "+1"}, environ_base={"REMOTE_ADDR": address}).status_code

    assert [login("10.0.0.1") for _ in range(61)] == [400] * 60 + [429]
    assert login("10.0.0.2") == 400


def test_a_strangers_x_forwarded_for_counts_for_nothing(client):
    for number in range(61):
        answer = client.post("/users/reset", json={"phone": "+1"}, headers={"X-Forwarded-For": f"10.0.0.{number}"})
    assert answer.status_code == 429


def test_behind_a_configured_proxy_each_client_counts_alone(process_environment):
    client = client_with(process_environment, TRUSTED_PROXIES="1")
    for number in range(61):
        # The proxy appends the address that it saw; the client could have sent any values before it.
        answer = client.post(
            "/users/reset", json={"phone": "+1"}, headers={"X-Forwarded-For": f"6.6.6.6, 10.0.0.{number}"}
        )
    assert answer.status_code == 400


def test_an_ipv6_network_has_a_single_limit(client):
    def tries(network: str, count: int) -> list[int]:
        return [
            client.post(
                "/users/reset", json={"phone": "+1"}, environ_base={"REMOTE_ADDR": f"{network}::{number:x}"}
            ).status_code
            for number in range(1, count + 1)
        ]

    assert tries("2001:db8:1:2", 61) == [400] * 60 + [429]
    assert tries("2001:db8:1:3", 1) == [400]


@pytest.mark.parametrize(
    "seen, address",
    [
        ("", None),  # a UNIX socket
        ("203.0.113.7:51234", "203.0.113.7"),
        ("[2001:db8::7]:51234", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", None),
    ],
)
def test_sign_in_works_whatever_client_address_a_proxy_sends(client, database, seen, address):
    phone, came_from = {"phone": "+77010000099"}, {"REMOTE_ADDR": seen}

    assert client.post("/users/reset", json=phone, environ_base=came_from).status_code == 200
    refused = client.post("/users/token", json=phone | {"activation_code": "x"}, environ_base=came_from)
    assert refused.status_code == 401
    noted = database.scalar(select(AuditEntry).where(AuditEntry.action == "code_refused"))
    assert noted.address == address


def test_the_lead_generation_api_takes_a_hundred_a_minute_from_one_address(client):
    answers = [client.get("/api/nothing").status_code for _ in range(101)]

    assert answers == [404] * 100 + [429]
    assert client.get("/api/health").status_code != 429


def test_answers_carry_safe_headers(client):
    for path in ("/health", "/nothing", "/auth/me", "/docs/"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert client.get("/health").headers["Cache-Control"] == "no-store"


def test_pages_of_other_origins_are_kept_out_unless_named(process_environment, client):
    origin = {"Origin": "https://app.example.com"}
    named = client_with(process_environment, CORS_ORIGINS="https://app.example.com, https://b.example.com")

    assert "Access-Control-Allow-Origin" not in client.get("/health", headers=origin).headers
    allowed = named.get("/health", headers=origin).headers
    assert allowed["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "X-Pagination" in allowed["Access-Control-Expose-Headers"]  # the count of lists that are bare arrays
    assert "Access-Control-Allow-Origin" not in named.get("/health", headers={"Origin": "https://evil.example"}).headers


def test_the_log_of_requests_holds_no_query(client, caplog):
    with caplog.at_level(logging.INFO, "api.http.request_log"):
        client.get("/redoc?token=secret-token")

    [entry] = [record for record in caplog.records if record.name == "api.http.request_log"]
    assert (entry.method, entry.route, entry.status) == ("GET", "/redoc", 200)
    assert "secret-token" not in repr(vars(entry))
