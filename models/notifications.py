"""Notices to users. Each says one thing once: a second one about the same subject is not stored."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, Text, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, CreatedAt, Id, words
from models.errors import NotFoundError
from models.users import User


class NoticeType(StrEnum):
    NEW_MATCH = "NEW_MATCH"
    CONTACT_SHARED = "CONTACT_SHARED"
    NEW_INQUIRY = "NEW_INQUIRY"
    INQUIRY_STATUS = "INQUIRY_STATUS"
    NEW_MESSAGE = "NEW_MESSAGE"


class Notification(Base):
    """One notice to one user."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("user_id", "type", "subject", name="uq_notifications_once"),
        Index("ix_notifications_unread", "user_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notifications_user", "user_id", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    type: Mapped[NoticeType] = mapped_column(words(NoticeType, "type_is_known"))
    #: What it is about, e.g. "match:17"; with user and type it makes a notice unique.
    subject: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    read_at: Mapped[datetime | None]
    #: When a sender took the notice to deliver it outside (Telegram); taken once, so that it is delivered at most once.
    sent_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]

    @property
    def is_read(self) -> bool:
        return self.read_at is not None


def notify(
    session: Session, user_id: int, type_: NoticeType, subject: str, *, title: str, message: str, data: dict[str, Any]
) -> int | None:
    """
    Store a notice; its id, or None if the user has it already.

    The id also joins `session.info["notices"]`: whoever commits the transaction has those sent outside.
    """
    row = {
        "user_id": user_id,
        "type": type_,
        "subject": subject,
        "title": title,
        "message": message,
        "data": data,
    }
    notice_id = session.scalar(
        insert(Notification)
        .values(row)
        .on_conflict_do_nothing(constraint="uq_notifications_once")
        .returning(Notification.id)
    )
    if notice_id is not None:
        session.info.setdefault("notices", []).append(notice_id)
    return notice_id


def notices_of(user: User, *, unread_only: bool = False) -> Select[tuple[Notification]]:
    """The user's notices, newest first."""
    query = select(Notification).where(Notification.user_id == user.id).order_by(Notification.id.desc())
    return query.where(Notification.read_at.is_(None)) if unread_only else query


def unread_count(session: Session, user: User) -> int:
    query = select(func.count()).select_from(Notification)
    return session.scalar(query.where(Notification.user_id == user.id, Notification.read_at.is_(None))) or 0


def mark_read(session: Session, user: User, notification_id: int) -> None:
    """
    Mark one of the user's notices as read; the moment of the first reading is kept.

    Raises:
        NotFoundError: It is absent or somebody else's.
    """
    found = session.execute(
        update(Notification)
        .where(Notification.id == notification_id, Notification.user_id == user.id)
        .values(read_at=func.coalesce(Notification.read_at, func.now()))
    )
    if not found.rowcount:
        raise NotFoundError("notification")
