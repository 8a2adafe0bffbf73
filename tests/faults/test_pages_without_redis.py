"""
While Valkey is gone, hangs or refuses writes, every page and every list of the API answers, or is a 503 with
Retry-After, and is never an internal error.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

from api.http import access
from api.http.services import services_of
from models.core.enums import Role
from scripts.launcher.processes import processes_in
from scripts.launcher.servers.valkey import ValkeyServer
from tests.api.test_bad_input import filled
from tests.console.conftest import db, enter, kept_town, town  # noqa: F401 - fixtures
from tests.console.page_rows import rows_for_pages
from tests.console.test_every_page import NO_PAGES, PAGES
from tests.factories import make_user, token_header
from tests.faults.conftest import FULL, full_only

pytestmark = pytest.mark.usefixtures("short_redis_timeouts")


@contextmanager
def gone(server: ValkeyServer) -> Iterator[None]:
    server.kill()
    try:
        yield
    finally:
        server.start()


@contextmanager
def hanging(server: ValkeyServer) -> Iterator[None]:
    """Valkey accepts connections, and does not answer."""
    [process] = processes_in(server.folder / "data", "valkey-server")
    process.suspend()
    try:
        yield
    finally:
        process.resume()


@contextmanager
def full(server: ValkeyServer) -> Iterator[None]:
    """Valkey answers reads and refuses writes, as on a full disk."""
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


STATES: dict[str, Callable] = {"gone": gone, "hanging": hanging, "full": full}


@pytest.fixture(params=list(STATES) if FULL else ["full"])
def without_valkey(request, valkey_server) -> Callable:
    return lambda: STATES[request.param](valkey_server)


@full_only
def test_every_page_is_there_or_says_that_it_is_not(app, town, db, without_valkey):  # noqa: F811
    object.__setattr__(services_of(app).settings, "telegram_bot_token", "123:token")
    shown, wrong, seen = rows_for_pages(db, town), [], 0
    people = {who: app.test_client() for who in PAGES}
    for who, client in people.items():
        if who:
            enter(client, getattr(town, who.strip()))
    with without_valkey():
        for who, client in people.items():
            for path in PAGES[who]:
                path, _, status = path.format(**shown).partition(" ")
                answer = client.get(path)
                seen += 1
                expected = {200, 302, 303} if status in ("", "500") else {int(status)}
                if answer.status_code not in expected and not says_that_it_is_away(answer):
                    wrong.append((who, path, answer.status_code))
    assert wrong == []
    assert seen > 90


def says_that_it_is_away(answer) -> bool:
    return answer.status_code == 503 and "Retry-After" in answer.headers


def test_every_operation_that_reads_answers_or_says_that_it_cannot(app, db, without_valkey):  # noqa: F811
    users = [make_user(db, role) for role in (Role.REALTOR, Role.TENANT, Role.ADMIN)]
    db.commit()
    callers = [{}, *map(token_header, users)]
    client, wrong, seen = app.test_client(), [], 0
    with without_valkey():
        for method, rule, _ in access.operations(app):
            # /api/health reports whether all parts work, so it answers 503.
            if method != "GET" or rule in {*NO_PAGES, "/api/health"} or rule.endswith(("/ws", "/ws/<int:chat_id>")):
                continue
            for headers in callers:
                answer = client.get(filled(re.sub("<path:[^>]+>", "index.html", rule)), headers=headers, buffered=False)
                answer.close()
                seen += 1
                if answer.status_code >= 500 and not says_that_it_is_away(answer):
                    wrong.append((rule, answer.status_code))
    assert wrong == []
    assert seen > 300
