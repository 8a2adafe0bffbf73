"""Other clients can sign in and call: OAuth 2.0 libraries, curl, Telegram Mini Apps, pages of other origins."""

import hashlib
import hmac
import json
import shutil
import subprocess
import time
from urllib.parse import urlencode

import pytest
import requests
from oauthlib.oauth2 import LegacyApplicationClient
from requests_oauthlib import OAuth2Session

from api.server.app import create_app
from models.accounts.users import User
from models.core.enums import Role
from models.market.account_status import set_active
from models.platform.settings import Settings
from tests.factories import lead_body
from tests.waiting import WAIT_LIMIT_SECONDS

TOKEN = "42:TEST"
PASSWORD = "correct horse battery"


@pytest.fixture
def signed_up(client) -> str:
    """The e-mail address of a user with a password."""
    body = {"role": "agent", "name": "Ann", "email": "ann@example.com", "phone": "+77011234567", "password": PASSWORD}
    assert client.post("/auth/register", json=body).status_code == 200
    return body["email"]


def test_an_oauth2_library_signs_in_and_calls(shared_web, signed_up, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # it would insist on https
    oauth = OAuth2Session(client=LegacyApplicationClient(client_id="frontend"), scope=["read", "write"])
    sent = {"token_url": f"{shared_web.url}/auth/login", "username": signed_up, "password": PASSWORD}

    for more in ({"client_secret": "s"}, {"include_client_id": True}, {"client_secret": "", "include_client_id": True}):
        oauth.fetch_token(**sent, **more)
        assert oauth.get(f"{shared_web.url}/auth/me").json()["email"] == signed_up


def test_curl_signs_in_by_a_form_and_by_json(shared_web, signed_up):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no curl here")
    url, fields = f"{shared_web.url}/auth/login", {"username": signed_up, "password": PASSWORD, "grant_type": ""}
    for sent in (
        ["-d", urlencode(fields)],
        ["-d", urlencode(fields | {"scope": "", "client_id": "", "client_secret": ""})],
        ["-u", "frontend:secret", "-d", urlencode(fields | {"grant_type": "password"})],
        ["-H", "Content-Type: application/json", "-d", json.dumps(fields | {"grant_type": None, "client_id": None})],
    ):
        ended = subprocess.run(
            [curl, "-s", *sent, url], capture_output=True, text=True, timeout=WAIT_LIMIT_SECONDS, check=True
        )
        assert json.loads(ended.stdout)["token_type"] == "bearer", sent


def test_another_grant_is_refused_and_json_with_wrong_field_names_gets_an_error_that_says_so(client, signed_up):
    form = {"username": signed_up, "password": PASSWORD}

    other = client.post("/auth/login", data=form | {"grant_type": "client_credentials"})
    slip = client.post("/auth/login", json={"user": signed_up, "password": PASSWORD})

    assert (other.status_code, list(other.json["errors"]["form"])) == (400, ["grant_type"])
    assert (slip.status_code, set(slip.json["errors"]["json"])) == (400, {"user", "username"})


def test_the_document_declares_the_password_flow_and_the_mini_app(client):
    schemes = client.get("/openapi.json").json["components"]["securitySchemes"]

    assert schemes["password"] == {
        "type": "oauth2", "flows": {"password": {"tokenUrl": "/auth/login", "scopes": {}}},
        "description": schemes["password"]["description"],
    }  # fmt: skip
    assert (schemes["mini_app"]["in"], schemes["mini_app"]["name"]) == ("header", "Authorization")


# -- Telegram Mini Apps ------------------------------------------------------------------------------------------------


def init_data(telegram_id: int = 42, *, age: float = 0, token: str = TOKEN, **more: str) -> str:
    """The init data that Telegram gives a Mini App."""
    user = {"id": telegram_id, "first_name": "Айгуль", "username": "aigul"}
    fields = {"user": json.dumps(user), "auth_date": str(int(time.time() - age)), "query_id": "AAH"} | more
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.digest(b"WebAppData", token.encode(), hashlib.sha256)
    return urlencode(fields | {"hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()})


def by(proof: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Authorization": f"tma {proof}"}}


@pytest.fixture
def mini_app(app_with):
    return app_with(TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_BOT_SECRET="bot secret").test_client()


def test_a_mini_app_needs_no_token_and_its_user_is_made_once(mini_app, database):
    proof = by(init_data())

    first = mini_app.get("/leads", **proof)  # one that only reads
    ids = {mini_app.get("/auth/me", **by(init_data(query_id=each))).json["id"] for each in ("a", "b")}
    token = mini_app.post("/auth/telegram", json={"telegram_auth_data": init_data()}).json["access_token"]
    same = mini_app.get("/auth/me", headers={"Authorization": f"Bearer {token}"}).json["id"]

    assert first.json == {"leads": [], "total": 0, "page": 1}
    assert ids == {same}
    user = database.get(User, same)
    assert (user.role, user.name, user.telegram_id) == (Role.REALTOR, "Айгуль", "42")
    assert user.telegram_proven_at is not None


def test_a_mini_app_writes_and_reads_recommendations(mini_app):
    proof = by(init_data())
    lead = mini_app.post("/leads", json=lead_body(), **proof).json["lead_id"]

    assert mini_app.get(f"/leads/{lead}/property-recommendations", **proof).json["total"] == 0
    assert mini_app.get(f"/leads/{lead}/property-recommendations", **by(init_data(43))).status_code == 404


@pytest.mark.parametrize(
    "proof",
    [
        init_data(age=366 * 86_400),
        init_data(age=-3600),
        init_data(token="43:OTHER"),
        init_data().replace("%22id%22%3A+42", "%22id%22%3A+43"),
        "nonsense",
        "a=1&a=2",
        "user=x&hash=y",
        "x" * 9000,
    ],
    ids=["old", "of tomorrow", "another bot's", "changed", "nonsense", "twice", "no user", "long"],
)
def test_data_that_telegram_did_not_sign_gives_no_access(mini_app, database, proof):
    answer = mini_app.get("/auth/me", **by(proof))

    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers
    assert database.query(User).count() == 0


def test_without_a_bot_token_a_mini_app_gets_an_error_that_says_so(client):
    answer = client.get("/auth/me", **by(init_data()))

    assert (answer.status_code, "TELEGRAM_BOT_TOKEN" in answer.json["message"]) == (401, True)


def test_a_deactivated_or_signed_out_user_loses_access_at_once(mini_app, database):
    stays, goes = by(init_data()), by(init_data(43))
    user = database.get(User, mini_app.get("/auth/me", **goes).json["id"])
    mini_app.get("/auth/me", **stays)

    set_active(database, user.id, False)
    database.commit()

    assert mini_app.get("/auth/me", **goes).status_code == 401
    assert mini_app.post("/auth/logout", **stays).status_code == 200
    assert mini_app.get("/auth/me", **stays).status_code == 401
    assert mini_app.get("/auth/me", **by(init_data(query_id="the next start"))).status_code == 200


def test_a_deleted_user_is_not_created_again_by_the_next_request(mini_app, database):
    proof = by(init_data())
    user = database.get(User, mini_app.get("/auth/me", **proof).json["id"])
    user.phone = "+77011234567"
    database.commit()

    assert mini_app.delete("/users/delete", json={"phone": user.phone}, **proof).status_code == 200

    assert mini_app.get("/auth/me", **proof).status_code == 401


def test_new_users_of_mini_apps_are_limited_by_address(mini_app, database):
    answers = [mini_app.get("/auth/me", **by(init_data(number))).status_code for number in range(100, 165)]

    assert answers.count(200) == database.query(User).count() == 60
    assert set(answers[60:]) == {429}


def test_a_ticket_for_a_chat_works_from_a_mini_app(mini_app):
    assert mini_app.post("/chat/ticket", **by(init_data())).json["expires_in"] == 60


# -- Pages of other origins --------------------------------------------------------------------------------------------

LOOPBACK = ("http://localhost:5173", "https://app.localhost", "http://127.0.0.1:3000", "http://[::1]:8080")
OTHERS = ("http://localhost.evil.example", "http://evil.example", "null", "http://127.0.0.1.evil.example:80", "file://")


@pytest.fixture(scope="module")
def local(database_url, valkey_server):
    variables = {
        "ENVIRONMENT": "local", "DATABASE_URL": database_url, "REDIS_URL": valkey_server.url, "SECRET_KEY": "s" * 40,
    }  # fmt: skip
    return create_app(Settings.from_env(variables)).test_client()


def preflight(client, origin: str):
    headers = {
        "Origin": origin, "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }  # fmt: skip
    return client.options("/leads/1", headers=headers)


@pytest.mark.parametrize("origin", LOOPBACK)
def test_pages_of_this_machine_may_call_a_local_system(local, origin):
    preflighted = preflight(local, origin)
    answered = local.get("/listings", headers={"Origin": origin})

    assert preflighted.status_code == 200
    assert (
        preflighted.headers["Access-Control-Allow-Origin"] == answered.headers["Access-Control-Allow-Origin"] == origin
    )
    assert {"authorization", "content-type"} <= set(
        preflighted.headers["Access-Control-Allow-Headers"].lower().split(", ")
    )
    assert "PUT" in preflighted.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in preflighted.headers


@pytest.mark.parametrize("origin", OTHERS)
def test_pages_of_other_machines_may_not(local, origin):
    assert "Access-Control-Allow-Origin" not in preflight(local, origin).headers


def test_elsewhere_no_page_may_call_unless_it_is_named(client):
    assert "Access-Control-Allow-Origin" not in preflight(client, LOOPBACK[0]).headers


def test_a_served_system_answers_a_preflight_before_it_asks_who_calls(shared_web):
    answer = requests.options(
        f"{shared_web.url}/leads", headers={"Origin": "http://localhost:1"}, timeout=WAIT_LIMIT_SECONDS
    )

    assert answer.status_code == 200
