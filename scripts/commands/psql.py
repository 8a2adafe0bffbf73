"""`leadmatch psql`: PostgreSQL's shell on the system's database."""

import os

import click

from models.platform.settings import Settings
from scripts.postgres_programs import connection_of, flush, program


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Open psql on the system's database; ARGUMENTS are psql's own, as in: leadmatch psql -c 'SELECT 1'."""
    where, environment = connection_of(Settings.for_command().database_url)
    flush()
    os.execve(program("psql"), ["psql", f"--dbname={where}", *arguments], environment)  # noqa: S606 - needs no shell
