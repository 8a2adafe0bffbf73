"""`leadmatch create-admin`: the first administrator, or one more."""

import click

from models.accounts.audit import record
from models.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password
from models.accounts.users import create_user, normal_email
from models.core.enums import Role
from scripts.databases import transaction


@click.command()
@click.option("--email", required=True, help="The address to sign in with.")
@click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for if left out, which others on this machine cannot read.",
)
@click.option("--name", default="Администратор", show_default=True)
def command(email: str, password: str, name: str) -> None:
    """Make an administrator who signs in with an e-mail address and a password.

    An address that belongs to somebody is refused: an existing user becomes an administrator by PATCH
    /admin/users/{id}.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise click.BadParameter(f"use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters", param_hint="--password")
    with transaction() as session:
        admin = create_user(
            session,
            role=Role.ADMIN,
            name=name,
            email=normal_email(email),
            password_hash=hash_password(password),
        )
        record(session, "admin_created", table_name="users", row_id=admin.id)
    click.echo(f"Administrator {admin.id} is made: {admin.email}")
