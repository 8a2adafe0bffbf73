"""Whatever a form contains, even without Redis, the answer is a page or an error message, never an internal error."""

import inspect
import io
import os
import random
import re
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.console.kit.access import SESSION_COOKIE
from api.console.kit.form_definitions import LEAD_GROUPS, PROPERTY_GROUPS, all_of
from api.http.services import services_of
from models.accounts.notifications import Notification
from models.accounts.sessions import AccountSession
from models.accounts.tokens import user_of_token
from models.accounts.users import User
from models.core.enums import ActionKind, RunState, Side
from models.core.errors import NotSignedInError
from models.deals.chats import open_chat
from models.deals.inquiries import create_inquiry
from models.deals.matches import act
from models.leadgen.ads import create_ad
from models.leadgen.campaigns import Platform, create_campaign
from models.leadgen.niches import create_niche
from models.leadgen.prospects import add_prospect
from models.market.base_views import views_of
from models.rescoring.runs import RescoringRun
from models.sources.sources import create_source
from models.sources.tables import Import, ImportState
from tests.conftest import ROOT
from tests.console.conftest import csrf_of, csrf_of_session, enter
from tests.factories import SECRET, make_lead, make_property
from tests.length import examples

FORMS = int(os.environ.get("ANY_FORM", examples(1, 20)))  # forms sent to each page by each role

#: Names that forms of the pages use, and values that people and programs have sent.
PAGES = ROOT / "api/templates/console"
NAMES = sorted(
    {name for page in PAGES.rglob("*.html") for name in re.findall(r'name="([\w.-]+)"', page.read_text())}
    | {control.path for control in all_of(LEAD_GROUPS) + all_of(PROPERTY_GROUPS)}
)
VALUES = [
    "", " ", "0", "1", "60", "-1", "--5", "+-5", "1e999", "nan", "1,5", "1 000", "٣", "²", "9" * 30, "x" * 5000, "\x00",
    "\ud800", "⚠️", "'; DROP TABLE users; --", "<script>", "../../etc/passwd", "2026-02-30", "2026-01-01", "true",
    "LIKE", "DISLIKE", "confirm", "drop", "put_out", "let_in", "role", "admin", "SALE", "APARTMENT", "phone",
    "password", "[]", "{}", "%", "%s", "{0}", "http://[", "\r\n", "try", "end", "remove", "paused", "price", "leads",
    "all", "market", "Алматы", "a@b.example", "+77011234567", "https://feeds.example/a.xml",
    '{"deal_type": [{}], "notes": null}',
    "ru", "kk", "lead-1", "match-1", "match-999999999999999999", "LEAD-1-1", "PROPERTY-1-1", "dark",
]  # fmt: skip
FILES = [b"", b"\x00", b'"', b"city,price\n\x00,1\n", b"city;price\nAlmaty;5\n", b"PK\x03\x04", b"<a>", b"\xff\xfe\x00"]


@pytest.fixture
def rows(town, db) -> dict[str, dict[str, Any]]:
    """Role -> ids of existing rows for the addresses of its forms, by parameter."""
    pair = {"lead_id": town.lead.id, "property_id": town.properties[0].id, "kind": ActionKind.LIKE}
    act(db, town.buyer, Side.LEAD, **pair)
    match = act(db, town.seller, Side.PROPERTY, **pair)
    run = RescoringRun(scope="all", state=RunState.FAILED, requested_by="cli", error="killed")
    listing = town.properties[1]
    inquiry = create_inquiry(db, town.tenant, listing)
    chat, _ = open_chat(db, town.tenant, buyer_id=town.tenant.id, seller_id=town.seller.id, property_id=listing.id)
    source = create_source(db, town.seller, {"address": "https://feeds.example/yandex.xml", "refresh_minutes": 60})
    found = Import(
        source_id=source.id, asked_by="request", file_name="a.csv", is_dry_run=True, state=ImportState.WAITING
    )
    found.counts, found.report = {"offers": 1}, {"kind": "csv", "columns": {"Цена": "price"}, "samples": {}}
    own = make_lead(db, town.seller)
    offered = make_property(db, town.buyer, house_number="9")
    db.add_all([run, found])
    niche = create_niche(db, {"name": "Ремонт", "category": "repair", "cpl_target": 100})
    campaign = create_campaign(db, {"niche_id": niche.id, "name": "OLX", "platform": Platform.OLX, "budget": 5000})
    ad = create_ad(db, campaign, {"title": "Быстрый ремонт"}, 900)
    prospect = add_prospect(db, {"ad_id": ad.id, "name": "Иван", "source": Platform.OLX}).prospect
    db.commit()
    of_all = {
        "match_id": match.id, "run_id": run.id, "listing_id": listing.id, "inquiry_id": inquiry.id, "chat_id": chat.id,
        "source_id": source.id, "import_id": found.id, "user_id": town.tenant.id, "niche_id": niche.id,
        "campaign_id": campaign.id, "ad_id": ad.id, "prospect_id": prospect.id, "rest": "leads", "kind": "leads",
        "lead_id": own.id, "property_id": listing.id, "others": {"lead_id": town.lead.id, "property_id": offered.id},
    }  # fmt: skip
    found = {}
    for who in ("admin", "seller", "tenant"):
        notifications = select(Notification.id).where(Notification.user_id == getattr(town, who).id)
        found[who] = of_all | {"notification_id": db.scalars(notifications.limit(1)).first() or 1}
    return found


def posts(app, named: dict[str, Any]) -> dict[str, list[str]]:
    """The address of every page that accepts a form, with ids -> the field names that its module reads."""
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/console") and "POST" in rule.methods and "sign-out" not in rule.rule:
            # Of a pair one's own row comes first, and another's follows.
            own = next(iter(re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)), None)
            ids = named | {name: row for name, row in named["others"].items() if name != own and own in named["others"]}
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part, ids=ids: str(ids.get(part[1], 1)), rule.rule)
            source = inspect.getsource(inspect.getmodule(app.view_functions[rule.endpoint]))
            found[path] = re.findall(r'(?:form|given|files)\.get(?:list)?\("([\w.]+)"|"(\w+)" in request\.form', source)
    return {path: sorted({one or other for one, other in names}) for path, names in sorted(found.items())}


def any_form(rng: random.Random, own: list[str]) -> dict[str, Any]:
    """Most of the fields that the page reads, and some that other pages read."""
    names = {*rng.sample(NAMES, rng.randrange(1, 16)), *rng.sample(own, rng.randrange(len(own) + 1))}
    form: dict[str, Any] = {}
    for name in sorted(names):
        # Lone surrogates cannot be sent in a form, so this sends what browsers send instead.
        values = [
            value.encode("utf-8", "replace").decode() for value in rng.choices(VALUES, k=rng.choice([1, 1, 1, 2]))
        ]
        form[name] = values if len(values) > 1 else values[0]
        if rng.random() < 0.1:
            form[name + rng.choice([".take", ".kept"])] = "1"
    form.pop("file", None)
    if rng.random() < 0.3 or ("file" in own and rng.random() < 0.7):
        form["file"] = (io.BytesIO(rng.choice(FILES)), rng.choice(["a.csv", "a.xlsx", "\x00.xml", "я" * 300, "a"]))
    return form


def is_signed_in(client: FlaskClient, db: Session) -> bool:
    """Whether the client's cookie still names a user, which costs less than loading a page for each form."""
    cookie = client.get_cookie(SESSION_COOKIE)
    try:
        return cookie is not None and user_of_token(db, cookie.value, SECRET) is not None
    except NotSignedInError:
        return False
    finally:
        db.rollback()  # otherwise PostgreSQL would end this connection, which is idle in a transaction


@pytest.mark.timeout(900 + 60 * FORMS)
@pytest.mark.parametrize("is_redis_away", [False, True], ids=["as ever", "without Redis"])
@pytest.mark.parametrize("who", ["admin", "seller", "tenant"])
def test_no_form_is_an_error_of_ours(app, client, town, rows, db, who, is_redis_away, monkeypatch):
    enter(client, getattr(town, who))
    if is_redis_away:
        away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.1)
        monkeypatch.setattr(services_of(app), "redis", away)
        monkeypatch.setattr(services_of(app).worker, "_redis", away, raising=False)
    rng, failed = random.Random(f"{who} {FORMS}"), []
    sessions = select(AccountSession.id).where(AccountSession.user_id == getattr(town, who).id)
    named = rows[who] | {"session_id": db.scalars(sessions.order_by(AccountSession.id)).first()}
    for path, own in posts(app, named).items():
        for _ in range(FORMS):
            if not is_signed_in(client, db):  # the previous form has signed out or deactivated its sender
                enter(client, getattr(town, who))
                assert is_signed_in(client, db), path
            if path.startswith("/console/account"):  # this page shows what these forms change
                assert client.get("/console/account").status_code == 200, path
            form = any_form(rng, own)
            answer = client.post(path, data=form | {"csrf": csrf_of_session(client)})
            if answer.status_code >= 500 and answer.status_code != 503:
                failed.append((path, answer.status_code, form))
    assert failed == []


#: Pages whose forms have fields for numbers: (who, path with names of rows).
WITH_NUMBERS = [
    ("seller", "/console/leads/new"),
    ("seller", "/console/leads/{lead_id}/edit"),
    ("seller", "/console/properties/new"),
    ("seller", "/console/properties/{property_id}/edit"),
    ("tenant", "/console/preferences"),
    ("tenant", "/console/requests/new"),
    ("admin", "/console/leadgen/new"),
    ("admin", "/console/leadgen/{niche_id}/campaigns/new"),
    ("admin", "/console/leadgen/{niche_id}/ads/new"),
]
NUMBER_FIELD = re.compile(r'<input (?=[^>]*(?:inputmode="decimal"|data-amount))[^>]*name="([\w.-]+)"')


@pytest.mark.parametrize("who", ["admin", "seller", "tenant"])
def test_text_in_a_number_field_is_refused_beside_the_field(client, town, rows, who):
    enter(client, getattr(town, who))
    for path in [path.format(**rows[who]) for role, path in WITH_NUMBERS if role == who]:
        page = client.get(path).text
        names = NUMBER_FIELD.findall(page)
        assert names, path
        for typed in ("--5", "+-5", "5-", "0x10", "1e999", "nan", "²", "9" * 30):
            answer = client.post(path, data=dict.fromkeys(names, typed) | {"csrf": csrf_of(page)})
            assert answer.status_code == 400, (path, typed)
            refused = set(re.findall(r'id="([\w-]+)-error"', answer.text))
            assert {name.replace(".", "-") for name in names} <= refused, (path, typed)


@pytest.mark.parametrize("is_redis_away", [False, True], ids=["as ever", "without Redis"])
def test_no_page_is_an_error_of_ours(app, client, town, is_redis_away, monkeypatch):
    enter(client, town.admin)
    if is_redis_away:
        away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.1)
        monkeypatch.setattr(services_of(app), "redis", away)
        monkeypatch.setattr(services_of(app).worker, "_redis", away, raising=False)
    names = "attention queues markets weights lists engine quality schedule audit users leadgen"
    for name in names.split():
        for query in ("", "?page=--5&part=1", "?q=--5&days=--5&market=--5&user=--5&who=--5"):
            assert client.get(f"/console/{name}{query}").status_code in (200, 404, 503), (name, query)


@pytest.mark.parametrize(
    "content",
    [
        b"city\rAlmaty\r",
        b"city\r\nAlmaty\r\n",
        b"city\n" + b"x" * 140_000 + b"\n",
        b'city\n"never closed\n',
        b'"',
        b"\r",
    ],
    ids=["CR only", "CR LF", "a long cell", "an open quote", "a quote", "nothing"],
)
def test_any_file_is_tried_out_and_its_page_is_there(client, town, content):
    enter(client, town.seller)
    csrf = csrf_of(client.get("/console/account").text)
    file = (io.BytesIO(content), "leads.csv")

    answer = client.post("/console/sources/file", data={"csrf": csrf, "file": file, "content": "leads"})

    assert answer.status_code == 303, answer.text
    assert client.get(answer.location).status_code == 200


def test_a_user_is_deactivated_by_a_button_and_not_by_its_absence(client, town, db):
    enter(client, town.admin)
    csrf = csrf_of(client.get("/console/users").text)

    for form in ({}, {"do": ""}, {"do": "nonsense"}):
        answer = client.post(f"/console/users/{town.tenant.id}", data=form | {"csrf": csrf})
        assert answer.status_code == 400

    assert db.get(User, town.tenant.id).is_active


@pytest.mark.parametrize("name", ["\x00.csv", "a\x00b.csv"])
def test_a_file_whose_name_has_a_nul_is_kept_under_the_rest_of_it(client, town, db, name):
    enter(client, town.seller)
    csrf = csrf_of(client.get("/console/account").text)

    for form in ({}, {"source": "a\x00b"}):
        file = (io.BytesIO(b"city,price\nAlmaty,5\n"), name)
        answer = client.post("/console/sources/file", data=form | {"csrf": csrf, "file": file})
        assert answer.status_code in (302, 303)
    assert all("\x00" not in found for found in db.scalars(select(Import.file_name)))


def test_a_column_whose_name_has_a_nul_is_not_mapped(client, town, rows, db):
    enter(client, town.seller)
    csrf = csrf_of(client.get("/console/account").text)
    form = {"csrf": csrf, "column": ["a\x00", "b"], "field": ["price", "city"], "do": "try"}

    assert client.post(f"/console/imports/{rows['seller']['import_id']}", data=form).status_code < 500


def test_a_nul_in_a_form_is_left_out(client, town, db):
    enter(client, town.seller)
    csrf = csrf_of(client.get("/console/account").text)

    form = {"csrf": csrf, "do": "save", "name": "Ар\x00бат", "was": "q=a%00b"}
    saved = client.post("/console/properties/views", data=form)

    assert saved.status_code == 303
    [view] = views_of(db, town.seller, Side.PROPERTY)
    assert (view.name, view.query) == ("Арбат", {"q": "ab"})
    nameless = client.post("/console/properties/views", data={"csrf": csrf, "do": "drop", "name": "\x00"})
    assert nameless.status_code == 303


@pytest.mark.parametrize(
    "address",
    [
        "/homes?q=%00", "/homes?town=%00", "/console/properties?q=%00&sort=%00", "/console/sources?of=%00", "/s/%00",
        "/homes/unsubscribe/%00", "/console/notifications?topic=%00&page=%00", "/console/audit.csv?q=%00",
    ],
)  # fmt: skip
def test_a_nul_in_an_address_is_no_error_of_ours(client, town, address):
    enter(client, town.seller)

    assert client.get(address).status_code < 500
