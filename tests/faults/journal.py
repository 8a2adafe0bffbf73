"""Clients that write and keep a journal of the answers, for comparison with the database.

A client repeats a write under the same Idempotency-Key until it is acknowledged, as a phone with a bad connection
would. No other client touches its rows, so the database must hold the last value that was acknowledged to it.
"""

import http.client
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.accounts.api_keys import create_api_key
from models.core.enums import Role
from tests.factories import lead_body, make_property, make_user, property_body, token_header

#: (method, path, body, headers) -> (status, answer); raises OSError or HTTPException if there is no answer.
Send = Callable[[str, str, dict | None, dict[str, str]], tuple[int, Any]]

#: The limit for prospects is 100 a minute from one address, which these tests must not reach.
MAX_PROSPECTS = 20
#: How many properties a person has for their own leads to match.
SUPPLY = 3
#: How long a write may be refused or unanswered during a fault before the test fails.
WAIT_LIMIT_SECONDS = 120

# -- Ways to send ------------------------------------------------------------------------------------------------------


def in_process(app: Flask) -> Send:
    """Send to *app* without a socket."""

    def send(method: str, path: str, body: dict | None, headers: dict[str, str]) -> tuple[int, Any]:
        answer = app.test_client().open(path, method=method, json=body, headers=headers)
        return answer.status_code, answer.get_json(silent=True)

    return send


def over_http(port: int, timeout: float = WAIT_LIMIT_SECONDS) -> Send:
    """Send to a web process on this machine; each thread has its own connection."""
    mine = threading.local()

    def send(method: str, path: str, body: dict | None, headers: dict[str, str]) -> tuple[int, Any]:
        if not hasattr(mine, "connection"):
            mine.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        try:
            payload = None if body is None else json.dumps(body)
            kind = {} if body is None else {"Content-Type": "application/json"}
            mine.connection.request(method, path, payload, headers | kind)
            answer = mine.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            mine.connection.close()
            raise
        return answer.status, json.loads(content) if answer.headers.get_content_type() == "application/json" else None

    return send


# -- The journal -------------------------------------------------------------------------------------------------------


@dataclass
class Journal:
    """The accepted writes that clients know of: for each table, the last acknowledged value by key."""

    values: dict[str, dict[Any, Any]] = field(default_factory=dict)
    acknowledged: int = 0
    #: Writes that were temporarily refused or had no answer.
    turned_away: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, table: str, key: Any, value: Any) -> None:
        with self._lock:
            self.values.setdefault(table, {})[key] = value

    def count(self, *, acknowledged: bool) -> None:
        with self._lock:
            if acknowledged:
                self.acknowledged += 1
            else:
                self.turned_away += 1

    def lost(self, session: Session) -> dict[str, Any]:
        """Acknowledged values that are different, missing or duplicated in the database; empty if all is well."""
        found: dict[str, Any] = {}
        for table, expected in self.values.items():
            rows = [tuple(row) for row in session.execute(text(STORED[table]))]
            stored = {key: value for key, value in rows if key in expected}
            wrong = {key: (value, stored.get(key)) for key, value in expected.items() if stored.get(key) != value}
            if wrong:
                found[table] = wrong  # (acknowledged, stored)
        doubled = session.execute(text(DOUBLED)).all()
        return found | ({"doubled": [tuple(row) for row in doubled]} if doubled else {})


#: Table -> (key, value) of each of its rows, in the types that clients note. A created row is identified by a text that
#: no other write uses, so a repeated creation shows as a second row with the same text.
STORED = {
    "leads": "SELECT client_name, notes FROM leads WHERE client_name LIKE 'journal %'",
    "properties": "SELECT description, price::bigint FROM properties WHERE description LIKE 'journal %'",
    "prospects": "SELECT name, status FROM prospects WHERE name LIKE 'journal %'",
    "actions": "SELECT concat_ws(' ', side, lead_id, property_id), concat_ws(' ', kind, proposed_commission::int)"
    " FROM actions",
    "matches": "SELECT concat_ws(' ', lead_id, property_id), concat_ws(' ', status, negotiation_status) FROM matches",
    "feed_actions": "SELECT concat_ws(' ', user_id, property_id), action FROM feed_actions",
}
DOUBLED = """
    SELECT 'leads', client_name FROM leads WHERE client_name LIKE 'journal %' GROUP BY client_name HAVING count(*) > 1
    UNION ALL
    SELECT 'properties', description FROM properties WHERE description LIKE 'journal %'
    GROUP BY description HAVING count(*) > 1
    UNION ALL
    SELECT 'prospects', name FROM prospects WHERE name LIKE 'journal %' GROUP BY name HAVING count(*) > 1
    UNION ALL
    SELECT 'likes', concat_ws(' ', side, lead_id, property_id) FROM actions
    GROUP BY side, lead_id, property_id HAVING count(*) > 1
    UNION ALL
    SELECT 'inquiries', concat_ws(' ', tenant_id, property_id) FROM inquiries
    GROUP BY tenant_id, property_id HAVING count(*) > 1
    UNION ALL
    SELECT 'notifications', concat_ws(' ', user_id, type, subject) FROM notifications
    WHERE subject LIKE 'match:%' GROUP BY user_id, type, subject HAVING count(*) > 1
"""

# -- Clients -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Two realtors, a tenant and an advertiser in one; nobody else touches their rows."""

    name: str
    #: The headers of each.
    buyer: dict[str, str]
    seller: dict[str, str]
    tenant: dict[str, str]
    advertiser: dict[str, str]
    tenant_id: int
    #: The seller's properties.
    supply: list[int]

    @classmethod
    def made(cls, session: Session, name: str) -> "Person":
        """Create a person in the database."""
        buyer, seller, tenant = make_user(session), make_user(session), make_user(session, Role.TENANT)
        key = {"X-API-Key": create_api_key(session, f"journal {name}")[1]}
        supply = [make_property(session, seller).id for _ in range(SUPPLY)]
        return cls(name, *map(token_header, (buyer, seller, tenant)), key, tenant.id, supply)

    @classmethod
    def signed_up(cls, send: Send, name: str, number: int, api_key: str) -> "Person":
        """Sign a person up over HTTP, with any release; *number*, below 100, distinguishes people."""

        def sign_up(body: dict) -> tuple[dict, int]:
            status, answer = send("POST", "/auth/register", body, {})
            assert status < 300, answer
            return {"Authorization": f"Bearer {answer['access_token']}"}, answer["id"]

        phones = (f"+770110000{number:02}", f"+770110001{number:02}", f"+770110002{number:02}")
        buyer, seller = (sign_up({"telegram_id": phone[1:], "phone": phone})[0] for phone in phones[:2])
        tenant, tenant_id = sign_up(
            {
                "role": "tenant",
                "name": name,
                "email": f"{name}@example.com",
                "phone": phones[2],
                "password": "correct horse battery",
            }
        )
        supply = []
        for _ in range(SUPPLY):
            status, answer = send("POST", "/properties", property_body(), seller)
            assert status < 300, answer
            supply.append(int(answer["property_id"]))
        return cls(name, buyer, seller, tenant, {"X-API-Key": api_key}, tenant_id, supply)


class Writer:
    """One client, in a thread of its own from :meth:`start` to :meth:`stop`."""

    def __init__(self, send: Send, person: Person, journal: Journal, pause: float = 0.0) -> None:
        """*pause*: seconds between rounds, for long tests in which the worker would fall behind."""
        self._send, self._person, self._journal, self._pause = send, person, journal, pause
        self._numbers = itertools.count(1)
        self._prospects = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._failure: Exception | None = None

    def start(self) -> "Writer":
        self._thread.start()
        return self

    def stop(self) -> None:
        """Wait until the current round is finished; raises the client's error, if it had one."""
        self._over.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def round(self) -> None:
        """Perform one write of each kind, and the writes that follow from it."""
        for _ in self._steps():
            pass

    def _write(self) -> None:
        try:
            while not self._over.wait(self._pause):
                self.round()
        except Exception as failure:  # raised by stop()
            self._failure = failure

    def _steps(self) -> Iterator[None]:
        who, number = self._person, next(self._numbers)
        tag = f"journal {who.name} {number}"
        lead = self._lead(tag)
        yield
        mine = self._property(tag)
        yield
        first, second = (who.supply[(number + step) % len(who.supply)] for step in range(2))
        self._negotiate(lead, first)
        yield
        self._act("LEAD", lead, second, "DISLIKE", None)
        yield
        for action in (("like", "dislike", "favorite") * 2)[number % 3 :][:2]:
            body = {"listing_id": mine, "action": action}
            self._acknowledged("POST", "/feed/action", body, who.tenant)
            self._journal.note("feed_actions", f"{who.tenant_id} {mine}", action)
        yield
        if self._prospects < MAX_PROSPECTS:
            self._prospects += 1
            self._prospect(tag)

    def _lead(self, tag: str) -> int:
        """Create a lead and change it once; returns its id."""
        body = lead_body(client_name=tag, notes="first")
        lead = int(self._acknowledged("POST", "/leads", body, self._person.buyer)["lead_id"])
        self._journal.note("leads", tag, "first")
        self._acknowledged("PUT", f"/leads/{lead}", body | {"notes": "changed"}, self._person.buyer)
        self._journal.note("leads", tag, "changed")
        return lead

    def _property(self, tag: str) -> int:
        body = property_body(price=12_000_000, description=tag)
        found = int(self._acknowledged("POST", "/properties", body, self._person.seller)["property_id"])
        self._journal.note("properties", tag, 12_000_000)
        dearer = property_body(price=12_345_000, description=tag)
        self._acknowledged("PUT", f"/properties/{found}", dearer, self._person.seller)
        self._journal.note("properties", tag, 12_345_000)
        return found

    def _negotiate(self, lead: int, found: int) -> None:
        """Make two proposals as the buyer's side, and agree to the second as the seller."""
        for share in (2, 3):
            self._act("LEAD", lead, found, "LIKE", share)
            self._journal.note("matches", f"{lead} {found}", "PENDING PENDING")
        self._act("PROPERTY", lead, found, "LIKE", None)
        self._journal.note("matches", f"{lead} {found}", "ACCEPTED AGREED")

    def _act(self, side: str, lead: int, found: int, kind: str, share: int | None) -> None:
        if side == "LEAD":
            path, headers = f"/leads/{lead}/property-recommendations/{found}/action", self._person.buyer
        else:
            path, headers = f"/properties/{found}/lead-recommendations/{lead}/action", self._person.seller
        body = {"action": kind} | ({"proposed_commission": share} if share else {})
        self._acknowledged("POST", path, body, headers)
        self._journal.note("actions", f"{side} {lead} {found}", f"{kind} {share}" if share else kind)

    def _prospect(self, tag: str) -> None:
        body = {"name": tag, "source": "whatsapp", "budget": 1000}
        made = self._acknowledged("POST", "/api/leads", body, self._person.advertiser)
        self._journal.note("prospects", tag, "new")
        path = f"/api/leads/{made['id']}/status"
        self._acknowledged("PATCH", path, {"status": "contacted"}, self._person.advertiser)
        self._journal.note("prospects", tag, "contacted")

    def _acknowledged(self, method: str, path: str, body: dict, headers: dict[str, str]) -> Any:
        """Send until the write is acknowledged; returns the answer."""
        key = f"{self._person.name}-{next(self._numbers)}"
        pause = threading.Event()
        for _ in range(WAIT_LIMIT_SECONDS * 20):
            try:
                status, answer = self._send(method, path, body, headers | {"Idempotency-Key": key})
            except (OSError, http.client.HTTPException):
                status, answer = 0, None
            if 200 <= status < 300:
                self._journal.count(acknowledged=True)
                return answer
            assert status in (0, 429, 503), (
                f"{method} {path}: {status} {answer}"
            )  # temporarily unavailable, but never an error of ours
            self._journal.count(acknowledged=False)
            pause.wait(0.05)
        raise AssertionError(f"{method} {path} was not acknowledged within {WAIT_LIMIT_SECONDS} s")
