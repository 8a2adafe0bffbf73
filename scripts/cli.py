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
from models.translations.catalogue import describe_error
from models.version import VERSION
from scripts.launcher.home import load_home_environment

#: Name of a command -> (its module, its line in `leadmatch --help`).
COMMANDS = {
    "run": ("commands.run", "Start everything: databases, web, workers, schedule."),
    "db": ("commands.db", "Migrate the database's schema."),
    "create-admin": ("commands.create_admin", "Create an administrator."),
    "user": ("commands.user", "Export or erase the data about a user."),
    "api-key": ("commands.api_key", "Create, list and revoke API keys."),
    "demo": ("commands.demo", "Add a plausible market."),
    "import": ("commands.import_feed", "Load listings from a feed, a spreadsheet or an address."),
    "import-listings": ("commands.import_listings", "The former name of import, for one town."),
    "rescore": ("commands.rescore", "Recompute recommendation lists."),
    "runs": ("commands.runs", "List rescoring runs; show, cancel or retry one."),
    "schedule": ("commands.schedule", "Show the next times of scheduled tasks."),
    "rates": ("commands.rates", "Set and list exchange rates."),
    "markets": ("commands.markets", "List markets; choose how their lists are read."),
    "weights": ("commands.weights", "List, learn and roll back the criteria's weights."),
    "bench": ("benchmarks.bench_command", "Compare the engine with alternatives."),
    "evaluate": ("benchmarks.evaluate_command", "Measure the quality of the lists."),
    "screenshots": ("benchmarks.screenshots", "Take pictures of the web pages for the documentation."),
    "console-speed": ("benchmarks.console_speed", "Check the web pages against their time limits."),
    "check": ("commands.check", "Check the consistency of stored data."),
}

#: Commands that do not join a running system.
STANDALONE = {"run", "bench", "evaluate", "screenshots"}


class LazyGroup(click.Group):
    """A group that lists its commands from COMMANDS and imports only the one that is called."""

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
    """Run the command line; an error that the user can fix is printed in one line, without a traceback."""
    try:
        cli(prog_name="leadmatch")
    except Exception as error:
        line = _one_line(error)
        if line is None:
            raise
        print(f"leadmatch: {line}", file=sys.stderr)
        sys.exit(1)


def _one_line(error: Exception) -> str | None:
    """Return a line about *error*, or None if it is a bug that deserves its traceback."""
    if isinstance(error, DomainError):
        return describe_error("en", error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return f"{error.filename or 'a file'} cannot be written: {error.strerror}"
    kind = type(error)
    # Compared by name, because importing the drivers' errors would slow down every command.
    if kind.__name__ == "OperationalError" and kind.__module__.split(".")[0] in ("sqlalchemy", "psycopg2"):
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return f"the database does not answer ({reason}){_hint('DATABASE_URL')}"
    if kind.__name__ == "ConnectionError" and kind.__module__.startswith("redis"):
        return f"Redis does not answer ({error}){_hint('REDIS_URL')}"
    return None


def _hint(variable: str) -> str:
    home = os.environ.get("LEADMATCH_HOME")
    return f": is `leadmatch run` up{f' in {home}' if home else ''}, or {variable} right?"
