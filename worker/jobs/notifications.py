"""Notifications that reach users who are away: a Telegram message for a row of the table of notifications.

At most one message each: a notification is claimed (committed) before it is sent, and released only when it certainly
was not sent. A worker that dies between the two loses it; two messages would be worse, and the application shows it
anyway.
"""

import logging

import httpx

from models.accounts.notifications import Outgoing, lost_notifications, put_back, take_to_send
from models.translations.notifications import describe_notification
from worker.celery_app.task_context import client, new_session, settings

log = logging.getLogger(__name__)

# httpx logs the address of every request, and Telegram's holds the bot's token.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT_SECONDS = 10
MAX_ATTEMPTS = 5


class NotSentError(Exception):
    """The message certainly was not sent; another attempt may succeed after *after_seconds*."""

    def __init__(self, after_seconds: int) -> None:
        super().__init__(f"not sent; again in {after_seconds} s")
        self.after_seconds = after_seconds


def send_notification(notification_id: int, attempt: int = 0) -> None:
    """
    Send one notification to its user by Telegram, unless it was sent, or the user wants none.

    Raises:
        NotSentError: It certainly was not sent; the claim is released.
    """
    if not settings().telegram_bot_token:
        return
    with new_session() as session:
        outgoing = take_to_send(session, notification_id)
        session.commit()
    if outgoing is None:
        return
    try:
        send_by_telegram(outgoing, attempt)
    except NotSentError:
        with new_session() as session:
            put_back(session, notification_id)
            session.commit()
        raise


def send_lost() -> None:
    """Queue again the notifications whose messages the broker lost."""
    if not settings().telegram_bot_token:
        return
    with new_session() as session:
        lost = lost_notifications(session)
    for notification_id in lost:
        client().notification_stored(notification_id)


def text_of(outgoing: Outgoing) -> str:
    """What a notification says, in its user's language."""
    return "\n".join(describe_notification(outgoing.language, outgoing))


def send_by_telegram(outgoing: Outgoing, attempt: int = 0) -> None:
    """
    Send a message through the Bot API.

    Without an answer the message may have been sent, and counts as sent.

    Raises:
        NotSentError: Telegram could not be reached (2, 4, 8, ... s until the next attempt), or asks to slow down.
    """
    address = f"{settings().telegram_api_url}/bot{settings().telegram_bot_token}/sendMessage"
    try:
        answer = httpx.post(
            address, json={"chat_id": outgoing.telegram_id, "text": text_of(outgoing)}, timeout=TIMEOUT_SECONDS
        )
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise NotSentError(2 ** (attempt + 1)) from None
    except httpx.HTTPError as error:
        log.warning("telegram_did_not_answer", extra={"kind": type(error).__name__})
        return
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise NotSentError(_retry_after(answer))
    if answer.is_error:  # e.g. 403: the user has blocked the bot
        log.warning("telegram_refused", extra={"status": answer.status_code})


def _retry_after(answer: httpx.Response) -> int:
    try:
        return max(1, min(600, int(answer.json()["parameters"]["retry_after"])))
    except (ValueError, KeyError, TypeError):
        return 30
