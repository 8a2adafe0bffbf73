"""Actions on (lead, property) pairs, and the resulting matches: the life cycle of a deal between two realtors.

A match's status follows from the last action of each side:

    either side DISLIKEs             REJECTED
    both LIKE                        ACCEPTED
    one LIKEs, the other has none    PENDING
    completed by an owner            COMPLETED, until it is undone (models.deals.completion)
    another deal took a row of it    REJECTED, until that deal is undone or the row is back

Negotiation becomes AGREED when both sides name the same commission or the later one names none, and stays AGREED. A
match that is ACCEPTED and AGREED shares contacts.
"""

from decimal import Decimal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CompoundSelect,
    Select,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased, contains_eager

from models.accounts.users import User
from models.core.enums import ActionKind, MatchStatus, NegotiationStatus, Side, Status
from models.core.errors import ConflictError, NotAllowedError, NotFoundError
from models.core.locks import lock_until_commit
from models.deals.actions import Action, store_action
from models.deals.match_notifications import notify_of_contacts, notify_of_like, notify_of_match, signal_match_changed
from models.deals.match_table import Match
from models.market.leads import Lead
from models.market.properties import Property, is_on_any_market
from models.platform.prepared_statements import PREPARED

#: The lock that keeps a row unchanged after it is read; only writers of the row wait for it.
KEPT = {"read": True}


def act(
    session: Session,
    user: User,
    side: Side,
    *,
    lead_id: int,
    property_id: int,
    kind: ActionKind,
    proposed_commission: Decimal | None = None,
    notes: str | None = None,
) -> Match | None:
    """
    Record an action of *user*, the owner of the pair's *side*, and update the match accordingly.

    One transaction per call. Calls about one pair run one after another, so simultaneous likes from both sides make one
    match and one notification per owner.

    Returns:
        The match, or None after a DISLIKE of a pair that nobody has liked.
    Raises:
        NotFoundError: The caller's side is absent or not the caller's, or the other side is not on the same market, or
            its owner is no longer active.
        NotAllowedError: Both sides are the caller's own.
        ConflictError: The match is completed, its commission is agreed at another figure, or the caller's side is
            archived.
    """
    lead, listing, match = lock_pair(session, user, side, lead_id, property_id)
    if match is None:
        _check_one_market(lead, listing, side)
    elif match.status is MatchStatus.COMPLETED:
        raise ConflictError("match.completed")
    if match is None or (kind is ActionKind.LIKE and match.status is not MatchStatus.ACCEPTED):
        # An accepted match can be negotiated to its end even off the market, and any match can be rejected.
        _check_on_market(session, lead, listing, side)
    store_action(session, lead_id, property_id, side, kind, proposed_commission, notes)
    kinds = dict(
        session.execute(
            select(Action.side, Action.kind).where(Action.lead_id == lead_id, Action.property_id == property_id)
        ).all()
    )
    if match is None:
        if ActionKind.LIKE not in kinds.values():
            return None
        match = Match(lead_id=lead_id, property_id=property_id)
        session.add(match)
    match.lead, match.property = lead, listing
    if kind is ActionKind.LIKE:
        match.closed_by_match_id = None  # its rows are back on the market
        _negotiate(match, side, proposed_commission, other_likes=kinds.get(side.other) is ActionKind.LIKE)
    match.status = status_of(kinds.get(Side.LEAD), kinds.get(Side.PROPERTY))
    if match.status is MatchStatus.REJECTED:
        match.negotiation_status = NegotiationStatus.REJECTED
    session.flush()
    if match.status is MatchStatus.ACCEPTED:
        _share_contacts(session, match)
    elif match.status is MatchStatus.PENDING:
        notify_of_like(session, match, side.other)
    signal_match_changed(session, match)
    return match


def lock_pair(
    session: Session, user: User, side: Side, lead_id: int, property_id: int
) -> tuple[Lead, Property, Match | None]:
    """
    Lock a pair, one side of which is *user*'s, and its match, and return them.

    Raises:
        NotFoundError: The caller's side is absent or not the caller's, or the other side is absent.
        NotAllowedError: Both sides are the caller's own.
    """
    lead, listing = _pair(session, user, side, lead_id, property_id)
    lock_until_commit(session, f"pair:{lead_id}:{property_id}")
    query = select(Match).where(Match.lead_id == lead_id, Match.property_id == property_id).with_for_update()
    return lead, listing, session.scalar(query.execution_options(populate_existing=True))


def status_of(by_lead: ActionKind | None, by_property: ActionKind | None) -> MatchStatus:
    """
    Return a match's status from the last action of each side.

    >>> status_of(ActionKind.LIKE, None), status_of(ActionKind.LIKE, ActionKind.LIKE)
    (<MatchStatus.PENDING: 'PENDING'>, <MatchStatus.ACCEPTED: 'ACCEPTED'>)
    """
    kinds = {by_lead, by_property}
    if ActionKind.DISLIKE in kinds:
        return MatchStatus.REJECTED
    return MatchStatus.ACCEPTED if kinds == {ActionKind.LIKE} else MatchStatus.PENDING


def matches_of(side: Side, row_id: int, status: MatchStatus | None = None) -> Select[Match, User]:
    """
    Select (match, owner of the other side) of a lead or property, newest first, with both rows of the pair loaded.
    """
    own_column, other = (Match.lead_id, Property) if side is Side.LEAD else (Match.property_id, Lead)
    owner = aliased(User)
    query = (
        select(Match, owner)
        .join(Match.lead)
        .join(Match.property)
        .join(owner, owner.id == other.owner_id)
        .where(own_column == row_id)
        .options(contains_eager(Match.lead), contains_eager(Match.property))
        .order_by(Match.id.desc())
    )
    return query.where(Match.status == status) if status else query


def match_ids_of(user: User) -> CompoundSelect[tuple[int]]:
    """Select ids of all matches of a user's leads and properties; a union, so that each side uses its own indexes."""
    return union_all(
        select(Match.id).join(Match.lead).where(Lead.owner_id == user.id),
        select(Match.id).join(Match.property).where(Property.owner_id == user.id),
    )


def match_counts(session: Session, side: Side, row_ids: list[int]) -> dict[int, int]:
    """Count the matches that are not REJECTED of each lead or property; rows without any are left out."""
    return dict(session.execute(_COUNTS[side], {"row_ids": row_ids}, execution_options=PREPARED).all())


def _pair(session: Session, user: User, side: Side, lead_id: int, property_id: int) -> tuple[Lead, Property]:
    # The caller must own the caller's side; another user's id is answered like an absent one. A completion locks both
    # rows exclusively, so a simultaneous like waits and then finds them off the market.
    lead = session.get(Lead, lead_id, with_for_update=KEPT, populate_existing=True)
    listing = session.get(Property, property_id, with_for_update=KEPT, populate_existing=True)
    own, kind = (lead, "lead") if side is Side.LEAD else (listing, "property")
    if own is None or own.owner_id != user.id:
        raise NotFoundError(kind)
    if lead is None or listing is None:
        raise NotFoundError("lead" if lead is None else "property")
    if lead.owner_id == listing.owner_id:
        raise NotAllowedError("match.own_pair")
    return lead, listing


def _check_one_market(lead: Lead, listing: Property, side: Side) -> None:
    if (lead.city_key, lead.deal_type) != (listing.city_key, listing.deal_type):
        raise NotFoundError("property" if side is Side.LEAD else "lead")


def _check_on_market(session: Session, lead: Lead, listing: Property, side: Side) -> None:
    own, other, kind = (lead, listing, "property") if side is Side.LEAD else (listing, lead, "lead")
    if not is_on_any_market(session, other):
        raise NotFoundError(kind)
    if own.status is not Status.ACTIVE:
        raise ConflictError("match.archived")


def _negotiate(match: Match, side: Side, commission: Decimal | None, *, other_likes: bool) -> None:
    own_column, other_column = ("proposed_by_lead", "proposed_by_property")[:: 1 if side is Side.LEAD else -1]
    other = getattr(match, other_column) if other_likes else None
    if match.negotiation_status is NegotiationStatus.AGREED or match.contact_shared_at is not None:
        if commission is not None and commission != getattr(match, own_column):
            raise ConflictError("match.commission_agreed")
        match.negotiation_status = NegotiationStatus.AGREED  # also when a rejected match is resumed
        return
    if commission is None:
        # A side without a figure adopts that of the other side; the first side adopts the property's.
        commission = other if other is not None else getattr(match, own_column)
        if commission is None:
            commission = match.property.commission_share
    setattr(match, own_column, commission)
    agreed = other_likes and commission == other
    match.negotiation_status = NegotiationStatus.AGREED if agreed else NegotiationStatus.PENDING


def _share_contacts(session: Session, match: Match) -> None:
    """Notify both owners of the new match and, once it is agreed, share contacts and notify them of that."""
    is_agreed = match.negotiation_status is NegotiationStatus.AGREED
    notify_of_match(session, match, is_agreed=is_agreed)
    if is_agreed and match.contact_shared_at is None:
        match.contact_shared_at = func.now()
        session.flush()
        notify_of_contacts(session, match)


# Built once, and planned once per connection.
_COUNTS = {
    side: select(key, func.count())
    .where(
        key == any_(bindparam("row_ids", type_=ARRAY(BigInteger))),
        Match.status != literal_column(f"'{MatchStatus.REJECTED}'"),
    )
    .group_by(key)
    for side, key in ((Side.LEAD, Match.lead_id), (Side.PROPERTY, Match.property_id))
}
