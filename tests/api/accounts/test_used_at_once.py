"""A single-use proof signs in only once, even if eight requests send it at the same moment."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.passwords import hash_password
from models.accounts.users import User
from models.core.base import utc_now
from models.core.enums import Role
from tests.factories import make_user, token_header

EMAIL, PHONE = "alice@example.com", "+77011234567"
HASH = hash_password("correct horse")
AT_ONCE = 8
_numbers = itertools.count(1)


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def local(app_with, db):
    """The application, and a user who has proven phone and e-mail address."""
    now = utc_now()
    make_user(db, email=EMAIL, phone=PHONE, password_hash=HASH, phone_proven_at=now, email_proven_at=now)
    db.commit()
    return app_with(ENVIRONMENT="local")


def code(client, _):
    proof = {"phone": PHONE, "activation_code": client.post("/users/reset", json={"phone": PHONE}).json["code"]}
    return lambda one: one.post("/users/token", json=proof)


def activation(client, _):
    body = {"phone": "+77015557788", "first_name": "A", "last_name": "B", "role": "user"}
    made = client.post("/users/register", json=body).json["code"]
    return lambda one: one.post("/users/activate", json={"phone": body["phone"], "activation_code": made})


def link(client, _):
    proof = {"link": client.post("/auth/email", json={"email": EMAIL}).json["link"]}
    return lambda one: one.post("/auth/email/token", json=proof)


def reset_by_link(client, _):
    proof = {"link": client.post("/auth/email", json={"email": EMAIL}).json["link"]}
    return lambda one: one.post(
        "/auth/password/reset", json=proof | {"new_password": f"battery staple {next(_numbers)}"}
    )


def reset_by_code(client, _):
    proof = {"phone": PHONE, "activation_code": client.post("/users/reset", json={"phone": PHONE}).json["code"]}
    return lambda one: one.post(
        "/auth/password/reset", json=proof | {"new_password": f"battery staple {next(_numbers)}"}
    )


def invitation(client, db):
    admin = make_user(db, Role.ADMIN)
    db.commit()
    made = client.post("/admin/invitations", json={"role": "operator"}, headers=token_header(admin)).json["link"]

    def accept(one):
        who = {"name": "A", "email": f"operator{next(_numbers)}@example.com", "password": "correct horse"}
        return one.post("/auth/invitation", json=who | {"link": made})

    return accept


def registration(_, __):
    body = {"role": "tenant", "name": "A", "email": "bob@example.com", "password": "correct horse"}
    return lambda one: one.post("/auth/register", json=body | {"phone": "+77015557799"})


@pytest.mark.parametrize("way", [code, activation, link, reset_by_link, reset_by_code, invitation, registration])
def test_only_one_of_many_simultaneous_uses_signs_in(local, db, way):
    use = way(local.test_client(), db)
    users = db.scalar(select(func.count()).select_from(User))
    db.rollback()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(lambda _: use(local.test_client()).status_code, range(AT_ONCE)))

    assert len([status for status in statuses if status in (200, 201)]) == 1
    assert set(statuses) - {200, 201} <= {401, 404, 409}
    made = 1 if way in (activation, invitation, registration) else 0
    assert db.scalar(select(func.count()).select_from(User)) == users + made
