"""Groups of notifications: those about one match, chat, listing, request or selection."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, case, cast, func, literal, select, update
from sqlalchemy.orm import Session

from models.accounts.notification_switches import Topic
from models.accounts.notifications import TOPIC_OF, Notification, NotificationType
from models.accounts.users import User
from models.platform.prepared_statements import PREPARED

#: The ids by which notifications are grouped; the first one in a notification's data counts.
_SUBJECTS = ("match_id", "chat_id", "request_id", "selection_id", "listing_id")
#: The number of older notifications of a group that a page shows.
MAX_OLDER = 20


@dataclass(frozen=True)
class Group:
    """Notifications about one thing, newest first, at least one and at most MAX_OLDER + 1 of *count*."""

    key: str
    notifications: Sequence[Notification]
    count: int
    unread: int

    @property
    def newest(self) -> Notification:
        return self.notifications[0]


def group_key() -> ColumnElement[str]:
    """The key of a notification's group: `match_id:17`; a notification about no object is a group of its own."""
    named = [literal(f"{name}:").concat(Notification.data[name].as_string()) for name in _SUBJECTS]
    return func.coalesce(*named, literal("id:").concat(cast(Notification.id, String)))


def groups_of(user: User) -> Select:
    """Select (key, id of the newest, count, number of unread) of the user's groups; the newest group first."""
    newest = func.max(Notification.id)
    unread = func.count(case((Notification.read_at.is_(None), 1)))
    return (
        select(group_key(), newest, func.count(), unread)
        .where(Notification.user_id == user.id)
        .group_by(group_key())
        .order_by(newest.desc())
    )


def groups_with_notifications(session: Session, user: User, rows: Sequence) -> list[Group]:
    """The groups of these rows of :func:`groups_of`, in the same order."""
    key = group_key().label("key")
    rank = func.row_number().over(partition_by=group_key(), order_by=Notification.id.desc()).label("rank")
    ranked = (
        select(Notification.id, key, rank)
        .where(Notification.user_id == user.id, group_key().in_([row[0] for row in rows]))
        .subquery()
    )
    query = (
        select(ranked.c.key, Notification)
        .join(Notification, Notification.id == ranked.c.id)
        .where(ranked.c.rank <= MAX_OLDER + 1)
        .order_by(Notification.id.desc())
    )
    members: dict[str, list[Notification]] = defaultdict(list)
    for name, notification in session.execute(query):
        members[name].append(notification)
    return [Group(name, members[name], count, unread) for name, _, count, unread in rows]


def mark_group_read(session: Session, user: User, *keys: str) -> None:
    """Mark the notifications of these groups of the user's as read."""
    _mark(session, user, group_key().in_(keys))


def mark_type_read(session: Session, user: User, type_: NotificationType, **ids: Collection[int]) -> None:
    """Mark the user's notifications of a type as read, with one of these *ids* in their data."""
    about = [Notification.data[name].as_string().in_(map(str, values)) for name, values in ids.items()]
    _mark(session, user, and_(Notification.type == type_, *about))


def mark_topic_read(session: Session, user: User, topic: Topic) -> None:
    """Mark the user's notifications of a topic as read, because they have opened its page."""
    _mark(session, user, Notification.type.in_(_types_of([topic])))


@dataclass(frozen=True)
class Unread:
    """A user's unread notifications."""

    by_topic: dict[Topic, int]  #: Their number, without zeros.
    newest_id: int  #: 0 if there is none.


def unread_of(session: Session, user: User) -> Unread:
    """The user's unread notifications."""
    counts: dict[Topic, int] = defaultdict(int)
    newest = 0
    for type_, count, id_ in session.execute(_UNREAD, {"user_id": user.id}, execution_options=PREPARED):
        counts[TOPIC_OF[type_]] += count
        newest = max(newest, id_)
    return Unread(dict(counts), newest)


def _types_of(topics: Collection[Topic]) -> list[NotificationType]:
    return [type_ for type_, topic in TOPIC_OF.items() if topic in topics]


def _mark(session: Session, user: User, condition: ColumnElement[bool]) -> None:
    session.execute(
        update(Notification)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None), condition)
        .values(read_at=func.now())
        .execution_options(synchronize_session=False)
    )


#: Built once, and planned once per connection.
_UNREAD = (
    select(Notification.type, func.count(), func.max(Notification.id))
    .where(Notification.user_id == bindparam("user_id"), Notification.read_at.is_(None))
    .group_by(Notification.type)
)
