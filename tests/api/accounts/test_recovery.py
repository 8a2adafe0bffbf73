"""Account recovery: new passwords by a proof, first passwords, ending single sessions, invitations."""

import hashlib
import hmac
import re
import time
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models.accounts.identity import Claim, identifiers_of
from models.accounts.links import EMAIL_LIFETIME, OneTimeLink
from models.accounts.passwords import hash_password
from models.accounts.users import User
from models.core.base import utc_now
from models.core.enums import Role
from tests.factories import make_user, token_header

EMAIL, PHONE, PASSWORD, NEW = "alice@example.com", "+77011234567", "correct horse", "battery staple"
HASH = hash_password(PASSWORD)
BOT = "42:TEST"


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def local(app_with):
    return app_with(ENVIRONMENT="local", TELEGRAM_BOT_TOKEN=BOT).test_client()


@pytest.fixture
def user(db):
    """A user who has proven all identifiers."""
    now = utc_now()
    proven = {"phone_proven_at": now, "email_proven_at": now, "telegram_proven_at": now}
    user = make_user(db, email=EMAIL, phone=PHONE, telegram_id="42", password_hash=HASH, **proven)
    db.commit()
    return user


def by_code(client) -> dict:
    return {"phone": PHONE, "activation_code": client.post("/users/reset", json={"phone": PHONE}).json["code"]}


def by_link(client) -> dict:
    return {"link": client.post("/auth/email", json={"email": EMAIL}).json["link"]}


def by_telegram(client) -> dict:
    fields = {"id": 42, "first_name": "A", "auth_date": int(time.time())}
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    signature = hmac.new(hashlib.sha256(BOT.encode()).digest(), lines.encode(), hashlib.sha256).hexdigest()
    return {"telegram_auth_data": fields | {"hash": signature}}


def sign_in(client, password, username=EMAIL):
    return client.post("/auth/login", data={"username": username, "password": password}).status_code


def bearer(answer) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


@pytest.mark.parametrize("proof", [by_code, by_link, by_telegram])
def test_a_user_with_a_proof_sets_a_new_password(local, user, proof):
    old = token_header(user)
    answer = local.post("/auth/password/reset", json=proof(local) | {"new_password": NEW})

    assert answer.status_code == 200
    assert local.get("/auth/me", headers=bearer(answer)).json["id"] == user.id
    assert local.get("/auth/me", headers=old).status_code == 401
    assert (sign_in(local, PASSWORD), sign_in(local, NEW)) == (401, 200)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"activation_code": "x"}, 401),
        ({"phone": "+77017654321"}, 401),
        ({"new_password": "short"}, 400),
        ({"link": "1.x"}, 400),  # two proofs
        ({"phone": None}, 400),
        ({"telegram_auth_data": {"id": 1}}, 400),
    ],
)
def test_without_a_proof_there_is_no_new_password(local, user, change, status):
    body = by_code(local) | {"new_password": NEW} | change
    body = {name: value for name, value in body.items() if value is not None}

    assert local.post("/auth/password/reset", json=body).status_code == status
    assert sign_in(local, PASSWORD) == 200


@pytest.mark.parametrize(
    "link", ["", "x", "1.x", "0." + "a" * 32, "1." + "a" * 32, "9" * 19 + "." + "a" * 32, "é" * 40]
)
def test_a_link_that_nobody_sent_is_refused(local, user, link):
    by_link(local)
    answer = local.post("/auth/email/token", json={"link": link})

    assert answer.status_code in (400, 401)


def test_a_link_signs_in_once_and_for_half_an_hour(local, db, user):
    first, second = by_link(local), by_link(local)
    answer = local.post("/auth/email/token", json=first)
    assert local.get("/auth/me", headers=bearer(answer)).json["id"] == user.id
    assert local.post("/auth/email/token", json=first).status_code == 401

    row = db.query(OneTimeLink).order_by(OneTimeLink.id.desc()).first()
    row.expires_at -= EMAIL_LIFETIME + timedelta(seconds=1)
    db.commit()
    assert local.post("/auth/email/token", json=second).status_code == 401


def test_a_link_proves_an_address_that_was_merely_claimed(local, db):
    squatter = make_user(db, email=EMAIL, password_hash=HASH)
    db.commit()
    answer = local.post("/auth/email/token", json=by_link(local))

    assert local.get("/auth/me", headers=bearer(answer)).json["id"] == squatter.id
    assert sign_in(local, PASSWORD) == 401  # the squatter's
    db.expire_all()
    assert {known.kind: known.state for known in identifiers_of(db, db.get(User, squatter.id))}[Claim.EMAIL] == "proven"


def test_whether_an_address_is_registered_shows_in_no_answer(client, app_with, user):
    with_mail = app_with(SMTP_URL="smtp+plain://127.0.0.1:1?from=no-reply@example.com").test_client()
    answers = [with_mail.post("/auth/email", json={"email": email}) for email in (EMAIL, "nobody@example.com")]

    assert [(answer.status_code, answer.json) for answer in answers] == [(200, answers[0].json)] * 2
    assert "link" not in answers[0].json
    assert client.post("/auth/email", json={"email": EMAIL}).status_code == 403  # without a mail server


def test_strangers_do_not_use_up_the_mails_of_a_known_place(local, user):
    home = {"REMOTE_ADDR": "203.0.113.7"}
    local.post("/auth/login", data={"username": EMAIL, "password": PASSWORD}, environ_base=home)

    def ask(address):
        answer = local.post("/auth/email", json={"email": EMAIL}, environ_base={"REMOTE_ADDR": address})
        return answer.status_code, answer.json.get("link")

    for number in range(15):
        assert ask(f"198.51.100.{number}")[0] == 200
    assert [ask("198.51.100.99")[0] for _ in range(4)] == [200, 200, 200, 429]
    status, link = ask("203.0.113.7")
    assert (status, local.post("/auth/email/token", json={"link": link}).status_code) == (200, 200)


def test_a_user_who_signed_in_by_code_sets_a_first_password(local, db):
    person = {"phone": PHONE, "first_name": "A", "last_name": "B", "role": "user"}
    proof = {"phone": PHONE, "activation_code": local.post("/users/register", json=person).json["code"]}
    local.post("/users/activate", json=proof)
    mine = bearer(local.post("/users/token", json=proof))

    answer = local.put("/auth/password", json={"new_password": NEW}, headers=mine)
    assert answer.status_code == 200
    assert sign_in(local, NEW, PHONE) == 200
    assert local.put("/auth/password", json={"new_password": PASSWORD}, headers=bearer(answer)).status_code == 400


# -- Sessions ----------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended_one_by_one(local, user):
    def come(address, agent):
        form = {"username": EMAIL, "password": PASSWORD}
        where = {"REMOTE_ADDR": address}
        return bearer(local.post("/auth/login", data=form, environ_base=where, headers={"User-Agent": agent}))

    laptop, phone = come("203.0.113.7", "Firefox"), come("2001:db8:1:2::3", "Safari")
    rows = local.get("/auth/sessions", headers=laptop).json["sessions"]
    assert [(row["agent"], row["network"], row["way"], row["is_current"]) for row in rows] == [
        ("Safari", "2001:db8:1:2::/64", "password", False),
        ("Firefox", "203.0.113.7", "password", True),
    ]

    assert local.delete(f"/auth/sessions/{rows[0]['id']}", headers=laptop).status_code == 200
    assert local.get("/auth/me", headers=phone).status_code == 401
    assert local.get("/auth/me", headers=laptop).status_code == 200
    assert local.delete(f"/auth/sessions/{rows[0]['id']}", headers=laptop).status_code == 404
    assert [row["agent"] for row in local.get("/auth/sessions", headers=laptop).json["sessions"]] == ["Firefox"]


def test_nobody_ends_or_sees_anothers_session(local, db, user):
    local.post("/auth/login", data={"username": EMAIL, "password": PASSWORD})
    other = token_header(make_user(db, role=Role.ADMIN))
    db.commit()
    rows = local.get("/auth/sessions", headers=token_header(user)).json["sessions"]

    assert local.get("/auth/sessions", headers=other).json["sessions"] == []
    assert local.delete(f"/auth/sessions/{rows[0]['id']}", headers=other).status_code == 404


@pytest.mark.parametrize("end", ["logout", "password", "put out"])
def test_a_session_that_has_ended_otherwise_is_not_listed(local, db, user, end):
    mine = bearer(local.post("/auth/login", data={"username": EMAIL, "password": PASSWORD}))
    if end == "logout":
        local.post("/auth/logout", headers=mine)
    elif end == "password":
        local.put("/auth/password", json={"old_password": PASSWORD, "new_password": NEW}, headers=mine)
    else:
        admin = token_header(make_user(db, role=Role.ADMIN))
        db.commit()
        for active in (False, True):
            local.patch(f"/admin/users/{user.id}", json={"is_active": active}, headers=admin)
    db.expire_all()

    rows = local.get("/auth/sessions", headers=token_header(db.get(User, user.id))).json["sessions"]
    assert len(rows) == (1 if end == "password" else 0)  # the session that a new password starts


# -- Invitations -------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(db):
    admin = make_user(db, role=Role.ADMIN)
    db.commit()
    return token_header(admin)


def test_an_invitation_makes_one_account_of_the_role_that_was_chosen(local, db, admin):
    made = local.post("/admin/invitations", json={"role": "agent", "email": "New@Example.com"}, headers=admin)
    body = {"link": made.json["link"], "name": "Новый", "email": "new@example.com", "password": PASSWORD}
    assert made.json["url"].endswith(f"/console/invitation?link={made.json['link']}")

    answer = local.post("/auth/invitation", json=body)
    assert answer.status_code == 201
    assert local.get("/auth/me", headers=bearer(answer)).json["role"] == "agent"
    invited = db.query(User).filter_by(email="new@example.com").one()
    assert invited.email_proven_at is not None  # the administrator vouches for it
    assert local.post("/auth/invitation", json=body | {"email": "b@example.com"}).status_code == 404


def test_an_address_that_no_administrator_named_is_a_claim(local, db, admin):
    link = local.post("/admin/invitations", json={"role": "admin"}, headers=admin).json["link"]
    body = {"link": link, "name": "A", "email": "b@example.com", "password": PASSWORD}

    assert local.post("/auth/invitation", json=body).status_code == 201
    assert db.query(User).filter_by(email="b@example.com").one().email_proven_at is None


def test_only_administrators_invite_and_an_invitation_is_no_sign_in(local, db, user, admin):
    assert local.post("/admin/invitations", json={"role": "agent"}, headers=token_header(user)).status_code == 403
    link = local.post("/admin/invitations", json={"role": "agent", "email": EMAIL}, headers=admin).json["link"]

    assert local.post("/auth/email/token", json={"link": link}).status_code == 401
    body = {"link": link, "name": "A", "email": EMAIL, "password": NEW}
    assert local.post("/auth/invitation", json=body).status_code == 409
    assert local.post("/auth/invitation", json=body | {"link": by_link(local)["link"]}).status_code == 404
    assert local.post("/auth/invitation", json=body | {"email": "b@example.com"}).status_code == 201  # still valid


@pytest.mark.parametrize("change", [{"role": "agent"}, {"is_active": False}])
def test_an_invitation_ends_with_the_rights_of_the_administrator_who_made_it(local, db, admin, change):
    other = make_user(db, role=Role.ADMIN)
    db.commit()
    link = local.post("/admin/invitations", json={"role": "admin"}, headers=token_header(other)).json["link"]
    assert local.patch(f"/admin/users/{other.id}", json=change, headers=admin).status_code == 200

    body = {"link": link, "name": "A", "email": "b@example.com", "password": PASSWORD}
    assert local.post("/auth/invitation", json=body).status_code == 404


# -- Pages -------------------------------------------------------------------------------------------------------------


def csrf(page: str) -> str:
    return re.search(r'name="csrf" value="(\w+)"', page)[1]


def test_a_browser_comes_in_by_a_link_and_sets_its_first_password(local, db):
    make_user(db, email=EMAIL)
    db.commit()
    token = csrf(local.get("/console/sign-in/email").text)
    sent = local.post("/console/sign-in/email", data={"csrf": token, "email": EMAIL}).text
    link = re.search(r"link=([\w.-]+)", sent)[1]
    page = local.get(f"/console/sign-in/email?link={link}").text  # opening the page does not use the link up
    assert local.post("/console/sign-in/email", data={"csrf": csrf(page), "link": link}).status_code == 303

    page = local.get("/console/account").text
    short = local.post("/console/account/password", data={"csrf": csrf(page), "new": "short"})
    assert short.status_code == 400
    done = local.post("/console/account/password", data={"csrf": csrf(short.text), "new": NEW})
    assert done.status_code == 303
    assert local.get("/console/account").status_code == 200
    assert sign_in(local.application.test_client(), NEW) == 200


def test_a_browser_confirms_what_was_suspended_and_ends_other_sessions(local, db):
    make_user(db, email=EMAIL, phone=PHONE, password_hash=HASH)
    db.commit()
    elsewhere = bearer(local.application.test_client().post("/users/token", json=by_code(local)))
    token = csrf(local.get("/console/sign-in/code").text)
    form = {"csrf": token, "phone": PHONE, "code": by_code(local)["activation_code"]}
    assert local.post("/console/sign-in/code", data=form).status_code == 303

    page = local.get("/console/account").text
    wrong = {"csrf": csrf(page), "kind": "password", "do": "confirm", "password": "wrong"}
    assert local.post("/console/account/claims", data=wrong).status_code == 400
    assert local.post("/console/account/claims", data=wrong | {"password": PASSWORD}).status_code == 303
    assert local.post("/console/account/claims", data=wrong | {"kind": "email", "do": "drop"}).status_code == 303
    assert local.post("/console/account/claims", data=wrong | {"kind": "?"}).status_code == 400
    other = re.search(r"/console/account/sessions/(\d+)", page)[1]
    assert local.post(f"/console/account/sessions/{other}", data={"csrf": csrf(page)}).status_code == 303
    assert local.get("/auth/me", headers=elsewhere).status_code == 401
    assert sign_in(local.application.test_client(), PASSWORD, PHONE) == 200


def test_a_browser_accepts_an_invitation(local, db):
    make_user(db, role=Role.ADMIN, email="admin@example.com", password_hash=HASH)
    db.commit()
    admin, guest = local.application.test_client(), local
    token = csrf(admin.get("/console/sign-in").text)
    admin.post("/console/sign-in", data={"csrf": token, "username": "admin@example.com", "password": PASSWORD})
    users = admin.get("/console/users").text
    made = admin.post("/console/users/invite", data={"csrf": csrf(users), "role": "agency", "email": ""}).text
    link = re.search(r"link=([\w.-]+)", made)[1]

    page = guest.get(f"/console/invitation?link={link}").text
    form = {"csrf": csrf(page), "link": link, "name": "Агентство", "email": "no address", "password": NEW}
    assert guest.post("/console/invitation", data=form).status_code == 400
    assert guest.post("/console/invitation", data=form | {"email": "agency@example.com"}).status_code == 303
    assert guest.get("/console/leads").status_code == 200
