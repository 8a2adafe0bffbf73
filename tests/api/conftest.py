"""People who call the API, and real web processes for tests that a WSGI client cannot do."""

import itertools
import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.accounts.tokens import make_token
from models.accounts.users import User, create_user
from models.core.enums import DealType, Origin, PropertyType, Role
from models.market.properties import create_property
from models.platform.settings import Settings
from scripts.launcher.processes import stop_child
from tests.api.chats import Pair
from tests.conftest import environment_of
from tests.forked import Forked, Preloaded
from tests.ports import free_port
from tests.waiting import wait_for

_numbers = itertools.count(1)


@dataclass
class Person:
    """A signed-in user: `person("GET", "/listings/my")`."""

    id: int
    role: Role
    token: str
    client: FlaskClient

    def __call__(self, method: str, path: str, **request: object) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **request.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **request)


@pytest.fixture
def database(engine: Engine, clean_database: str) -> Iterator[Session]:
    """A session on the test's database, for changes without an operation in the API; commit to make them visible."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def person(app, database: Session, settings: Settings) -> Callable[..., Person]:
    """A function that creates a user with a role and signs them in."""

    def make(role: Role = Role.TENANT, **fields: object) -> Person:
        user = create_user(database, role=role, phone=f"+7707{next(_numbers):07}", **fields)
        database.commit()
        return Person(user.id, role, make_token(user, settings.secret_key, hours=1), app.test_client())

    return make


@pytest.fixture
def start_web(process_environment: dict[str, str], preloaded: Preloaded) -> Iterator[Callable[..., Forked]]:
    """
    A function that starts gunicorn with one process and waits until it answers; the result has `url`. All processes
    end after the test.
    """
    with web_processes(preloaded, process_environment) as start:
        yield start


@pytest.fixture(scope="session")
def shared_web(database_url: str, valkey_server, tmp_path_factory, preloaded: Preloaded) -> Iterator[Forked]:
    """
    A gunicorn that tests share if they stop neither it nor Valkey. Request `clean_database` and `redis_url` too
    (`client` and `person` do): they are emptied between tests while it runs.
    """
    environment = environment_of(database_url, valkey_server.url, tmp_path_factory.mktemp("web"))
    with web_processes(preloaded, environment) as start:
        yield start()


@contextmanager
def web_processes(preloaded: Preloaded, process_environment: dict[str, str]) -> Iterator[Callable[..., Forked]]:
    started: list[Forked] = []

    def start(**environment: str) -> Forked:
        port = environment.get("PORT") or free_port()
        web = preloaded.fork(
            *("gunicorn", "--config", "api/server/gunicorn.py", "api.server.wsgi:app"),
            environment={**os.environ, **process_environment, "WEB_CONCURRENCY": "1", "PORT": str(port), **environment},
        )
        web.url = f"http://127.0.0.1:{port}"
        started.append(web)
        _wait_until_answering(web)
        return web

    try:
        yield start
    finally:
        for web in started:
            if web.poll() is None:
                os.killpg(web.pid, signal.SIGKILL)
            stop_child(web, [])


def _wait_until_answering(web: Forked) -> None:
    def answers() -> bool:
        if web.poll() is not None:
            pytest.fail(f"the web process ended with code {web.returncode}")
        try:
            with urllib.request.urlopen(f"{web.url}/health", timeout=5):
                return True
        except OSError:  # refused, reset or slow: URLError and TimeoutError are ones
            return False

    wait_for(answers, what="a web process that answers")


@pytest.fixture
def offer(database):
    """A function that creates a property for a person."""

    def make(owner):
        fields = {
            "title": "Дом у моря", "city": "Лисс", "deal_type": DealType.SALE, "price": 1,
            "property_type": PropertyType.HOUSE,
        }  # fmt: skip
        listing = create_property(database, database.get(User, owner.id), Origin.PORTAL, fields)
        database.commit()
        return listing.id

    return make


@pytest.fixture
def pair(person, offer):
    """A function that creates two people with a chat."""

    def make():
        it = Pair(person(name="Buyer"), person(Role.REALTOR, name="Seller"), 0, 0)
        it.property_id = offer(it.seller)
        it.chat = it.buyer("POST", "/chat/create_chat", json=it.body).json["id"]
        return it

    return make
