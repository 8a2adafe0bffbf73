"""The conversation with a prospect, in order."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, words
from models.core.uuid7 import new_id
from models.leadgen.campaigns import Platform
from models.leadgen.prospects import note_change


class Sender(StrEnum):
    BOT = "bot"
    LEAD = "lead"
    HUMAN = "human"


class Message(Base):
    """One message."""

    __tablename__ = "prospect_messages"
    __table_args__ = (Index("ix_prospect_messages_prospect", "prospect_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    prospect_id: Mapped[UUID] = mapped_column(ForeignKey("prospects.id", ondelete="CASCADE"))
    message: Mapped[str] = mapped_column(Text)
    sender: Mapped[Sender] = mapped_column(words(Sender, "sender_is_known"))
    platform: Mapped[Platform] = mapped_column(words(Platform, "platform_is_known"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def add_message(
    session: Session,
    prospect_id: UUID,
    message: str,
    sender: Sender,
    platform: Platform,
    *,
    scope: UUID | None = None,
) -> Message:
    """Add a message to the prospect's conversation; raises NotFoundError without such a prospect in the *scope*."""
    # The prospect's row is locked before the clock is read, so that times follow the order of arrival.
    note_change(session, prospect_id, scope=scope)
    new = Message(prospect_id=prospect_id, message=message, sender=sender, platform=platform)
    session.add(new)
    session.flush()
    return new


def messages_of(prospect_id: UUID) -> Select[Message]:
    """Select a prospect's whole conversation, oldest first."""
    return select(Message).where(Message.prospect_id == prospect_id).order_by(Message.created_at, Message.id)
