"""The effects of settings on requests, and small errors that say what is wrong."""

import inspect
import runpy

import pytest
import redis
from gunicorn import util
from gunicorn.http.body import LengthReader
from gunicorn.http.wsgi import Response
from gunicorn.workers import base
from gunicorn.workers.gthread import TConn, ThreadWorker

from api.http.long_lived import CHAT, EVENTS, PAGE, LongLived
from api.http.services import services_of
from models.core.errors import SettingsError
from tests.conftest import ROOT
from tests.factories import make_user, property_body, token_header

# -- ENVIRONMENT is not set
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [
        ("127.0.0.1", None, 200),
        ("127.9.9.9", None, 200),
        ("::1", None, 200),
        ("203.0.113.7", None, 403),
        ("10.0.0.1", None, 403),
        ("127.0.0.1", "203.0.113.7", 403),  # a proxy on this machine hands on a stranger's request
        ("127.0.0.1", "127.0.0.1", 200),
    ],
)
def test_without_an_environment_only_this_machine_has_access(app_with, address, forwarded, status):
    app = app_with(ENVIRONMENT="")
    client = app.test_client()
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    for path in ("/health", "/console/sign-in", "/openapi.json"):
        answer = client.get(path, environ_base={"REMOTE_ADDR": address}, headers=headers)
        assert answer.status_code == status
    body = {"phone": "+77011234567"}
    answer = client.post("/users/reset", json=body, environ_base={"REMOTE_ADDR": address}, headers=headers)
    assert answer.status_code == status
    app.broken_promises.clear()  # the document promises what a system answers that is set up


def test_with_an_environment_everybody_has_access(app_with):
    client = app_with(ENVIRONMENT="local").test_client()

    assert client.get("/health/live", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 200


# -- What is not set up is off
# ------------------------------------------------------------------------------------------

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "kR3v-0qXz_9bTn2mWc7LfYh5sPdGa8JeU4iO1",
    "TELEGRAM_BOT_SECRET": "kR3v-0qXz_9bTn2mWc7LfYh5sPdGa8JeU4iO1",
}


@pytest.mark.parametrize(
    ("path", "body", "setting"),
    [
        (
            "/users/register",
            {"first_name": "A", "last_name": "B", "role": "user", "phone": "+77011234567"},
            "SMS_GATEWAY_URL",
        ),
        ("/users/reset", {"phone": "+77011234567"}, "SMS_GATEWAY_URL"),
        ("/auth/email", {"email": "a@example.com"}, "SMTP_URL"),
        ("/auth/telegram", {"telegram_auth_data": {"id": 1}}, "TELEGRAM_BOT_TOKEN"),
    ],
)  # fmt: skip
def test_a_sign_in_method_without_a_configured_gateway_says_so(app_with, path, body, setting):
    answer = app_with(**PRODUCTION).test_client().post(path, json=body)

    assert answer.status_code == 403
    assert setting in answer.json["message"]


def test_the_exchange_works_without_any_gateway(app_with):
    client = app_with(**PRODUCTION).test_client()
    body = {"telegram_id": "42", "phone": "+77011234567", "email": "a@example.com"}

    assert client.post("/auth/register", json=body).status_code == 201


# -- Bodies without a type
# ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"username=a&password=b", b'{"username": "a", "password": "b"}', b"a", b"\0"])
def test_a_form_without_a_content_type_gets_an_error_that_says_so(client, content):
    answer = client.post("/auth/login", data=content)

    assert answer.status_code == 415
    assert "Content-Type" in answer.json["message"]


@pytest.mark.parametrize("path", ["/auth/register", "/users/register", "/users/reset"])
def test_json_without_a_type_is_read_as_json(client, path):
    answer = client.post(path, data=b'{"colour": "12"}')
    assert "colour" in answer.json["errors"]["json"]

    answer = client.post(path, data=b"phone=12")
    assert answer.status_code == 400
    assert "JSON" in str(answer.json)


# -- Photos
# -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        r"C:\Users\me\photo.jpg",
        "file:///home/me/photo.jpg",
        "photo.jpg",
        "/home/me/photo.jpg",
        "http://example.com/1.jpg",
        "HTTP://example.com/1.jpg",
        "https://localhost/1.jpg",
        "https://",
        "https://example.com/a b.jpg",
        "https://me:secret@example.com/1.jpg",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "//example.com/1.jpg",
        "",
    ],
)
def test_an_invalid_address_of_a_picture_is_refused(client, database, address):
    user = make_user(database)
    database.commit()
    answer = client.post("/properties", json=property_body() | {"photos": [address]}, headers=token_header(user))

    assert answer.status_code == 400
    assert "photos" in answer.json["errors"]["json"]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/1.jpg",
        "https://cdn.example.com:8443/a/b.jpg?w=1&h=2#x",
        "https://пример.рф/фото.jpg",
        "/media/Abc-123_xyzAbc123xyzAbc123xyzAbc.jpg",
    ],
)
def test_pictures_addresses_are_kept(client, database, address):
    user = make_user(database)
    database.commit()
    body = property_body() | {"photos": [address]}
    made = client.post("/properties", json=body, headers=token_header(user)).json["property_id"]

    assert client.get(f"/properties/{made}", headers=token_header(user)).json["photos"] == [address]


# -- Redis is away, and what is not there
# -------------------------------------------------------------------------------


def test_no_ticket_can_be_had_while_redis_is_away(app, client, database):
    user = make_user(database)
    database.commit()
    services_of(app).redis = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.1)
    answer = client.post("/chat/ticket", headers=token_header(user))

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


# -- Threads and connections
# --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [4, 6, 16, 96, 500])
def test_long_lived_connections_leave_a_third_of_the_threads(threads):
    budget = LongLived(threads)
    open_for_long = sum(budget.acquire(kind) for kind in (PAGE, EVENTS, CHAT) * threads)

    assert open_for_long == budget.open == budget.maximum
    assert threads - open_for_long >= threads / 3
    for _ in range(10):
        assert not budget.acquire(CHAT)


@pytest.mark.parametrize("kind", [PAGE, EVENTS])
def test_pages_and_events_leave_room_for_chats(kind):
    budget = LongLived(16)
    for _ in range(100):
        budget.acquire(kind)

    assert budget.acquire(CHAT)


def test_too_few_threads_stop_the_start():
    with pytest.raises(SettingsError, match="WEB_THREADS"):
        LongLived(3)


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, 5),
        ({"TRUSTED_PROXIES": "0"}, 5),
        ({"TRUSTED_PROXIES": "1"}, 75),
        ({"TRUSTED_PROXIES": "1", "KEEPALIVE_SECONDS": "120"}, 120),
    ],
)
def test_behind_a_proxy_connections_are_kept_longer_than_it_keeps_them(variables, seconds, tmp_path, monkeypatch):
    for name in ("TRUSTED_PROXIES", "KEEPALIVE_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    # The configuration also names a folder of metrics, and replaces a function of gunicorn's.
    for name, value in {
        "LEADMATCH_HOME": str(tmp_path),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        **variables,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(util, "write_error", util.write_error)

    assert runpy.run_path(str(ROOT / "api/server/gunicorn.py"))["keepalive"] == seconds


def test_gunicorn_is_built_as_we_rely_on():
    """
    api/server/slow_clients.py, unread_bodies.py and malformed_requests.py use these internals; setup.cfg pins
    gunicorn's major version.
    """
    for method in ("enqueue_req", "murder_pending", "finish_request", "handle_request"):
        assert callable(getattr(ThreadWorker, method))
    assert list(inspect.signature(ThreadWorker.enqueue_req).parameters) == ["self", "conn"]
    assert {"init", "close"} <= set(dir(TConn))
    source = inspect.getsource(ThreadWorker.handle_request)
    assert "resp.start_response" in source  # a bound method: its answer can be closed through it
    assert "must_close" in inspect.getsource(Response.force_close)
    assert "self.length" in inspect.getsource(LengthReader.__init__)
    assert "util.write_error(client, status_int, reason, mesg)" in inspect.getsource(base.Worker.handle_error)
    assert callable(util.write_nonblock)
    assert "gunicorn>=27,<28" in (ROOT / "setup.cfg").read_text()
