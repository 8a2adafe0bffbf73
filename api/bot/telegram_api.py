"""Calls of the Bot API through python-telegram-bot: receiving updates, and making queued calls."""

import logging
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Bot, InlineKeyboardMarkup
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from models.accounts.bot_queue import Call
from models.platform.settings import Settings

log = logging.getLogger(__name__)

#: The types of updates that the bot handles.
WANTED = ["message", "callback_query"]
#: How long Telegram keeps a request for updates open.
POLL_SECONDS = 25
TIMEOUT_SECONDS = 10.0


class CallNotMadeError(Exception):
    """A call was certainly not made; another attempt may succeed after *after_seconds*."""

    def __init__(self, after_seconds: float) -> None:
        super().__init__(f"not made; again in {after_seconds} s")
        self.after_seconds = after_seconds


def bot_of(settings: Settings) -> Bot:
    """The bot with the settings' token, not connected yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the connection pool, which has a single connection
        return Bot(
            settings.telegram_bot_token,
            base_url=f"{settings.telegram_api_url}/bot",
            base_file_url=f"{settings.telegram_api_url}/file/bot",
            request=_connection(),
            get_updates_request=_connection(),
        )


def _connection() -> HTTPXRequest:
    return HTTPXRequest(
        1,
        connect_timeout=TIMEOUT_SECONDS,
        read_timeout=TIMEOUT_SECONDS,
        write_timeout=TIMEOUT_SECONDS,
        pool_timeout=TIMEOUT_SECONDS,
    )


async def received(bot: Bot, offset: int | None, seconds: int = POLL_SECONDS) -> list[dict[str, Any]]:
    """Wait for updates from *offset* on; Telegram forgets earlier ones.

    Raises:
        CallNotMadeError: Telegram cannot be reached, or another bot with this token polls too.
    """
    try:
        updates = await bot.get_updates(offset=offset, timeout=seconds, allowed_updates=WANTED)
    except RetryAfter as error:
        raise CallNotMadeError(_seconds(error)) from None
    except InvalidToken:
        raise
    except TelegramError as error:
        log.warning("telegram_updates_not_received", extra={"kind": type(error).__name__})
        raise CallNotMadeError(3) from None
    return [update.to_dict() for update in updates]


async def make(bot: Bot, call: Call) -> None:
    """Make a queued call.

    A call without an answer may have been made, and counts as made. A call that Telegram refuses is dropped; a card
    whose photo it refuses is sent as text.

    Raises:
        CallNotMadeError: It certainly was not made.
    """
    arguments = dict(call.arguments)
    if "reply_markup" in arguments:
        arguments["reply_markup"] = InlineKeyboardMarkup.de_json(arguments["reply_markup"], bot)
    methods: dict[str, Callable[..., Awaitable[Any]]] = {
        "sendMessage": bot.send_message,
        "sendPhoto": bot.send_photo,
        "answerCallbackQuery": bot.answer_callback_query,
        "editMessageReplyMarkup": bot.edit_message_reply_markup,
    }
    try:
        await methods[call.method](**arguments)
    except RetryAfter as error:
        raise CallNotMadeError(_seconds(error)) from None
    except BadRequest:
        if call.method == "sendPhoto":
            words = {"chat_id": arguments["chat_id"], "text": arguments["caption"]}
            markup = {name: arguments[name] for name in ("reply_markup",) if name in arguments}
            try:
                await bot.send_message(**words, **markup)
            except TelegramError as error:
                log.warning("telegram_refused", extra={"kind": type(error).__name__})
        else:
            log.warning("telegram_refused", extra={"kind": "BadRequest", "method": call.method})
    except Forbidden:
        log.info("telegram_refused", extra={"kind": "Forbidden"})  # they have blocked the bot
    except TimedOut:
        log.warning("telegram_did_not_answer", extra={"method": call.method})
    except NetworkError as error:
        if "ConnectError" in str(error):
            raise CallNotMadeError(3) from None
        log.warning("telegram_did_not_answer", extra={"method": call.method})


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after if isinstance(after, int | float) else after.total_seconds())
