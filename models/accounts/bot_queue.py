"""
Queues of the Telegram bot: updates from Telegram are processed once, calls to it are made at most once, across
restarts.

An update is stored under Telegram's number before it is processed. Its effects, and the calls that answer it, are
stored in one transaction, which also empties the update. A call is claimed in a committed transaction before it is
made. A bot that dies in between loses one message; a repeated message would be worse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.accounts.bot_tables import BotDraft, BotMessage, BotUpdate
from models.core.base import rows_changed

#: Telegram keeps undelivered updates for a day; their numbers are kept here for longer.
UPDATES_KEPT = timedelta(days=7)
#: After a week without updates Telegram continues with a random number, which may be lower than the last one.
NUMBERS_RISE_FOR = timedelta(days=6)
DRAFTS_KEPT = timedelta(days=7)
#: Messages that could not be sent for this long are outdated and not sent.
MESSAGES_KEPT = timedelta(hours=1)


@dataclass(frozen=True)
class Call:
    """A claimed call of the Bot API."""

    id: int
    method: str
    arguments: dict[str, Any]


def store_updates(session: Session, updates: Iterable[Mapping[str, Any]]) -> int:
    """Store updates from Telegram; returns how many of them are new."""
    rows = [{"id": int(each["update_id"]), "content": dict(each)} for each in updates]
    if not rows:
        return 0
    return rows_changed(session.execute(insert(BotUpdate).values(rows).on_conflict_do_nothing()))


def next_offset(session: Session) -> int | None:
    """
    The number from which Telegram should send updates; None: from its oldest. Telegram drops those with lower numbers.
    """
    recent = BotUpdate.created_at > func.now() - NUMBERS_RISE_FOR
    newest = session.scalar(select(func.max(BotUpdate.id)).where(recent))
    return None if newest is None else newest + 1


def claim_update(session: Session) -> dict[str, Any] | None:
    """Return the oldest unprocessed update, and empty it in the caller's transaction."""
    update = session.scalar(
        select(BotUpdate)
        .where(BotUpdate.content.is_not(None))
        .order_by(BotUpdate.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if update is None:
        return None
    content, update.content = update.content, None
    session.flush()
    return content


def drop_update(session: Session, update_id: int) -> None:
    """Empty an update with which the bot failed and would fail again."""
    session.execute(update(BotUpdate).where(BotUpdate.id == update_id).values(content=None))


def queue_call(session: Session, chat_id: str, method: str, arguments: Mapping[str, Any]) -> None:
    """Append a call of the Bot API to the queue."""
    session.add(BotMessage(chat_id=chat_id, method=method, arguments=dict(arguments)))
    session.flush()


def claim_call(session: Session) -> Call | None:
    """Claim the oldest queued call; the caller commits before making it."""
    oldest = (
        select(BotMessage.id)
        .where(BotMessage.taken_at.is_(None), BotMessage.created_at > func.now() - MESSAGES_KEPT)
        .order_by(BotMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = session.execute(
        update(BotMessage)
        .where(BotMessage.id == oldest)
        .values(taken_at=func.now())
        .returning(BotMessage.id, BotMessage.method, BotMessage.arguments)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Call(*row)


def delete_call(session: Session, call: Call) -> None:
    """Delete a call that was made, or can never be made."""
    session.execute(delete(BotMessage).where(BotMessage.id == call.id))


def release_call(session: Session, call: Call) -> None:
    """Undo :func:`claim_call` for a call that was certainly not made."""
    session.execute(update(BotMessage).where(BotMessage.id == call.id).values(taken_at=None))


def delete_old_bot_rows(session: Session) -> int:
    """Delete updates, drafts and messages past their retention."""
    old = (
        delete(BotUpdate).where(BotUpdate.created_at < func.now() - UPDATES_KEPT),
        delete(BotDraft).where(BotDraft.created_at < func.now() - DRAFTS_KEPT),
        delete(BotMessage).where(BotMessage.created_at < func.now() - MESSAGES_KEPT * 2),
    )
    return sum(rows_changed(session.execute(each)) for each in old)
