"""`leadmatch restore`: read a dump into an empty database."""

import contextlib
import shutil
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

#: One transaction contains everything. Its COMMIT is sent only after the whole file has been read, because psql alone
#: would also commit an incomplete file.
BEGIN = b"BEGIN; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
COMMIT = b"\nCOMMIT;\n"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def command(file: Path) -> None:
    """Read FILE, which `leadmatch backup` wrote, into the system's database, which must be empty.

    Start a new home with NO_DEMO=1 for it. All of FILE is read or nothing. An older release's dump is migrated.
    """
    settings = Settings.for_command()
    _check_empty(settings)
    where, environment = connection_of(settings.database_url)
    with tempfile.TemporaryFile(mode="w+") as complaints:
        reading = subprocess.Popen(
            [program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file.absolute())],
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        writing = subprocess.Popen(
            [program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={where}"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
        assert reading.stdout is not None and writing.stdin is not None
        is_whole = False
        with contextlib.suppress(BrokenPipeError):  # psql has ended and printed the reason
            writing.stdin.write(BEGIN)
            shutil.copyfileobj(reading.stdout, writing.stdin)
            is_whole = reading.wait() == 0
            if is_whole:
                writing.stdin.write(COMMIT)
        reading.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            writing.stdin.close()  # without COMMIT nothing is changed
        reading.wait()
        if writing.wait() or not is_whole:
            complaints.seek(0)
            raise LaunchError(f"{file} cannot be restored: {' | '.join(complaints.read().strip().splitlines()[:3])}")
    upgrade(settings.database_url)
    click.echo("The database is restored. Restart what runs, put the uploaded files back, and call `leadmatch check`.")


def _check_empty(settings: Settings) -> None:
    """Raise LaunchError if the database contains users; tables without rows are allowed."""
    with session_factory(settings)() as session:
        if session.scalar(text("SELECT to_regclass('public.users') IS NOT NULL")) and session.scalar(
            text("SELECT EXISTS (SELECT FROM users)")
        ):
            raise LaunchError(
                "the database is not empty: start a new home with NO_DEMO=1 and another LEADMATCH_HOME, or name an"
                " empty database with DATABASE_URL"
            )
