"""A PostgreSQL and a Valkey for all tests of a session."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.errors import LaunchError
from scripts.launcher.home import Home
from scripts.launcher.servers.postgres import PostgresServer
from scripts.launcher.servers.valkey import ValkeyServer

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


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> Iterator[PostgresServer]:
    """A running PostgreSQL; a test that kills it must start it again (on the same port)."""
    with PostgresServer(servers_folder / "postgres", durable=False) as server:
        yield server
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey_server(servers_folder: Path) -> Iterator[ValkeyServer]:
    """A running Valkey; a test that stops it must start it again (on the same port)."""
    with ValkeyServer(servers_folder / "valkey", durable=False) as server:
        yield server
