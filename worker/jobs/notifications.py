"""Notices that reach people who are away: a Telegram message for what stands in the table of notifications.

At most once each: a notice is taken (committed) before it is sent, and given back only when it certainly did not go
out. A worker that dies between the two loses it; a doubled message would be worse, and the notice stands in the application.
"""

import logging

import httpx
from celery import Task, shared_task

from models.accounts.notifications import Outgoing, lost_notices, put_back, take_to_send
from models.deals.offer_notifications import tell_new_offers
from worker.celery_app.task_context import HEALS, client, new_session, settings

log = logging.getLogger(__name__)

# httpx logs the address of every request, and Telegram's holds the bot's token.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT_SECONDS = 10
MOST_ATTEMPTS = 5


class NotSentError(Exception):
    """The message certainly did not go out, and may later; *after_seconds* is when."""

    def __init__(self, after_seconds: int) -> None:
        super().__init__(f"not sent; again in {after_seconds} s")
        self.after_seconds = after_seconds


@shared_task(name="worker.jobs.notifications.send_notice", bind=True, **{**HEALS, "max_retries": MOST_ATTEMPTS})
def send_notice(self: Task, notification_id: int) -> None:
    """Send one notice to its user by Telegram, unless it was sent, or the user wants none."""
    if not settings().telegram_bot_token:
        return
    with new_session() as session:
        taken = take_to_send(session, notification_id)
        session.commit()
    if taken is None:
        return
    try:
        send_by_telegram(taken, attempt=self.request.retries)
    except NotSentError as error:
        with new_session() as session:
            put_back(session, notification_id)
            session.commit()
        raise self.retry(exc=error, countdown=error.after_seconds) from None


@shared_task(name="worker.jobs.notifications.send_lost")
def send_lost() -> None:
    """Ask again for what the broker lost."""
    if not settings().telegram_bot_token:
        return
    with new_session() as session:
        found = lost_notices(session)
    for notification_id in found:
        client().notice_stored(notification_id)


@shared_task(name="worker.jobs.notifications.tell_offers", **HEALS)
def tell_offers() -> None:
    """Tell who asked on the portal of properties that came since and suit them."""
    with new_session() as session:
        stored = tell_new_offers(session)
        session.commit()
    for notice_id in stored:
        client().notice_stored(notice_id)


def send_by_telegram(taken: Outgoing, attempt: int = 0) -> None:
    """
    Send a message through the Bot API.

    An answer that does not come leaves open whether the message went out, and counts as sent.

    Raises:
        NotSentError: Telegram could not be reached (2, 4, 8, ... s until the next attempt), or asks to slow down.
    """
    address = f"{settings().telegram_api_url}/bot{settings().telegram_bot_token}/sendMessage"
    try:
        answer = httpx.post(address, json={"chat_id": taken.telegram_id, "text": taken.text}, timeout=TIMEOUT_SECONDS)
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
