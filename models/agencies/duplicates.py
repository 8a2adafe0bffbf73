"""Duplicates between two agents of an agency: leads of one client, and properties that are one home.

Clients are compared by digests of all their contacts, so no contact is revealed. Leads whose agent
shows contacts to nobody are left out: a head could otherwise test phones on them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.agencies.visibility import TABLES, readable_owner_ids
from models.core.enums import ContactSharing, Origin, Side, Status
from models.market.advert_groups import AdvertGroup
from models.market.client_keys import ClientContactKey
from models.market.leads import Lead
from models.market.properties import Property
from models.market.sample_keys import is_no_sample

#: The maximum number of each kind that is shown to a head.
MAX_SHOWN = 50


class Likeness(StrEnum):
    """The reason why rows count as duplicates."""

    CLIENT = "same_client"
    ADVERTS = "same_adverts"
    ADDRESS = "same_address"


@dataclass(frozen=True)
class Duplicate:
    """Rows of at least two agents that are one client's, or one home; each with its owner, the oldest first."""

    side: Side
    likeness: Likeness
    rows: list[tuple[Any, User]]


def duplicates_for(session: Session, user: User) -> list[Duplicate]:
    """Duplicates among the rows on the market that the user may read, the newest first."""
    clients = _joined(_ids(session, _same_client(user)))
    adverts = _ids(session, _same_adverts(user))
    grouped = {row_id for ids in adverts for row_id in ids}
    addresses = [ids for ids in _ids(session, _same_address(user)) if not grouped.issuperset(ids)]
    return [
        *_with_rows(session, Side.LEAD, Likeness.CLIENT, clients),
        *_with_rows(session, Side.PROPERTY, Likeness.ADVERTS, adverts),
        *_with_rows(session, Side.PROPERTY, Likeness.ADDRESS, addresses),
    ]


def _same_client(user: User) -> Select[Any]:
    query = select(_several(Lead)).join(ClientContactKey, ClientContactKey.lead_id == Lead.id)
    shown = (Lead.client_contacts_shared != ContactSharing.NEVER, Lead.origin != Origin.TINDER)
    return _of_two_owners(user, Lead, query.where(*shown), ClientContactKey.key)


def _same_adverts(user: User) -> Select[Any]:
    query = select(_several(Property)).join(AdvertGroup, AdvertGroup.property_id == Property.id)
    return _of_two_owners(user, Property, query, AdvertGroup.group_id)


def _same_address(user: User) -> Select[Any]:
    """A condition: the same house and, as far as known, the same floor, rooms and whole square metres."""
    address = (Property.city_key, Property.deal_type, func.lower(Property.street), func.lower(Property.house_number))
    home = (Property.floor, Property.rooms, func.round(Property.area))
    query = select(_several(Property)).where(Property.street.is_not(None), Property.house_number.is_not(None))
    return _of_two_owners(user, Property, query, *address, *home)


def _several(table: Any) -> ColumnElement[Any]:
    return func.array_agg(table.id).label("ids")


def _of_two_owners(user: User, table: Any, query: Select[Any], *key: Any) -> Select[Any]:
    conditions = (table.owner_id.in_(readable_owner_ids(user)), table.status == Status.ACTIVE, is_no_sample(table))
    query = query.where(*conditions).group_by(*key).having(func.count(table.owner_id.distinct()) > 1)
    return query.order_by(func.max(table.id).desc()).limit(MAX_SHOWN)


def _ids(session: Session, query: Select[Any]) -> list[list[int]]:
    return [sorted(ids) for ids in session.scalars(query)]


def _joined(groups: list[list[int]]) -> list[list[int]]:
    """
    Merge groups that share a row, at the place of the first: a client may have a phone in one lead and an e-mail
    address in another.

    >>> _joined([[7, 9], [1, 2], [2, 7], [3, 4]])
    [[1, 2, 7, 9], [3, 4]]
    """
    joined: list[set[int]] = []
    for ids in groups:
        touched = [other for other in joined if not other.isdisjoint(ids)]
        if not touched:
            joined.append(set(ids))
            continue
        touched[0].update(ids, *touched[1:])
        joined = [other for other in joined if not any(other is each for each in touched[1:])]
    return [sorted(ids) for ids in joined]


def _with_rows(session: Session, side: Side, likeness: Likeness, groups: list[list[int]]) -> list[Duplicate]:
    table = TABLES[side]
    row_ids = [row_id for ids in groups for row_id in ids]
    query = select(table, User).join(User, User.id == table.owner_id).where(table.id.in_(row_ids))
    rows = {row.id: (row, owner) for row, owner in session.execute(query)}
    return [Duplicate(side, likeness, [rows[row_id] for row_id in ids]) for ids in groups]
