"""Invitations: an administrator creates a link, with which its recipient creates an account."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from api.accounts.auth import Token, record_sign_in
from api.accounts.role_names import GRANTED_ROLES
from api.http.access import auth_attempt, current_user, for_roles, public
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.fields import Email, Moment, PasswordText, Text
from api.http.idempotency import ignores_idempotency_key
from api.http.limits import address
from api.http.services import services
from models.accounts.audit import record
from models.accounts.links import accept, invitation_of, invite, link_of
from models.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password
from models.accounts.users import User, normal_email
from models.core.base import database_now
from models.core.enums import Role

blp = Blueprint("invitations", __name__, description="Inviting users")


class InvitationBody(Body):
    role = fields.String(required=True, validate=validate.OneOf(list(GRANTED_ROLES)))
    email = Email(
        allow_none=True, metadata={"description": "The address of the invited person, which then counts as proven."}
    )


class InvitationMade(Body):
    link = fields.String(
        metadata={"description": "The link's secret: anybody who has it can create the account. Valid for a week."}
    )
    url = fields.String(metadata={"description": "The address to send to the invited person."})
    expires_at = Moment()


class Acceptance(Body):
    link = Text(64, required=True)
    name = Text(200, required=True)
    email = Email(required=True)
    password = PasswordText(SHORTEST_PASSWORD, LONGEST_PASSWORD)


@blp.route("/admin/invitations")
class Invitations(MethodView):
    """Invite a user."""

    @for_roles(Role.ADMIN)
    @ignores_idempotency_key
    @blp.arguments(InvitationBody)
    @blp.response(201, InvitationMade)
    def post(self, body: dict) -> dict[str, Any]:
        """Invite a user by a link that can be used once, within a week

        Only this answer shows the link: pass it on to the person you invite.
        """
        email = normal_email(body["email"]) if body.get("email") else None
        return invited(current_user(), GRANTED_ROLES[body["role"]], email)


@blp.route("/auth/invitation")
class AcceptInvitation(MethodView):
    """Accept an invitation."""

    @public
    @auth_attempt
    @ignores_idempotency_key
    @blp.arguments(Acceptance)
    @blp.response(201, Token)
    @blp.alt_response(404, description="The invitation is wrong, used or too old.")
    @blp.alt_response(409, description="Another user already has this e-mail address.")
    @blp.alt_response(429)
    def post(self, body: dict) -> dict[str, str]:
        """Accept an invitation and create my account

        The administrator has chosen its role. The answer holds the first token.
        """
        user = accepted(body["link"], body["name"], body["email"], body["password"])
        return record_sign_in(user, "invitation")


def invited(admin: User, role: Role, email: str | None) -> dict[str, Any]:
    """Create an invitation; returns it as the administrator sees it."""
    settings = services().settings
    row = invite(session(), admin, role, email, database_now(session()))
    record(
        session(),
        "invited",
        actor_id=admin.id,
        table_name="one_time_links",
        row_id=row.id,
        address=address(),
        role=role.value,
    )
    link = link_of(row, settings.secret_key)
    return {"link": link, "url": f"{settings.public_url}/console/invitation?link={link}", "expires_at": row.expires_at}


def accepted(link: str, name: str, email: str, password: str) -> User:
    """Create the invited user; raises NotFoundError, InvalidValueError, ConflictError, TooManyError."""
    now = database_now(session())
    row = invitation_of(session(), link, services().settings.secret_key, now)
    user = accept(session(), row, name=name, email=normal_email(email), password_hash=hash_password(password), now=now)
    record(session(), "signed_up", actor_id=user.id, table_name="users", row_id=user.id, address=address())
    return user
