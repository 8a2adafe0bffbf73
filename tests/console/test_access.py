"""Who may open which page, and protection against requests that other sites forge."""

import re

import pytest

from api.console.kit.access import GUEST_COOKIE, SESSION_COOKIE
from api.http import access
from api.http.services import services_of
from models.core.enums import SUPPLY_ROLES, Role
from tests.console.conftest import PASSWORD, csrf_of, enter
from tests.factories import make_user

OWNERS = f"page: {', '.join(sorted(SUPPLY_ROLES))}"
ADMINS = "page: admin"
OPERATORS = "page: admin, operator"
MARKETERS = "page: admin, marketer"
REALTORS = "page: realtor"
USERS = "page: user"
ANYONE = "page: anyone"

#: Prefix of a page's path -> who may open it; the longest matching prefix counts.
TABLE = {
    "/": ANYONE,
    "/console": USERS,
    "/console/<path:path>": ANYONE,
    "/console/look": ANYONE,
    "/console/notices": ANYONE,  # the former address of notifications
    "/console/sign-in": ANYONE,
    "/console/sign-up": ANYONE,
    "/console/invitation": ANYONE,
    "/console/static": "anyone",
    "/homes": ANYONE,  # with PUBLIC_SEARCH=off: signed-in users only
    "/s": "anyone",  # a selection: anybody with its token has access
    "/console/leads": OWNERS,
    "/console/owner": OWNERS,
    "/console/requests": "page: tenant",
    "/console/properties": OWNERS,
    "/console/samples": OWNERS,
    "/console/tasks": OWNERS,
    "/console/team": REALTORS,
    "/console/team/join": ANYONE,  # an invitation: anybody with its token sees whose it is
    "/console/homes": OWNERS,
    "/console/documents": OWNERS,
    "/console/import": OWNERS,
    "/console/imports": OWNERS,
    "/console/export": OWNERS,
    "/console/sources": OWNERS,
    "/console/webhooks": OWNERS,
    "/console/engine": OPERATORS,
    "/console/quality": OPERATORS,
    "/console/schedule": OPERATORS,
    **dict.fromkeys(["/console/attention", "/console/queues", "/console/markets"], OPERATORS),
    **dict.fromkeys(["/console/weights", "/console/lists"], OPERATORS),
    "/console/users": ADMINS,
    "/console/audit": ADMINS,
    "/console/audit.csv": ADMINS,
    "/console/leadgen": MARKETERS,
}


def pages(app) -> list[tuple[str, str, str]]:
    return [
        (method, path, facts.access.name)
        for method, path, facts in access.operations(app)
        if path == "/" or path.startswith(("/console", "/s/", "/homes"))
    ]


def filled(path: str) -> str:
    """The path with ids that do not exist."""
    path = path.replace("<uuid:", "<uuid-").replace("<int:", "<int-")
    path = re.sub(r"<uuid-\w+>", "00000000-0000-0000-0000-000000000000", path)
    return re.sub(r"<(?:int-)?(?:path:)?\w+>", "1", path)


def test_every_page_is_for_whom_the_table_says(app):
    for method, path, who in pages(app):
        fitting = [start for start in TABLE if path == start or path.startswith(start.rstrip("/") + "/")]
        assert who == TABLE[max(fitting, key=len)], (method, path)


def test_a_visitor_is_asked_to_sign_in(app, client):
    for method, path, who in pages(app):
        if who not in (ANYONE, "anyone"):
            answer = client.open(filled(path), method=method)
            assert answer.status_code == 303, (method, path)
            assert answer.location.startswith("/console/sign-in"), (method, path)


def test_pages_of_others_are_closed(app, town, db):
    """Administrators have access to all pages, including those of owners, because they may own properties."""
    operator, marketer = (
        make_user(db, role=role, email=f"{role}@leadmatch.example", password_hash=town.buyer.password_hash)
        for role in (Role.OPERATOR, Role.MARKETER)
    )
    db.commit()
    for user in (town.buyer, town.tenant, operator, marketer, town.admin):
        client = app.test_client()
        token = enter(client, user)
        for method, path, who in pages(app):
            if who not in (OWNERS, REALTORS, ADMINS, OPERATORS, MARKETERS):
                continue
            is_admitted = user.role in who.removeprefix("page: ").split(", ")
            if method == "GET":
                status = client.get(filled(path)).status_code
                assert (status != 403) == is_admitted, (user.name, path, status)
            elif not is_admitted:
                assert client.post(filled(path), data={"csrf": token}).status_code == 403, (user.name, path)


def test_every_post_needs_the_token_of_our_own_page(app, client, town):
    token = enter(client, town.admin)
    other = app.test_client()
    theirs = enter(other, town.buyer)
    for method, path, who in pages(app):
        if method == "POST" and who in (USERS, ADMINS, OPERATORS, MARKETERS):
            for wrong in ("", "x", theirs):
                answer = client.post(filled(path), data={"csrf": wrong})
                assert answer.status_code == 403, (path, wrong)
    assert client.post("/console/notifications/read", data={"csrf": token}).status_code == 303


def test_signing_in_needs_the_token_too(client, town):
    answer = client.post("/console/sign-in", data={"username": town.buyer.email, "password": "whatever"})

    assert answer.status_code == 403
    assert client.get_cookie(SESSION_COOKIE) is None


def test_the_api_does_not_know_the_cookie(client, town):
    enter(client, town.buyer)

    for path in ("/leads", "/properties", "/notifications", "/auth/me", "/feed/next"):
        assert client.get(path).status_code == 401, path


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client, town):
    token = csrf_of(client.get("/console/sign-in").text)
    answer = client.post("/console/sign-in", data={"csrf": token, "username": town.buyer.email, "password": "wrong"})
    assert answer.status_code == 401 and "Неверный логин или пароль" in answer.text

    client.post("/console/sign-in", data={"csrf": token, "username": town.buyer.email, "password": PASSWORD})

    cookie = client.get_cookie(SESSION_COOKIE)
    assert cookie.http_only and cookie.same_site == "Lax"
    assert client.get_cookie(GUEST_COOKIE) is None


def test_signing_out_voids_the_token_itself(client, town):
    csrf = enter(client, town.buyer)
    token = client.get_cookie(SESSION_COOKIE).value
    assert client.get("/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200

    assert client.post("/console/sign-out", data={"csrf": csrf}).status_code == 303

    assert client.get_cookie(SESSION_COOKIE) is None
    assert client.get("/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        ("/console/matches", "/console/matches"),
        ("https://evil.example", "/console/leads"),
        ("//evil.example", "/console/leads"),
        ("/console//evil.example", "/console/leads"),
        ("/console\\@evil.example", "/console/leads"),
        ("/docs", "/console/leads"),
    ],
)
def test_signing_in_redirects_only_to_our_own_pages(client, town, target, goes):
    token = csrf_of(client.get("/console/sign-in").text)
    form = {"csrf": token, "username": town.buyer.email, "password": "correct horse battery", "next": target}

    assert client.post("/console/sign-in", data=form).location == goes


def test_a_page_allows_nothing_inline_and_nothing_from_elsewhere(client):
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "script-src 'self';" in policy and "style-src 'self';" in policy
    assert "<script>" not in answer.text and " style=" not in answer.text and " onclick=" not in answer.text


def test_an_sms_code_signs_in(app, client, town, monkeypatch):
    """On a local system the page shows the code."""
    object.__setattr__(services_of(app).settings, "environment", "local")
    token = csrf_of(client.get("/console/sign-in/code").text)
    page = client.post("/console/sign-in/code", data={"csrf": token, "phone": town.buyer.phone}).text
    code = re.search(r"\b\d{6}\b", page.split("note small")[1])[0]

    wrong = client.post("/console/sign-in/code", data={"csrf": token, "phone": town.buyer.phone, "code": "x"})
    assert wrong.status_code == 401
    right = client.post("/console/sign-in/code", data={"csrf": token, "phone": town.buyer.phone, "code": code})

    assert right.status_code == 303 and client.get_cookie(SESSION_COOKIE)


def test_a_deactivated_user_loses_access_at_once(client, town, db):
    enter(client, town.buyer)
    db.get(type(town.buyer), town.buyer.id).is_active = False
    db.commit()

    assert client.get("/console/leads").status_code == 303


def test_tenants_have_pages_too(client, db, town):
    landlord = make_user(db, role=Role.LANDLORD, email="l@leadmatch.example", password_hash=town.buyer.password_hash)
    db.commit()
    enter(client, landlord)

    assert client.get("/console/properties").status_code == 200
    assert client.get("/console/nowhere").status_code == 404
