"""Reassignment: the head of an agency gives leads or properties of one agent to another.

The owner of the row changes, and with it everything attached to the owner through the row. `RULES` of
:mod:`models.agencies.following_rows` states the rule of every column that references a user, a lead or a property; a
test compares it with the schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from models.accounts.audit import record
from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.agencies.following_rows import follow_owner
from models.agencies.members import headed_agency
from models.agencies.tables import Agency, AgencyMember
from models.agencies.visibility import TABLES, readable_ids
from models.core.enums import ContactSharing, MatchStatus, Role, Side
from models.core.errors import Fault, NotFoundError
from models.deals.match_table import Match
from models.market.leads import Lead
from models.market.properties import Property
from models.sources.tables import Source

MAX_AT_ONCE = 100


@dataclass
class Reassigned:
    """The rows that have a new owner, and the reasons why others do not: id -> reason."""

    moved: list[Any] = field(default_factory=list)
    refused: dict[int, Fault] = field(default_factory=dict)


def agents_for(agency: Agency) -> Any:
    """Select the agency's members to whom rows can be given, by name."""
    query = select(User).join(AgencyMember, AgencyMember.user_id == User.id)
    conditions = (AgencyMember.agency_id == agency.id, User.is_active, User.role == Role.REALTOR)
    return query.where(*conditions).order_by(User.name, User.id)


def reassign(session: Session, head: User, side: Side, row_ids: Sequence[int], to_id: int) -> Reassigned:
    """
    Give leads, or properties, of agents to another agent of the head's agency, in the caller's transaction.

    Rows that the head may not read are ignored, like rows that do not exist; so are rows that already belong to the
    agent.

    Args:
        row_ids: At most :data:`MAX_AT_ONCE`.
    Raises:
        NotFoundError, NotAllowedError: See :func:`models.agencies.members.headed_agency`; or the agent is not an active
        member of the agency.
    """
    table = TABLES[side]
    # Users before the agency and the agency before the rows, the order in which the deletion of an account locks them.
    owners = select(table.owner_id).where(table.id.in_(row_ids))
    people = select(User.id).where(or_(User.id.in_(owners), User.id.in_([head.id, to_id]))).order_by(User.id)
    known = set(session.scalars(people.with_for_update(read=True, key_share=True)))
    agency = headed_agency(session, head, lock=True)
    new_owner = session.scalar(agents_for(agency).where(User.id == to_id))
    if new_owner is None:
        raise NotFoundError("member")
    result = Reassigned()
    ids = readable_ids(session, head, side, list(row_ids)[:MAX_AT_ONCE])
    query = select(table).where(table.id.in_(ids), table.owner_id != new_owner.id, table.owner_id.in_(known))
    former: dict[int, list[int]] = {}
    query = query.order_by(table.id).with_for_update().execution_options(populate_existing=True)
    for row in session.scalars(query).all():
        reason = _reason_to_stay(session, side, row, new_owner)
        if reason is not None:
            result.refused[row.id] = reason
            continue
        before = row.owner_id
        row.owner_id = new_owner.id
        row.source_id = row.external_id = row.content_hash = None  # its source no longer updates it
        follow_owner(session, side, row, before, new_owner.id)
        session.flush()
        facts = {"agency": agency.id, "former": before, "owner": new_owner.id}
        record(session, "reassigned", actor_id=head.id, table_name=table.__tablename__, row_id=row.id, **facts)
        former.setdefault(before, []).append(row.id)
        result.moved.append(row)
    _notify_of_reassignment(session, agency, side, head, new_owner, former)
    return result


def _reason_to_stay(session: Session, side: Side, row: Any, new_owner: User) -> Fault | None:
    if side is Side.LEAD and row.client_contacts_shared is ContactSharing.NEVER:
        # Heads who reassign to themselves would see contacts that the agent shares with nobody.
        return Fault("agency.contacts_kept")
    if row.source_id is not None and session.get_one(Source, row.source_id).address is not None:
        return Fault("agency.from_feed")
    lead, listing = aliased(Lead), aliased(Property)
    own_column, other_side = (Match.lead_id, listing) if side is Side.LEAD else (Match.property_id, lead)
    between = (
        select(Match.id)
        .join(lead, lead.id == Match.lead_id)
        .join(listing, listing.id == Match.property_id)
        # A match that another deal has closed reopens when that deal is undone.
        .where(own_column == row.id, other_side.owner_id == new_owner.id)
        .where(or_(Match.status != MatchStatus.REJECTED, Match.closed_by_match_id.is_not(None)))
    )
    # Otherwise one person would be both sides of a deal.
    return Fault("agency.match_between") if session.scalar(between.limit(1)) is not None else None


def _notify_of_reassignment(
    session: Session, agency: Agency, side: Side, head: User, new_owner: User, former: dict[int, list[int]]
) -> None:
    """Send one notification to each agent who loses rows and one to the receiver, except to the user who did it."""
    noun = side.value.lower()
    moment = session.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0

    def notify_user(user_id: int, variant: str, count: int, member_id: int) -> None:
        subject = f"agency:{agency.id}:{variant}:{int(moment * 1_000_000)}"
        data = {"member_id": member_id}
        notify(session, user_id, NotificationType.REASSIGNED, subject, data=data, variant=variant, count=count)

    for user_id, ids in former.items():
        if user_id != head.id:
            notify_user(user_id, f"{noun}_passed_on", len(ids), new_owner.id)
    if former and new_owner.id != head.id:
        only = next(iter(former)) if len(former) == 1 else head.id
        notify_user(new_owner.id, f"{noun}_received", sum(map(len, former.values())), only)
