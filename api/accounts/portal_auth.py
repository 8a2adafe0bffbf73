"""The portal's sign-in: register, activate, get a token, request another code. A code by SMS proves the phone.

Neither answers nor their timing show whether a phone is registered: both cases take the same steps
(models/accounts/codes.py).
"""

from collections.abc import Callable
from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from api.accounts.auth import Token, record_sign_in
from api.accounts.role_names import PORTAL_ROLES
from api.http import tasks
from api.http.access import auth_attempt, device, public, token_user
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.fields import Phone, Text
from api.http.language import stated_language
from api.http.limits import address, network
from api.http.services import services
from models.accounts.audit import record
from models.accounts.codes import activate, digits_of, request_code, use_code
from models.accounts.users import User, normal_phone
from models.core.base import database_now
from models.core.errors import NotAllowedError, NotSignedInError
from models.upkeep.end_access import end_standing_access

#: A function that uses a code: models.accounts.codes.activate, or use_code.
Step = Callable[..., User | None]

blp = Blueprint("portal-auth", __name__, description="Signing up and in by phone")

WRONG = "code.wrong"


class SignUp(Body):
    phone = Phone(required=True)
    first_name = Text(90, required=True)
    last_name = Text(90, required=True)
    role = fields.String(required=True, validate=validate.OneOf(list(PORTAL_ROLES)))


class Proof(Body):
    phone = Phone(required=True)
    activation_code = Text(20, required=True)


class PhoneBody(Body):
    phone = Phone(required=True)


class Message(Body):
    message = fields.String()


class CodeSent(Message):
    optional = ("code",)

    code = fields.String(metadata={"description": "The code in the SMS; only in a local environment."})


@blp.route("/users/register")
class Register(MethodView):
    """Register by phone."""

    @public
    @auth_attempt
    @blp.arguments(SignUp)
    @blp.response(201, CodeSent)
    @blp.alt_response(403, description="Signing in by SMS is not set up here.")
    @blp.alt_response(429, description="Too many codes were requested.")
    def post(self, body: dict[str, Any]) -> Any:
        """Register by phone

        Sends an activation code by SMS. The answer is the same for a phone that is already registered.
        """
        names = {"first_name": body["first_name"].strip(), "last_name": body["last_name"].strip()}
        registration = names | {"role": PORTAL_ROLES[body["role"]]}
        return {"message": "User created successfully"} | _sent(normal_phone(body["phone"]), registration)


@blp.route("/users/activate")
class Activate(MethodView):
    """Activate an account with the first code."""

    @public
    @auth_attempt
    @blp.arguments(Proof)
    @blp.response(200, Message)
    @blp.alt_response(401, description="The code is wrong.")
    @blp.alt_response(429)
    def post(self, body: dict[str, Any]) -> Any:
        """Activate the account with the code

        The account exists from now on. The same code can be used once more, at `/users/token`; five wrong attempts void
        it.
        """
        user = user_of_code(activate, body)
        record(session(), "activated", actor_id=user.id, table_name="users", row_id=user.id, address=address())
        return {"message": "User activated successfully"}


@blp.route("/users/token")
class GetToken(MethodView):
    """Exchange a code for a token."""

    @public
    @auth_attempt
    @blp.arguments(Proof)
    @blp.response(200, Token)
    @blp.alt_response(401, description="The code is wrong.")
    @blp.alt_response(429)
    @blp.alt_response(403, description="The code is right, but the account is not activated yet.")
    def post(self, body: dict[str, Any]) -> Any:
        """Get an access token for the code

        The activation code can be used once more, for the first token; later tokens need `/users/reset/`.
        """
        user = user_of_code(use_code, body)
        return record_sign_in(user, "sms")


@blp.route("/users/reset")
class Reset(MethodView):
    """Request another code."""

    @public
    @auth_attempt
    @blp.arguments(PhoneBody)
    @blp.response(200, CodeSent)
    @blp.alt_response(403, description="Signing in by SMS is not set up here.")
    @blp.alt_response(429, description="Too many codes were requested.")
    def post(self, body: dict[str, Any]) -> Any:
        """Request a new code

        The earlier code is void. The answer is the same for a phone that is not registered.
        """
        return {"message": "New activation code set"} | _sent(normal_phone(body["phone"]))


def send_code(phone: str, registration: dict[str, Any] | None = None) -> str | None:
    """
    Send a code to *phone* (E.164), for a new user with *registration*; returns the code itself in a local environment.

    Raises:
        NotAllowedError: No SMS gateway is set.
        TooManyError: Too many codes were requested.
    """
    settings = services().settings
    if not settings.sms_gateway_url:
        raise NotAllowedError("sms.not_set_up")
    row = request_code(
        session(),
        phone,
        registration=registration,
        address=network(),
        device=device(),
        language=stated_language(),
        sends_per_hour=settings.sms_per_hour,
        now=database_now(session()),
    )
    tasks.send_code(row.id)
    return digits_of(row, settings.secret_key) if settings.is_local else None


def user_by_code(step: Step, phone: str, code: str, own: User | None) -> User | None:
    """
    The user whom *step* returns for phone and code, or None; *own* is the signed-in user, if any. A failed attempt is
    committed although the request ends with an error.
    """
    secret, now = services().settings.secret_key, database_now(session())
    user = step(session(), phone, code, secret, now, end_access=end_standing_access, own=own, address=network())
    if user is None:
        record(session(), "code_refused", address=address())
        session().commit()
    return user


def _sent(phone: str, registration: dict[str, Any] | None = None) -> dict[str, str]:
    code = send_code(phone, registration)
    return {} if code is None else {"code": code}


def user_of_code(step: Step, body: dict) -> User:
    """The user whom *step* returns for a body's phone and code; raises NotSignedInError, TooManyError."""
    user = user_by_code(step, normal_phone(body["phone"]), body["activation_code"].strip(), token_user())
    if user is None:
        raise NotSignedInError(WRONG)
    return user
