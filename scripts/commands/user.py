"""`leadmatch user`: what a person may ask for about themselves."""

import json

import click
from sqlalchemy import select

from models.audit import record
from models.erasure import export_user
from models.errors import NotFoundError
from models.users import User
from scripts.arguments import ROW_ID
from scripts.databases import transaction


@click.group()
def command() -> None:
    """Look after single users."""


@command.command("export")
@click.argument("user_id", type=ROW_ID)
def export(user_id: int) -> None:
    """
    Print all that is stored about the user with this id, as JSON (leads, properties, matches, notices, files,
    ...).
    """
    with transaction() as session:
        user = session.scalar(select(User).where(User.id == user_id))
        if user is None:
            raise NotFoundError("user")
        found = export_user(session, user)
        record(session, "user_exported", table_name="users", row_id=user_id)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
