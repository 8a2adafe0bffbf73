"""People at browsers: a small market with lists, the application behind a real socket, and Chromium.

The tests that need a browser are skipped where there is none, unless BROWSER_REQUIRED is set.
"""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Locator, Page, expect, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from api.console.kit.access import SESSION_COOKIE
from api.console.kit.pages import home_of
from api.http import live_updates
from api.portal.chat_hub import chat_hub_of
from models.accounts.passwords import hash_password
from models.accounts.tokens import make_token
from models.accounts.users import User
from models.core.enums import DealType, Role
from models.market.leads import Lead
from models.market.properties import Property
from scripts.benchmarks.screenshots import FLAGS, find_chromium
from tests.factories import SECRET, make_lead, make_property, make_user
from worker.lists import rescore

#: How long a browser may take over what a test waits for. A slow machine is no failure: only what never comes is.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

PASSWORD = "correct horse battery"
#: Made once: hashing is slow by design.
PASSWORD_HASH = hash_password(PASSWORD)
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"


#: Before a page's scripts: they ask for its living part, each one or two seconds, ten times as often.
HASTE = (
    "const later = setTimeout; "
    "window.setTimeout = (call, ms, ...more) => later(call, ms > 2000 ? ms : ms / 10, ...more)"
)


@dataclass
class Town:
    """Two realtors with a fitting pair each way, a tenant and an administrator; all have the same password."""

    buyer: User
    seller: User
    tenant: User
    admin: User
    lead: Lead
    properties: list[Property]


@pytest.fixture
def town(worker_here) -> Town:
    with worker_here() as session:
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
    """The token that the forms of a page carry."""
    return html.split('name="csrf" value="')[1].split('"')[0]


def enter(client: FlaskClient, user: User) -> str:
    """Sign in through the form; the CSRF token of the pages that follow."""
    token = csrf_of(client.get("/console/sign-in").text)
    answer = client.post(
        "/console/sign-in", data={"csrf": token, "username": user.email, "password": PASSWORD}, follow_redirects=True
    )
    assert answer.status_code == 200, answer.text
    return csrf_of(answer.text)


# -- Browsers ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium. BROWSER_REQUIRED=1 makes its absence a failure."""
    path = find_chromium()
    if path is None:
        if os.environ.get("BROWSER_REQUIRED"):
            pytest.fail("no Chromium on this machine, but BROWSER_REQUIRED is set")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def served(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The application behind a socket; its address. No request outlives it, to meet the next test's database."""
    monkeypatch.setattr(live_updates, "TURN_SECONDS", 0.05)  # A stream ends with its process, within a turn.
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = False  # Only such threads are remembered, to be joined when the server closes.
    # How often it looks whether it shall end; the usual half a second would be waited for after every test.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    chat_hub_of(app).close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(chromium, served: str) -> Iterator[Callable]:
    """
    ``visit(user)``: a browser's page in a session of its own, at the user's first page; *before* is a script to be
    run before ours, *refused* the statuses that its requests may meet (a form that the server refuses is 400), *beside*
    another site that its links may lead to.

    After the test none may have met an error, and none may have asked another host for anything. What a test reads
    after it acted is read with ``expect``, which waits: an action returns before the page has changed.
    """
    contexts, errors, strangers = [], [], []

    def open_page(
        user: User | None, *, before: str = "", refused: tuple[int, ...] = (400,), beside: str = "-", **options: Any
    ):
        context = chromium.new_context(base_url=served, locale="en", reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if before:
            context.add_init_script(before)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        expected = [f"status of {status} " for status in refused]  # Chromium logs these as errors
        page.on(
            "console",
            lambda said: (
                errors.append(said.text)
                if said.type == "error" and not any(each in said.text for each in expected)
                else None
            ),
        )
        ours = (served, beside)
        page.on("request", lambda request: None if request.url.startswith(ours) else strangers.append(request.url))
        if user is not None:
            token = make_token(user, SECRET, 1)
            context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": served, "httpOnly": True}])
            page.goto(home_of(user.role))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert strangers == []


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until *wanted* has the focus, as somebody does who has no mouse."""
    expect(wanted).to_be_visible()
    for _ in range(150):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")
