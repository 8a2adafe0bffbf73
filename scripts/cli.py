"""The command `leadmatch`.

A command is one module of scripts/commands (measurements: scripts/benchmarks) with a click command named `command`, and
one line in COMMANDS. Modules are imported when their command is called, so that `leadmatch --help` does not wait for
numpy.
"""

import errno
import importlib
import os
import sys

import click

from models.core.errors import DomainError
from models.version import VERSION
from scripts.launcher.home import load_home_environment

#: Name of a command -> (its module, its line in `leadmatch --help`).
COMMANDS = {
    "run": ("commands.run", "Start everything: databases, web, workers, schedule."),
    "db": ("commands.db", "Look after the database's schema."),
    "create-admin": ("commands.create_admin", "Make an administrator."),
    "user": ("commands.user", "Give a person all that is stored about them, or erase it."),
    "api-key": ("commands.api_key", "Make, list and revoke API keys."),
    "demo": ("commands.demo", "Add a market that looks real."),
    "import": ("commands.import_feed", "Load listings from a feed, a spreadsheet or an address."),
    "import-listings": ("commands.import_listings", "An older name of import, for one town."),
    "rescore": ("commands.rescore", "Compute recommendation lists anew."),
    "runs": ("commands.runs", "List rescoring runs; show, cancel or retry one."),
    "schedule": ("commands.schedule", "Show when scheduled work is done next."),
    "rates": ("commands.rates", "Set and list exchange rates."),
    "markets": ("commands.markets", "List markets; choose how their lists are read."),
    "weights": ("commands.weights", "List, learn and roll back what criteria weigh."),
    "bench": ("benchmarks.bench_command", "Measure the engine beside its rivals."),
    "evaluate": ("benchmarks.evaluate_command", "Measure how well lists find what is looked for."),
    "screenshots": ("benchmarks.screenshots", "Take pictures of the web pages for the documentation."),
    "console-speed": ("benchmarks.console_speed", "Time the web pages against what they promise."),
    "check": ("commands.check", "Check that all that is stored hangs together."),
}

#: Commands that set up their own surroundings instead of joining a running system.
STANDALONE = {"run", "bench", "evaluate", "screenshots"}


class LazyGroup(click.Group):
    """A group that knows its commands by COMMANDS and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"scripts.{COMMANDS[name][0]}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, message="%(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Leadmatch: two-way matching of realtors' leads and properties.

    Commands find the system that `leadmatch run` started (from another shell too) by LEADMATCH_HOME;
    DATABASE_URL, REDIS_URL and the other variables of models/platform/settings.py name another one.
    """
    if ctx.invoked_subcommand not in STANDALONE:
        load_home_environment()


def main() -> None:
    """Run the command line; what the user can mend is told in one line, without a traceback."""
    try:
        cli(prog_name="leadmatch")
    except Exception as error:
        line = _one_line(error)
        if line is None:
            raise
        print(f"leadmatch: {line}", file=sys.stderr)
        sys.exit(1)


def _one_line(error: Exception) -> str | None:
    """What to tell of *error*; None if it is a fault of ours that deserves its traceback."""
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return f"{error.filename or 'a file'} cannot be written: {error.strerror}"
    kind = type(error)
    # By name: importing the drivers to know their errors would slow down every command.
    if kind.__name__ == "OperationalError" and kind.__module__.split(".")[0] in ("sqlalchemy", "psycopg2"):
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return f"the database does not answer ({reason}){_hint('DATABASE_URL')}"
    if kind.__name__ == "ConnectionError" and kind.__module__.startswith("redis"):
        return f"Redis does not answer ({error}){_hint('REDIS_URL')}"
    return None


def _hint(variable: str) -> str:
    home = os.environ.get("LEADMATCH_HOME")
    return f": is `leadmatch run` up{f' in {home}' if home else ''}, or {variable} right?"
