"""`leadmatch user`: export or erase the data that is stored about a user."""

import contextlib
import json

import click
from sqlalchemy import select

from models.accounts.audit import record
from models.accounts.uploads import delete_uploads
from models.accounts.users import User, lock_user
from models.core.errors import BusyError, NotFoundError
from models.platform.settings import Settings
from models.platform.storage import Storage
from models.upkeep.erasure import erase_user, export_user
from scripts.arguments import ROW_ID
from scripts.databases import transaction


@click.group()
def command() -> None:
    """Manage single users."""


@command.command("export")
@click.argument("user_id", type=ROW_ID)
def export(user_id: int) -> None:
    """
    Print all stored data about a user.

    As JSON, of the user with this id (leads, properties, matches, notifications, files,
    ...).
    """
    with transaction() as session:
        user = session.scalar(select(User).where(User.id == user_id))
        if user is None:
            raise NotFoundError("user")
        data = export_user(session, user)
        record(session, "user_exported", table_name="users", row_id=user_id)
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


@command.command("erase")
@click.argument("user_id", type=ROW_ID)
@click.confirmation_option(prompt="All personal data of this user will be deleted for good. Continue?")
def erase(user_id: int) -> None:
    """
    Erase a user for good.

    The user with this id, as DELETE /users/delete/ does, but also a user without a phone.
    """
    storage = Storage(Settings.for_command().media_url)
    with transaction() as session:
        user = lock_user(session, user_id)
        record(session, "user_deleted", table_name="users", row_id=user_id)
        names = delete_uploads(session, user)
        erase_user(session, user)
    for name in names:
        with contextlib.suppress(BusyError):  # workers later delete files without a row
            storage.remove(name)
    click.echo(f"User {user_id} is erased, with {len(names)} files.")
