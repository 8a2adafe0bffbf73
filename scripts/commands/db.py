"""`leadmatch db`: the database's schema."""

import os

import click

from models.core.errors import SettingsError
from models.platform.migrate import upgrade
from models.platform.settings import database_url


@click.group()
def command() -> None:
    """Manage the database's schema."""


@command.command("upgrade")
def upgrade_command() -> None:
    """Migrate the schema to the newest revision; does nothing if it is up to date."""
    # Not Settings.from_env: a release step on another machine may have the database's URL without the secrets.
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise SettingsError("DATABASE_URL is not set; `leadmatch run` sets it, elsewhere give it in the environment")
    upgrade(database_url(url))
    click.echo("The database's schema is up to date.")
