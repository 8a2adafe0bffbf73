"""Store the updates that Telegram posts, with TELEGRAM_WEBHOOK, for the bot's process."""

import hashlib
import hmac
from typing import Any

from flask import request
from flask.views import MethodView
from marshmallow import INCLUDE, fields

from api.http.access import proved_by
from api.http.blueprint import Blueprint, Body, StatusOk
from api.http.db import session
from api.http.limits import count_auth_attempt
from api.http.services import services
from models.accounts.bot_queue import store_updates
from models.core.errors import NotSignedInError

blp = Blueprint("bot", __name__, description="Updates that Telegram posts to our bot")

PATH = "/telegram/updates"
#: https://core.telegram.org/bots/api#setwebhook
HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Update(Body):
    """An update as Telegram defines it; it may have further fields."""

    class Meta(Body.Meta):
        unknown = INCLUDE

    update_id = fields.Integer(required=True, strict=True)


def secret_of(secret_key: str) -> str:
    """The secret that Telegram sends with each update; it is derived from our own secret and known only to Telegram."""
    return hmac.new(secret_key.encode(), b"telegram-updates", hashlib.sha256).hexdigest()


def check_telegram() -> None:
    """Check the secret of Telegram's request; raises NotSignedInError, TooManyError."""
    settings = services().settings
    if not settings.telegram_webhook or not settings.telegram_bot:
        raise NotSignedInError("telegram.bot_only")
    if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), secret_of(settings.secret_key).encode()):
        count_auth_attempt()
        raise NotSignedInError("telegram.bot_only")


@blp.route(PATH)
class Updates(MethodView):
    """Updates of the bot."""

    @proved_by(check_telegram, name="telegram", scheme="bot")
    @blp.arguments(Update, unknown=INCLUDE)
    @blp.response(200, StatusOk)
    def post(self, body: dict[str, Any]) -> dict[str, str]:
        """Receive an update from Telegram for our bot

        It is stored, and the bot's process handles it. Sending it again changes nothing.
        """
        store_updates(session(), [body])
        return {"status": "ok"}
