"""Bring a database's schema to the newest revision. Migrations are the only way the schema changes."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, pool

from models.settings import database_url


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at *url*. Doing so twice changes nothing; two at once wait for each other."""
    with _connection(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to *revision*."""
    with _connection(url) as config:
        command.downgrade(config, revision)


class _connection:
    """Alembic's configuration around one open connection."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(database_url(url), poolclass=pool.NullPool)

    def __enter__(self) -> Config:
        self._open = self._engine.connect()
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = self._open
        return config

    def __exit__(self, *exc_info: object) -> None:
        self._open.close()
        self._engine.dispose()
