"""Send notifications to users who are away, by Telegram, e-mail or SMS.

At most one message per channel: a notification is claimed (committed) before it is sent, and released only if it was
certainly not sent. If a worker dies in between, the message is lost; two messages would be worse, and the application
shows the notification anyway. The users' settings are in one place (models.accounts.notification_switches).
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
from sqlalchemy.orm import Session

from models.accounts.notification_switches import Channel, configured_channels
from models.accounts.notifications import Outgoing, claim_for_sending, lost_notifications, release_claim
from models.deals.notification_names import names_of
from models.translations.notifications import describe_notification
from worker.celery_app.task_context import DATABASE_AWAY, client, new_session, settings
from worker.jobs.mail import MailBusyError, MailError, mailer_of
from worker.jobs.sms import SmsBusyError, SmsError, gateway_of
from worker.jobs.telegram_cards import TelegramCall, telegram_message

log = logging.getLogger(__name__)

# httpx logs the address of every request, and Telegram's address contains the bot's token.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT_SECONDS = 10
MAX_ATTEMPTS = 5


class NotSentError(Exception):
    """The message certainly was not sent; another attempt may succeed after *after_seconds*."""

    def __init__(self, after_seconds: int) -> None:
        super().__init__(f"not sent; again in {after_seconds} s")
        self.after_seconds = after_seconds


def send_notification(notification_id: int, attempt: int = 0) -> None:
    """Send one notification to its user by every due channel, and by none twice.

    An error in one channel leaves the others alone. If it was raised before the message was sent, the channel is tried
    again, else the message may have been sent and counts as sent.

    Raises:
        NotSentError: On some channel it certainly was not sent; the claim of that channel is released.
    """
    channels = external_channels()
    if not channels:
        return
    sends: list[tuple[Outgoing, Callable[[int], None]]] = []
    waits = []
    with new_session() as session:
        for each in claim_for_sending(session, notification_id, channels):
            try:
                with session.begin_nested():
                    sends.append((each, _compose(session, each)))
            except DATABASE_AWAY:
                raise  # nothing is claimed, and the task is tried again
            except Exception:
                log.exception("notification_not_composed", extra=_facts(each))
                release_claim(session, each.id, each.channel)
                waits.append(5 * 2**attempt)
        session.commit()
    unsent = [(each, wait) for each, send in sends if (wait := _wait_after(each, send, attempt))]
    if unsent:
        with new_session() as session:
            for each, _ in unsent:
                release_claim(session, each.id, each.channel)
            session.commit()
    if waits := [*waits, *(wait for _, wait in unsent)]:
        raise NotSentError(max(waits))


def store_and_send(store: Callable[[Session], list[int]]) -> None:
    """Store notifications by *store*, which returns their ids, and queue the sending of each after the commit."""
    with new_session() as session:
        notification_ids = store(session)
        session.commit()
    for notification_id in notification_ids:
        client().notification_stored(notification_id)


def send_lost() -> None:
    """Queue again the notifications whose messages the broker lost."""
    if not external_channels():
        return
    with new_session() as session:
        lost = lost_notifications(session)
    for notification_id in lost:
        client().notification_stored(notification_id)


def external_channels() -> frozenset[Channel]:
    """The configured channels besides the console."""
    return configured_channels(settings()) - {Channel.CONSOLE}


def link_of(outgoing: Outgoing) -> str:
    """The page of a notification's subject; it asks for sign-in first if necessary."""
    return f"{settings().public_url}/console/notifications/{outgoing.id}"


def _compose(session: Session, outgoing: Outgoing) -> Callable[[int], None]:
    """Write the message of one channel; returns the function of the attempt's number that sends it."""
    link = link_of(outgoing)
    if outgoing.channel is Channel.TELEGRAM:
        return partial(send_by_telegram, telegram_message(session, outgoing, link, settings().public_url))
    if outgoing.channel is Channel.EMAIL:
        names = names_of(session, [outgoing])[outgoing.id]
        title, message = describe_notification(outgoing.language, outgoing, names)
        return partial(send_by_email, outgoing, title, f"{message}\n\n{link}\n")
    title, _ = describe_notification(outgoing.language, outgoing)
    return partial(send_by_sms, outgoing, f"{title}: {link}")  # short, because it costs money


def _wait_after(outgoing: Outgoing, send: Callable[[int], None], attempt: int) -> int | None:
    """Send by one channel; returns seconds until a new attempt if the message certainly was not sent."""
    try:
        send(attempt)
    except NotSentError as error:
        return error.after_seconds
    except Exception:
        log.exception("notification_send_failed", extra=_facts(outgoing))
    return None


def _facts(outgoing: Outgoing) -> dict[str, Any]:
    return {"notification_id": outgoing.id, "channel": outgoing.channel}


def send_by_email(outgoing: Outgoing, title: str, body: str, attempt: int = 0) -> None:
    """Send an e-mail; raises NotSentError as :func:`send_by_telegram` does."""
    try:
        mailer_of(settings().smtp_url).send(outgoing.address, title, body)
    except MailBusyError:
        raise NotSentError(5 * 2**attempt) from None
    except MailError as error:
        log.warning("notification_mail_failed", extra={"notification_id": outgoing.id, "reason": str(error)})


def send_by_sms(outgoing: Outgoing, text: str, attempt: int = 0) -> None:
    """Send an SMS; raises NotSentError as :func:`send_by_telegram` does."""
    try:
        gateway_of(settings().sms_gateway_url).send(outgoing.address, text, outgoing.id)
    except SmsBusyError as busy:
        raise NotSentError(busy.retry_after_seconds * 2**attempt) from None
    except SmsError as error:
        log.warning("notification_sms_failed", extra={"notification_id": outgoing.id, "kind": type(error).__name__})


def send_by_telegram(call: TelegramCall, attempt: int = 0) -> None:
    """
    Send a message through the Bot API.

    If Telegram does not answer, the message may have been sent and counts as sent.

    Args:
        call: The call that shows the notification.
    Raises:
        NotSentError: Telegram could not be reached (2, 4, 8, ... s until the next attempt), or requires a pause.
    """
    method, arguments = call
    try:
        answer = _call_telegram(method, arguments)
        if answer.status_code == httpx.codes.BAD_REQUEST and method == "sendPhoto":
            # Telegram could not fetch the photo, and has sent nothing.
            arguments["text"] = arguments.pop("caption")
            del arguments["photo"]
            answer = _call_telegram("sendMessage", arguments)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise NotSentError(2 ** (attempt + 1)) from None
    except httpx.HTTPError as error:
        log.warning("telegram_did_not_answer", extra={"kind": type(error).__name__})
        return
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise NotSentError(_retry_after(answer))
    if answer.is_error:  # e.g. 403: the user has blocked the bot
        log.warning("telegram_refused", extra={"status": answer.status_code})


def _call_telegram(method: str, arguments: dict[str, Any]) -> httpx.Response:
    address = f"{settings().telegram_api_url}/bot{settings().telegram_bot_token}/{method}"
    return httpx.post(address, json=arguments, timeout=TIMEOUT_SECONDS)


def _retry_after(answer: httpx.Response) -> int:
    try:
        return max(1, min(600, int(answer.json()["parameters"]["retry_after"])))
    except (ValueError, KeyError, TypeError):
        return 30
