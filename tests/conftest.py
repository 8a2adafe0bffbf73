"""Real servers for the tests that need them: PostgreSQL and Valkey, started once a session in a temporary folder.

A server starts when a test first requests it, so tests of pure functions start none. The main fixtures:

    session              one transaction, rolled back after the test: for functions that accept a Session
    clean_database       URL of a database where the test may commit; emptied after the test
    client, app          the API on a clean database and broker; app_with(NAME="value") has other settings
    new_worker_session   the worker's functions in the test's own process, on the same database
    worker_process       a real Celery worker on the same database and broker
    preloaded            forks workers, web processes, beats and bots from a process that has loaded the code
    new_database         creates more databases, migrated or empty, for tests that need their own
"""

import gc
import os
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import psycopg2
import pytest
import redis
from argon2 import PasswordHasher
from psycopg2 import sql
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import models.all_tables  # noqa: F401 - sessions need every table
from api.http.services import services_of
from models.accounts import passwords
from models.platform.settings import SETTING_NAMES, Settings
from models.platform.settings import database_url as with_driver
from scripts.launcher.servers.postgres import PostgresServer
from scripts.launcher.servers.valkey import ValkeyServer
from tests import promises
from tests.cleaning import empty_tables
from tests.length import AT_LENGTH
from tests.postgres_data import TEMPLATE

pytest_plugins = ["tests.forked", "tests.time_limits", "tests.servers", "tests.smtp", "tests.telegram", "tests.workers"]

# Write bytecode even if the environment forbids it, so that started processes and later sessions compile less.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A developer's own system must not affect the tests: neither the shell's variables nor those that a running system
# keeps in its home, which every command reads. (Links in notifications once led to that system's port.)
for _name in SETTING_NAMES:
    os.environ.pop(_name, None)
os.environ["LEADMATCH_HOME"] = "/nonexistent"
_ENVIRONMENT = {name: os.environ.get(name) for name in SETTING_NAMES}

# Real hashes at the lowest cost; the normal cost, about 30 ms, slows sign-ins. `real_password_cost` restores it.
_password_hasher, passwords._hasher = passwords._hasher, PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)

# A test must fail neither because the machine is busy nor because this run happens to draw a rare case: new cases are
# drawn by `make test-at-length`.
hypothesis.settings.register_profile(
    "repeatable", deadline=None, derandomize=not AT_LENGTH, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("repeatable")

ROOT = Path(__file__).parent.parent

#: Folders and files that take long run first, so that the processes that share the tests end at about the same time.
LONG_FIRST = ("test_contributing.py", "faults", "scripts", "console", "worker", "api", "test_what_processes_load.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by top-level folder or file; the order inside a folder stays."""
    ranks = {name: rank for rank, name in enumerate(LONG_FIRST)}

    def order_of(item: pytest.Item) -> int:
        file = item.nodeid.partition("::")[0]
        return ranks.get(file.split("/")[1] if "/" in file else "", len(ranks))

    items.sort(key=order_of)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail a test that leaves a setting in the environment, instead of a test that runs after it."""
    yield
    left = {name: os.environ.get(name) for name in SETTING_NAMES}
    if left != _ENVIRONMENT:
        for name, value in _ENVIRONMENT.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        pytest.fail(f"left in the environment: {left.items() - _ENVIRONMENT.items()}", pytrace=False)


@pytest.fixture
def caplog(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """pytest's own, without the lines of other threads: applications of earlier tests may still have some."""
    own = threading.get_ident()
    caplog.handler.addFilter(lambda record: record.thread == own)
    return caplog


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Enable the garbage collector, which now ignores the loaded modules: they live as long as the process."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


# -- Databases ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def new_database(postgres_server: PostgresServer) -> Callable[..., str]:
    """
    A function that creates a database and returns its URL: ``new_database()`` is migrated,
    ``new_database(template="template0")`` is empty.
    """

    def make(name: str | None = None, template: str | None = None) -> str:
        name = name or f"test_{uuid.uuid4().hex[:12]}"
        # Faster than copying through the write-ahead log, because nothing is synced to disk.
        statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
        _administer(
            postgres_server, sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template or TEMPLATE))
        )
        return with_driver(postgres_server.url_of(name))

    return make


def _administer(server: PostgresServer, statement: sql.Composable) -> list[tuple]:
    """Run *statement* outside a transaction and return its rows, if it has any."""
    connection = psycopg2.connect(server.url_of("postgres"))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture(scope="session")
def database_url(new_database: Callable[..., str]) -> str:
    """URL of the session's migrated database. Tests use `session` or `clean_database`, which leave it empty."""
    return new_database("leadmatch_tests")


@pytest.fixture(scope="session")
def engine(database_url: str):
    """The engine of the session's database."""
    from models.platform.database import connect

    engine = connect(database_url, pool_size=10, max_overflow=20, application="tests")
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    """A Session in a transaction that is rolled back after the test; its commits are savepoints inside."""
    with rolled_back(engine) as session:
        yield session


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Session]:
    """A Session in a transaction that is rolled back at the end; its commits are savepoints inside."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        transaction.rollback()


@pytest.fixture
def clean_database(database_url: str) -> Iterator[str]:
    """URL of an empty database in which the test may commit; emptied after it."""
    yield database_url
    empty_tables(database_url)


@pytest.fixture
def real_password_cost(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash passwords at the cost that is used outside tests."""
    passwords._dummy_hash.cache_clear()
    monkeypatch.setattr(passwords, "_hasher", _password_hasher)
    yield
    passwords._dummy_hash.cache_clear()


# -- The rest of the system --------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def valkey_client(valkey_server: ValkeyServer) -> Iterator[redis.Redis]:
    """A client that stays connected, because greeting the server takes ten times as long as emptying it."""
    with redis.Redis.from_url(valkey_server.url) as client:
        yield client


@pytest.fixture
def redis_url(valkey_server: ValkeyServer, valkey_client: redis.Redis) -> str:
    """URL of an empty Valkey."""
    valkey_client.flushall()
    return valkey_server.url


@pytest.fixture
def process_environment(clean_database: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment variables of a process that uses the test's database and broker."""
    return environment_of(clean_database, redis_url, tmp_path / "home")


def environment_of(database_url: str, redis_url: str, home: Path) -> dict[str, str]:
    """The environment variables of a process that uses these servers."""
    return {
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "only-for-tests-0123456789-abcdefghijk",
        "LEADMATCH_HOME": str(home),
    }


@pytest.fixture
def settings(process_environment: dict[str, str]) -> Settings:
    """Settings of the test's environment."""
    return Settings.from_env(process_environment)


@pytest.fixture(scope="session")
def idle_apps() -> list:
    """Applications that no test uses at the moment, for reuse: creating one takes longer than most tests."""
    return []


@pytest.fixture
def app_with(process_environment: dict[str, str], engine, idle_apps: list) -> Iterator[Callable]:
    """
    A function that returns the API with further environment variables: ``app_with(ENVIRONMENT="local")``.

    The application may have served another test; its settings, counters, connections and storage are new. All
    applications share the session's connection pool: a pool for each test would use up the connections. CORS_ORIGINS
    and TRUSTED_PROXIES are fixed when an application is created, so tests of these call `create_app`. Whether the
    system is local is fixed too.
    """
    from api.server.app import attach, create_app

    used = []

    def make(**variables: str):
        settings = Settings.from_env(process_environment | variables)
        assert not settings.cors_origins and not settings.trusted_proxies
        fitting = [app for app in idle_apps if app.is_local == settings.is_local]
        if fitting:
            app = fitting[-1]
            idle_apps.remove(app)
            attach(app, settings, engine)
        else:
            app = create_app(settings, engine)
            app.is_local = settings.is_local
            app.broken_promises = promises.watch(app)
        used.append(app)
        return app

    yield make
    for app in used:
        if collected := app.extensions.pop("shown_lists", None):
            collected.send()  # else its thread sends them while another test runs
        services_of(app).redis.close()
    idle_apps.extend(used)
    broken = [each for app in used for each in app.broken_promises]
    for app in used:
        app.broken_promises.clear()
    assert not broken, "these answers are not what the document says"


@pytest.fixture
def app(app_with: Callable):
    """The API in the test's environment."""
    return app_with()


@pytest.fixture
def client(app):
    """A client that calls the API through WSGI, without a socket."""
    return app.test_client()
