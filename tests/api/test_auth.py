"""Signing in and out: passwords, tokens, Telegram and the bot."""

import hashlib
import hmac
import json
import time
from datetime import timedelta

import jwt
import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from api.http.services import services_of
from api.server.app import create_app
from models.accounts.audit import AuditEntry
from models.accounts.passwords import hash_password
from models.accounts.tokens import make_token
from models.accounts.users import User
from models.core.base import utc_now
from models.platform.idempotency import IdempotentAnswer
from models.platform.settings import Settings
from tests.factories import SECRET, make_user, token_header

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)
ALICE = {
    "role": "agent",
    "name": "Алиса",
    "email": "Alice@Example.com",
    "phone": "8 701 123 45 67",
    "password": PASSWORD,
}


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def user(db):
    user = make_user(db, email="alice@example.com", phone="+77011234567", password_hash=HASH)
    db.commit()
    return user


def login(client, username="alice@example.com", password=PASSWORD):
    return client.post("/auth/login", data={"username": username, "password": password})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def claims(user: User, **changes) -> dict:
    now = utc_now()
    found = {"sub": str(user.id), "ver": user.token_version, "typ": "access", "jti": "j", "iat": now}
    return {
        name: value
        for name, value in (found | {"exp": now + timedelta(hours=1)} | changes).items()
        if value is not None
    }


@pytest.mark.parametrize("username", ["alice@example.com", " ALICE@example.com", "+77011234567", "8 (701) 123-45-67"])
def test_a_user_signs_in_by_any_spelling_of_address_or_phone(client, user, username):
    answer = login(client, username)

    assert answer.json["token_type"] == "bearer"
    assert client.get("/auth/me", headers=bearer(answer.json["access_token"])).json["id"] == user.id


def test_failed_logins_look_alike(client, user):
    answers = [login(client, *wrong) for wrong in [("alice@example.com", "x"), ("bob@example.com", "x"), ("junk", "x")]]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert len({answer.data for answer in answers}) == 1


def test_one_account_takes_twenty_failures_and_a_success_costs_nothing(client, user):
    for _ in range(3):
        assert login(client).status_code == 200
    answers = [login(client, password="x").status_code for _ in range(21)]

    assert answers == [401] * 20 + [429]
    refused = login(client)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_a_name_and_a_password_come_as_a_form_or_as_json(client, user):
    form = {"username": "alice@example.com", "password": PASSWORD}

    assert client.post("/auth/login", json=form).status_code == 200
    assert client.post("/auth/login", data="a,b", content_type="text/csv").status_code == 415
    assert client.post("/auth/login", data=form, content_type="multipart/form-data").status_code == 200
    assert client.post("/auth/login", data={"username": "a", "password": "b", "admin": "1"}).status_code == 400


def test_signing_up_answers_the_profile_and_a_token(client):
    answer = client.post("/auth/register", json=ALICE)

    assert answer.status_code == 200
    assert (answer.json["email"], answer.json["phone"], answer.json["role"]) == (
        "alice@example.com",
        "+77011234567",
        "agent",
    )
    assert client.get("/auth/me", headers=bearer(answer.json["access_token"])).json["name"] == "Алиса"
    assert client.post("/auth/register", json=ALICE).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "\ud800" + PASSWORD}, "password"),
        ({"email": "nonsense"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"phone": "+7701abc4567"}, "phone"),
        ({"phone": "+431234"}, "phone"),
        ({"phone": "+49301234567890123"}, "phone"),
        ({"phone": "+77011234567 ext 5"}, "phone"),
        ({"is_admin": True}, "is_admin"),
        ({"user_id": 1}, "user_id"),
        ({"name": None}, "name"),
    ],
)
def test_a_bad_sign_up_is_refused_by_field(client, db, change, field):
    answer = client.post("/auth/register", data=json.dumps(ALICE | change), content_type="application/json")

    assert answer.status_code == 400
    assert field in answer.json["errors"]["json"]
    assert db.query(User).count() == 0


def test_a_sign_up_without_a_password_gets_an_error_that_says_so(client):
    body = {name: value for name, value in ALICE.items() if name != "password"}

    assert list(client.post("/auth/register", json=body).json["errors"]["json"]) == ["password"]
    assert "phone" in client.post("/auth/register", json={"telegram_id": "42"}).json["errors"]["json"]


# -- Tokens ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": timedelta(seconds=-1)},
        {"ver": 2},
        {"ver": None},
        {"typ": "refresh"},
        {"typ": None},
        {"exp": None},
        {"iat": None},
        {"jti": None},
        {"sub": "0"},
        {"sub": "-1"},
        {"sub": "1 OR 1=1"},
        {"sub": "9" * 30},
        {"sub": "²"},
        {"iat": timedelta(hours=1)},
    ],
    ids=str,
)
def test_a_token_that_we_signed_with_other_claims_is_refused(client, user, changes):
    # A timedelta counts from the moment of the test, not of its collection.
    changes = {name: utc_now() + value if isinstance(value, timedelta) else value for name, value in changes.items()}
    token = jwt.encode(claims(user, **changes), SECRET, "HS256")

    assert client.get("/auth/me", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("forge", ["none", "HS384", "wrong key", "cut", "changed"])
def test_a_forged_token_is_refused(client, user, forge):
    good = make_token(user, SECRET, 1)
    token = {
        "none": lambda: jwt.encode(claims(user), None, "none"),
        "HS384": lambda: jwt.encode(claims(user), SECRET * 2, "HS384"),
        "wrong key": lambda: make_token(user, SECRET + "x", 1),
        "cut": lambda: good[:-1],
        "changed": lambda: good.replace(".", ".e", 1),
    }[forge]()

    assert client.get("/auth/me", headers=bearer(good)).status_code == 200
    assert client.get("/auth/me", headers=bearer(token)).status_code == 401


def test_signing_out_ends_one_token(client, user):
    one, other = (bearer(make_token(user, SECRET, 1)) for _ in range(2))

    assert client.post("/auth/logout", headers=one).status_code == 200
    assert client.get("/auth/me", headers=one).status_code == 401
    assert client.get("/auth/me", headers=other).status_code == 200


def test_a_new_password_ends_all_tokens_and_gives_one(client, user):
    old = token_header(user)
    body = {"old_password": PASSWORD, "new_password": "battery staple"}

    assert client.put("/auth/password", json=body | {"old_password": "wrong"}, headers=old).status_code == 400
    answer = client.put("/auth/password", json=body, headers=old)

    assert client.get("/auth/me", headers=old).status_code == 401
    assert client.get("/auth/me", headers=bearer(answer.json["access_token"])).status_code == 200
    assert login(client).status_code == 401
    assert login(client, password="battery staple").status_code == 200


def test_entries_and_refusals_are_recorded_without_personal_data(client, db, user):
    login(client)
    login(client, password="x")

    entries = db.query(AuditEntry).order_by(AuditEntry.id).all()
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("signed_in", user.id),
        ("password_refused", None),
    ]
    assert all("alice" not in repr(entry.detail) for entry in entries)


# -- Telegram ----------------------------------------------------------------------------------------------------------

BOT_BODY = {"telegram_id": "42", "phone": "+77011234567", "name": "Иван", "role": "tenant"}


@pytest.fixture
def with_bot(app_with):
    return app_with(TELEGRAM_BOT_TOKEN="42:TEST", TELEGRAM_BOT_SECRET="bot secret").test_client()


def widget(age: int = 0) -> dict:
    fields = {"id": 42, "first_name": "Test", "auth_date": int(time.time()) - age}
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hashlib.sha256(b"42:TEST").digest()
    return fields | {"hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()}


def test_telegram_signs_in_and_creates_the_account_once(with_bot):
    ids = set()
    for _ in range(2):
        answer = with_bot.post("/auth/telegram", json={"telegram_auth_data": widget()})
        ids.add(with_bot.get("/auth/me", headers=bearer(answer.json["access_token"])).json["id"])

    assert len(ids) == 1


def test_an_old_or_forged_proof_does_not_sign_in(with_bot, db):
    for data in (widget(age=366 * 86_400), widget() | {"id": 43}):
        assert with_bot.post("/auth/telegram", json={"telegram_auth_data": data}).status_code == 401
    assert db.query(User).count() == 0


def test_without_a_bot_token_nobody_comes_in_by_telegram(client):
    assert client.post("/auth/telegram", json={"telegram_auth_data": widget()}).status_code == 403


def test_the_bots_endpoint_needs_its_secret(with_bot, client):
    path = "/auth/telegram/login-or-register"

    assert with_bot.post(path, json=BOT_BODY).status_code == 401
    assert with_bot.post(path, json=BOT_BODY, headers={"X-Telegram-Bot-Secret": "bot secrets"}).status_code == 401
    assert with_bot.post(path, json=BOT_BODY, headers={"X-Telegram-Bot-Secret": "bot secret"}).status_code == 200
    assert client.post(path, json=BOT_BODY).status_code == 401  # no secret is set, and it is not local


def test_guesses_at_the_bots_secret_are_limited_and_the_bot_is_not(with_bot):
    def enter(secret: str) -> int:
        headers = {"X-Telegram-Bot-Secret": secret}
        return with_bot.post("/auth/telegram/login-or-register", json=BOT_BODY, headers=headers).status_code

    assert [enter(f"guess {number}") for number in range(61)] == [401] * 60 + [429]
    assert enter("bot secret") == 200


def test_the_bots_endpoint_is_open_in_local_alone_and_says_so(process_environment, caplog):
    local = create_app(Settings.from_env(process_environment | {"ENVIRONMENT": "local"}))

    assert "TELEGRAM_BOT_SECRET" in caplog.text
    assert local.test_client().post("/auth/telegram/login-or-register", json=BOT_BODY).status_code == 200


@pytest.mark.parametrize("known", [True, False], ids=["known by phone", "new"])
def test_a_second_tap_in_the_bot_signs_in_like_the_first(with_bot, db, known):
    """The first request commits just after the second has found no user with this Telegram account."""
    if known:
        make_user(db, phone=BOT_BODY["phone"], telegram_id=None)
        db.commit()
    first = make_user(db, telegram_id="42", phone="+77010000000" if known else BOT_BODY["phone"])

    def commit(_connection, _cursor, statement, *_):
        if "users.telegram_id = " in statement:
            db.commit()

    bots_engine = services_of(with_bot.application).engine
    event.listen(bots_engine, "after_cursor_execute", commit)
    try:
        answer = with_bot.post(
            "/auth/telegram/login-or-register", json=BOT_BODY, headers={"X-Telegram-Bot-Secret": "bot secret"}
        )
    finally:
        event.remove(bots_engine, "after_cursor_execute", commit)

    assert with_bot.get("/auth/me", headers=bearer(answer.json["access_token"])).json["id"] == first.id


def test_the_bot_makes_no_administrators(with_bot):
    answer = with_bot.post(
        "/auth/telegram/login-or-register",
        json=BOT_BODY | {"role": "admin"},
        headers={"X-Telegram-Bot-Secret": "bot secret"},
    )

    assert answer.status_code == 400


# -- Attacks -----------------------------------------------------------------------------------------------------------


def test_spellings_of_one_phone_share_the_limit_of_failures(client, user):
    spellings = (user.phone, f" {user.phone}", user.phone.replace("+7", "8"), f"{user.phone[:5]} {user.phone[5:]}")
    answers = [login(client, username=spellings[number % 4], password="x").status_code for number in range(21)]

    assert answers == [401] * 20 + [429]


def test_no_token_or_password_is_kept_for_an_idempotency_key(client, db, user):
    headers = token_header(user) | {"Idempotency-Key": "again"}
    body = {"old_password": PASSWORD, "new_password": "battery staple"}

    token = client.put("/auth/password", json=body, headers=headers).json["access_token"]
    assert client.post("/chat/ticket", headers=bearer(token) | {"Idempotency-Key": "one"}).status_code == 200
    assert db.query(IdempotentAnswer).count() == 0
