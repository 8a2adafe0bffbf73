"""Which leads and properties a user may read: their own, and, for the head of an agency, those of its agents.

:func:`readable_owner_ids` alone decides it, and every query here uses it. Nothing else depends on it: only the owner of
a row may change it, everywhere.

The head does not see the private notes, the tags or the client's contacts of an agent's lead, and sees only the first
word and an initial of the client's name. The search uses no other fields either, because its results would reveal them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session, aliased

from models.accounts.users import User
from models.agencies.tables import Agency, AgencyMember
from models.core.enums import Origin, Role, Side, Status
from models.core.errors import NotFoundError
from models.market.leads import Lead
from models.market.properties import Property
from models.market.sample_keys import is_no_sample

MAX_WORDS = 8  # of a search; further words are ignored
MAX_WORD = 60  # characters
TABLES: dict[Side, Any] = {Side.LEAD: Lead, Side.PROPERTY: Property}


@dataclass(frozen=True)
class TeamFilter:
    """A head's filter of the agents' rows; None or empty filters nothing."""

    words: str = ""
    owner_id: int | None = None
    status: Status | None = None


def readable_owner_ids(user: User) -> Select[int]:
    """
    Select the ids of the users whose leads and properties the user may read.

    The headship counts only while both are members of the agency, and realtors.
    """
    head, head_member = aliased(User), aliased(AgencyMember)
    agents = (
        select(AgencyMember.user_id)
        .join(Agency, Agency.id == AgencyMember.agency_id)
        .join(User, User.id == AgencyMember.user_id)
        .join(head, head.id == Agency.head_id)
        .join(head_member, (head_member.user_id == head.id) & (head_member.agency_id == Agency.id))
        .where(Agency.head_id == user.id, User.role == Role.REALTOR, head.role == Role.REALTOR, head.is_active)
    )
    everybody = agents.union(select(User.id).where(User.id == user.id)).subquery()
    return select(everybody.c[0])


def team_rows(user: User, side: Side, filters: TeamFilter) -> Select[Any, User]:
    """Select (lead or property, its owner) that the user may read and that pass the filter, newest first."""
    table = TABLES[side]
    query = select(table, User).join(User, User.id == table.owner_id).where(_readable(user, table))
    if filters.owner_id is not None:
        query = query.where(table.owner_id == filters.owner_id)
    if filters.status is not None:
        query = query.where(table.status == filters.status)
    words = filters.words.replace("\0", "").split()[:MAX_WORDS]
    text = _shown_text(side)
    query = query.where(*(text.icontains(word[:MAX_WORD], autoescape=True) for word in words))
    return query.order_by(table.id.desc())


def readable_lead(session: Session, user: User, lead_id: int) -> Lead:
    """A lead that the user may read. Raises NotFoundError."""
    lead = session.scalar(select(Lead).where(Lead.id == lead_id, _readable(user, Lead)))
    if lead is None:
        raise NotFoundError("lead")
    return lead


def readable_property(session: Session, user: User, property_id: int) -> Property:
    """A property that the user may read. Raises NotFoundError."""
    row = session.scalar(select(Property).where(Property.id == property_id, _readable(user, Property)))
    if row is None:
        raise NotFoundError("property")
    return row


def readable_ids(session: Session, user: User, side: Side, row_ids: Sequence[int]) -> list[int]:
    """Those of the rows that the user may read, in the order of their ids."""
    table = TABLES[side]
    query = select(table.id).where(table.id.in_(row_ids), _readable(user, table)).order_by(table.id)
    return list(session.scalars(query))


def _readable(user: User, table: Any) -> ColumnElement[bool]:
    # Samples belong to the user who tries the console with them, and are not work of the agency.
    readable: ColumnElement[bool] = table.owner_id.in_(readable_owner_ids(user)) & is_no_sample(table)
    # A preference of the swipe contract is a person's own search; nobody else may see it.
    return readable & (Lead.origin != Origin.TINDER) if table is Lead else readable


def _shown_text(side: Side) -> ColumnElement[str]:
    columns: tuple[Any, ...] = (
        Property.title,
        Property.city,
        Property.district,
        Property.metro_station,
        Property.street,
        Property.house_number,
        Property.location,
        cast(Property.id, String),
    )
    if side is Side.LEAD:
        columns = (
            func.split_part(func.ltrim(Lead.client_name), " ", 1),
            Lead.city,
            func.array_to_string(Lead.districts, " "),
            func.array_to_string(Lead.metro_stations, " "),
            Lead.notes,
            Lead.additional_requirements,
            cast(Lead.id, String),
        )
    return func.concat_ws(" ", *columns, User.name, type_=String)
