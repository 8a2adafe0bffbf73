"""`leadmatch api-key`: API keys of programs that call the lead generation API."""

from uuid import UUID

import click
from rich.table import Table

from models.accounts.api_keys import api_keys, create_api_key, revoke_api_key
from models.accounts.audit import record
from models.leadgen.niches import get_niche
from scripts.arguments import ROW_ID, Name
from scripts.databases import transaction
from scripts.listing import json_option, print_listing
from scripts.terminal import Terminal


@click.group()
def command() -> None:
    """Create, list and revoke API keys."""


@command.command("create")
@click.argument("name", type=Name(100))
@click.option("--niche", type=click.UUID, metavar="ID", help="Confine the key to this niche.")
def create(name: str, niche: UUID | None) -> None:
    """Create a key called NAME. It is printed once, on the last line; only its hash is stored.

    A key of one niche sees and writes that niche's campaigns, ads and leads, and nothing else.
    """
    with transaction() as session:
        row, key = create_api_key(session, name, niche and get_niche(session, niche).id)
        record(session, "api_key_created", table_name="api_keys", row_id=row.id)
    click.echo(f"Key {row.id} is made; send it as X-API-Key. It cannot be shown again:")
    click.echo(key)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the keys.

    First characters, niche of a confined one, times of creation, last use and revocation.
    """
    table = Table("id", "name", "begins with", "niche", "made", "last used", "revoked")
    rows = []
    with transaction() as session:
        for row in session.scalars(api_keys()):
            times = {"created_at": row.created_at, "last_used_at": row.last_used_at, "revoked_at": row.revoked_at}
            rows.append({"id": row.id, "name": row.name, "start": row.start, "niche_id": row.niche_id} | times)
            shown = (f"{moment:%Y-%m-%d %H:%M}" if moment else "-" for moment in times.values())
            table.add_row(str(row.id), row.name, row.start, str(row.niche_id or "all"), *shown)
    print_listing(Terminal(), rows, table, as_json=as_json, empty="There is no key yet: leadmatch api-key create NAME")


@command.command("revoke")
@click.argument("key_id", type=ROW_ID)
def revoke(key_id: int) -> None:
    """Revoke the key with this id (see `list`) at once."""
    with transaction() as session:
        row = revoke_api_key(session, key_id)
        record(session, "api_key_revoked", table_name="api_keys", row_id=row.id)
    click.echo(f"Key {row.id} ({row.name}) is revoked.")
