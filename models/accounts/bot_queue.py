"""
What came from Telegram, worked on once, and what goes to it, sent at most once, across restarts.

An update is stored under Telegram's number before anything is done about it. What is done, and what is to be answered,
is one transaction, which also empties the update. Answers are taken, and that committed, before they are sent: a bot
that dies between the two loses one, and two would be worse.
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

#: Telegram keeps what it could not deliver for a day; numbers are remembered for longer.
UPDATES_KEPT = timedelta(days=7)
DRAFTS_KEPT = timedelta(days=7)
#: What could not be sent for so long is news no more.
MESSAGES_KEPT = timedelta(hours=1)


@dataclass(frozen=True)
class Call:
    """A call of the Bot API that was taken to be made."""

    id: int
    method: str
    arguments: dict[str, Any]


def store_updates(session: Session, updates: Iterable[Mapping[str, Any]]) -> int:
    """Store what Telegram told; how many of it are new."""
    rows = [{"id": int(each["update_id"]), "content": dict(each)} for each in updates]
    if not rows:
        return 0
    return rows_changed(session.execute(insert(BotUpdate).values(rows).on_conflict_do_nothing()))


def next_offset(session: Session) -> int | None:
    """From which number on Telegram is to tell updates; None: from its oldest."""
    newest = session.scalar(select(func.max(BotUpdate.id)))
    return None if newest is None else newest + 1


def take_update(session: Session) -> dict[str, Any] | None:
    """The oldest update that was not worked on, emptied in the caller's transaction."""
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
    """Empty an update on which the bot failed: it would fail for ever."""
    session.execute(update(BotUpdate).where(BotUpdate.id == update_id).values(content=None))


def queue_call(session: Session, chat_id: str, method: str, arguments: Mapping[str, Any]) -> None:
    """Have a call of the Bot API made, after those queued before."""
    session.add(BotMessage(chat_id=chat_id, method=method, arguments=dict(arguments)))
    session.flush()


def take_call(session: Session) -> Call | None:
    """Take the oldest queued call; the caller commits before it makes it."""
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


def forget_call(session: Session, call: Call) -> None:
    """The call was made, or never can be."""
    session.execute(delete(BotMessage).where(BotMessage.id == call.id))


def put_back_call(session: Session, call: Call) -> None:
    """Undo :func:`take_call`: the call certainly was not made."""
    session.execute(update(BotMessage).where(BotMessage.id == call.id).values(taken_at=None))


def forget_old_bot_rows(session: Session) -> int:
    """Delete updates, drafts and messages that are past their time."""
    old = (
        delete(BotUpdate).where(
            BotUpdate.created_at < func.now() - UPDATES_KEPT,
            BotUpdate.id < select(func.max(BotUpdate.id)).scalar_subquery(),
        ),
        delete(BotDraft).where(BotDraft.created_at < func.now() - DRAFTS_KEPT),
        delete(BotMessage).where(BotMessage.created_at < func.now() - MESSAGES_KEPT * 2),
    )
    return sum(rows_changed(session.execute(each)) for each in old)
