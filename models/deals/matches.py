"""Actions on (lead, property) pairs, and the matches that they make: the life cycle of a deal between two realtors.

A match's status follows from what each side last said:

    either side DISLIKEs             REJECTED
    both LIKE                        ACCEPTED
    one LIKEs, the other is silent   PENDING
    completed by an owner            COMPLETED, for good

Negotiation is AGREED when both sides name the same commission or the later one names none, and then stays so. A match
that is ACCEPTED and AGREED shares contacts.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    CompoundSelect,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    ScalarSelect,
    Select,
    Text,
    UniqueConstraint,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, contains_eager, mapped_column, relationship

from models.accounts.notifications import NoticeType, notify
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, UpdatedAt, words
from models.core.enums import ActionKind, MatchStatus, NegotiationStatus, Side, Status
from models.core.errors import ConflictError, NotAllowedError, NotFoundError
from models.market.leads import Lead
from models.market.properties import Property, is_on_market
from models.ranking.display_order import shown_entries
from models.ranking.recommendations import SIDE_TABLES


class Action(Base):
    """What one side of a pair last said about the other."""

    __tablename__ = "actions"
    __table_args__ = (
        UniqueConstraint("lead_id", "property_id", "side"),
        CheckConstraint("proposed_commission BETWEEN 0 AND 100", name="commission_is_a_percentage"),
        CheckConstraint("list_place >= 1", name="list_place_counts_from_1"),
        Index("ix_actions_property_side", "property_id", "side"),
    )

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    side: Mapped[Side] = mapped_column(words(Side, "side_is_known"))
    kind: Mapped[ActionKind] = mapped_column(words(ActionKind, "kind_is_known"))
    proposed_commission: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    notes: Mapped[str | None] = mapped_column(Text)
    #: Where in the side's stored list the other one stood when this was first said; null: not in it. What learning
    #: needs to know of who is looked at (matching.learning.weight_learning).
    list_place: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[CreatedAt]
    acted_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Match(Base):
    """Interest in a pair: of one side (PENDING), of both (ACCEPTED), withdrawn (REJECTED) or done (COMPLETED)."""

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("lead_id", "property_id"),
        CheckConstraint("contact_shared_at IS NULL OR negotiation_status <> 'PENDING'", name="contacts_need_agreement"),
        CheckConstraint("(status = 'COMPLETED') = (completed_at IS NOT NULL)", name="completed_has_its_time"),
        Index("ix_matches_property", "property_id", "id"),
    )

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    status: Mapped[MatchStatus] = mapped_column(words(MatchStatus, "status_is_known"), default=MatchStatus.PENDING)
    negotiation_status: Mapped[NegotiationStatus] = mapped_column(
        words(NegotiationStatus, "negotiation_status_is_known"), default=NegotiationStatus.PENDING
    )
    proposed_by_lead: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    proposed_by_property: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    contact_shared_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    lead: Mapped[Lead] = relationship(lazy="raise_on_sql")
    property: Mapped[Property] = relationship(lazy="raise_on_sql")


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
    Record what *user*, owner of the pair's *side*, says about the other, and move the match accordingly.

    One transaction per call, and calls about one pair run one after another, so simultaneous likes from both sides make
    one match and one notice per owner.

    Returns:
        The match, or None after a DISLIKE of a pair that nobody has liked.
    Raises:
        NotFoundError: The caller's side is absent or not theirs, or the other side is not (or its owner is
            no longer) on the same market.
        NotAllowedError: Both sides are the caller's own.
        ConflictError: The match is completed, its commission was agreed on another figure, or the caller's side is
            archived.
    """
    lead, found = _pair(session, user, side, lead_id, property_id)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"pair:{lead_id}:{property_id}", 0))))
    match = session.scalar(
        select(Match).where(Match.lead_id == lead_id, Match.property_id == property_id).with_for_update()
    )
    if match is None:
        _check_one_market(lead, found, side)
    elif match.status is MatchStatus.COMPLETED:
        raise ConflictError("This match is completed; nothing about it changes any more.")
    if match is None or (kind is ActionKind.LIKE and match.status is not MatchStatus.ACCEPTED):
        # What is accepted is negotiated to its end, and whatever there is can be refused.
        _check_on_market(session, lead, found, side)
    _remember(session, lead_id, property_id, side, kind, proposed_commission, notes)
    said = dict(
        session.execute(
            select(Action.side, Action.kind).where(Action.lead_id == lead_id, Action.property_id == property_id)
        ).all()
    )
    if match is None:
        if ActionKind.LIKE not in said.values():
            return None
        match = Match(lead_id=lead_id, property_id=property_id)
        session.add(match)
    match.lead, match.property = lead, found
    if kind is ActionKind.LIKE:
        _negotiate(match, side, proposed_commission, other_likes=said.get(side.other) is ActionKind.LIKE)
    match.status = status_of(said.get(Side.LEAD), said.get(Side.PROPERTY))
    if match.status is MatchStatus.REJECTED:
        match.negotiation_status = NegotiationStatus.REJECTED
    session.flush()
    if match.status is MatchStatus.ACCEPTED:
        _announce(session, match)
    return match


def status_of(by_lead: ActionKind | None, by_property: ActionKind | None) -> MatchStatus:
    """
    A match's status from what each side last said.

    >>> status_of(ActionKind.LIKE, None), status_of(ActionKind.LIKE, ActionKind.LIKE)
    (<MatchStatus.PENDING: 'PENDING'>, <MatchStatus.ACCEPTED: 'ACCEPTED'>)
    """
    said = {by_lead, by_property}
    if ActionKind.DISLIKE in said:
        return MatchStatus.REJECTED
    return MatchStatus.ACCEPTED if said == {ActionKind.LIKE} else MatchStatus.PENDING


def complete(session: Session, user: User, match_id: int) -> Match:
    """
    Close an accepted match as done; either owner may.

    Raises:
        NotFoundError: No such match of the caller's.
        ConflictError: It is not ACCEPTED (completing a completed match again is harmless).
    """
    match = session.scalar(
        select(Match)
        .join(Lead, Match.lead_id == Lead.id)
        .join(Property, Match.property_id == Property.id)
        .where(Match.id == match_id, (Lead.owner_id == user.id) | (Property.owner_id == user.id))
        .with_for_update(of=Match)
    )
    if match is None:
        raise NotFoundError("match")
    if match.status is MatchStatus.COMPLETED:
        return match
    if match.status is not MatchStatus.ACCEPTED:
        raise ConflictError(f"Only an accepted match can be completed; this one is {match.status}.")
    match.status, match.completed_at = MatchStatus.COMPLETED, func.now()
    session.flush()
    return match


def matches_of(side: Side, row_id: int, status: MatchStatus | None = None) -> Select[Match, User]:
    """(match, owner of the other side) of a lead or property, newest first, with both rows of the pair loaded."""
    mine, other = (Match.lead_id, Property) if side is Side.LEAD else (Match.property_id, Lead)
    owner = aliased(User)
    query = (
        select(Match, owner)
        .join(Match.lead)
        .join(Match.property)
        .join(owner, owner.id == other.owner_id)
        .where(mine == row_id)
        .options(contains_eager(Match.lead), contains_eager(Match.property))
        .order_by(Match.id.desc())
    )
    return query.where(Match.status == status) if status else query


def match_ids_of(user: User) -> CompoundSelect[tuple[int]]:
    """Ids of all matches of a user's leads and properties; each side by its own indexes, not with OR between them."""
    return union_all(
        select(Match.id).join(Match.lead).where(Lead.owner_id == user.id),
        select(Match.id).join(Match.property).where(Property.owner_id == user.id),
    )


def match_counts(session: Session, side: Side, row_ids: list[int]) -> dict[int, int]:
    """How many matches that are not REJECTED each lead or property has; rows without any are left out."""
    mine = Match.lead_id if side is Side.LEAD else Match.property_id
    query = select(mine, func.count()).where(mine.in_(row_ids), Match.status != MatchStatus.REJECTED).group_by(mine)
    return dict(session.execute(query).all())


def _pair(session: Session, user: User, side: Side, lead_id: int, property_id: int) -> tuple[Lead, Property]:
    # The caller's own side is looked for among the caller's rows: a stranger's id is as good as absent.
    lead = session.get(Lead, lead_id)
    found = session.get(Property, property_id)
    mine, thing = (lead, "lead") if side is Side.LEAD else (found, "property")
    if mine is None or mine.owner_id != user.id:
        raise NotFoundError(thing)
    if lead is None or found is None:
        raise NotFoundError("lead" if lead is None else "property")
    if lead.owner_id == found.owner_id:
        raise NotAllowedError("Both sides of this pair are your own.")
    return lead, found


def _check_one_market(lead: Lead, found: Property, side: Side) -> None:
    if (lead.city_key, lead.deal_type) != (found.city_key, found.deal_type):
        raise NotFoundError("property" if side is Side.LEAD else "lead")


def _check_on_market(session: Session, lead: Lead, found: Property, side: Side) -> None:
    mine, other, thing = (lead, found, "property") if side is Side.LEAD else (found, lead, "lead")
    if not is_on_market(session, other):
        raise NotFoundError(thing)
    if mine.status is not Status.ACTIVE:
        raise ConflictError("This one is archived; what is off the market makes no new matches.")


def _remember(
    session: Session,
    lead_id: int,
    property_id: int,
    side: Side,
    kind: ActionKind,
    commission: Decimal | None,
    notes: str | None,
) -> None:
    said = {"kind": kind, "proposed_commission": commission, "notes": notes}
    session.execute(
        insert(Action)
        .values(
            lead_id=lead_id,
            property_id=property_id,
            side=side,
            list_place=_list_place(side, lead_id, property_id),
            **said,
        )
        .on_conflict_do_update(
            index_elements=[Action.lead_id, Action.property_id, Action.side],
            set_={**said, "acted_at": func.now()},
        )
    )


def _list_place(side: Side, lead_id: int, property_id: int) -> ScalarSelect[int]:
    _, lists, key, ids = SIDE_TABLES[side]
    mine_id, other_id = (lead_id, property_id) if side is Side.LEAD else (property_id, lead_id)
    shown = shown_entries(side, key, ids, lists.scores)
    places = (
        select(shown.entry.c.id, func.row_number().over(order_by=shown.order).label("place"))
        .select_from(lists)
        .join(shown.entry, true())
        .where(key == mine_id)
        .subquery()
    )
    return select(places.c.place).where(places.c.id == other_id).scalar_subquery()


def _negotiate(match: Match, side: Side, commission: Decimal | None, *, other_likes: bool) -> None:
    mine, theirs = ("proposed_by_lead", "proposed_by_property")[:: 1 if side is Side.LEAD else -1]
    other = getattr(match, theirs) if other_likes else None
    if match.negotiation_status is NegotiationStatus.AGREED or match.contact_shared_at is not None:
        if commission is not None and commission != getattr(match, mine):
            raise ConflictError("The commission of this match is agreed already.")
        match.negotiation_status = NegotiationStatus.AGREED  # also when a rejected match is taken up again
        return
    if commission is None:
        # The later side that names no figure takes the other's; the first side offers what the property offers.
        commission = other if other is not None else getattr(match, mine)
        if commission is None:
            commission = match.property.commission_share
    setattr(match, mine, commission)
    agreed = other_likes and commission == other
    match.negotiation_status = NegotiationStatus.AGREED if agreed else NegotiationStatus.PENDING


def _announce(session: Session, match: Match) -> None:
    """
    Tell both owners of the new match and, once agreed, share contacts. Says each thing once, however often called.
    """
    owners = (match.lead.owner_id, match.property.owner_id)
    is_agreed = match.negotiation_status is NegotiationStatus.AGREED
    next_step = "Комиссия согласована." if is_agreed else "Согласуйте комиссию, чтобы обменяться контактами."
    data = {"match_id": str(match.id), "lead_id": str(match.lead_id), "property_id": str(match.property_id)}
    for owner in owners:
        notify(
            session,
            owner,
            NoticeType.NEW_MATCH,
            f"match:{match.id}",
            title="Новый мэтч",
            message=f"Обе стороны заинтересованы в сделке. {next_step}",
            data=data,
        )
    if not is_agreed or match.contact_shared_at is not None:
        return
    match.contact_shared_at = func.now()
    session.flush()
    for owner in owners:
        notify(
            session,
            owner,
            NoticeType.CONTACT_SHARED,
            f"match:{match.id}",
            title="Контакты открыты",
            message="Комиссия согласована, контакты второй стороны открыты.",
            data=data,
        )
