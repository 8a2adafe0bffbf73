"""Signing up by each method, and what is refused."""

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import func, select

from api.console.kit.access import SESSION_COOKIE
from api.http.services import services_of
from models.accounts.audit import AuditEntry
from models.accounts.links import OneTimeLink, link_of
from models.accounts.users import User
from models.core.enums import Role
from tests.console.conftest import PASSWORD, csrf_of
from tests.factories import SECRET, make_user

ANNA = {"role": "realtor", "name": "Анна Ким", "email": "Anna@leadmatch.example", "password": PASSWORD}
PHONE = "+77013334455"
LINK = re.compile(r'href="([^"?]+)')


def send(client: FlaskClient, path: str = "", **form: str):
    """Fill in the form of the page at *path* and send it."""
    token = csrf_of(client.get(f"/console/sign-up{path}").text)
    return client.post(f"/console/sign-up{path}", data={"csrf": token, **form})


@pytest.fixture
def local(app):
    """On a local system the page shows a code."""
    object.__setattr__(services_of(app).settings, "environment", "local")


def shown_code(html: str) -> str:
    return re.search(r"\b\d{6}\b", html.split("note small")[1])[0]


def users(db) -> list[User]:
    return list(db.scalars(select(User).order_by(User.id)))


@pytest.mark.parametrize(
    ("role", "first_page"),
    [
        ("realtor", "/console/leads"),
        ("agency", "/console/owner/listings"),
        ("landlord", "/console/owner/listings"),
        ("developer", "/console/owner/listings"),
        ("tenant", "/console/feed"),
    ],
)
def test_an_address_and_a_password_make_an_account_that_begins_at_its_roles_page(client, db, role, first_page):
    answer = send(client, **ANNA | {"role": role})

    [user] = users(db)
    assert (user.role, user.name, user.email) == (Role(role), "Анна Ким", "anna@leadmatch.example")
    assert user.email_proven_at is None
    assert answer.status_code == 303 and answer.location == f"{first_page}?outcome=signed_up"
    assert "Профиль создан" in client.get(answer.location).text
    assert (
        db.scalar(select(func.count()).where(AuditEntry.action == "signed_up", AuditEntry.row_id == str(user.id))) == 1
    )
    assert client.get("/console/sign-up").location == first_page  # a signed-in user is redirected
    login = client.post("/auth/login", json={"username": user.email, "password": PASSWORD})
    assert login.status_code == 200


def test_where_mails_can_be_sent_a_link_proves_the_address_and_the_password_stays(app, client, db):
    object.__setattr__(
        services_of(app).settings, "smtp_url", "smtp+plain://127.0.0.1:9?from=no-reply@leadmatch.example"
    )

    assert send(client, **ANNA).location.endswith("outcome=signed_up_link")

    row = db.scalars(select(OneTimeLink)).one()
    assert (row.email, row.is_sendable) == ("anna@leadmatch.example", True)
    link = link_of(row, SECRET)
    token = csrf_of(client.get(f"/console/sign-in/email?link={link}").text)
    assert client.post("/console/sign-in/email", data={"csrf": token, "link": link}).status_code == 303
    [user] = users(db)
    assert user.email_proven_at and user.password_hash


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"role": ""}, "role"),
        ({"name": " "}, "name"),
        ({"name": "\0"}, "name"),
        ({"name": "x" * 181}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
    ],
)
def test_errors_are_beside_their_fields_and_no_account_is_created(client, db, change, field):
    answer = send(client, **ANNA | change)

    assert answer.status_code == 400
    assert re.findall(r'id="(\w+)-error"', answer.text) == [field]
    assert PASSWORD not in answer.text
    assert users(db) == [] and client.get_cookie(SESSION_COOKIE) is None


def test_signs_that_nobody_types_are_left_out(client, db):
    assert send(client, **ANNA | {"name": "Анна\0 Ким"}).status_code == 303
    assert [user.name for user in users(db)] == ["Анна Ким"]


def test_all_errors_are_shown_at_once(client):
    answer = send(client, role="x", name="", email="nobody", password="short")

    assert re.findall(r'id="(\w+)-error"', answer.text) == ["role", "name", "email", "password"]


def test_another_users_address_is_refused_as_by_the_api(client, db):
    make_user(db, email="anna@leadmatch.example")
    db.commit()

    answer = send(client, **ANNA)

    assert answer.status_code == 409 and 'id="email-error"' in answer.text and "Анна Ким" in answer.text
    assert len(users(db)) == 1 and client.get_cookie(SESSION_COOKIE) is None


@pytest.mark.parametrize("name", ["Анна Ким", "Анна"])
def test_a_code_makes_an_account_whose_phone_is_proven(local, client, db, name):
    answer = send(client, "/phone", role="landlord", name=name, phone="8 701 333 44 55")
    assert answer.status_code == 200 and users(db) == []

    wrong = send(client, "/phone", role="landlord", phone=PHONE, code="x")
    assert wrong.status_code == 401 and 'id="code-error"' in wrong.text and users(db) == []
    right = send(client, "/phone", role="landlord", phone=PHONE, code=shown_code(answer.text))

    [user] = users(db)
    assert (user.role, user.name, user.phone) == (Role.LANDLORD, name, PHONE)
    assert user.phone_proven_at and right.location == "/console/owner/listings"
    assert client.get(right.location).status_code == 200


@pytest.mark.parametrize(
    "change", [{"role": "operator"}, {"name": ""}, {"phone": "12"}, {"phone": ""}, {"phone": "12", "code": "123456"}]
)
def test_no_code_is_sent_for_invalid_data(client, db, change):
    answer = send(client, "/phone", **{"role": "tenant", "name": "Анна", "phone": PHONE} | change)

    assert (
        answer.status_code == 400
        and f'id="{"phone" if "phone" in change else next(iter(change))}-error"' in answer.text
    )
    assert 'name="code"' not in answer.text


def test_a_registered_phone_looks_like_a_new_one_and_its_account_stays_as_it_is(local, app, client, db):
    known = make_user(db, phone=PHONE, role=Role.REALTOR, name="Пётр")
    known.phone_proven_at = func.now()
    db.commit()

    def page_for(phone: str) -> tuple[str, str]:
        html = send(app.test_client(), "/phone", role="tenant", name="Ева", phone=phone).text
        blanked = re.sub(r'value="[0-9a-f]{128}"', "", html).replace(phone, "").replace(shown_code(html), "")
        return blanked, shown_code(html)

    old, code = page_for(PHONE)
    new, _ = page_for("+77013334466")

    assert old == new
    assert send(client, "/phone", phone=PHONE, role="tenant", code=code).status_code == 401
    db.expire_all()
    assert (known.role, known.name) == (Role.REALTOR, "Пётр") and len(users(db)) == 1


def test_tries_are_limited_as_the_apis_are_and_need_our_own_form(client, db):
    assert client.post("/console/sign-up", data=ANNA).status_code == 403
    token = csrf_of(client.get("/console/sign-up").text)
    tries = [client.post("/console/sign-up", data={"csrf": token, "name": ""}).status_code for _ in range(60)]

    assert tries == [400] * 59 + [429]
    refused = client.post("/console/sign-up/phone", data={"csrf": token, "role": "tenant", "phone": PHONE})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert users(db) == []


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        ("/homes?town=x", "/homes?town=x"),
        ("/console/leads", "/console/feed?outcome=signed_up"),  # may be for other roles than the one chosen
        ("//evil.example", "/console/feed?outcome=signed_up"),
    ],
)
def test_only_the_public_search_gets_its_visitor_back(client, target, goes):
    assert send(client, **ANNA | {"role": "tenant", "next": target}).location == goes


def test_telegram_is_offered_where_it_is_configured_and_phones_where_sms_are(app, client):
    settings = services_of(app).settings
    assert "oauth.telegram.org" not in client.get("/console/sign-up").text
    object.__setattr__(settings, "telegram_bot_token", "42:TEST")
    object.__setattr__(settings, "sms_gateway_url", "")

    for path in ("/console/sign-up", "/console/sign-in"):
        page = client.get(path).text
        assert "https://oauth.telegram.org/auth?bot_id=42" in page
        assert not {"/console/sign-up/phone", "/console/sign-in/code", "/console/sign-in/email"} & set(
            LINK.findall(page)
        )
    object.__setattr__(settings, "sms_gateway_url", "console://")
    object.__setattr__(settings, "smtp_url", "smtp+plain://127.0.0.1:9")
    assert {"/console/sign-in/code", "/console/sign-in/email"} <= set(LINK.findall(client.get("/console/sign-in").text))


@pytest.mark.parametrize(
    ("path", "form", "setting"),
    [
        ("/console/sign-in/code", {"phone": PHONE}, "SMS_GATEWAY_URL"),
        ("/console/sign-in/email", {"email": "anna@leadmatch.example"}, "SMTP_URL"),
        ("/console/sign-up/phone", {"role": "tenant", "name": "Анна", "phone": PHONE}, "SMS_GATEWAY_URL"),
    ],
)
def test_a_form_whose_gateway_is_not_configured_says_so(app, client, db, path, form, setting):
    object.__setattr__(services_of(app).settings, "sms_gateway_url", "")
    csrf = csrf_of(client.get("/console/sign-up").text)

    answer = client.post(path, data=form | {"csrf": csrf})

    assert (answer.status_code, users(db)) == (403, [])
    assert setting in answer.text


def test_a_visitor_signs_up_by_keyboard_to_save_a_search_and_another_by_phone(local, visit, town):
    page = visit(None)
    page.goto("/homes")
    page.get_by_role("link", name="Sign up").click()
    expect(page.get_by_label("I am looking for a home")).to_be_checked()
    page.get_by_label("Name").fill("Eve")
    page.get_by_label("E-mail").fill("eve@leadmatch.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save the search").click()
    expect(page.get_by_text("Search saved")).to_be_visible()

    other = visit(None, java_script_enabled=False)
    other.goto("/")
    other.get_by_role("link", name="Sign up").click()
    other.get_by_role("link", name="By phone").click()
    other.get_by_label("I am a realtor").check()
    other.get_by_label("Name").fill("Пётр Ли")
    other.get_by_label("Phone").fill("8 701 333 44 55")
    other.keyboard.press("Enter")
    code = re.search(r"\d{6}", other.locator(".note.small").inner_text())[0]
    other.get_by_label("Code", exact=True).fill(code)
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", level=1)).to_have_text("My leads")
    expect(other.locator(".who")).to_contain_text("Пётр Ли")
