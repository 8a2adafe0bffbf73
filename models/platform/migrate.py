"""Migrate a database's schema. Only migrations change the schema."""

import logging
import time
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models.core.errors import SettingsError
from models.platform.settings import database_url

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent.parent / "migrations"

#: Number of attempts of a migration that does not get its lock; with the waits, about a minute.
MAX_TRIES = 20
PAUSE_SECONDS = 1.0

#: SQLSTATE of a lock that was not granted in time.
LOCK_NOT_AVAILABLE = "55P03"


def upgrade(url: str, revision: str = "head") -> None:
    """
    Migrate the database at *url*. A second call changes nothing; simultaneous calls wait for each other.

    A migration that does not get a lock in time releases its place in the queue and is tried again; earlier migrations
    stay applied.

    Raises:
        SchemaNewerError: A newer release has migrated it.
    """
    for left in reversed(range(MAX_TRIES)):
        try:
            with _connection(url) as config:
                _check_known(config)
                command.upgrade(config, revision)
            return
        except OperationalError as error:
            if not left or getattr(error.orig, "pgcode", None) != LOCK_NOT_AVAILABLE:
                raise
            log.info("migration_waits_for_a_lock", extra={"tries_left": left})
            time.sleep(PAUSE_SECONDS)


def downgrade(url: str, revision: str) -> None:
    """
    Take the database back to *revision*, or to "base": nothing.

    Raises:
        SchemaNewerError: A newer release has migrated it, and it alone knows the way back.
        SettingsError: There is no such revision.
    """
    if revision not in _known() | {"base"}:
        raise SettingsError(f"there is no revision {revision}; this release has revisions up to {newest()}")
    with _connection(url) as config:
        _check_known(config)
        command.downgrade(config, revision)


@cache
def _revisions() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


def is_behind(session: Session) -> bool:
    """
    Return whether the database lacks a migration that this code has.

    A database that is *ahead* is not behind: a release migrates before its new code starts, while the old code serves.
    """
    revisions = _revisions()
    current = session.scalar(text("SELECT version_num FROM alembic_version"))
    return current in _known() and current != revisions.get_current_head()


def newest() -> str:
    """Return the revision that this release needs."""
    return _revisions().get_current_head() or ""


@cache
def _known() -> frozenset[str]:
    return frozenset(revision.revision for revision in _revisions().walk_revisions())


def _check_known(config: Config) -> None:
    """Raise SchemaNewerError if the database is at a revision that this release has never heard of."""
    open_: Connection = config.attributes["connection"]
    current = MigrationContext.configure(open_).get_current_heads()
    open_.rollback()
    if unknown := set(current) - _known():
        raise SchemaNewerError(", ".join(sorted(unknown)), newest())


class SchemaNewerError(SettingsError):
    """A newer release has migrated the database."""

    def __init__(self, revision: str, known: str) -> None:
        super().__init__(
            f"the database's schema is newer ({revision}) than this release ({known}): start the newer release, or call"
            f" its `leadmatch db downgrade {known}` first (docs/operations.md, Going back)"
        )


class _connection:
    """Alembic's configuration around one open connection."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(database_url(url), poolclass=pool.NullPool)

    def __enter__(self) -> Config:
        self._open = self._engine.connect()
        config = Config()
        config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))  # Alembic's files know %(here)s.
        config.attributes["connection"] = self._open
        return config

    def __exit__(self, *exc_info: object) -> None:
        self._open.close()
        self._engine.dispose()
