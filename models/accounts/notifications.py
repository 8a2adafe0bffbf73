"""
Notifications to users, as a type and facts; :mod:`models.translations.notifications` holds their sentences.

A second notification of a type about the same subject is not stored.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, Text, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.bot_links import is_linked
from models.accounts.notification_switches import OUTSIDE, Channel, Topic, address_of, is_on
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, enum_column, rows_changed
from models.core.errors import NotFoundError
from models.core.locks import lock_until_commit


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
    NEW_RECOMMENDATION = "NEW_RECOMMENDATION"
    TASK_DUE = "TASK_DUE"
    NEW_RECOMMENDATIONS = "NEW_RECOMMENDATIONS"
    RECOMMENDATION_DIGEST = "RECOMMENDATION_DIGEST"
    SEARCH_NEWS = "SEARCH_NEWS"
    AGENCY_NEWS = "AGENCY_NEWS"
    REASSIGNED = "REASSIGNED"


#: Types that the exchange's contract does not have: its clients get them only if they request all.
BEYOND_CONTRACT = frozenset(
    {
        NotificationType.NEW_LIKE,
        NotificationType.DEAL_COMPLETED,
        NotificationType.DEAL_UNDONE,
        NotificationType.MATCH_CLOSED,
        NotificationType.MATCH_REOPENED,
        NotificationType.SELECTION_ANSWERED,
        NotificationType.NEW_RECOMMENDATION,
        NotificationType.TASK_DUE,
        NotificationType.NEW_RECOMMENDATIONS,
        NotificationType.RECOMMENDATION_DIGEST,
        NotificationType.SEARCH_NEWS,
        NotificationType.AGENCY_NEWS,
        NotificationType.REASSIGNED,
    }
)


#: The topic of each type; users switch topics on and off (models.accounts.notification_switches).
TOPIC_OF = {
    NotificationType.NEW_MATCH: Topic.MATCHES,
    NotificationType.CONTACT_SHARED: Topic.CONTACTS,
    NotificationType.NEW_INQUIRY: Topic.INQUIRIES,
    NotificationType.INQUIRY_STATUS: Topic.INQUIRIES,
    NotificationType.NEW_MESSAGE: Topic.MESSAGES,
    NotificationType.NEW_OFFER: Topic.OFFERS,
    NotificationType.NEW_LIKE: Topic.LIKES,
    NotificationType.DEAL_COMPLETED: Topic.MATCHES,
    NotificationType.DEAL_UNDONE: Topic.MATCHES,
    NotificationType.MATCH_CLOSED: Topic.MATCHES,
    NotificationType.MATCH_REOPENED: Topic.MATCHES,
    NotificationType.SELECTION_ANSWERED: Topic.SELECTIONS,
    NotificationType.NEW_RECOMMENDATION: Topic.OFFERS,
    NotificationType.TASK_DUE: Topic.TASKS,
    NotificationType.NEW_RECOMMENDATIONS: Topic.OFFERS,
    NotificationType.RECOMMENDATION_DIGEST: Topic.OFFERS,
    NotificationType.SEARCH_NEWS: Topic.OFFERS,
    NotificationType.AGENCY_NEWS: Topic.TEAM,
    NotificationType.REASSIGNED: Topic.TEAM,
}

#: A notification that could not be sent for this long is outdated and not sent.
STALE_AFTER = timedelta(hours=1)
#: The broker delivers a message well within this; older unsent notifications were lost.
LOST_AFTER = timedelta(minutes=1)
#: The maximum number of SMS per user and day, whatever is switched on, because each costs money.
MAX_SMS_PER_DAY = 10


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
    type: Mapped[NotificationType] = mapped_column(enum_column(NotificationType, "type_is_known"))
    #: Its subject, e.g. "match:17"; unique together with user and type.
    subject: Mapped[str] = mapped_column(String(100))
    #: The values for its sentences, and which of them to use (`variant`); null in rows of releases before 0.2, which
    #: have a title and a message in Russian.
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    title: Mapped[str] = mapped_column(String(200), server_default=text("'Leadmatch'"))
    message: Mapped[str] = mapped_column(Text, server_default=text("''"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    read_at: Mapped[datetime | None]
    #: When a sender claimed it for delivery outside. It is claimed once, so that it is delivered at most once.
    sent_at: Mapped[datetime | None]
    #: The channels for which it was claimed.
    sent_by: Mapped[list[str]] = mapped_column(ARRAY(String(10)), server_default=text("'{}'"))
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
        data: The ids of the objects concerned, for clients.
        variant: Selects one of the type's messages: `notification.<type>.<variant>` of the catalogue.
        facts: The values for the message.

    If the user has switched the topic off in the console, it is stored as read: it is in the list, but is not
    announced. It is also added to `session.info["notifications"]`, {id: user's id}: the code that commits the
    transaction signals the users.
    """
    user = session.get_one(User, user_id)
    is_announced = is_on(user, TOPIC_OF[type_], Channel.CONSOLE)
    row = {
        "user_id": user_id,
        "type": type_,
        "subject": subject,
        "facts": {**facts, "variant": variant} if variant else facts,
        "data": dict(data),
        "read_at": None if is_announced else func.now(),
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
    """The user's number of unread notifications; *of_contract* as for :func:`notifications_of`."""
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
    notification = session.execute(
        update(Notification)
        .where(Notification.id == notification_id, Notification.user_id == user.id)
        .values(read_at=func.coalesce(Notification.read_at, func.now()))
    )
    if not rows_changed(notification):
        raise NotFoundError("notification")


def mark_all_read(session: Session, user: User) -> None:
    """Mark all of the user's unread notifications as read."""
    session.execute(
        update(Notification)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None))
        .values(read_at=func.now())
    )


@dataclass(frozen=True)
class Outgoing:
    """A notification claimed for one channel, and its language; None if the user has not chosen one."""

    id: int
    user_id: int
    channel: Channel
    address: str
    language: str | None
    type: NotificationType
    facts: dict[str, Any] | None
    data: dict[str, Any]
    title: str
    message: str


def claim_for_sending(session: Session, notification_id: int, channels: Collection[Channel]) -> list[Outgoing]:
    """
    Claim a notification for sending outside. Only the first caller succeeds, so each channel gets it at most once.

    Args:
        channels: The channels with a gateway.
    Returns:
        The messages to send, by channel. Empty if the notification was already claimed or is outdated, or if its user
        is not active. Left out are channels for which it was claimed before, channels that the user has switched off
        for its topic, channels without an address of the user, and channels that announce new recommendations in
        another way.
    """
    taken = session.scalars(
        update(Notification)
        .where(
            Notification.id == notification_id,
            Notification.sent_at.is_(None),
            Notification.created_at > func.now() - STALE_AFTER,
        )
        .values(sent_at=func.now())
        .returning(Notification)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if taken is None:
        return []
    user = session.scalar(select(User).where(User.id == taken.user_id, User.is_active))
    if user is None:
        return []
    outgoing = []
    elsewhere = _channels_with_cards(taken.type) if is_linked(session, user) else frozenset()
    for channel in OUTSIDE:
        address = address_of(user, channel)
        is_open = channel in channels and channel not in taken.sent_by and channel not in elsewhere
        is_due = is_open and is_on(user, TOPIC_OF[taken.type], channel)
        if address is None or not is_due or (channel is Channel.SMS and _has_enough_sms(session, user)):
            continue
        outgoing.append(
            Outgoing(
                taken.id,
                user.id,
                channel,
                address,
                user.language,
                taken.type,
                taken.facts,
                taken.data,
                taken.title,
                taken.message,
            )
        )
    taken.sent_by = [*taken.sent_by, *(each.channel for each in outgoing)]
    session.flush()
    return outgoing


def _channels_with_cards(type_: NotificationType) -> frozenset[Channel]:
    """
    Whether the user is notified of new recommendations in another way: by cards of homes in the bot, by counts
    elsewhere.
    """
    if type_ is NotificationType.NEW_RECOMMENDATION:
        return frozenset(OUTSIDE) - {Channel.TELEGRAM}
    return frozenset({Channel.TELEGRAM} if type_ is NotificationType.NEW_RECOMMENDATIONS else ())


def release_claim(session: Session, notification_id: int, channel: Channel) -> None:
    """Undo :func:`claim_for_sending` for one channel through which the notification was certainly not sent."""
    values = {"sent_at": None, "sent_by": func.array_remove(Notification.sent_by, str(channel))}
    session.execute(update(Notification).where(Notification.id == notification_id).values(values))


def _has_enough_sms(session: Session, user: User) -> bool:
    """Whether the user has had a day's SMS. Serialises simultaneous calls, so that each counts the claims before it."""
    lock_until_commit(session, f"sms-to:{user.id}")
    by_sms = Notification.sent_by.contains([str(Channel.SMS)])
    recent = Notification.created_at > func.now() - timedelta(days=1)
    query = select(func.count(Notification.id)).where(Notification.user_id == user.id, recent, by_sms)
    return (session.scalar(query) or 0) >= MAX_SMS_PER_DAY


def lost_notifications(session: Session, limit: int = 1000) -> list[int]:
    """Ids of notifications, neither new nor old, that nobody has claimed for sending."""
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
