"""`leadmatch api-key`: API keys of programs that call the lead generation API."""

from uuid import UUID

import click
from rich.table import Table

from models.accounts.api_keys import api_keys, create_api_key, revoke_api_key
from models.accounts.audit import record
from models.leadgen.niches import get_niche
from scripts.arguments import ROW_ID
from scripts.databases import transaction
from scripts.terminal import Terminal


@click.group()
def command() -> None:
    """Create, list and revoke API keys."""


@command.command("create")
@click.argument("name")
@click.option("--niche", type=click.UUID, metavar="ID", help="Confine the key to this niche.")
def create(name: str, niche: UUID | None) -> None:
    """Create a key called NAME. It is printed once, on the last line; only its hash is stored.

    A key of one niche sees and writes that niche's campaigns, ads and leads, and nothing else.
    """
    name = name.strip()
    if not 0 < len(name) <= 100:
        raise click.BadParameter("give a name of 1 to 100 characters", param_hint="NAME")
    with transaction() as session:
        row, key = create_api_key(session, name, niche and get_niche(session, niche).id)
        record(session, "api_key_created", table_name="api_keys", row_id=row.id)
    click.echo(f"Key {row.id} is made; send it as X-API-Key. It cannot be shown again:")
    click.echo(key)


@command.command("list")
def list_() -> None:
    """List the keys: first characters, and times of creation, last use and revocation."""
    table = Table("id", "name", "begins with", "made", "last used", "revoked")
    with transaction() as session:
        for row in session.scalars(api_keys()):
            times = (row.created_at, row.last_used_at, row.revoked_at)
            table.add_row(str(row.id), row.name, row.start, *(f"{t:%Y-%m-%d %H:%M}" if t else "-" for t in times))
    Terminal().print(table)


@command.command("revoke")
@click.argument("key_id", type=ROW_ID)
def revoke(key_id: int) -> None:
    """Revoke the key with this id (see `list`) at once."""
    with transaction() as session:
        row = revoke_api_key(session, key_id)
        record(session, "api_key_revoked", table_name="api_keys", row_id=row.id)
    click.echo(f"Key {row.id} ({row.name}) is revoked.")
