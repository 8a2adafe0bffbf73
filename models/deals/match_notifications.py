"""Notifications about a match to its two owners; each is sent once, however often its function is called."""

from sqlalchemy.orm import Session

from models.accounts.notifications import NotificationType, notify
from models.core.enums import Side
from models.deals.match_table import Match
from models.webhooks.events import record_event
from models.webhooks.tables import EventType

#: Notification type -> event type of webhooks. Both owners' systems get events about deals.
_EVENTS = {
    NotificationType.NEW_LIKE: EventType.LIKE_RECEIVED,
    NotificationType.NEW_MATCH: EventType.MATCH_CREATED,
    NotificationType.CONTACT_SHARED: EventType.CONTACTS_SHARED,
    NotificationType.DEAL_COMPLETED: EventType.DEAL_COMPLETED,
    NotificationType.DEAL_UNDONE: EventType.DEAL_UNDONE,
    NotificationType.MATCH_CLOSED: EventType.MATCH_CLOSED,
    NotificationType.MATCH_REOPENED: EventType.MATCH_REOPENED,
}
_OF_BOTH = {NotificationType.DEAL_COMPLETED, NotificationType.DEAL_UNDONE}


def notify_of_like(session: Session, match: Match, side: Side) -> None:
    """Notify the owner of *side* that the other side likes the pair."""
    _notify_match_owner(
        session,
        match,
        owner_of(match, side),
        NotificationType.NEW_LIKE,
        variant="lead" if side is Side.LEAD else "property",
    )


def notify_of_match(session: Session, match: Match, *, is_agreed: bool) -> None:
    """Notify both owners that both sides like the pair."""
    for side in Side:
        _notify_match_owner(
            session,
            match,
            owner_of(match, side),
            NotificationType.NEW_MATCH,
            variant="agreed" if is_agreed else "open",
        )


def notify_of_contacts(session: Session, match: Match) -> None:
    """Notify both owners that contacts are shared."""
    for side in Side:
        _notify_match_owner(
            session,
            match,
            owner_of(match, side),
            NotificationType.CONTACT_SHARED,
        )


def notify_of_completion(session: Session, match: Match, user_id: int) -> None:
    """Notify one owner that the other has completed the deal."""
    _notify_match_owner(
        session,
        match,
        user_id,
        NotificationType.DEAL_COMPLETED,
        count=match.completions,
    )


def notify_of_undoing(session: Session, match: Match, user_id: int) -> None:
    """Notify one owner that the other has undone the completion."""
    _notify_match_owner(
        session,
        match,
        user_id,
        NotificationType.DEAL_UNDONE,
        count=match.completions,
    )


def notify_of_closing(session: Session, match: Match, side: Side, deal: Match) -> None:
    """Notify the owner of *side* that *deal* has closed their match with one of its rows."""
    _notify_match_owner(
        session,
        match,
        owner_of(match, side),
        NotificationType.MATCH_CLOSED,
        variant="lead" if side is Side.LEAD else "property",
        count=(deal.id, deal.completions),
    )


def notify_of_reopening(session: Session, match: Match, side: Side, deal: Match) -> None:
    """Notify the owner of *side* that their match, which *deal* had closed, is open again."""
    _notify_match_owner(
        session,
        match,
        owner_of(match, side),
        NotificationType.MATCH_REOPENED,
        count=(deal.id, deal.completions),
    )


def subject_of(match: Match) -> str:
    """The subject of notifications about a match."""
    return f"match:{match.id}"


def signal_match_changed(session: Session, match: Match) -> None:
    """Once the transaction is committed, signal the pages of both owners that the match has changed."""
    session.info.setdefault("changed_for_users", set()).update(owner_of(match, side) for side in Side)


def owner_of(match: Match, side: Side) -> int:
    """The id of the user who owns the match's lead or property; both are loaded."""
    return match.lead.owner_id if side is Side.LEAD else match.property.owner_id


def _notify_match_owner(
    session: Session,
    match: Match,
    user_id: int,
    type_: NotificationType,
    *,
    variant: str | None = None,
    count: int | tuple[int, int] | None = None,
) -> None:
    """Store a notification about the match; *count* distinguishes notifications that may be repeated."""
    subject = subject_of(match)
    if count is not None:
        subject += ":" + ":".join(map(str, count if isinstance(count, tuple) else (count,)))
    data = {"match_id": str(match.id), "lead_id": str(match.lead_id), "property_id": str(match.property_id)}
    if notify(session, user_id, type_, subject, data=data, variant=variant) is not None:
        # The owner who declared the end of a deal is not notified, but that owner's systems are, because they do not
        # know of it.
        owners = {owner_of(match, side) for side in Side} if type_ in _OF_BOTH else {user_id}
        record_event(session, _EVENTS[type_], subject_of(match), data, owners=owners)
