"""
The caller's identifiers: list them with their state (proven, claimed, suspended), confirm or drop a suspended one.
"""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.fields import PasswordText
from api.http.idempotency import ignores_idempotency_key
from api.http.limits import check_failures, count_failure
from models.accounts.identity import Claim, drop_claim, identifiers_of, restore_claim
from models.accounts.passwords import LONGEST_PASSWORD
from models.accounts.users import User
from models.core.errors import InvalidValueError

blp = Blueprint("identifiers", __name__, description="The identifiers of an account")

STATES = ("proven", "claimed", "suspended")


class KnownRow(Body):
    kind = fields.String(validate=validate.OneOf(list(Claim)))
    value = fields.String(allow_none=True, metadata={"description": "Null for a password."})
    state = fields.String(validate=validate.OneOf(STATES))


class KnownAnswer(Body):
    identifiers = fields.List(fields.Nested(KnownRow))


class ClaimBody(Body):
    kind = fields.String(required=True, validate=validate.OneOf(list(Claim)))


class Confirmation(ClaimBody):
    password = PasswordText(
        1, LONGEST_PASSWORD, required=False, metadata={"description": "The suspended password, to confirm it."}
    )


@blp.route("/auth/identifiers")
class Identifiers(MethodView):
    """List the identifiers of the caller's account."""

    @signed_in
    @blp.response(200, KnownAnswer)
    def get(self) -> dict[str, Any]:
        """List my phone, e-mail address, Telegram account and password with their state

        `claimed`: stated, but not proven. `proven`: proven by a code, a link or Telegram. `suspended`: stated before I
        proved another identifier; it cannot be used to sign in until I confirm it, and is dropped after 30 days.
        """
        return answer_of(current_user())


@blp.route("/auth/identifiers/confirm")
class Confirm(MethodView):
    """Confirm a suspended identifier."""

    @signed_in
    @ignores_idempotency_key
    @blp.arguments(Confirmation)
    @blp.response(200, KnownAnswer)
    @blp.alt_response(400, description="Bad input, or the password is not the suspended one.")
    @blp.alt_response(404, description="Nothing of this kind is suspended.")
    @blp.alt_response(409, description="Another user has it now, or the account has another one.")
    @blp.alt_response(429, description="Too many wrong passwords.")
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Confirm that a suspended identifier or password is mine

        It becomes a claim again. A password is confirmed by sending it.
        """
        confirm_claim(current_user(), Claim(body["kind"]), body.get("password"))
        return answer_of(current_user())


@blp.route("/auth/identifiers/drop")
class Drop(MethodView):
    """Drop a suspended identifier."""

    @signed_in
    @blp.arguments(ClaimBody)
    @blp.response(200, KnownAnswer)
    @blp.alt_response(404, description="Nothing of this kind is suspended.")
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Drop a suspended identifier or password that is not mine

        It is deleted at once instead of after 30 days.
        """
        drop_claim(session(), current_user(), Claim(body["kind"]))
        return answer_of(current_user())


def confirm_claim(user: User, kind: Claim, password: str | None) -> None:
    """Confirm a suspended claim of *user*; wrong passwords are counted as at any sign-in."""
    account = f"user:{user.id}"
    check_failures(account)
    try:
        restore_claim(session(), user, kind, password)
    except InvalidValueError:
        count_failure(account)
        raise


def answer_of(user: User) -> dict[str, Any]:
    """The user's identifiers as the API shows them."""
    return {"identifiers": identifiers_of(session(), user)}
