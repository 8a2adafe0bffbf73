"""A stranger's guesses are limited, and the limits lock out strangers rather than the owner."""

import pytest
from sqlalchemy.orm import Session

from models.accounts.passwords import hash_password
from models.core.base import utc_now
from models.core.enums import Role
from tests.factories import make_user

EMAIL, PHONE, PASSWORD = "alice@example.com", "+77011234567", "correct horse"
HASH = hash_password(PASSWORD)
HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture(params=[Role.TENANT, Role.ADMIN])
def owner(db, request):
    user = make_user(db, role=request.param, email=EMAIL, phone=PHONE, password_hash=HASH, phone_proven_at=utc_now())
    db.commit()
    return user


@pytest.fixture
def local(app_with):
    return app_with(ENVIRONMENT="local").test_client()


def sign_in(client, password=PASSWORD, address=HOME, **headers):
    form = {"username": EMAIL, "password": password}
    return client.post("/auth/login", data=form, environ_base={"REMOTE_ADDR": address}, headers=headers)


def guess(client, times=25):
    """Send wrong passwords from that many addresses; returns the answers."""
    return [sign_in(client, "x", f"198.51.100.{number + 10}").status_code for number in range(times)]


def test_wrong_passwords_from_anywhere_do_not_lock_out_the_owners_address(client, owner):
    assert sign_in(client).status_code == 200
    assert guess(client) == [401] * 20 + [429] * 5

    assert sign_in(client, address=ELSEWHERE).status_code == 429  # even the right password is refused by the limit
    assert sign_in(client).status_code == 200


def test_wrong_passwords_from_anywhere_do_not_lock_out_the_owners_device(client, owner):
    token = sign_in(client).json["access_token"]
    client.post("/auth/logout", headers={"Authorization": f"Bearer {token}"})
    guess(client)

    assert sign_in(client, address=ELSEWHERE, Authorization=f"Bearer {token}x").status_code == 429
    assert sign_in(client, address=ELSEWHERE, Authorization=f"Bearer {token}").status_code == 200


def test_a_browser_is_known_after_signing_out(client, owner):
    def post(path, address, **form):
        page = client.get("/console/sign-in", environ_base={"REMOTE_ADDR": address}).text
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        return client.post(path, data=form | {"csrf": csrf}, environ_base={"REMOTE_ADDR": address}).status_code

    who = {"username": EMAIL, "password": PASSWORD}
    assert post("/console/sign-in", HOME, **who) == 303
    assert post("/console/sign-out", HOME) == 303
    guess(client.application.test_client())

    assert post("/console/sign-in", ELSEWHERE, **who) == 303


def test_guesses_from_the_owners_address_are_bounded_too(client, owner):
    token = sign_in(client).json["access_token"]
    assert [sign_in(client, "x").status_code for _ in range(21)] == [401] * 20 + [429]

    assert sign_in(client).status_code == 429
    assert sign_in(client, Authorization=f"Bearer {token}").status_code == 200  # whose device shares the address


def test_anothers_token_or_address_makes_no_place_known(client, db, owner):
    other = make_user(db, email="bob@example.com", password_hash=HASH)
    db.commit()
    form = {"username": other.email, "password": PASSWORD}
    token = client.post("/auth/login", data=form, environ_base={"REMOTE_ADDR": ELSEWHERE}).json["access_token"]
    guess(client)

    assert sign_in(client, address=ELSEWHERE, Authorization=f"Bearer {token}").status_code == 429


def test_a_user_locked_out_of_the_password_can_sign_in_by_code(local, owner):
    guess(local)
    assert sign_in(local, address=ELSEWHERE).status_code == 429

    code = local.post("/users/reset", json={"phone": PHONE}).json["code"]
    assert local.post("/users/token", json={"phone": PHONE, "activation_code": code}).status_code == 200


@pytest.mark.parametrize("path", ["/users/register", "/users/register/"])
def test_registering_anothers_phone_counts_against_who_does_it_and_nobody_else(local, owner, path):
    body = {"phone": PHONE, "first_name": "A", "last_name": "B", "role": "user"}

    def register(address: str) -> int:
        return local.post(path, json=body, environ_base={"REMOTE_ADDR": address}).status_code

    assert [register(ELSEWHERE) for _ in range(4)] == [201, 201, 201, 429]
    assert [register(f"198.51.100.{number}") for number in range(20, 30)] == [201] * 10
    came_from = {"REMOTE_ADDR": HOME}
    code = local.post("/users/reset", json={"phone": PHONE}, environ_base=came_from).json["code"]
    proof = {"phone": PHONE, "activation_code": code}
    assert local.post("/users/token", json=proof, environ_base=came_from).status_code == 200


def test_wrong_codes_from_elsewhere_do_not_spend_the_owners_tries(local, owner):
    came_from = {"REMOTE_ADDR": HOME}
    code = local.post("/users/reset", json={"phone": PHONE}, environ_base=came_from).json["code"]
    wrong = {"phone": PHONE, "activation_code": f"{(int(code) + 1) % 10**6:06d}"}
    for number in range(10):
        tried_from = {"REMOTE_ADDR": f"198.51.100.{number}"}
        assert local.post("/users/token", json=wrong, environ_base=tried_from).status_code == 401

    proof = wrong | {"activation_code": code}
    assert local.post("/users/token", json=proof, environ_base={"REMOTE_ADDR": ELSEWHERE}).status_code == 401
    assert local.post("/users/token", json=proof, environ_base=came_from).status_code == 200
