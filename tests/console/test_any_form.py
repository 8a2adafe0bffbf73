"""Whatever a form holds, and with Redis away too: an answer is a page or a complaint, never an error of ours."""

import io
import os
import random
import re

import pytest
import redis

from api.console.form_definitions import LEAD_GROUPS, PROPERTY_GROUPS, all_of
from api.http.services import services_of
from models.accounts.users import User
from tests.conftest import ROOT
from tests.console.conftest import csrf_of, enter

FORMS = int(os.environ.get("ANY_FORM", "3"))  # forms sent to each page by each role

#: Names that forms of the pages use, and values that people and programs have sent.
NAMES = sorted(
    {
        name
        for page in (ROOT / "api/templates/console").glob("*.html")
        for name in re.findall(r'name="([\w.-]+)"', page.read_text())
    }
    | {control.path for control in all_of(LEAD_GROUPS) + all_of(PROPERTY_GROUPS)}
)
VALUES = [
    "", " ", "0", "-1", "--5", "+-5", "1e999", "nan", "1,5", "1 000", "٣", "²", "9" * 30, "x" * 5000, "\x00", "\ud800",
    "⚠️", "'; DROP TABLE users; --", "<script>", "../../etc/passwd", "2026-02-30", "true", "LIKE", "confirm", "drop",
    "put_out", "let_in", "role", "admin", "SALE", "APARTMENT", "phone", "password", "[]", "{}", "%", "%s", "{0}", "http://[",
    "\r\n",
]  # fmt: skip


def posts(app) -> list[str]:
    """The addresses of every page that takes a form, with ids that may exist filled in."""
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/console") and "POST" in rule.methods and "sign-out" not in rule.rule:
            path = re.sub(r"<int:\w+>", "1", rule.rule)
            path = re.sub(r"<uuid:\w+>", "01890a5d-ac96-774b-bcce-b302099a8057", path)
            found.add(re.sub(r"<(?:\w+:)?\w+>", "leads", path))
    return sorted(found)


@pytest.mark.parametrize("is_redis_away", [False, True], ids=["as ever", "without Redis"])
@pytest.mark.parametrize("who", ["admin", "seller", "tenant"])
def test_no_form_is_an_error_of_ours(app, client, town, who, is_redis_away, monkeypatch):
    enter(client, getattr(town, who))
    if is_redis_away:
        away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.1)
        monkeypatch.setattr(services_of(app), "redis", away)
        monkeypatch.setattr(services_of(app).worker, "_redis", away, raising=False)
    rng, failed = random.Random(who), []
    for path in posts(app):
        for _ in range(FORMS):
            csrf = csrf_of(client.get("/console/account").text)
            form = {name: rng.choice(VALUES) for name in rng.sample(NAMES, rng.randrange(1, 25))}
            # Lone surrogates cannot be sent in a form: what a browser sends in their place is.
            form = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
            answer = client.post(path, data=form | {"csrf": csrf})
            if answer.status_code >= 500 and answer.status_code != 503:
                failed.append((path, answer.status_code, form))
            if client.get("/console/account").status_code != 200:  # the form has signed out, or put out, who sent it
                enter(client, getattr(town, who))
    assert failed == []


@pytest.mark.parametrize("is_redis_away", [False, True], ids=["as ever", "without Redis"])
def test_no_page_is_an_error_of_ours(app, client, town, is_redis_away, monkeypatch):
    enter(client, town.admin)
    if is_redis_away:
        away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.1)
        monkeypatch.setattr(services_of(app), "redis", away)
        monkeypatch.setattr(services_of(app).worker, "_redis", away, raising=False)
    for path in ("/console/engine", "/console/quality", "/console/schedule", "/console/users", "/console/leadgen"):
        assert client.get(path).status_code in (200, 503), path
        assert client.get(path + "?page=--5&part=1").status_code in (200, 503), path


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"city\rAlmaty\r", 200),
        (b"city\r\nAlmaty\r\n", 200),
        (b"city\n" + b"x" * 140_000 + b"\n", 200),
        (b'city\n"never closed\n', 200),
        (b'"', 400),
        (b"\r", 400),
    ],
    ids=["CR only", "CR LF", "a long cell", "an open quote", "a quote", "nothing"],
)
def test_any_file_is_read_or_refused(client, town, content, status):

    enter(client, town.seller)
    csrf = csrf_of(client.get("/console/account").text)
    file = (io.BytesIO(content), "leads.csv")

    assert client.post("/console/import/leads", data={"csrf": csrf, "file": file}).status_code == status


def test_a_user_is_put_out_by_a_button_and_not_by_its_absence(client, town, db):
    enter(client, town.admin)
    csrf = csrf_of(client.get("/console/users").text)

    for form in ({}, {"do": ""}, {"do": "nonsense"}):
        answer = client.post(f"/console/users/{town.tenant.id}", data=form | {"csrf": csrf})
        assert answer.status_code == 400

    assert db.get(User, town.tenant.id).is_active
