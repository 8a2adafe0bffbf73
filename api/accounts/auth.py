"""The doors of the exchange and of tinder: register, sign in, who am I."""

from typing import Any

from flask import current_app
from flask.views import MethodView
from marshmallow import fields, validate

from api.access import current_user, public, signed_in
from api.accounts.words import TINDER_ROLES, tinder_role
from api.blueprint import Blueprint, Body, read_json
from api.db import session
from api.fields import Moment, Text
from models.enums import Role
from models.errors import NotSignedInError
from models.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password, password_fits
from models.tokens import make_token
from models.users import User, create_user, normal_email, normal_phone, user_by_login

blp = Blueprint("auth", __name__, description="Signing up and in")


class ExchangeSignUp(Body):
    """The exchange's registration: a realtor known by a Telegram account."""

    telegram_id = Text(64, required=True)
    phone = Text(40, required=True)
    email = Text(254, allow_none=True)
    agency_name = Text(200, allow_none=True)


class TinderSignUp(Body):
    """Tinder's registration: somebody with a password."""

    role = fields.String(required=True, validate=validate.OneOf(sorted(set(TINDER_ROLES) - {"admin"})))
    name = Text(200, required=True)
    email = Text(254, required=True)
    phone = Text(40, required=True)
    password = fields.String(
        required=True, load_only=True, validate=validate.Length(min=SHORTEST_PASSWORD, max=LONGEST_PASSWORD)
    )


class LoginForm(Body):
    username = Text(254, required=True, metadata={"description": "E-mail address or phone."})
    password = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_PASSWORD))


class Token(Body):
    access_token = fields.String()
    token_type = fields.String()


class Profile(Body):
    """A user as tinder shows them to themselves."""

    id = fields.Integer()
    role = fields.String()
    name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    telegram_id = fields.String(allow_none=True)
    agency_name = fields.String(allow_none=True)
    is_active = fields.Boolean()
    created_at = Moment()


class SignedUp(Profile):
    """The new user and their first token: both kinds of client find what they read."""

    access_token = fields.String()
    token_type = fields.String()


@blp.route("/auth/register")
class Register(MethodView):
    @public
    @blp.response(201, SignedUp)
    @blp.alt_response(200, schema=SignedUp, description="The same, for a body with a password.")
    def post(self):
        """Sign up

        With `password` it is tinder's registration, with `telegram_id` the exchange's.
        """
        schema, body = read_json(lambda raw: TinderSignUp() if "password" in raw else ExchangeSignUp())
        if isinstance(schema, TinderSignUp):
            return _signed_up(_new_tinder_user(body)), 200
        return _signed_up(_new_realtor(body))


@blp.route("/auth/login")
class Login(MethodView):
    @public
    @blp.arguments(LoginForm, location="form")
    @blp.response(200, Token)
    def post(self, form):
        """Sign in by e-mail or phone and password"""
        user = user_by_login(session(), form["username"])
        if not password_fits(form["password"], user and user.password_hash) or user is None:
            raise NotSignedInError("The name or the password is wrong.")
        return token_of(user)


@blp.route("/auth/me")
class Me(MethodView):
    @signed_in
    @blp.response(200, Profile)
    def get(self):
        """Read my own profile"""
        return profile_of(current_user())


def profile_of(user: User) -> dict[str, Any]:
    """A user's own profile in tinder's words."""
    return {name: getattr(user, name) for name in Profile().fields} | {"role": tinder_role(user.role)}


def token_of(user: User) -> dict[str, str]:
    """A new access token, as every door answers it."""
    settings = current_app.extensions["settings"]
    return {"access_token": make_token(user, settings.secret_key, settings.token_hours), "token_type": "bearer"}


def _signed_up(user: User) -> dict[str, Any]:
    return profile_of(user) | token_of(user)


def _new_realtor(body: dict) -> User:
    return create_user(
        session(),
        role=Role.REALTOR,
        telegram_id=body["telegram_id"],
        phone=normal_phone(body["phone"]),
        email=normal_email(body["email"]) if body.get("email") else None,
        agency_name=body.get("agency_name"),
    )


def _new_tinder_user(body: dict) -> User:
    return create_user(
        session(),
        role=TINDER_ROLES[body["role"]],
        name=body["name"],
        email=normal_email(body["email"]),
        phone=normal_phone(body["phone"]),
        password_hash=hash_password(body["password"]),
    )
