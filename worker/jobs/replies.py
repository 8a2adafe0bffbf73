"""Marketers' replies to prospects, by the bot of TELEGRAM_BOT_TOKEN.

Each reply is sent at most once: it is claimed (committed) before it is sent, and queued again only if it certainly was
not sent.
"""

import logging
from uuid import UUID

import httpx

from models.leadgen.messages import MessageDelivery, Reply, claim_reply, lost_replies, record_delivery
from worker.celery_app.task_context import client, new_session, settings
from worker.jobs.notifications import TIMEOUT_SECONDS, NotSentError

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
#: The pause when Telegram asks to slow down.
SLOW_DOWN_SECONDS = 30


def send_reply(message_id: str, attempt: int = 0) -> None:
    """Send one reply and record whether it was delivered.

    Raises:
        NotSentError: It certainly was not sent; another attempt may succeed. The last one counts as failed.
    """
    if not settings().telegram_bot_token:
        return
    with new_session() as session:
        reply = claim_reply(session, UUID(message_id))
        session.commit()
    if reply is None:
        return
    try:
        refused = _send(reply, attempt)
    except NotSentError:
        _note(reply, MessageDelivery.FAILED if attempt >= MAX_ATTEMPTS else MessageDelivery.QUEUED)
        raise
    if refused:
        _note(reply, MessageDelivery.FAILED)


def send_lost() -> None:
    """Queue again the replies whose messages the broker lost."""
    with new_session() as session:
        message_ids = lost_replies(session)
        session.commit()
    if settings().telegram_bot_token:
        for message_id in message_ids:
            client().reply_written(str(message_id))


def _send(reply: Reply, attempt: int) -> bool:
    """Whether Telegram refused the reply; without an answer it may have been sent, and counts as sent."""
    address = f"{settings().telegram_api_url}/bot{settings().telegram_bot_token}/sendMessage"
    try:
        answer = httpx.post(address, json={"chat_id": reply.chat, "text": reply.text}, timeout=TIMEOUT_SECONDS)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise NotSentError(2 ** (attempt + 1)) from None
    except httpx.HTTPError as error:
        log.warning("telegram_did_not_answer", extra={"kind": type(error).__name__})
        return False
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise NotSentError(SLOW_DOWN_SECONDS)
    if answer.is_error:  # e.g. 403: the prospect has blocked the bot, or never wrote to it
        log.warning("telegram_refused", extra={"status": answer.status_code})
    return answer.is_error


def _note(reply: Reply, delivery: MessageDelivery) -> None:
    with new_session() as session:
        record_delivery(session, reply.message_id, delivery)
        session.commit()
