"""Undo one side's last action on a pair: a mistake, or a dislike that is reconsidered."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Select, bindparam, delete, exists, func, select
from sqlalchemy.orm import Session

from models.accounts.notifications import Notification, NotificationType
from models.accounts.users import User
from models.core.enums import ActionKind, MatchStatus, NegotiationStatus, Side
from models.core.errors import ConflictError, NotFoundError
from models.deals.actions import Action
from models.deals.match_notifications import signal_match_changed, subject_of
from models.deals.match_table import Match
from models.deals.matches import act, lock_pair, status_of
from models.market.leads import Lead
from models.market.properties import Property
from models.platform.prepared_statements import PREPARED


def undo_action(session: Session, user: User, side: Side, *, lead_id: int, property_id: int) -> Match | None:
    """Undo the last action of *user*, the owner of the pair's *side*.

    A dislike that replaced a like becomes that like again, with its commission. Any other action is deleted: the pair
    returns to the side's list, and a match that nobody else has liked is deleted.

    Returns:
        The match in its new state; None if there is none.
    Raises:
        NotFoundError: The caller has no such lead or property, or has not acted on the pair.
        ConflictError: The match is completed, or has shared contacts, which cannot be taken back.
    """
    lead, listing, match = lock_pair(session, user, side, lead_id, property_id)
    pair = (Action.lead_id == lead_id, Action.property_id == property_id)
    kinds: dict[Side, ActionKind] = dict(session.execute(select(Action.side, Action.kind).where(*pair)).all())
    own, others = kinds.get(side), kinds.get(side.other)
    if own is None:
        raise NotFoundError("action to undo")
    if match is not None and match.status is MatchStatus.COMPLETED:
        raise ConflictError("match.completed")
    if own is ActionKind.LIKE and match is not None and match.contact_shared_at is not None:
        raise ConflictError("match.contacts_shared")
    figure = None if match is None else _figure(match, side)
    if own is ActionKind.DISLIKE and match is not None and (figure is not None or match.contact_shared_at is not None):
        return act(
            session,
            user,
            side,
            lead_id=lead_id,
            property_id=property_id,
            kind=ActionKind.LIKE,
            proposed_commission=figure,
        )
    session.execute(delete(Action).where(*pair, Action.side == side))
    if match is None:
        return None
    match.lead, match.property = lead, listing
    signal_match_changed(session, match)
    if others is None:
        _delete_match(session, match)
        return None
    setattr(match, "proposed_by_lead" if side is Side.LEAD else "proposed_by_property", None)
    if match.closed_by_match_id is None:
        match.status = status_of(*((None, others) if side is Side.LEAD else (others, None)))
        rejected = match.status is MatchStatus.REJECTED
        match.negotiation_status = NegotiationStatus.REJECTED if rejected else NegotiationStatus.PENDING
    session.flush()
    return match


def disliked_by(side: Side, row_id: int | BindParameter[int]) -> Select[Any, datetime]:
    """
    Select (entity of the other side, time of the dislike) of the pairs that a lead or property has disliked, the latest
    first. Pairs with a match are left out: they are listed among the matches.
    """
    own_column, other_id, other = (
        (Action.lead_id, Action.property_id, Property)
        if side is Side.LEAD
        else (Action.property_id, Action.lead_id, Lead)
    )
    has_match = exists().where(Match.lead_id == Action.lead_id, Match.property_id == Action.property_id)
    return (
        select(other, Action.acted_at)
        .join(Action, other_id == other.id)
        .where(own_column == row_id, Action.side == side, Action.kind == ActionKind.DISLIKE, ~has_match)
        .order_by(Action.acted_at.desc(), Action.id.desc())
    )


def count_disliked(session: Session, side: Side, row_id: int) -> int:
    """The number of pairs that :func:`disliked_by` selects."""
    return session.scalar(_COUNT_DISLIKED[side], {"row_id": row_id}, execution_options=PREPARED) or 0


def _figure(match: Match, side: Side) -> Decimal | None:
    return match.proposed_by_lead if side is Side.LEAD else match.proposed_by_property


def _delete_match(session: Session, match: Match) -> None:
    """Delete a match that only the undone action had created, and its notifications."""
    news = (Notification.type == NotificationType.NEW_LIKE, Notification.subject == subject_of(match))
    owners = (match.lead.owner_id, match.property.owner_id)
    session.execute(delete(Notification).where(*news, Notification.user_id.in_(owners)))
    session.delete(match)
    session.flush()


#: Built once, and planned once per connection.
_COUNT_DISLIKED = {
    side: disliked_by(side, bindparam("row_id", type_=BigInteger))
    .order_by(None)
    .with_only_columns(func.count(), maintain_column_froms=True)
    for side in Side
}
