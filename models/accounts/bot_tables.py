"""Tables of the Telegram bot: linked accounts, link codes, updates from Telegram and calls to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.core.base import Base, CreatedAt, Id


class BotChat(Base):
    """
    A user who has started the bot and can therefore get messages from it. The chat's id is the Telegram account's.
    """

    __tablename__ = "bot_chats"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    telegram_id: Mapped[str] = mapped_column(String(20), unique=True)
    created_at: Mapped[CreatedAt]


class BotCode(Base):
    """A code of the profile page that links a Telegram account to the user; it works once."""

    __tablename__ = "bot_codes"
    __table_args__ = (Index("ix_bot_codes_user", "user_id"),)

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  #: SHA-256; the code is random enough.
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class BotUpdate(Base):
    """An update from Telegram. After processing it is kept without content, so that it is not processed again."""

    __tablename__ = "bot_updates"
    __table_args__ = (
        Index("ix_bot_updates_open", "id", postgresql_where=text("content IS NOT NULL")),
        Index("ix_bot_updates_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  #: Telegram's number.
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[CreatedAt]


class BotMessage(Base):
    """A queued call of the Bot API, in the order of the ids; deleted once it was made."""

    __tablename__ = "bot_messages"
    __table_args__ = (Index("ix_bot_messages_chat", "chat_id"),)

    id: Mapped[Id]
    chat_id: Mapped[str] = mapped_column(String(20))
    method: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: When the call was claimed. It is claimed only once, so that nobody gets a message twice.
    taken_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class BotDraft(Base):
    """A client's message that becomes a lead when its realtor confirms it."""

    __tablename__ = "bot_drafts"
    __table_args__ = (Index("ix_bot_drafts_user", "user_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
