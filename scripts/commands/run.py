"""`leadmatch run`: the whole system on one machine."""

import sys

import click
from rich.console import Console

from scripts.launcher.system import run_system


@click.command()
def command() -> None:
    """Start everything and serve until Ctrl-C.

    PostgreSQL and Valkey are started unless DATABASE_URL and REDIS_URL name others; an empty database gets a
    demo market unless NO_DEMO is set. State is kept in LEADMATCH_HOME; the web process listens on PORT.
    """
    sys.exit(run_system(Console()))
