"""The command `leadmatch`.

A command is one module of scripts/commands (measurements: scripts/benchmarks) with a click command named `command`, and
one line in COMMANDS. Modules are imported when their command is called, so that `leadmatch --help` does not wait for
numpy.
"""

import importlib

import click

from models.platform.loading import without_collector
from models.version import VERSION
from scripts.launcher.home import load_home_environment
from scripts.one_line import errors_in_one_line

#: Name of a command -> (its module, its line in `leadmatch --help`).
COMMANDS = {
    "run": ("commands.run", "Start everything: databases, web, workers, schedule."),
    "db": ("commands.db", "Migrate the database's schema."),
    "backup": ("commands.backup", "Write the database to a file."),
    "restore": ("commands.restore", "Read such a file into an empty database."),
    "psql": ("commands.psql", "Open PostgreSQL's shell on the database."),
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
    "bot": ("commands.bot", "Run the Telegram bot."),
    "health": ("commands.health", "Ask whether a process works, for health checks."),
    "search-speed": ("benchmarks.search_speed", "Check the public search against its time limit."),
    "scale": ("benchmarks.scale.command", "Compute what a country of a given size needs."),
    "openapi": ("commands.openapi", "Print the OpenAPI document."),
    "check": ("commands.check", "Check the consistency of stored data."),
}

#: Commands that do not join a running system.
STANDALONE = {"run", "openapi", "bench", "evaluate", "scale", "screenshots", "search-speed"}


class LazyGroup(click.Group):
    """A group that lists its commands from COMMANDS and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        with without_collector():
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
    with errors_in_one_line():
        cli(prog_name="leadmatch")
