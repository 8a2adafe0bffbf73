"""Fixtures of the console's tests: a small market with lists, the application behind a real socket, and Chromium.

The tests that need a browser are skipped if there is none, unless BROWSER_REQUIRED is set.
"""

import hashlib
import hmac
import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Locator, Page, expect, sync_playwright
from sqlalchemy.orm import Session

from api.console.kit.access import SESSION_COOKIE
from api.console.kit.pages import home_of
from api.http import live_updates
from api.http.access import DEVICE_COOKIE
from models.accounts.passwords import hash_password
from models.accounts.tokens import make_token
from models.accounts.users import User
from models.core.enums import DealType, Role
from models.market.leads import Lead
from models.market.properties import Property
from scripts.benchmarks.screenshots import FLAGS, find_chromium
from tests import sockets
from tests.cleaning import Rows, read_rows, store_rows
from tests.console.ready_pages import actions_wait_for_scripts
from tests.factories import SECRET, make_lead, make_property, make_user
from tests.waiting import WAIT_LIMIT_SECONDS
from worker.lists import rescore

#: How long a test waits for the browser. It is long, so that a test fails only if the state never comes.
WAIT_LIMIT_MS = WAIT_LIMIT_SECONDS * 1000
expect.set_options(timeout=WAIT_LIMIT_MS)

PASSWORD = "correct horse battery"
#: Hashed once, because hashing is slow by design.
PASSWORD_HASH = hash_password(PASSWORD)
#: Chromium without windows, if it is installed, because the parts around a page take 40 % of the browser's CPU time.
WITHOUT_WINDOWS = "chromium-headless-shell"
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"


#: Runs before a page's scripts: all timers fire ten times as early.
FASTER_POLLING = "const later = setTimeout; window.setTimeout = (call, ms, ...more) => later(call, ms / 10, ...more)"


#: Runs before the scripts of every page: toasts stay until they are dismissed or replaced. They last for seconds, and
#: a test on a busy machine may look at them too late.
LASTING_TOASTS = (
    "{ const later = setTimeout; "
    "window.setTimeout = (call, ...more) => call.name === 'end' ? 0 : later(call, ...more); }"
)


@dataclass
class Town:
    """Two realtors whose leads and properties match, a tenant and an administrator; all have the same password."""

    buyer: User
    seller: User
    tenant: User
    admin: User
    lead: Lead
    properties: list[Property]


@pytest.fixture(scope="session")
def kept_town() -> list[tuple[bytes, Rows]]:
    """The first town, pickled, and its rows: storing them again takes a twentieth of the time."""
    return []


@pytest.fixture
def town(new_worker_session, clean_database: str, kept_town: list[tuple[bytes, Rows]]) -> Town:
    if kept_town:
        [(town, rows)] = kept_town
        store_rows(clean_database, rows)
        return pickle.loads(town)
    is_empty = not read_rows(clean_database)
    town = make_town(new_worker_session)
    if is_empty:
        kept_town.append((pickle.dumps(town), read_rows(clean_database)))
    return town


def make_town(new_session: Callable[[], Session]) -> Town:
    with new_session() as session:
        people = [
            make_user(
                session,
                role=role,
                name=name,
                email=f"{name.lower()}@leadmatch.example",
                agency_name=agency,
                password_hash=PASSWORD_HASH,
            )
            for role, name, agency in (
                (Role.REALTOR, "Buyer", "Дом"),
                (Role.REALTOR, "Seller", None),
                (Role.TENANT, "Tenant", None),
                (Role.ADMIN, "Admin", None),
            )
        ]
        lead = make_lead(session, people[0], additional_requirements="тихий двор")
        properties = [make_property(session, people[1], house_number=str(number)) for number in range(3)]
        session.commit()
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()
        session.expunge_all()
    return Town(*people, lead, properties)


@pytest.fixture
def db(engine, clean_database) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


def csrf_of(html: str) -> str:
    """The CSRF token in the forms of a page."""
    return html.split('name="csrf" value="')[1].split('"')[0]


def enter(client: FlaskClient, user: User) -> str:
    """Give the client the cookie of a signed-in user, instead of that of another; returns the CSRF token of pages."""
    token = make_token(user, SECRET, 1)
    client.set_cookie(SESSION_COOKIE, token)
    client.delete_cookie(DEVICE_COOKIE)
    return csrf_of_session(client)


def csrf_of_session(client: FlaskClient) -> str:
    """The CSRF token of the pages of the session that the client's cookie names."""
    cookie = client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    proof = hmac.digest(SECRET.encode(), b"console-csrf:" + cookie.value.encode(), hashlib.sha256)
    return bytes(len(proof)).hex() + proof.hex()  # masked with zeros


# -- Browsers ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium. BROWSER_REQUIRED=1 makes its absence a failure."""
    path = find_chromium(WITHOUT_WINDOWS)
    if path is None:
        if os.environ.get("BROWSER_REQUIRED"):
            pytest.fail("no Chromium on this machine, but BROWSER_REQUIRED is set")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright, actions_wait_for_scripts():
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def served(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the application behind a socket. Its requests end with it, before the next test's database."""
    monkeypatch.setattr(
        live_updates, "CHECK_INTERVAL_SECONDS", 0.05
    )  # A stream notices the end of its process within this time.
    with sockets.served(app) as place:
        yield f"http://{place}"


@pytest.fixture
def visit(chromium, served: str) -> Iterator[Callable]:
    """
    ``visit(user)`` opens a browser page in a new session, at the user's first page or at *path*. *before* is a script
    that runs before ours, *refused* are error statuses that its requests may get (400 for a refused form), and *beside*
    is another site that its links may lead to.

    After the test, no page may have had an error or sent a request to another host. After an action, tests read the
    page with ``expect``, which waits, because an action returns before the page has changed.
    """
    contexts, errors, strangers = [], [], []

    def open_page(
        user: User | None,
        path: str | None = None,
        *,
        before: str = "",
        refused: tuple[int, ...] = (400,),
        beside: str = "-",
        **options: Any,
    ):
        context = chromium.new_context(base_url=served, locale="en", reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(WAIT_LIMIT_MS)
        context.add_init_script(LASTING_TOASTS)
        if before:
            context.add_init_script(before)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        expected = [f"status of {status} " for status in refused]  # Chromium logs these as errors
        page.on(
            "console",
            lambda message: (
                errors.append(message.text)
                if message.type == "error" and not any(each in message.text for each in expected)
                else None
            ),
        )
        ours = (served, beside)
        page.on("request", lambda request: None if request.url.startswith(ours) else strangers.append(request.url))
        if user is not None:
            token = make_token(user, SECRET, 1)
            context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": served, "httpOnly": True}])
            page.goto(path or home_of(user.role))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert strangers == []


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until *wanted* has the focus, like a user without a mouse."""
    expect(wanted).to_be_visible()
    for _ in range(150):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")
