"""
Notifications to users, as a type and facts; :mod:`models.translations.notifications` holds their sentences.

Each says one thing once: a second one about the same subject is not stored.
"""

from collections.abc import Mapping
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


class NotificationType(StrEnum):
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
    SELECTION_ANSWERED = "SELECTION_ANSWERED"
    TASK_DUE = "TASK_DUE"


#: Kinds that the exchange's contract does not know: its clients get them only where they ask for all.
BEYOND_CONTRACT = frozenset(
    {
        NotificationType.NEW_LIKE,
        NotificationType.DEAL_COMPLETED,
        NotificationType.DEAL_UNDONE,
        NotificationType.MATCH_CLOSED,
        NotificationType.MATCH_REOPENED,
        NotificationType.SELECTION_ANSWERED,
        NotificationType.TASK_DUE,
    }
)


#: The switch of a user's profile that allows notifications of a kind outside the application; an unset switch is on.
SWITCHES = {
    NotificationType.NEW_MATCH: "notifications_new_matches",
    NotificationType.CONTACT_SHARED: "notifications_contacts",
    NotificationType.NEW_INQUIRY: "notifications_responses",
    NotificationType.INQUIRY_STATUS: "notifications_responses",
    NotificationType.NEW_MESSAGE: "notifications_all_messages",
    NotificationType.NEW_OFFER: "notifications_new_matches",
    NotificationType.NEW_LIKE: "notifications_new_matches",
    NotificationType.DEAL_COMPLETED: "notifications_new_matches",
    NotificationType.DEAL_UNDONE: "notifications_new_matches",
    NotificationType.MATCH_CLOSED: "notifications_new_matches",
    NotificationType.MATCH_REOPENED: "notifications_new_matches",
    NotificationType.SELECTION_ANSWERED: "notifications_responses",
    NotificationType.TASK_DUE: "notifications_tasks",
}

#: A notification that could not be sent for so long is news no more.
STALE_AFTER = timedelta(hours=1)
#: The broker delivers a request well within this; what is older and unsent was lost.
LOST_AFTER = timedelta(minutes=1)


class Notification(Base):
    """One notification to one user."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("user_id", "type", "subject", name="uq_notifications_once"),
        Index("ix_notifications_unread", "user_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notifications_user", "user_id", "id"),
        Index("ix_notifications_unsent", "created_at", postgresql_where=text("sent_at IS NULL")),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    type: Mapped[NotificationType] = mapped_column(words(NotificationType, "type_is_known"))
    #: What it is about, e.g. "match:17"; with user and type it makes a notification unique.
    subject: Mapped[str] = mapped_column(String(100))
    #: What its sentences fill in, and which of them is meant (`variant`); null in rows of releases before 0.2, which
    #: hold a title and a message in Russian.
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    title: Mapped[str] = mapped_column(String(200), server_default=text("'Leadmatch'"))
    message: Mapped[str] = mapped_column(Text, server_default=text("''"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    read_at: Mapped[datetime | None]
    #: When a sender took it to deliver it outside (Telegram); taken once, so that it is delivered at most once.
    sent_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]

    @property
    def is_read(self) -> bool:
        return self.read_at is not None


def notify(
    session: Session,
    user_id: int,
    type_: NotificationType,
    subject: str,
    *,
    data: Mapping[str, Any],
    variant: str | None = None,
    **facts: str | int | None,
) -> int | None:
    """
    Store a notification; its id, or None if the user has it already.

    Args:
        data: The ids that it is about, for clients.
        variant: Which of the type's messages is meant: `notification.<type>.<variant>` of the catalogue.
        facts: What the message fills in.

    It also joins `session.info["notifications"]`, {id: user's id}: whoever commits the transaction tells them to their
    users.
    """
    row = {
        "user_id": user_id,
        "type": type_,
        "subject": subject,
        "facts": {**facts, "variant": variant} if variant else facts,
        "data": dict(data),
    }
    notification_id = session.scalar(
        insert(Notification)
        .values(row)
        .on_conflict_do_nothing(constraint="uq_notifications_once")
        .returning(Notification.id)
    )
    if notification_id is not None:
        session.info.setdefault("notifications", {})[notification_id] = user_id
    return notification_id


def notifications_of(user: User, *, unread_only: bool = False, of_contract: bool = False) -> Select[Notification]:
    """The user's notifications, newest first; *of_contract*: without BEYOND_CONTRACT."""
    query = select(Notification).where(Notification.user_id == user.id).order_by(Notification.id.desc())
    if of_contract:
        query = query.where(Notification.type.not_in(BEYOND_CONTRACT))
    return query.where(Notification.read_at.is_(None)) if unread_only else query


def unread_count(session: Session, user: User, *, of_contract: bool = False) -> int:
    """How many notifications the user has not read; *of_contract* as for :func:`notifications_of`."""
    query = select(func.count()).select_from(Notification)
    query = query.where(Notification.user_id == user.id, Notification.read_at.is_(None))
    if of_contract:
        query = query.where(Notification.type.not_in(BEYOND_CONTRACT))
    return session.scalar(query) or 0


def mark_read(session: Session, user: User, notification_id: int) -> None:
    """
    Mark one of the user's notifications as read; the moment of the first reading is kept.

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
    """A notification taken to be sent: to which Telegram account, and in which language; None: it was never told."""

    telegram_id: str
    language: str | None
    type: NotificationType
    facts: dict[str, Any] | None
    title: str
    message: str


def take_to_send(session: Session, notification_id: int) -> Outgoing | None:
    """
    Take a notification for sending outside; whoever takes it first is the only one, so it is sent at most once.

    Returns:
        None if it was taken already, is old news, or its user has no Telegram account, is gone, or wants no such
        notifications. Registration takes any text for an account: "@channel" would have our bot say strangers' words
        in a channel of ours.
    """
    taken = session.execute(
        update(Notification)
        .where(
            Notification.id == notification_id,
            Notification.sent_at.is_(None),
            Notification.created_at > func.now() - STALE_AFTER,
        )
        .values(sent_at=func.now())
        .returning(
            Notification.user_id, Notification.type, Notification.facts, Notification.title, Notification.message
        )
    ).one_or_none()
    if taken is None:
        return None
    user_id, type_, facts, title, message = taken
    user = session.scalar(select(User).where(User.id == user_id, User.is_active))
    if user is None or not _is_on(user.profile.get(SWITCHES[type_])):
        return None
    account = user.telegram_id or ""
    if not PERSON.fullmatch(account):
        return None
    return Outgoing(account, user.language, type_, facts, title, message)


def put_back(session: Session, notification_id: int) -> None:
    """Undo :func:`take_to_send`: the notification certainly did not go out."""
    session.execute(update(Notification).where(Notification.id == notification_id).values(sent_at=None))


def lost_notifications(session: Session, limit: int = 1000) -> list[int]:
    """Ids of notifications that nobody has taken to send though they are neither new nor old."""
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
