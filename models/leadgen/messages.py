"""The conversation with a prospect, in order."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, Text, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, enum_column
from models.core.uuid7 import new_id
from models.leadgen.campaigns import Platform
from models.leadgen.prospects import Prospect, mark_score_stale

#: A queued reply is sent well within this time; after it, the broker has lost its message.
LOST_AFTER = timedelta(minutes=5)
#: A reply that could not be sent for this long is outdated and not sent.
STALE_AFTER = timedelta(days=1)


class Sender(StrEnum):
    BOT = "bot"
    LEAD = "lead"
    HUMAN = "human"


class MessageDelivery(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Message(Base):
    """One message."""

    __tablename__ = "prospect_messages"
    __table_args__ = (
        Index("ix_prospect_messages_prospect", "prospect_id", "created_at", "id"),
        Index("ix_prospect_messages_queued", "created_at", postgresql_where=text("delivery = 'queued'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    prospect_id: Mapped[UUID] = mapped_column(ForeignKey("prospects.id", ondelete="CASCADE"))
    message: Mapped[str] = mapped_column(Text)
    sender: Mapped[Sender] = mapped_column(enum_column(Sender, "sender_is_known"))
    platform: Mapped[Platform] = mapped_column(enum_column(Platform, "platform_is_known"))
    #: The state of a reply that is sent to the prospect; null: it is only recorded.
    delivery: Mapped[MessageDelivery | None] = mapped_column(enum_column(MessageDelivery, "delivery_is_known"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def add_message(
    session: Session,
    prospect_id: UUID,
    message: str,
    sender: Sender,
    platform: Platform,
    *,
    delivery: MessageDelivery | None = None,
    scope: UUID | None = None,
) -> Message:
    """Add a message to the prospect's conversation; raises NotFoundError without such a prospect in the *scope*."""
    # The prospect's row is locked before the clock is read, so that times follow the order of arrival.
    mark_score_stale(session, prospect_id, scope=scope)
    new = Message(prospect_id=prospect_id, message=message, sender=sender, platform=platform, delivery=delivery)
    session.add(new)
    session.flush()
    return new


@dataclass(frozen=True)
class Reply:
    """A reply to send: the prospect's chat on the platform, and the text."""

    message_id: UUID
    platform: Platform
    chat: str
    text: str


def claim_reply(session: Session, message_id: UUID) -> Reply | None:
    """
    Claim a queued reply in the caller's transaction, which commits before it is sent; None if somebody else has.

    It counts as sent from then on, because two messages would be worse than a lost one.
    """
    query = select(Message, Prospect).join(Prospect, Prospect.id == Message.prospect_id)
    query = query.where(Message.id == message_id, Message.delivery == MessageDelivery.QUEUED)
    row = session.execute(query.with_for_update(of=Message)).one_or_none()
    message, prospect = row or (None, None)
    chat = prospect.platform_user_id if prospect else None
    if message is None or chat is None:
        return None
    message.delivery = MessageDelivery.SENT
    return Reply(message.id, message.platform, chat, message.message)


def record_delivery(session: Session, message_id: UUID, delivery: MessageDelivery) -> None:
    """Store the state of a reply, in the caller's transaction."""
    session.execute(update(Message).where(Message.id == message_id).values(delivery=delivery))


def lost_replies(session: Session) -> list[UUID]:
    """Ids of the replies whose messages the broker lost. Replies that are outdated by now fail; the caller commits."""
    is_queued = Message.delivery == MessageDelivery.QUEUED
    outdated = update(Message).where(is_queued, Message.created_at < func.now() - STALE_AFTER)
    session.execute(outdated.values(delivery=MessageDelivery.FAILED).execution_options(synchronize_session=False))
    lost = select(Message.id).where(is_queued, Message.created_at < func.now() - LOST_AFTER)
    return list(session.scalars(lost.order_by(Message.created_at)))


def text_of_prospect(session: Session, prospect_id: UUID) -> str:
    """All messages of the prospect, one per line."""
    query = messages_of(prospect_id).with_only_columns(Message.message).where(Message.sender == Sender.LEAD)
    return "\n".join(session.scalars(query))


def messages_of(prospect_id: UUID) -> Select[Message]:
    """Select a prospect's whole conversation, oldest first."""
    return select(Message).where(Message.prospect_id == prospect_id).order_by(Message.created_at, Message.id)
