"""
The revisions of the schema that this release has, by the names of their files.

Asking Alembic would load it, with its templates and 7 MB, into every web process.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

FOLDER = Path(__file__).parent.parent / "migrations"


@cache
def known() -> frozenset[str]:
    """Each file is named by its revision, a number that is greater than those before it."""
    return frozenset(path.name.partition("_")[0] for path in FOLDER.glob("versions/[0-9]*.py"))


def newest() -> str:
    """Return the revision that this release needs."""
    return max(known())


def is_behind(session: Session) -> bool:
    """
    Return whether the database lacks a migration that this code has.

    A database that is *ahead* is not behind: a release migrates before its new code starts, while the old code serves.
    """
    current = session.scalar(text("SELECT version_num FROM alembic_version"))
    return current in known() and current != newest()


def is_current(engine: Engine) -> bool:
    """Return whether the database is at the revision that this release needs; an empty one is not."""
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return False
        return list(connection.scalars(text("SELECT version_num FROM alembic_version"))) == [newest()]
