"""Administrators manage users: roles, deactivation and reactivation, lists."""

import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.console.kit.access import SESSION_COOKIE
from models.accounts.audit import AuditEntry, record
from models.accounts.passwords import hash_password
from models.accounts.users import lock_user
from models.core.base import utc_now
from models.core.enums import Role, Status
from models.market.properties import Property
from tests.factories import make_property, make_user, token_header

PASSWORD = "correct horse"


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def user(db):
    user = make_user(db, email="alice@example.com", phone="+77011234567", password_hash=hash_password(PASSWORD))
    db.commit()
    return user


def login(client):
    return client.post("/auth/login", data={"username": "alice@example.com", "password": PASSWORD})


@pytest.fixture
def admin(db):
    admin = make_user(db, role=Role.ADMIN)
    db.commit()
    return admin


def test_a_new_role_counts_at_once(client, db, admin, user):
    answer = client.patch(f"/admin/users/{user.id}", json={"role": "landlord"}, headers=token_header(admin))

    assert answer.json["role"] == "landlord"
    assert client.get("/auth/me", headers=token_header(user)).json["role"] == "landlord"


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.ADMIN, "/admin/users"),
        (Role.OPERATOR, "/ops/rescoring-runs"),
        (Role.MARKETER, "/console/leadgen"),
        (Role.OPERATOR, "/console/engine"),
    ],
)
def test_a_token_from_before_opens_nothing_of_a_former_role(client, db, admin, role, path):
    former = make_user(db, role=role)
    db.commit()
    headers = token_header(former)
    client.set_cookie(SESSION_COOKIE, headers["Authorization"].removeprefix("Bearer "))
    assert client.get(path, headers=headers).status_code == 200

    assert (
        client.patch(f"/admin/users/{former.id}", json={"role": "tenant"}, headers=token_header(admin)).status_code
        == 200
    )
    assert client.get(path, headers=headers).status_code == 403


def test_a_deactivated_user_loses_access_at_once_and_must_sign_in_again_when_reactivated(client, db, admin, user):
    listing = make_property(db, user)
    db.commit()
    version, old = listing.version, token_header(user)

    for active, status in ((False, 401), (True, 200)):
        answer = client.patch(f"/admin/users/{user.id}", json={"is_active": active}, headers=token_header(admin))
        assert answer.json["is_active"] is active
        assert client.get("/auth/me", headers=old).status_code == 401
        assert login(client).status_code == status
    db.expire_all()
    assert db.get(Property, listing.id).version > version  # the lists follow
    assert db.get(Property, listing.id).status is Status.ACTIVE


def test_administrators_who_change_each_other_do_not_wait_for_one_another(db, admin, user):
    lock_user(db, user.id)
    with Session(db.get_bind()) as other:
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        lock_user(other, admin.id)
        record(other, "user_changed", actor_id=user.id)
        other.flush()
        assert other.scalar(select(AuditEntry.actor_id).order_by(AuditEntry.id.desc()).limit(1)) == user.id


@pytest.mark.parametrize("change", [{"role": "tenant"}, {"is_active": False}])
def test_the_last_administrator_cannot_be_locked_out(client, db, admin, change):
    path = f"/admin/users/{admin.id}"

    assert client.patch(path, json=change, headers=token_header(admin)).status_code == 409
    assert client.get("/admin/users", headers=token_header(admin)).status_code == 200
    make_user(db, role=Role.ADMIN)
    db.commit()
    assert client.patch(path, json=change, headers=token_header(admin)).status_code == 200


@pytest.mark.parametrize("body", [{"role": "root"}, {"is_active": "no"}, {"e_mail": "a@b.cd"}])
def test_a_bad_change_is_refused(client, admin, user, body):
    assert client.patch(f"/admin/users/{user.id}", json=body, headers=token_header(admin)).status_code == 400


def test_an_invalid_json_body_does_not_count_as_an_empty_one(client, admin, user):
    def patch(content_type):
        headers = token_header(admin)
        return client.patch(f"/admin/users/{user.id}", data=b"role=agent", content_type=content_type, headers=headers)

    assert patch("application/x-www-form-urlencoded").status_code == 415
    assert "application/json" in patch("text/plain").json["message"]
    assert patch(None).status_code == 400  # read as JSON, which it is not


def test_users_are_listed_by_pages_without_the_deleted(client, db, admin, user):
    gone = make_user(db, is_active=False, deleted_at=utc_now())
    db.commit()

    rows = client.get("/admin/users", query_string={"limit": 100}, headers=token_header(admin)).json
    assert [row["id"] for row in rows] == [admin.id, user.id]
    second = client.get("/admin/users?page=2&limit=1", headers=token_header(admin))
    assert second.json[0]["id"] == user.id
    assert json.loads(second.headers["X-Pagination"])["total"] == 2
    assert (
        client.patch(f"/admin/users/{gone.id}", json={"is_active": True}, headers=token_header(admin)).status_code
        == 404
    )
