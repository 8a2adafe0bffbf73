"""Accounts of the exchange and the swipe contract: register, sign in, sign out, read one's profile."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from api.accounts.role_names import GRANTED_ROLES, TINDER_ROLES, tinder_role
from api.http.access import auth_attempt, claims, client_name, current_user, device, public, signed_in
from api.http.blueprint import Blueprint, Body, StatusOk, names_of, read_json, shown_word
from api.http.db import session
from api.http.fields import Email, Moment, PasswordText, Phone, Text
from api.http.idempotency import ignores_idempotency_key
from api.http.language import stated_language
from api.http.limits import account_of, address, check_failures, count_failure, failures_of, network
from api.http.services import services
from models.accounts.audit import record
from models.accounts.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password, password_fits
from models.accounts.sessions import known_place, record_session, record_session_end
from models.accounts.tokens import claims_of, end, make_token, revoke
from models.accounts.users import User, change_password, create_user, normal_email, normal_phone, user_by_login
from models.core.enums import Role
from models.core.errors import InvalidValueError, NotSignedInError

blp = Blueprint("auth", __name__, description="Signing up and in")


class ExchangeSignUp(Body):
    """The exchange's registration: a realtor known by a Telegram account."""

    telegram_id = Text(64, required=True)
    phone = Phone(required=True)
    email = Email(allow_none=True)
    agency_name = Text(200, allow_none=True)


class TinderSignUp(Body):
    """The swipe contract's registration, with a password."""

    role = fields.String(required=True, validate=validate.OneOf(sorted(set(TINDER_ROLES) - {"admin"})))
    name = Text(200, required=True)
    email = Email(required=True)
    phone = Phone(required=True)
    password = PasswordText(SHORTEST_PASSWORD, LONGEST_PASSWORD)


class LoginForm(Body):
    """
    The form of OAuth 2.0's password grant (RFC 6749, 4.3.2). Any client may send it, so the client's id and secret are
    ignored; they may also be sent by HTTP Basic.
    """

    username = Text(254, required=True, metadata={"description": "E-mail address or phone."})
    password = PasswordText(1, LONGEST_PASSWORD)
    grant_type = fields.String(validate=validate.OneOf(["password"]))
    scope = Text(1000, empty=True, allow_none=True)
    client_id = Text(1000, empty=True, allow_none=True)
    client_secret = Text(1000, empty=True, allow_none=True, load_only=True)


class PasswordChange(Body):
    old_password = PasswordText(
        1,
        LONGEST_PASSWORD,
        required=False,
        metadata={"description": "May be left out only by users without a password, who signed up by SMS or Telegram."},
    )
    new_password = PasswordText(SHORTEST_PASSWORD, LONGEST_PASSWORD)


class Token(Body):
    access_token = fields.String()
    token_type = fields.String()


class Profile(Body):
    """The caller's own profile in the swipe contract's words."""

    id = fields.Integer()
    role = shown_word(GRANTED_ROLES)
    name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    telegram_id = fields.String(allow_none=True)
    agency_name = fields.String(allow_none=True)
    is_active = fields.Boolean()
    created_at = Moment()


class SignedUp(Profile):
    """The new user and their first token, with the fields that clients of either contract read."""

    access_token = fields.String()
    token_type = fields.String()


WRONG = "login.wrong"
TOKEN_TYPE = "bearer"  # noqa: S105 - the scheme, not a token

#: OpenAPI's description of a body with one of two schemas.
EITHER = {
    "required": True,
    "content": {"application/json": {"schema": {"oneOf": [TinderSignUp, ExchangeSignUp]}}},
}


@blp.route("/auth/register")
class Register(MethodView):
    """Register, with the swipe contract's body or the exchange's."""

    @public
    @auth_attempt
    @blp.doc(requestBody=EITHER)
    @blp.response(201, SignedUp)
    @blp.alt_response(200, schema=SignedUp, description="The same, for the swipe contract's body.")
    @blp.alt_response(409, description="Another user already has this e-mail, phone or Telegram account.")
    @blp.alt_response(429)
    def post(self) -> Any:
        """Register a new user

        A body with `password` is the swipe contract's registration, one with `telegram_id` the exchange's.
        """
        schema, body = read_json(_schema_of)
        if isinstance(schema, TinderSignUp):
            return _signed_up(_new_tinder_user(body)), 200
        return _signed_up(_new_realtor(body))


@blp.route("/auth/login")
class Login(MethodView):
    """Sign in by password."""

    @public
    @auth_attempt
    @blp.arguments(LoginForm, location="form_or_json")
    @blp.response(200, Token)
    @blp.alt_response(401, description="login.wrong")
    @blp.alt_response(429)
    def post(self, form: dict[str, Any]) -> Any:
        """Sign in by e-mail or phone and password

        Accepts a form, as in OAuth 2.0's password grant, or the same fields as JSON. Send the token of the answer as
        `Authorization: Bearer ...`. Failed attempts are counted by account and by address.
        """
        user = user_by_password(form["username"], form["password"])
        if user is None:
            raise NotSignedInError(WRONG)
        return record_sign_in(user, "password")


@blp.route("/auth/logout")
class Logout(MethodView):
    """Sign out."""

    @signed_in
    @blp.response(200, StatusOk)
    def post(self) -> Any:
        """Sign out: this token is void from now on

        So is a Mini App's initData. Other tokens of the same user stay valid; changing the password voids them all.
        """
        end(session(), claims())
        record_session_end(session(), claims().jti)
        record(session(), "signed_out", actor_id=current_user().id, address=address())
        return {"status": "ok"}


@blp.route("/auth/password")
class Password(MethodView):
    """Change the caller's password."""

    @signed_in
    @ignores_idempotency_key
    @blp.arguments(PasswordChange)
    @blp.response(200, Token)
    @blp.alt_response(400, description="Bad input, or the old password is wrong.")
    @blp.alt_response(429, description="Too many wrong passwords.")
    def put(self, body: dict[str, Any]) -> Any:
        """Change my password, or set a first one

        All earlier tokens become invalid; the answer contains a new one. A user without a password sets a first one.
        """
        replace_password(current_user(), body.get("old_password"), body["new_password"])
        return token_of(current_user(), "password")


@blp.route("/auth/me")
class Me(MethodView):
    """The caller's profile in the swipe contract's words."""

    @signed_in
    @blp.response(200, Profile)
    def get(self) -> Any:
        """Read my own profile

        The portal's `/users/me` shows the profile in the portal's words.
        """
        return profile_of(current_user())


def user_by_password(username: str, password: str) -> User | None:
    """
    The user with this name and password, or None. A failed attempt is counted and committed although the request ends
    with an error.

    Raises:
        TooManyError: There were too many tries from the address, or too many failed ones for the account.
    """
    user = user_by_login(session(), username)
    account = failures_of(account_of(username), known_place(session(), user, network(), device()))
    check_failures(account)
    # The same steps whether or not the user exists, so that neither answer nor timing reveals it.
    if password_fits(password, None if user is None else user.password_hash) and user is not None:
        return user
    record(session(), "password_refused", address=address())
    session().commit()
    count_failure(account)
    return None


def replace_password(user: User, old: str | None, new: str) -> None:
    """Replace a password after checking the old one, or set a first one.

    Raises:
        InvalidValueError: The old password is missing or wrong; the attempt is counted.
        TooManyError: Too many tries were wrong.
    """
    account = f"user:{user.id}"
    check_failures(account)
    if user.password_hash is not None and not password_fits(old or "", user.password_hash):
        count_failure(account)
        raise InvalidValueError("old_password", "password.wrong")
    set_password(user, new)


def set_password(user: User, new: str) -> None:
    """Set a password and invalidate all earlier tokens."""
    change_password(session(), user, hash_password(new))
    record(session(), "password_changed", actor_id=user.id, table_name="users", row_id=user.id, address=address())


def profile_of(user: User) -> dict[str, Any]:
    """A user's own profile in the swipe contract's words."""
    return {name: getattr(user, name) for name in names_of(Profile)} | {"role": tinder_role(user.role)}


def record_sign_in(user: User, method: str) -> dict[str, str]:
    """Record that *user* signed in, and return a new access token in the format of every sign-in's answer."""
    audit_sign_in(user, method)
    return token_of(user, method)


def token_of(user: User, method: str) -> dict[str, str]:
    """A new access token in the API's shape; starts and records a session."""
    return {"access_token": new_token(user, method), "token_type": TOKEN_TYPE}


def new_token(user: User, method: str) -> str:
    """A new access token; starts a session and records the method and the place of the sign-in."""
    settings = services().settings
    if user.language is None:
        user.language = stated_language()
    token = make_token(user, settings.secret_key, settings.token_hours)
    claims = claims_of(token, settings.secret_key)
    record_session(session(), claims, method=method, network=network(), agent=client_name())
    return token


def sign_out(token: str) -> None:
    """End the session of a token."""
    secret = services().settings.secret_key
    revoke(session(), token, secret)
    record_session_end(session(), claims_of(token, secret).jti)


def sign_up(**columns: object) -> User:
    """Register a new user with these columns. Raises ConflictError if an identifier is taken."""
    user = create_user(session(), **columns)
    record(session(), "signed_up", actor_id=user.id, table_name="users", row_id=user.id, address=address())
    return user


def audit_sign_in(user: User, by: str) -> None:
    """Record that *user* signed in."""
    record(session(), "signed_in", actor_id=user.id, table_name="users", row_id=user.id, address=address(), by=by)


def _schema_of(raw: dict) -> Body:
    """
    Choose the schema of a registration. A body that lacks the distinguishing fields is read as the swipe contract's.
    """
    of_tinder = "password" in raw or ("telegram_id" not in raw and not raw.keys().isdisjoint(("role", "name")))
    return TinderSignUp() if of_tinder else ExchangeSignUp()


def _signed_up(user: User) -> dict[str, Any]:
    return profile_of(user) | token_of(user, "registration")


def _new_realtor(body: dict) -> User:
    return sign_up(
        role=Role.REALTOR,
        telegram_id=body["telegram_id"],
        phone=normal_phone(body["phone"]),
        email=normal_email(body["email"]) if body.get("email") else None,
        agency_name=body.get("agency_name"),
    )


def _new_tinder_user(body: dict) -> User:
    return sign_up(
        role=TINDER_ROLES[body["role"]],
        name=body["name"],
        email=normal_email(body["email"]),
        phone=normal_phone(body["phone"]),
        password_hash=hash_password(body["password"]),
    )
