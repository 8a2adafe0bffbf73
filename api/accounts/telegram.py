"""Sign in with Telegram: by Telegram's signature, or by our own bot, which authenticates with a secret."""

import hmac
import logging
from typing import Any

from flask import request
from flask.views import MethodView
from marshmallow import fields, validate

from api.accounts.auth import Token, record_sign_in
from api.accounts.role_names import TINDER_ROLES
from api.http.access import auth_attempt, proved_by, public, token_user
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.fields import Phone, Text
from api.http.limits import count_auth_attempt
from api.http.services import services
from models.accounts.telegram import user_of_bot, user_of_telegram, verified
from models.accounts.users import User, normal_phone
from models.core.base import database_now
from models.core.errors import NotAllowedError, NotSignedInError
from models.upkeep.end_access import end_standing_access

log = logging.getLogger(__name__)

blp = Blueprint("telegram", __name__, description="Signing in by Telegram")

HEADER = "X-Telegram-Bot-Secret"


#: The signed data of Telegram, as an OpenAPI schema.
TELEGRAM_SHAPE = {
    "oneOf": [{"type": "object", "additionalProperties": True}, {"type": "string"}],
    "description": "The Login Widget's fields as an object, or a Mini App's initData as text.",
}


class TelegramProof(Body):
    telegram_auth_data = fields.Raw(required=True, metadata=TELEGRAM_SHAPE)


class BotSignIn(Body):
    telegram_id = Text(64, required=True)
    phone = Phone(required=True)
    name = Text(200, required=True)
    role = fields.String(required=True, validate=validate.OneOf(sorted(set(TINDER_ROLES) - {"admin"})))


def check_bot() -> None:
    """
    Check the secret of our bot. In the `local` environment without a secret, every caller is accepted;
    api/server/risky_settings.py warns of this at start.

    Raises:
        NotSignedInError: The request's secret is missing or wrong, or no secret is configured.
        TooManyError: There were too many wrong secrets from the address. The bot itself is never counted.
    """
    settings = services().settings
    secret = settings.telegram_bot_secret
    if not secret and settings.is_local:
        return
    if not secret or not hmac.compare_digest(request.headers.get(HEADER, "").encode(), secret.encode()):
        count_auth_attempt()
        raise NotSignedInError("telegram.bot_only")


def user_of_proof(data: Any) -> User:
    """
    The user whom Telegram's signature proves; raises NotAllowedError, NotSignedInError, InvalidValueError,
    TooManyError.
    """
    bot_token = services().settings.telegram_bot_token
    if not bot_token:
        raise NotAllowedError("telegram.not_set_up")
    proven = verified(data, bot_token, database_now(session()))
    return user_of_telegram(session(), proven, end_access=end_standing_access, own=token_user())


@blp.route("/auth/telegram")
class TelegramLogin(MethodView):
    """Sign in with Telegram's signature."""

    @public
    @auth_attempt
    @blp.arguments(TelegramProof)
    @blp.response(200, Token)
    @blp.alt_response(401, description="Telegram did not sign the data, or signed it too long ago.")
    @blp.alt_response(429)
    @blp.alt_response(403, description="Signing in by Telegram is not set up, or the account is switched off.")
    def post(self, body: dict[str, Any]) -> Any:
        """Sign in with Telegram's signature; the first time creates the account

        The signature is checked with our bot's token, and must be recent. A new account has the role of a realtor.
        """
        return record_sign_in(user_of_proof(body["telegram_auth_data"]), "telegram")


@blp.route("/auth/telegram/login-or-register")
class BotLogin(MethodView):
    """Sign in through our bot."""

    @proved_by(check_bot, name="bot", scheme="bot")
    @blp.arguments(BotSignIn)
    @blp.response(200, Token)
    @blp.alt_response(403, description="The account is switched off, or an administrator's.")
    @blp.alt_response(429, description="Too many wrong secrets came from the address.")
    @blp.alt_response(409, description="The phone's user has another Telegram account.")
    def post(self, body: dict[str, Any]) -> Any:
        """Sign in a user for whom our Telegram bot vouches

        The user is looked up by Telegram account, then by phone (the account is then bound to it); otherwise a new one
        is created.
        """
        user = user_of_bot(
            session(),
            telegram_id=body["telegram_id"],
            phone=normal_phone(body["phone"]),
            name=body["name"],
            role=TINDER_ROLES[body["role"]],
            end_access=end_standing_access,
        )
        return record_sign_in(user, "bot")
