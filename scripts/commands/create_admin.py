"""`leadmatch create-admin`: create an administrator."""

import click

from models.accounts.audit import record
from models.accounts.identity import Claim, set_proven
from models.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password
from models.accounts.users import create_user, normal_email
from models.core.enums import Role
from scripts.arguments import Name
from scripts.databases import transaction


@click.command()
@click.option("--email", required=True, help="The address to sign in with.")
@click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Prompted for if left out, which hides it from other users of the machine.",
)
@click.option("--name", type=Name(200), help="By default the part of the address before the @.")
def command(email: str, password: str, name: str | None) -> None:
    """Create an administrator who signs in with an e-mail address and a password.

    An address of an existing user is refused: make that user an administrator by PATCH /admin/users/{id}.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise click.BadParameter(f"use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters", param_hint="--password")
    with transaction() as session:
        admin = create_user(
            session,
            role=Role.ADMIN,
            name=name or email.partition("@")[0],
            email=normal_email(email),
            password_hash=hash_password(password),
        )
        set_proven(session, admin, Claim.EMAIL)  # the person who runs this command vouches for it
        record(session, "admin_created", table_name="users", row_id=admin.id)
    click.echo(f"Administrator {admin.id} is made: {admin.email}")
