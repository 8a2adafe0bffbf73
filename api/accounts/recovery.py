"""Account recovery: a sign-in link by e-mail, and a new password for a user with another proof."""

from typing import Any

from flask.views import MethodView
from marshmallow import ValidationError, fields, validates_schema

from api.accounts.auth import Token, record_sign_in, set_password
from api.accounts.portal_auth import Message, user_of_code
from api.accounts.telegram import TELEGRAM_SHAPE, user_of_proof
from api.http import tasks
from api.http.access import auth_attempt, device, public, token_user
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.fields import Email, PasswordText, Phone, Text
from api.http.idempotency import ignores_idempotency_key
from api.http.language import stated_language
from api.http.limits import address, network
from api.http.services import services
from models.accounts.audit import record
from models.accounts.codes import use_code
from models.accounts.links import link_of, request_email_link, use_email_link
from models.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from models.accounts.users import User, normal_email
from models.core.base import database_now
from models.core.errors import NotAllowedError, NotSignedInError
from models.upkeep.end_access import end_standing_access

blp = Blueprint("recovery", __name__, description="Signing in by e-mail, and forgotten passwords")

#: Fields for the proof of identity; exactly one must be present.
PROOFS = ("activation_code", "telegram_auth_data", "link")


class EmailBody(Body):
    email = Email(required=True)


class LinkSent(Message):
    optional = ("link",)

    link = fields.String(metadata={"description": "The content of the e-mail's link; only in a local environment."})


class LinkBody(Body):
    link = Text(64, required=True, metadata={"description": "The value of `link` in the e-mail's link."})


class PasswordReset(Body):
    """A new password with one proof of the user's identity."""

    new_password = PasswordText(SHORTEST_PASSWORD, LONGEST_PASSWORD)
    phone = Phone()
    activation_code = Text(20)
    telegram_auth_data = fields.Raw(metadata=TELEGRAM_SHAPE)
    link = Text(64)

    @validates_schema
    def check_proof(self, data: dict, **kwargs: Any) -> None:
        if sum(name in data for name in PROOFS) != 1:
            raise ValidationError("recovery.one_proof", "link")
        if ("phone" in data) != ("activation_code" in data):
            raise ValidationError("recovery.phone_with_code", "phone")


@blp.route("/auth/email")
class SendLink(MethodView):
    """Request a sign-in link by e-mail."""

    @public
    @auth_attempt
    @blp.arguments(EmailBody)
    @blp.response(200, LinkSent)
    @blp.alt_response(403, description="Signing in by e-mail is not set up here.")
    @blp.alt_response(429, description="Too many links were requested.")
    def post(self, body: dict) -> dict[str, str]:
        """Request a link that signs in once

        It is valid for half an hour. The answer is the same for an address that is not registered.
        """
        link = send_link(normal_email(body["email"]))
        return {"message": "If this address is registered, a link is on its way"} | ({"link": link} if link else {})


@blp.route("/auth/email/token")
class LinkToken(MethodView):
    """Exchange a link for a token."""

    @public
    @auth_attempt
    @ignores_idempotency_key
    @blp.arguments(LinkBody)
    @blp.response(200, Token)
    @blp.alt_response(401, description="The link is wrong, used or too old.")
    @blp.alt_response(429)
    def post(self, body: dict) -> dict[str, str]:
        """Get an access token for a link sent by e-mail

        Using the link proves the address. It can be used once.
        """
        return record_sign_in(user_of_link(body["link"], token_user()), "email")


@blp.route("/auth/password/reset")
class ResetPassword(MethodView):
    """Reset a forgotten password."""

    @public
    @auth_attempt
    @ignores_idempotency_key
    @blp.arguments(PasswordReset)
    @blp.response(200, Token)
    @blp.alt_response(401, description="The proof is wrong or too old.")
    @blp.alt_response(403, description="Telegram is not set up, the account is off, or not activated yet.")
    @blp.alt_response(429)
    def post(self, body: dict) -> dict[str, str]:
        """Set a new password, or a first one, with a proof instead of the old one

        The proof is a code by SMS (`/users/reset`), a Telegram signature, or a link by e-mail (`/auth/email`). All
        earlier tokens become invalid; the answer contains a new one.
        """
        if "link" in body:
            user, method = user_of_link(body["link"], token_user()), "email"
        elif "telegram_auth_data" in body:
            user, method = user_of_proof(body["telegram_auth_data"]), "telegram"
        else:
            user, method = user_of_code(use_code, body), "sms"
        set_password(user, body["new_password"])
        return record_sign_in(user, method)


def send_link(email: str) -> str | None:
    """Send a link to *email* (in normal form); returns the link's content in a local environment.

    Raises:
        NotAllowedError: No mail server is set.
        TooManyError: Too many links were requested.
    """
    settings = services().settings
    if not settings.smtp_url and not settings.is_local:
        raise NotAllowedError("email.not_set_up")
    now = database_now(session())
    row = request_email_link(session(), email, network=network(), device=device(), language=stated_language(), now=now)
    if settings.smtp_url:
        tasks.send_link(row.id)
    return link_of(row, settings.secret_key) if settings.is_local else None


def user_of_link(link: str, own: User | None) -> User:
    """
    The user whom a link signs in; *own* is the signed-in user, if any. Raises NotSignedInError; the failed attempt is
    committed.
    """
    try:
        secret, now = services().settings.secret_key, database_now(session())
        return use_email_link(session(), link, secret, now, end_access=end_standing_access, own=own)
    except NotSignedInError:
        session().rollback()
        record(session(), "link_refused", address=address())
        session().commit()
        raise
