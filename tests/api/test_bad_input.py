"""
Sends to every route what a fuzzer on an HTTP library cannot send: broken bodies, bytes that are not text, numbers
beyond any column, odd headers, methods and ids. Each gets a clear 4xx in the usual form of errors, and changes nothing.

What an operation itself reads is sent to each operation. What is refused before, by the same code for all of them, is
dealt out: each operation gets some of it; at length, all.
"""

import itertools
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from api.http import access
from models.accounts.api_keys import create_api_key
from models.core.enums import Role
from tests.factories import make_user, token_header
from tests.length import dealt

DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000
LONG_INT = b'{"id": 1' + b"0" * 5000 + b"}"  # Python refuses to read more than 4,300 digits

#: Refused by the parser of JSON.
NO_JSON_BODIES = {
    "nothing": b"",
    "cut short": b'{"name": "x',
    "not a number": b"NaN",
    "beyond Python's digits": LONG_INT,
    "deep": DEEP,
    "deep list": b"[" * 3000,
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
}

JSON_BODIES = {
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"7",
    "not a number inside": b'{"price": NaN, "budget": Infinity, "id": -Infinity}',
    "beyond a float": b'{"price": 1e999, "listing_id": 1e999}',
    "beyond an id": b'{"listing_id": 99999999999999999999, "price": -1e30}',
    "keys twice": b'{"name": "a", "name": null, "name": {}}',
    "lone surrogates": rb'{"\ud800": "\udfff", "name": "\ud800", "phone": "\ud800"}',
    "NUL": rb'{"name": "a\u0000b", "phone": "\u0000", "city": "\u0000", "\u0000": 1}',
    "operators": b'{"name": {"$ne": null}, "id": ["1"], "phone": {"": ""}}',
    "prototype": b'{"__proto__": {"role": "admin"}, "__class__": "x"}',
}

CONTENT_TYPES = (
    "text/plain",
    "application/json; charset=utf-16",
    "application/json; charset=nonsense",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",  # without a boundary
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300,
    "nonsense",
    "",
)

#: Those of them that no operation accepts.
OTHER_TYPES = ("text/plain", "application/xml", "nonsense")

FORMS = (
    ("application/x-www-form-urlencoded", b"username=%FF%FE&password=%00&phone=%ED%A0%80"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(2000))),
    ("application/x-www-form-urlencoded", b"username=a&username=b&password=c&password=d&="),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="phone"\r\n\r\n\xff\x00\r\n--x--\r\n',
    ),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="images"; filename="../\x00"\r\n\r\nx',
    ),
    ("multipart/form-data; boundary=x", b"--x" * 5000),
)

QUERIES = (
    "page=0", "page=-1", "page=99999999999999999999", "page=" + "9" * 5000, "page=1e3", "page=NaN", "page=%D9%A3",
    "limit=0", "limit=101", "limit=", "page=1&page=2&limit=%00", "page=%FF", "%FF=1", "%00=%00", "page[]=1", "q=%00",
    "q=%ED%A0%80", "city=%FF%FE", "status=%00", "price_min=nan", "price_min=inf", "price_max=-1",
    "rooms=" + "1," * 500, "skip=-1", "after_id=-1", "after_id=9223372036854775808", "owner_id=-5",
    "niche_id=x", "from=0000-00-00", "last_event_id=x",
    "last_event_id=%D9%A1-%D9%A1", "&&&=&", "a" * 5000 + "=1",
)  # fmt: skip

#: Parameters that the same code reads for all operations.
PAGING = {"page", "limit"}

IDS = (
    "0",
    "-1",
    "9223372036854775808",
    "9" * 5000,
    "%00",
    "%FF",
    "1%2F2",
    "..%2F..",
    "1.5",
    "%D9%A3",
    "x" * 5000,
    "'--",
)

HEADERS = (
    {"Idempotency-Key": ""},
    {"Idempotency-Key": "x" * 201},
    {"Idempotency-Key": "ключ".encode().decode("latin-1")},
    {"Idempotency-Key": "a\tb"},
    {"Authorization": "Bearer " + "\xff\xfe"},
    {"Authorization": "Bearer a.b.c"},
    {"Authorization": "Bearer"},
    {"Authorization": "Basic \xff"},
    {"Authorization": "Digest username="},
    {"X-API-Key": "\xff"},
    {"X-API-Key": "x" * 10_000},
    {"X-Telegram-Bot-Secret": "\xff\xff"},
    {"X-Forwarded-For": "\xff, ::1, nonsense"},
    {"X-Request-ID": "a\x7fb\xff"},
    {"Range": "bytes=5-1,nonsense"},
    {"If-Modified-Since": "the day before yesterday"},
    {"If-None-Match": '"' * 99},
    {"If-None-Match": '"", W/""'},
    {"Accept": "nonsense/;q=x"},
    {"Cookie": "leadmatch_session=\xff; =; a"},
    {"Content-Length": "-1"},
    {"Content-Length": "x"},
    {"Host": "evil.example\xff"},
    {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "x"},
)

#: Methods that no rule has.
NO_METHODS = ("TRACE", "PROPFIND", "get", "X" * 500)

#: Tables that record attempts.
NOTES = {"audit_entries", "idempotency_keys", "api_keys", "phone_codes"}


@pytest.fixture(scope="module")
def numbers():
    return itertools.count(1)


class Sender:
    """Sends each request as an allowed user, and from another address."""

    def __init__(self, client: FlaskClient, people: dict[Role, dict[str, str]], keys: list[str], numbers) -> None:
        self.client, self.people, self.keys, self.numbers = client, people, keys, numbers

    def __call__(self, method: str, path: str, who: access.Access | None, headers: dict | None = None, **request):
        number = next(self.numbers)
        proof = {"X-API-Key": self.keys[number % len(self.keys)], "X-Telegram-Bot-Secret": "bot secret"}
        role = next((role for role in self.people if who and role.value in who.name.split(", ")), Role.REALTOR)
        answer = self.client.open(
            path,
            method=method,
            headers=self.people[role] | proof | (headers or {}),
            environ_base={"REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"},
            **request,
        )
        answer.close()
        return answer


@pytest.fixture
def send(app_with, engine, numbers):
    app = app_with(TELEGRAM_BOT_SECRET="bot secret", SMS_PER_HOUR="1000000")
    with Session(engine) as session:
        users = {role: make_user(session, role=role) for role in (Role.REALTOR, Role.TENANT, Role.ADMIN)}
        keys = [create_api_key(session, f"bad {number}")[1] for number in range(3)]
        session.commit()
        people = {role: token_header(user) for role, user in users.items()}
    return Sender(app.test_client(), people, keys, numbers)


def routes(app, *, live: bool = False) -> list[tuple[str, str, access.Access]]:
    """(method, path with ids that do not exist, access) of the API; pages and sockets have other tests."""
    found = []
    for method, rule, facts in access.operations(app):
        if (
            rule == "/"
            or rule.startswith(("/console", "/docs", "/help", "/s/", "/homes", "/sitemap"))
            or rule.endswith(("/ws", "/ws/<int:chat_id>"))
        ):
            continue
        if live or rule not in ("/api/events", "/events", "/telegram/updates"):
            found.append((method, rule, facts.access))
    return found


def filled(rule: str, value: str | None = None) -> str:
    """The path of a rule, with *value* for its ids; by default with well-formed ids."""
    path = re.sub(r"<uuid:\w+>", value or "00000000-0000-7000-8000-000000000000", rule)
    return re.sub(r"<(?:\w+:)?\w+>", lambda _: value or "1000000", path)


def complaint(answer, *tried) -> str | None:
    """The fault of an answer to bad input, or None."""
    if answer.status_code >= 500:
        return f"{tried}: {answer.status_code} {answer.text[:200]}"
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        if not answer.is_json or answer.json.get("code") != answer.status_code or "message" not in answer.json:
            return f"{tried}: {answer.status_code} is not in the shape of errors: {answer.text[:200]}"
    return None


def described(document: dict, method: str, rule: str) -> dict:
    """An operation of the document."""
    return document.get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule), {}).get(method.lower(), {})


def rows(engine) -> dict[str, int]:
    with engine.connect() as connection:
        tables = [name for name in inspect(connection).get_table_names() if name not in NOTES]
        return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in tables}


def test_broken_bodies_are_refused_everywhere_and_change_nothing(send, engine):
    document = send.client.get("/openapi.json").json["paths"]
    before, wrong = rows(engine), []
    for turn, (method, rule, who) in enumerate(routes(send.client.application)):
        operation = described(document, method, rule)
        if "requestBody" not in operation:
            continue
        named = [*JSON_BODIES.items(), *dealt(list(NO_JSON_BODIES.items()), turn, 3)]
        bodies = [("application/json", name, body) for name, body in named]
        bodies += [(kind, "a JSON object", b'{"name": "x"}') for kind in dealt(CONTENT_TYPES, turn, 3)]
        bodies += [(kind, "a form", body) for kind, body in dealt(FORMS, turn, 3)]
        for kind, name, body in bodies:
            answer = send(method, filled(rule), who, data=body, content_type=kind)
            wrong.append(complaint(answer, method, rule, kind, name))
            if answer.status_code < 400 and operation["requestBody"].get("required"):
                wrong.append(f"{method} {rule} took {kind} {name}")
            if kind in OTHER_TYPES and answer.status_code != 415:
                wrong.append(f"{method} {rule} does not say that {kind} is the wrong type: {answer.text}")

    assert not list(filter(None, wrong))
    assert rows(engine) == before


def test_bad_queries_are_refused_and_none_is_our_fault(send):
    document, wrong = send.client.get("/openapi.json").json["paths"], []
    for turn, (method, rule, who) in enumerate(routes(send.client.application)):
        parameters = described(document, method, rule).get("parameters", [])
        names = {each["name"] for each in parameters if each["in"] == "query"}
        own = [query for query in QUERIES if query.partition("=")[0] in names - PAGING]
        for query in [*own, *dealt([query for query in QUERIES if query not in own], turn, 8)] if names else ():
            wrong.append(complaint(send(method, f"{filled(rule)}?{query}", who), rule, query[:50]))

    assert not list(filter(None, wrong))


def test_ids_that_cannot_be_are_not_found(send):
    wrong = []
    for method, rule, who in routes(send.client.application):
        if "<" in rule:
            for value in IDS:
                answer = send(method, filled(rule, value), who)
                wrong.append(complaint(answer, method, rule, value[:50]))
                if answer.status_code < 400 and "/favorites/" not in rule:  # what was never there is removed too
                    wrong.append(f"{method} {rule} took {value[:50]}")

    assert not list(filter(None, wrong))


def test_odd_headers_and_methods_break_nothing(send):
    wrong = []
    # Operations with the same access read headers with the same code; only files also support ranges.
    alike = {
        (method, who.name, "media" in rule): (method, rule, who)
        for method, rule, who in routes(send.client.application)
    }
    for method, rule, who in alike.values():
        for headers in HEADERS:
            wrong.append(complaint(send(method, filled(rule), who, headers=headers), method, rule, headers))
    rules = {rule: who for _, rule, who in routes(send.client.application)}
    for turn, (rule, who) in enumerate(rules.items()):
        for method in ("HEAD", "OPTIONS", *dealt(NO_METHODS, turn, 2)):
            wrong.append(complaint(send(method, filled(rule), who), method[:20], rule))

    assert not list(filter(None, wrong))
