"""Migrate a database's schema. Only migrations change the schema."""

import logging
import time

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.exc import OperationalError

from models.core.errors import SettingsError
from models.platform.revisions import FOLDER, known, newest
from models.platform.settings import database_url

log = logging.getLogger(__name__)

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
    Downgrade the database to *revision*, or to "base", the empty schema.

    Raises:
        SchemaNewerError: A newer release has migrated it, and only that release can downgrade it.
        SettingsError: There is no such revision.
    """
    if revision not in known() | {"base"}:
        raise SettingsError(f"there is no revision {revision}; this release has revisions up to {newest()}")
    with _connection(url) as config:
        _check_known(config)
        command.downgrade(config, revision)


def _check_known(config: Config) -> None:
    """Raise SchemaNewerError if the database is at a revision that this release does not know."""
    open_: Connection = config.attributes["connection"]
    current = MigrationContext.configure(open_).get_current_heads()
    open_.rollback()
    if unknown := set(current) - known():
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
