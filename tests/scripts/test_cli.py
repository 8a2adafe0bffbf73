"""The command line itself."""

import errno
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from models.core.errors import ConflictError, SettingsError
from models.platform.settings import Settings
from scripts import cli
from scripts.errors import LaunchError
from scripts.launcher.home import Home, load_home_environment
from scripts.launcher.keep_alive import HEALTHY, MAX_PAUSE, Backoff
from scripts.launcher.servers.watch import Watch
from scripts.launcher.supervise import procfile_commands
from scripts.launcher.system import ROOT


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_its_module(name):
    command = cli.LazyGroup().get_command(click.Context(cli.cli), name)

    assert isinstance(command, click.Command)
    assert command.help


def test_lists_of_commands_say_in_a_whole_sentence_what_each_does():
    groups = [name for name in cli.COMMANDS if isinstance(cli.LazyGroup().get_command(None, name), click.Group)]
    assert groups

    for group in ([], *([name] for name in groups)):
        shown = CliRunner().invoke(cli.cli, [*group, "--help"], terminal_width=80).output
        listed = shown.partition("\nCommands:\n")[2].splitlines()
        assert listed and not [line for line in listed if line.endswith("...")]


def test_help_does_not_wait_for_the_numeric_libraries():
    code = "import sys; from scripts.cli import cli; cli(['--help'], standalone_mode=False)\n"
    code += "print([name for name in ('numpy', 'sklearn', 'celery', 'flask') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_domain_error_is_one_line_and_a_fault_of_ours_a_traceback(monkeypatch, capsys):
    def fail(error):
        def command(**_):
            raise error

        monkeypatch.setattr(cli, "cli", command)

    fail(ConflictError("It is there already."))
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    assert exit_.value.code == 1
    assert capsys.readouterr().err == "leadmatch: It is there already.\n"

    fail(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.main()


@pytest.mark.parametrize(
    "line",
    [
        # An empty variable in a script must not turn the request into one for everything.
        ["rescore", "--city", ""],
        ["weights", "rollback", "--city", " "],
        ["import-listings", "file.csv", "--city", ""],
        ["markets", "order", "balanced", "--city", "я" * 101],
        ["create-admin", "--email", "a@b.kz", "--password", "long enough", "--name", "я" * 201],
        ["import", "file.csv", "--source", "я" * 201],
        ["api-key", "create", " "],
        ["runs", str(2**63)],
        ["runs", "--cancel", "0"],
        ["weights", "rollback", "--to", str(2**63)],
        ["bench", "--size", "0k"],
        ["bench", "--k", "0"],
        ["bench", "--threads", "-1"],
    ],
    ids=lambda line: " ".join(line)[:60],
)
def test_arguments_that_cannot_be_meant_are_refused_before_anything_is_done(line, tmp_path):
    done = CliRunner().invoke(cli.cli, line, env={"LEADMATCH_HOME": str(tmp_path), "DATABASE_URL": None})

    assert done.exit_code == 2
    assert "Error: Invalid value" in done.output


@pytest.mark.parametrize(
    "line",
    [
        ["health", "web", "--host", "elsewhere"],
        ["health", "beat", "--host", "elsewhere"],
        ["runs", "1", "--state", "failed"],
        ["runs", "--cancel", "1", "--limit", "5"],
        ["runs", "--cancel", "1", "--json"],
        ["rescore", "--dry-run", "--watch"],
        ["import", "file.csv", "--partial", "--withdraw-missing"],
    ],
    ids=" ".join,
)
def test_an_option_that_would_do_nothing_is_refused(line, tmp_path):
    done = CliRunner().invoke(cli.cli, line, env={"LEADMATCH_HOME": str(tmp_path), "DATABASE_URL": None})

    assert done.exit_code == 2
    assert "\nError: " in done.output and "--" in done.output.partition("\nError: ")[2]


def test_a_full_disk_is_reported_in_one_line(monkeypatch, capsys):
    def command(**_):
        raise OSError(errno.ENOSPC, "No space left on device", "home/leadmatch.env")

    monkeypatch.setattr(cli, "cli", command)
    with pytest.raises(SystemExit):
        cli.main()

    assert capsys.readouterr().err == "leadmatch: home/leadmatch.env cannot be written: No space left on device\n"


class Broken:
    """A server that has ended, and whose start fails a number of times."""

    name = "PostgreSQL"
    has_ended = True

    def __init__(self, failures):
        self.failures = failures

    def start(self):
        if self.failures:
            raise self.failures.pop()
        self.has_ended = False


def test_starting_a_failing_server_is_retried_at_growing_intervals():
    reported = []
    server = Broken([LaunchError("it will not"), OSError(errno.ENOSPC, "No space left on device")] * 4)
    watch = Watch([server], reported.append)
    for second in range(200):
        watch.check(now=float(second))

    tries = [line for line in reported if "starting it again" in line]
    assert not server.has_ended and len(tries) == 9
    assert reported[-2] == "it will not; trying again in 30 s"


def test_a_running_systems_settings_yield_to_the_environment(monkeypatch, tmp_path):
    Home(tmp_path).write_environment({"DATABASE_URL": "postgresql://kept?a=b", "REDIS_URL": "redis://kept"})
    monkeypatch.setenv("LEADMATCH_HOME", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", "redis://given")
    monkeypatch.setenv("DATABASE_URL", "")  # So that the value set below is removed after the test.
    monkeypatch.delenv("DATABASE_URL")

    load_home_environment()

    assert os.environ["DATABASE_URL"] == "postgresql://kept?a=b"
    assert os.environ["REDIS_URL"] == "redis://given"


def test_a_home_of_another_account_is_named_instead_of_a_system_that_was_not_started(monkeypatch, tmp_path):
    Home(tmp_path).write_environment({"DATABASE_URL": "postgresql://theirs"})
    (tmp_path / "leadmatch.env").chmod(0)
    monkeypatch.setenv("LEADMATCH_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # root may read every file
    try:
        load_home_environment()
        with pytest.raises(SettingsError, match="is another account's"):
            Settings.for_command()
        monkeypatch.setenv("DATABASE_URL", "postgresql://ours")
        assert Settings.for_command().database_url.endswith("ours")
    finally:
        if root:
            os.seteuid(0)


def test_a_process_that_keeps_ending_is_restarted_at_growing_intervals():
    backoff = Backoff()

    assert [backoff.pause_after(lived_seconds=1) for _ in range(4)] == [0.5, 1, 2, 4]
    assert [backoff.pause_after(lived_seconds=1) for _ in range(4)] == [8, 16, MAX_PAUSE, MAX_PAUSE]
    assert [backoff.pause_after(lived_seconds=HEALTHY), backoff.pause_after(lived_seconds=1)] == [0.5, 1]


def test_a_release_step_is_not_a_process_that_runs():
    commands = procfile_commands(ROOT / "Procfile")

    assert "release" not in commands
    assert {"web", "worker", "beat"} <= set(commands)
