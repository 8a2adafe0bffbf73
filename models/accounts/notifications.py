"""Notices to users. Each says one thing once: a second one about the same subject is not stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, Text, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.telegram import PERSON
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, rows_changed, words
from models.core.errors import NotFoundError


class NoticeType(StrEnum):
    NEW_MATCH = "NEW_MATCH"
    CONTACT_SHARED = "CONTACT_SHARED"
    NEW_INQUIRY = "NEW_INQUIRY"
    INQUIRY_STATUS = "INQUIRY_STATUS"
    NEW_MESSAGE = "NEW_MESSAGE"
    NEW_OFFER = "NEW_OFFER"
    NEW_LIKE = "NEW_LIKE"
    DEAL_COMPLETED = "DEAL_COMPLETED"
    DEAL_UNDONE = "DEAL_UNDONE"
    MATCH_CLOSED = "MATCH_CLOSED"
    MATCH_REOPENED = "MATCH_REOPENED"


#: Kinds that the exchange's contract does not know: its clients get them only where they ask for all.
BEYOND_CONTRACT = frozenset(
    {
        NoticeType.NEW_LIKE,
        NoticeType.DEAL_COMPLETED,
        NoticeType.DEAL_UNDONE,
        NoticeType.MATCH_CLOSED,
        NoticeType.MATCH_REOPENED,
    }
)


#: The switch of a user's profile that allows notices of a kind outside the application; an unset switch is on.
SWITCHES = {
    NoticeType.NEW_MATCH: "notifications_new_matches",
    NoticeType.CONTACT_SHARED: "notifications_contacts",
    NoticeType.NEW_INQUIRY: "notifications_responses",
    NoticeType.INQUIRY_STATUS: "notifications_responses",
    NoticeType.NEW_MESSAGE: "notifications_all_messages",
    NoticeType.NEW_OFFER: "notifications_new_matches",
    NoticeType.NEW_LIKE: "notifications_new_matches",
    NoticeType.DEAL_COMPLETED: "notifications_new_matches",
    NoticeType.DEAL_UNDONE: "notifications_new_matches",
    NoticeType.MATCH_CLOSED: "notifications_new_matches",
    NoticeType.MATCH_REOPENED: "notifications_new_matches",
}

#: A notice that could not be sent for so long is news no more.
STALE_AFTER = timedelta(hours=1)
#: The broker delivers a request well within this; what is older and unsent was lost.
LOST_AFTER = timedelta(minutes=1)


class Notification(Base):
    """One notice to one user."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("user_id", "type", "subject", name="uq_notifications_once"),
        Index("ix_notifications_unread", "user_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notifications_user", "user_id", "id"),
        Index("ix_notifications_unsent", "created_at", postgresql_where=text("sent_at IS NULL")),
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

    It also joins `session.info["notices"]`, {id: user's id}: whoever commits the transaction tells them to their users.
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
        session.info.setdefault("notices", {})[notice_id] = user_id
    return notice_id


def notices_of(user: User, *, unread_only: bool = False, of_contract: bool = False) -> Select[Notification]:
    """The user's notices, newest first; *of_contract*: without the kinds that the exchange's contract does not know."""
    query = select(Notification).where(Notification.user_id == user.id).order_by(Notification.id.desc())
    if of_contract:
        query = query.where(Notification.type.not_in(BEYOND_CONTRACT))
    return query.where(Notification.read_at.is_(None)) if unread_only else query


def unread_count(session: Session, user: User, *, of_contract: bool = False) -> int:
    """How many notices the user has not read; *of_contract* as for :func:`notices_of`."""
    query = select(func.count()).select_from(Notification)
    query = query.where(Notification.user_id == user.id, Notification.read_at.is_(None))
    if of_contract:
        query = query.where(Notification.type.not_in(BEYOND_CONTRACT))
    return session.scalar(query) or 0


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
    if not rows_changed(found):
        raise NotFoundError("notification")


def mark_all_read(session: Session, user: User) -> None:
    """Mark whatever the user has not read as read."""
    session.execute(
        update(Notification)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None))
        .values(read_at=func.now())
    )


@dataclass(frozen=True)
class Outgoing:
    """A notice taken to be sent: to which Telegram account, and what it says."""

    telegram_id: str
    text: str


def take_to_send(session: Session, notification_id: int) -> Outgoing | None:
    """
    Take a notice for sending outside; whoever takes it first is the only one, so it is sent at most once.

    Returns:
        None if it was taken already, is old news, or its user has no Telegram account, is gone, or wants no such
        notices. Registration takes any text for an account: "@channel" would have our bot say strangers' words in a
        channel of ours.
    """
    taken = session.execute(
        update(Notification)
        .where(
            Notification.id == notification_id,
            Notification.sent_at.is_(None),
            Notification.created_at > func.now() - STALE_AFTER,
        )
        .values(sent_at=func.now())
        .returning(Notification.user_id, Notification.type, Notification.title, Notification.message)
    ).one_or_none()
    if taken is None:
        return None
    user_id, type_, title, message = taken
    user = session.scalar(select(User).where(User.id == user_id, User.is_active))
    if user is None or not _is_on(user.profile.get(SWITCHES[type_])):
        return None
    account = user.telegram_id or ""
    if not PERSON.fullmatch(account):
        return None
    return Outgoing(account, f"{title}\n{message}")


def put_back(session: Session, notification_id: int) -> None:
    """Undo :func:`take_to_send`: the notice certainly did not go out."""
    session.execute(update(Notification).where(Notification.id == notification_id).values(sent_at=None))


def lost_notices(session: Session, limit: int = 1000) -> list[int]:
    """Ids of notices that nobody has taken to send though they are neither new nor old."""
    return list(
        session.scalars(
            select(Notification.id)
            .where(
                Notification.sent_at.is_(None),
                Notification.created_at.between(func.now() - STALE_AFTER, func.now() - LOST_AFTER),
            )
            .order_by(Notification.id)
            .limit(limit)
        )
    )


def _is_on(switch: object) -> bool:
    return switch not in (False, "false", "False", "0", 0)
