"""`leadmatch restore`: read a dump into an empty database."""

import os
import subprocess
import tempfile
from pathlib import Path

import click
from sqlalchemy import text

from models.platform.migrate import upgrade
from models.platform.settings import Settings
from scripts.databases import session_factory
from scripts.errors import LaunchError
from scripts.postgres_programs import connection_of, program

#: Emptied in the transaction that restores, so that a dump that breaks off leaves what was there before.
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def command(file: Path) -> None:
    """Read FILE, which `leadmatch backup` wrote, into the system's database, which must be empty.

    Start a new home with NO_DEMO=1 for it. All of FILE is read or nothing. An older release's dump is migrated.
    """
    settings = Settings.for_command()
    _check_empty(settings)
    where, environment = connection_of(settings.database_url)
    with tempfile.TemporaryFile(mode="w+") as complaints, open(os.devnull, "wb") as nowhere:
        reading = subprocess.Popen(
            [program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file.absolute())],
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        writing = subprocess.run(
            [program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction",
             f"--command={EMPTY}", "--file=-", f"--dbname={where}"],
            env=environment,
            stdin=reading.stdout,
            stdout=nowhere,
            stderr=complaints,
            check=False,
        )  # fmt: skip
        assert reading.stdout is not None
        reading.stdout.close()
        if reading.wait() or writing.returncode:
            complaints.seek(0)
            raise LaunchError(f"{file} cannot be restored: {' | '.join(complaints.read().strip().splitlines()[:3])}")
    upgrade(settings.database_url)
    click.echo("The database is restored. Restart what runs, put the uploaded files back, and call `leadmatch check`.")


def _check_empty(settings: Settings) -> None:
    """Raise LaunchError if anybody or anything is in the database; tables without rows are no matter."""
    with session_factory(settings)() as session:
        if session.scalar(text("SELECT to_regclass('public.users') IS NOT NULL")) and session.scalar(
            text("SELECT EXISTS (SELECT FROM users)")
        ):
            raise LaunchError(
                "the database is not empty: start a new home with NO_DEMO=1 and another LEADMATCH_HOME, or name an"
                " empty database with DATABASE_URL"
            )
