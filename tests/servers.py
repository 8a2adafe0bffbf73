"""A PostgreSQL and a Valkey for all tests of a session."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.errors import LaunchError
from scripts.launcher.home import Home
from scripts.launcher.servers.postgres import PostgresServer
from scripts.launcher.servers.state import Connection, free_port
from scripts.launcher.servers.valkey import ValkeyServer
from tests.postgres_data import copy_data, make_data

FOLDER_PREFIX = "leadmatch-tests-"


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A temporary folder for servers, locked during the session; folders of killed sessions are removed first."""
    for old in Path(tempfile.gettempdir()).glob(FOLDER_PREFIX + "*"):
        _clear_if_abandoned(old)
    # It has another name until it is locked; otherwise a session that starts meanwhile would remove it as abandoned.
    unlocked = Path(tempfile.mkdtemp(prefix="new-" + FOLDER_PREFIX))
    lock = Home(unlocked).lock()
    folder = unlocked.rename(unlocked.with_name(unlocked.name.removeprefix("new-")))
    folder.chmod(0o755)  # If we are root, PostgreSQL runs under another account, which needs access.
    yield folder
    lock.close()
    shutil.rmtree(folder, ignore_errors=True)


def _clear_if_abandoned(folder: Path) -> None:
    try:
        if folder.stat().st_uid != os.getuid():
            return
        lock = Home(folder).lock()
    except (OSError, LaunchError):  # Somebody else's, gone, or in use.
        return
    with lock:
        for server in (PostgresServer(folder / "postgres"), ValkeyServer(folder / "valkey")):
            server.sweep()
            shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


_SHARED_DATA = pytest.StashKey[Path]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Let the processes among which pytest-xdist divides the tests copy the same data."""
    stash = node.config.stash
    if _SHARED_DATA not in stash:
        stash[_SHARED_DATA] = Path(tempfile.mkdtemp(prefix="data-of-" + FOLDER_PREFIX))
    node.workerinput["postgres_data"] = str(stash[_SHARED_DATA])


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SHARED_DATA in config.stash:
        shutil.rmtree(config.stash[_SHARED_DATA], ignore_errors=True)


@pytest.fixture(scope="session")
def make_postgres_data(servers_folder: Path, pytestconfig: pytest.Config) -> Callable[[Path], Path]:
    """
    A function that prepares a folder for a PostgresServer and returns it. Its data has the current schema, in the
    server's own database and in the template of `new_database`; its port and password are those of the first start.

    The data is made once and copied, because `initdb` and the migrations take seconds.
    """
    known = getattr(pytestconfig, "workerinput", {}).get("postgres_data")
    shared = Path(known) if known else servers_folder / "postgres-data"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "data").exists():
            make_data(servers_folder / "first-postgres", shared)
    password = Connection.recall(shared / "connection.json").password

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        copy_data(shared / "data", folder)
        Connection(free_port(), password).keep(folder / "connection.json")
        return folder

    return make


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path, make_postgres_data: Callable[[Path], Path]) -> Iterator[PostgresServer]:
    """A running PostgreSQL; a test that kills it must start it again (on the same port)."""
    with PostgresServer(make_postgres_data(servers_folder / "postgres"), durable=False) as server:
        yield server
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey_server(servers_folder: Path) -> Iterator[ValkeyServer]:
    """A running Valkey; a test that stops it must start it again (on the same port)."""
    with ValkeyServer(servers_folder / "valkey", durable=False) as server:
        yield server
