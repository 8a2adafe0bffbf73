"""`leadmatch db`: the database's schema."""

import click

from models.platform.migrate import downgrade, upgrade
from models.platform.settings import Settings


@click.group()
def command() -> None:
    """Manage the database's schema."""


@command.command("upgrade")
def upgrade_command() -> None:
    """Migrate the schema to the newest revision.

    Does nothing if it is up to date.
    """
    upgrade(Settings.for_command().database_url)
    click.echo("The database's schema is up to date.")


@command.command("downgrade")
@click.argument("revision")
@click.confirmation_option(prompt="What only the newer schema holds is lost. Is there a backup, and nothing running?")
def downgrade_command(revision: str) -> None:
    """Take the schema back to REVISION.

    For an older release that needs it; it says which when it starts.
    """
    if revision == "base":
        raise click.BadParameter("this would delete everything", param_hint="REVISION")
    downgrade(Settings.for_command().database_url, revision)
    click.echo(f"The database's schema is at {revision}: start the release that needs it.")
