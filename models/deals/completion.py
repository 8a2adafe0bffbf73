"""Completion of a deal: one owner declares it, and the other may object within a week.

A completion takes both rows of the match off the market and closes their other open matches. Undoing it reverses this:
the rows return to the market unless somebody has changed their status since, and the closed matches reopen unless
another deal holds one of their rows.

All code locks in the same order: the lead, the property, then their matches by id. So simultaneous completions and
objections, of one match or of several that share rows, run one after another.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.base import database_now
from models.core.enums import ActionKind, MatchStatus, NegotiationStatus, Side, Status
from models.core.errors import ConflictError, NotAllowedError, NotFoundError
from models.deals.actions import Action
from models.deals.errors import MatchNotAcceptedError, MatchNotCompletedError
from models.deals.match_notifications import (
    notify_of_closing,
    notify_of_completion,
    notify_of_reopening,
    notify_of_undoing,
    owner_of,
    signal_match_changed,
)
from models.deals.match_table import OBJECTION_TIME, Match
from models.deals.matches import status_of
from models.market.leads import Lead
from models.market.properties import Property

#: How long a completion by mistake can be undone by the user who declared it.
SLIP_TIME = timedelta(minutes=10)

#: The lock for writing. Checks of foreign keys, such as a match's, do not wait for it.
FOR_ITSELF = {"key_share": True}

_OPEN = (MatchStatus.PENDING, MatchStatus.ACCEPTED)


@dataclass(frozen=True)
class Deal:
    """A match with both of its rows, locked, and all other matches of these rows."""

    match: Match
    lead: Lead
    property: Property
    others: list[Match]


def complete(session: Session, user: User, match_id: int) -> Match:
    """
    Complete an accepted match, on behalf of either owner.

    Both rows leave the market, their other open matches are closed, and everybody concerned is notified. Completing a
    completed match again changes nothing.

    Raises:
        NotFoundError: The caller has no such match.
        ConflictError: It is not ACCEPTED.
    """
    deal = _locked(session, user, match_id)
    match = deal.match
    if match.status is MatchStatus.COMPLETED:
        return match
    if match.status is not MatchStatus.ACCEPTED:
        raise MatchNotAcceptedError(status=match.status)
    match.status, match.completed_at, match.completed_by_id = MatchStatus.COMPLETED, func.now(), user.id
    match.completions += 1
    match.undone_at = None
    for row in (deal.lead, deal.property):
        if row.status is Status.ACTIVE:
            row.status = Status.ARCHIVED
            row.left_with_match_id = match.id
    closed = [other for other in deal.others if other.status in _OPEN]
    for other in closed:
        other.status, other.negotiation_status = MatchStatus.REJECTED, NegotiationStatus.REJECTED
        other.closed_by_match_id = match.id
    session.flush()
    for each in (match, *closed):
        signal_match_changed(session, each)
    for other in closed:
        notify_of_closing(session, other, _side_outside_deal(other, match), match)
    notify_of_completion(session, match, _other_owner(match, user))
    return match


def object_to_completion(session: Session, user: User, match_id: int) -> Match:
    """
    Undo the completion that the other owner declared at most :data:`OBJECTION_TIME` ago.

    Objecting again changes nothing.

    Raises:
        NotFoundError: The caller has no such match.
        NotAllowedError: The caller completed it.
        ConflictError: It is not completed, or was completed too long ago.
    """
    deal = _locked(session, user, match_id)
    match = deal.match
    if match.status is not MatchStatus.COMPLETED and match.undone_at is not None and match.completed_by_id != user.id:
        return match
    _check_completed(match)
    if match.completed_by_id == user.id:
        raise NotAllowedError("match.completed_by_you")
    if not _is_within(session, match, OBJECTION_TIME):
        raise ConflictError("match.objection_over")
    return _undo(session, deal, user)


def undo_own_completion(session: Session, user: User, match_id: int) -> Match:
    """
    Undo the completion that the caller declared at most :data:`SLIP_TIME` ago.

    Taking it back again changes nothing.

    Raises:
        NotFoundError: The caller has no such match.
        NotAllowedError: The other owner completed it.
        ConflictError: It is not completed, or was completed too long ago.
    """
    deal = _locked(session, user, match_id)
    match = deal.match
    if match.status is not MatchStatus.COMPLETED and match.undone_at is not None and match.completed_by_id == user.id:
        return match
    _check_completed(match)
    if match.completed_by_id != user.id:
        raise NotAllowedError("match.completed_by_other")
    if not _is_within(session, match, SLIP_TIME):
        raise ConflictError("match.slip_over")
    return _undo(session, deal, user)


def _locked(session: Session, user: User, match_id: int) -> Deal:
    ids = session.execute(
        select(Match.lead_id, Match.property_id)
        .join(Lead, Match.lead_id == Lead.id)
        .join(Property, Match.property_id == Property.id)
        .where(Match.id == match_id, or_(Lead.owner_id == user.id, Property.owner_id == user.id))
    ).one_or_none()
    if ids is None:
        raise NotFoundError("match")
    lead_id, property_id = ids
    lead = session.get_one(Lead, lead_id, with_for_update=FOR_ITSELF, populate_existing=True)
    listing = session.get_one(Property, property_id, with_for_update=FOR_ITSELF, populate_existing=True)
    matches = session.scalars(
        select(Match)
        .where(or_(Match.lead_id == lead_id, Match.property_id == property_id))
        .order_by(Match.id)
        .with_for_update(key_share=True, of=Match)
        .execution_options(populate_existing=True)
    ).all()
    leads = session.scalars(select(Lead).where(Lead.id.in_({each.lead_id for each in matches})))
    properties = session.scalars(select(Property).where(Property.id.in_({each.property_id for each in matches})))
    lead_of, property_of = {row.id: row for row in leads}, {row.id: row for row in properties}
    for match in matches:
        match.lead, match.property = lead_of[match.lead_id], property_of[match.property_id]
    [match] = [each for each in matches if each.id == match_id]
    return Deal(match, lead, listing, [each for each in matches if each is not match])


def _check_completed(match: Match) -> None:
    if match.status is not MatchStatus.COMPLETED:
        raise MatchNotCompletedError(status=match.status)


def _is_within(session: Session, match: Match, time: timedelta) -> bool:
    assert match.completed_at is not None
    return database_now(session) <= match.completed_at + time


def _undo(session: Session, deal: Deal, user: User) -> Match:
    match = deal.match
    match.status, match.completed_at, match.undone_at = MatchStatus.ACCEPTED, None, func.now()
    for row in (deal.lead, deal.property):
        if row.left_with_match_id == match.id:
            row.status = Status.ACTIVE
    reopened = [each for each in deal.others if each.closed_by_match_id == match.id and _reopens(session, each)]
    session.flush()
    for each in (match, *reopened):
        signal_match_changed(session, each)
    for other in reopened:
        notify_of_reopening(session, other, _side_outside_deal(other, match), match)
    notify_of_undoing(session, match, _other_owner(match, user))
    return match


def _reopens(session: Session, closed: Match) -> bool:
    """
    Reopen a match with the status that its sides' last actions give; if another deal holds one of its rows, assign it
    to that deal.
    """
    holders = [row.left_with_match_id for row in (closed.lead, closed.property) if row.status is Status.ARCHIVED]
    closed.closed_by_match_id = next((holder for holder in holders if holder is not None), None)
    if closed.closed_by_match_id is not None:
        return False
    reactions = select(Action.side, Action.kind)
    reactions = reactions.where(Action.lead_id == closed.lead_id, Action.property_id == closed.property_id)
    kinds: dict[Side, ActionKind] = dict(session.execute(reactions).all())
    closed.status = status_of(kinds.get(Side.LEAD), kinds.get(Side.PROPERTY))
    if closed.status is MatchStatus.REJECTED:
        return False
    # A match that was agreed has already shared its contacts (models.deals.matches).
    agreed = closed.contact_shared_at is not None
    closed.negotiation_status = NegotiationStatus.AGREED if agreed else NegotiationStatus.PENDING
    return True


def _side_outside_deal(other: Match, deal: Match) -> Side:
    """The side of *other* whose row is not in the deal."""
    return Side.PROPERTY if other.lead_id == deal.lead_id else Side.LEAD


def _other_owner(match: Match, user: User) -> int:
    return next(owner for side in Side if (owner := owner_of(match, side)) != user.id)
