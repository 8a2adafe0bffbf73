"""Without a running system every command says so in one line, and needs only the settings that it uses."""

import importlib
import sys
from importlib.util import find_spec

import click
import pytest
from click.testing import CliRunner

from models.core.errors import SettingsError
from models.platform.settings import SETTING_NAMES, Settings
from scripts.cli import COMMANDS, LazyGroup, cli
from scripts.one_line import errors_in_one_line

#: No server listens there.
NOWHERE = {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1", "SECRET_KEY": "x" * 40}
NOTHING = dict.fromkeys([name for name in SETTING_NAMES if name != "LEADMATCH_HOME"])

#: Each command that uses a running system, with arguments with which it gets as far as the database.
LINES = [
    ["db", "upgrade"], ["db", "downgrade", "base", "--yes"], ["backup", "FILE"], ["restore", "EXISTING"],
    ["create-admin", "--email", "a@example.com", "--password", "correct horse battery"],
    ["user", "export", "1"], ["user", "erase", "1", "--yes"],
    ["api-key", "list"], ["api-key", "create", "x"], ["api-key", "revoke", "1"], ["demo"],
    ["import", "EXISTING", "--owner", "a@example.com"], ["import-listings", "EXISTING", "--city", "Казань"],
    ["rescore"], ["rescore", "--dry-run"], ["rescore", "--stale"], ["runs"], ["runs", "1"], ["runs", "--retry", "1"],
    ["runs", "--cancel", "1"], ["rates", "list"], ["rates", "set", "USD", "RUB", "92"], ["markets", "list"],
    ["markets", "order", "balanced", "--city", "Казань"], ["markets", "explore", "1", "--city", "Казань"],
    ["markets", "merge", "Казань", "Москва"], ["markets", "reread"], ["weights", "list"], ["weights", "learn"],
    ["weights", "rollback"], ["check"], ["console-speed"],
    ["health", "worker"], ["health", "beat"],
]  # fmt: skip
#: Commands that use no running system, or start a program that reports the error (tests/scripts/test_backup.py).
OTHERS = {"run", "bot", "search-speed", "openapi", "schedule", "bench", "evaluate", "scale", "screenshots", "psql"}


def invoke(line: list[str], tmp_path, environment: dict, capsys) -> str:
    """The single line with which the command ends."""
    (tmp_path / "existing").write_text("price\n1\n")
    places = {"FILE": str(tmp_path / "new"), "EXISTING": str(tmp_path / "existing")}
    done = CliRunner().invoke(
        cli, [places.get(word, word) for word in line], env={"LEADMATCH_HOME": str(tmp_path / "home"), **environment}
    )
    assert done.exception is not None, done.output
    if isinstance(done.exception, SystemExit):  # click said it
        return done.output
    with pytest.raises(SystemExit) as end, errors_in_one_line():
        raise done.exception
    assert end.value.code == 1
    return capsys.readouterr().err


def test_each_command_is_here():
    assert {line[0] for line in LINES} | OTHERS == set(COMMANDS)
    for name in {line[0] for line in LINES}:
        command = LazyGroup().get_command(click.Context(cli), name)
        if isinstance(command, click.Group):
            covered = {line[1] for line in LINES if line[0] == name}
            assert covered | ({"fetch"} if name == "rates" else set()) == set(command.commands), name


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_system_that_does_not_answer_is_reported_in_one_line(line, tmp_path, capsys):
    output = invoke(line, tmp_path, NOWHERE, capsys)

    if line[:2] != ["db", "downgrade"]:
        assert output.count("\n") == 1
        assert "Connection refused" in output
        assert list(tmp_path.glob("new*")) == []


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_where_no_system_was_started_a_line_says_what_to_do(line, tmp_path, capsys):
    output = invoke(line, tmp_path, NOTHING, capsys)

    if line[:2] != ["db", "downgrade"]:
        assert output.startswith("leadmatch: no system has been started in ")
        assert output.count("\n") == 1


@pytest.mark.parametrize("name", ["soak", "load.__main__", "real_listings.__main__", "feeds.__main__", "leadgen_speed"])
def test_measurements_say_it_as_well(name, tmp_path, monkeypatch, capsys):
    if name == "load.__main__" and find_spec("locust") is None:  # importing it would replace threads in this process
        pytest.skip("locust is not installed")
    module = importlib.import_module(f"scripts.benchmarks.{name}")
    (tmp_path / "listings.csv").write_text("price\n1\n")
    arguments = [str(tmp_path / "listings.csv"), "--city", "Казань"] if name[:4] in ("real", "feed") else []
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    for variable, value in (NOWHERE | {"LEADMATCH_HOME": str(tmp_path)}).items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as end, errors_in_one_line():
        module.main()

    assert end.value.code == 1
    assert "the database does not answer" in capsys.readouterr().err


# -- In production


@pytest.mark.parametrize("line", [["check"], ["runs"], ["api-key", "list"], ["markets", "list"], ["weights", "list"]])
def test_in_production_a_command_asks_for_no_gateway_and_no_secret(line, tmp_path, clean_database):
    environment = NOTHING | {"ENVIRONMENT": "production", "DATABASE_URL": clean_database}
    done = CliRunner().invoke(cli, line, env={"LEADMATCH_HOME": str(tmp_path), **environment})

    assert (done.exit_code, done.exception) == (0, None), done.output


def test_settings_for_a_command_need_the_database_and_what_is_named():
    environ = {"DATABASE_URL": "postgresql://x", "ENVIRONMENT": "production"}

    assert Settings.for_command(environ=environ).is_production
    with pytest.raises(SettingsError, match="REDIS_URL is not set"):
        Settings.for_command("REDIS_URL", environ=environ)
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        Settings.from_env(environ | {"REDIS_URL": "redis://x"})


def test_every_setting_is_passed_to_commands_in_other_shells():
    class Asked(dict):
        def __init__(self, values: dict) -> None:
            super().__init__(values)
            self.names: set[str] = set()

        def get(self, name, default=None):
            self.names.add(name)
            return super().get(name, default)

    variables = Asked(NOWHERE)
    Settings.from_env(variables)

    assert variables.names == set(SETTING_NAMES)
