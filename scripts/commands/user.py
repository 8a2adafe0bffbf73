"""`leadmatch user`: what a person may ask for about themselves: all that is stored, and that it be forgotten."""

import contextlib
import json

import click
from sqlalchemy import select

from models.accounts.audit import record
from models.accounts.uploads import forget_uploads
from models.accounts.users import User, lock_user
from models.core.errors import BusyError, NotFoundError
from models.platform.settings import Settings
from models.platform.storage import Storage
from models.upkeep.erasure import erase_user, export_user
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


@command.command("erase")
@click.argument("user_id", type=click.IntRange(1, 2**63 - 1))
@click.confirmation_option(prompt="All personal data of this user goes for good. Go on?")
def erase(user_id: int) -> None:
    """
    Erase the user with this id for good, as DELETE /users/delete/ does: also who has no phone, by which that knows
    people.
    """
    storage = Storage(Settings.from_env().media_url)
    with transaction() as session:
        user = lock_user(session, user_id)
        record(session, "user_deleted", table_name="users", row_id=user_id)
        names = forget_uploads(session, user)
        erase_user(session, user)
    for name in names:
        with contextlib.suppress(BusyError):  # the workers' sweep of files without a row makes it good
            storage.remove(name)
    click.echo(f"User {user_id} is erased, with {len(names)} files.")
