"""A user who claimed another person's identifiers loses access when that person proves one, by any sign-in method."""

import hashlib
import hmac
import time

import pytest
from sqlalchemy.orm import Session

from models.accounts.identity import SuspendedClaim
from models.accounts.users import User

PHONE, TELEGRAM = "+77011234567", "42"
SECRET_OF_BOT = {"X-Telegram-Bot-Secret": "bot secret of tests"}
STRANGER = {
    "role": "agent",
    "name": "Чужой",
    "email": "stranger@example.com",
    "phone": PHONE,
    "password": "the stranger's",
}


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def local(app_with):
    """A local system, whose answers contain codes; Telegram and the bot are configured."""
    return app_with(
        ENVIRONMENT="local", TELEGRAM_BOT_TOKEN="42:TEST", TELEGRAM_BOT_SECRET=SECRET_OF_BOT["X-Telegram-Bot-Secret"]
    ).test_client()


def bearer(answer) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def me(client, headers) -> dict | None:
    answer = client.get("/auth/me", headers=headers)
    return answer.json if answer.status_code == 200 else None


# -- How an owner signs in ---------------------------------------------------------------------------------------------


def by_reset(client, headers=None):
    code = client.post("/users/reset", json={"phone": PHONE}).json["code"]
    return client.post("/users/token", json={"phone": PHONE, "activation_code": code}, headers=headers)


def by_registration(client, headers=None):
    person = {"phone": PHONE, "first_name": "Анна", "last_name": "Хозяйка", "role": "realtor"}
    proof = {"phone": PHONE, "activation_code": client.post("/users/register/", json=person).json["code"]}
    assert client.post("/users/activate/", json=proof, headers=headers).status_code == 200
    return client.post("/users/token", json=proof, headers=headers)


def by_telegram(client, headers=None):
    fields = {"id": int(TELEGRAM), "first_name": "Анна", "auth_date": int(time.time())}
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    proof = fields | {"hash": hmac.new(hashlib.sha256(b"42:TEST").digest(), lines.encode(), hashlib.sha256).hexdigest()}
    return client.post("/auth/telegram", json={"telegram_auth_data": proof}, headers=headers)


def by_bot(client, headers=None):
    body = {"telegram_id": TELEGRAM, "phone": PHONE, "name": "Анна", "role": "agent"}
    return client.post("/auth/telegram/login-or-register", json=body, headers=SECRET_OF_BOT)


@pytest.mark.parametrize("owner_comes", [by_reset, by_registration, by_bot])
def test_a_user_who_registered_anothers_phone_with_a_password_loses_access_once_its_owner_signs_in(local, owner_comes):
    stranger = bearer(local.post("/auth/register", json=STRANGER))
    assert me(local, stranger)["phone"] == PHONE

    owner = bearer(owner_comes(local))
    assert me(local, owner)["phone"] == PHONE
    assert me(local, stranger) is None
    for name in (PHONE, STRANGER["email"]):
        form = {"username": name, "password": STRANGER["password"]}
        assert local.post("/auth/login", data=form).status_code == 401
    assert local.delete("/users/delete/", json={"phone": PHONE}, headers=stranger).status_code == 401
    assert local.post("/auth/register", json=STRANGER | {"email": "other@example.com"}).status_code == 409


@pytest.mark.parametrize("owner_comes", [by_telegram, by_bot])
def test_a_user_who_registered_anothers_telegram_account_loses_access_once_its_owner_signs_in(local, owner_comes):
    body = {"telegram_id": TELEGRAM, "phone": "+77017654321", "email": "stranger@example.com"}
    stranger = bearer(local.post("/auth/register", json=body))

    owner = bearer(owner_comes(local))
    assert me(local, owner)["telegram_id"] == TELEGRAM
    assert me(local, owner)["email"] is None
    assert me(local, stranger) is None


def test_the_squatters_page_is_closed_too(local):
    local.post("/auth/register", json=STRANGER)
    page = local.get("/console/sign-in").text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": csrf, "username": PHONE, "password": STRANGER["password"]}
    assert local.post("/console/sign-in", data=form).status_code == 303
    assert local.get("/console/notifications").status_code == 200

    by_reset(local.application.test_client())
    assert local.get("/console/notifications").status_code != 200


def test_registering_by_phone_keeps_the_users_own_details_and_not_those_a_stranger_sent(local, db):
    local.post("/auth/register", json=STRANGER | {"role": "tenant"})

    owner = me(local, bearer(by_registration(local)))
    assert (owner["name"], owner["role"]) == ("Анна Хозяйка", "agent")


def test_the_owner_of_an_identifier_gets_a_new_account_if_the_existing_one_proved_something_else(local):
    registered = local.post("/auth/register", json={"telegram_id": TELEGRAM, "phone": PHONE})
    other = bearer(by_telegram(local, bearer(registered)))  # its user proved Telegram, and keeps the claimed phone

    owner = bearer(by_reset(local))
    assert me(local, owner)["id"] != me(local, other)["id"]
    assert (me(local, owner)["phone"], me(local, other)["phone"]) == (PHONE, None)


@pytest.mark.parametrize("owner_comes", [by_reset, by_telegram])
def test_a_proof_with_the_accounts_own_token_keeps_the_password(local, owner_comes, db):
    token = bearer(local.post("/auth/register", json=STRANGER))
    user = db.query(User).one()
    user.telegram_id = TELEGRAM
    db.commit()

    assert owner_comes(local, token).status_code == 200
    assert me(local, token)["phone"] == PHONE
    assert local.post("/auth/login", data={"username": PHONE, "password": STRANGER["password"]}).status_code == 200
    assert db.query(SuspendedClaim).count() == 0


def test_an_honest_user_can_confirm_suspended_claims(local):
    local.post("/auth/register", json=STRANGER)
    mine = bearer(by_reset(local))
    listed = local.get("/auth/identifiers", headers=mine).json["identifiers"]
    assert {row["kind"]: row["state"] for row in listed} == {
        "phone": "proven",
        "email": "suspended",
        "password": "suspended",
    }

    def confirm(**body):
        return local.post("/auth/identifiers/confirm", json=body, headers=mine)

    assert confirm(kind="password").status_code == 400
    assert confirm(kind="password", password="a guess of it").status_code == 400
    assert confirm(kind="password", password=STRANGER["password"]).status_code == 200
    assert confirm(kind="email").status_code == 200
    assert confirm(kind="email").status_code == 404
    form = {"username": STRANGER["email"], "password": STRANGER["password"]}
    assert local.post("/auth/login", data=form).status_code == 200


def test_what_is_not_mine_is_dropped(local):
    local.post("/auth/register", json=STRANGER)
    mine = bearer(by_reset(local))

    for kind in ("email", "password"):
        assert local.post("/auth/identifiers/drop", json={"kind": kind}, headers=mine).status_code == 200
    listed = local.get("/auth/identifiers", headers=mine).json["identifiers"]
    assert listed == [{"kind": "phone", "value": PHONE, "state": "proven"}]


def test_guesses_at_a_suspended_password_are_bounded(local):
    local.post("/auth/register", json=STRANGER)
    mine = bearer(by_reset(local))

    def guess() -> int:
        body = {"kind": "password", "password": "a guess of it"}
        return local.post("/auth/identifiers/confirm", json=body, headers=mine).status_code

    assert [guess() for _ in range(21)] == [400] * 20 + [429]
