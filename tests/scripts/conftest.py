"""Commands in this process, and a home of `leadmatch run`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts import cli


@pytest.fixture
def leadmatch(process_environment, monkeypatch):
    """A function that runs a command, checks its exit code, and returns its output."""
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "160")

    def call(*arguments: str, exit_code: int = 0) -> str:
        done = CliRunner().invoke(cli.cli, arguments)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == exit_code, done.output
        return done.output

    return call


@pytest.fixture(scope="session")
def stopped_home(servers_folder: Path, make_postgres_data: Callable[[Path], Path]) -> Path:
    """A home whose database has the current schema; tests start systems there one after another."""
    home = servers_folder / "stopped and started"
    make_postgres_data(home / "postgres")
    return home
