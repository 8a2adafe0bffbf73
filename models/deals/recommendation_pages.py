"""Pages of the stored lists, in display order.

Entries that have left the market since the list was computed, and entries that the list's side has acted on, are left
out at reading. A home that several owners advertise is one entry: its first advert, with the others in its group.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Row, Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from models.accounts.tokens import Claims, user_of_claims
from models.accounts.users import User
from models.core.enums import Role, Side
from models.core.errors import NotFoundError
from models.deals.list_queries import ADVERTS_OF_HOME, ListQuery
from models.deals.shown_columns import EXPLAINED
from models.market.leads import Lead, owned_lead
from models.market.properties import Property, owned_property
from models.platform.prepared_queries import PreparedQuery
from models.platform.prepared_statements import PREPARED
from models.ranking.recommendations import LIST_LENGTH, SIDE_TABLES


class Owner(NamedTuple):
    """The fields of an entry's owner that a page shows."""

    id: int
    name: str | None
    agency_name: str | None
    role: Role


class Advert(NamedTuple):
    """One of several adverts of a home."""

    property_id: int
    price: float
    currency: str
    owner: Owner


class Group(NamedTuple):
    """A home that several owners advertise; the cheapest advert first."""

    id: int
    adverts: list[Advert]


class Recommended(NamedTuple):
    """
    One entry of a list as it is shown; *row* is the other side's entity, or the columns of it that
    :data:`models.deals.shown_columns.SHOWN` names.
    """

    row: Property | Lead | Row
    owner: User | Owner
    match_score: float
    #: Whether it is an explored entry, shown after the end of the list.
    explored: bool = False
    #: For a home that was disliked and has become cheaper: {"from", "at"}, its price at the dislike and the time of the
    #: current price.
    price_cut: dict[str, Any] | None = None
    #: If several owners advertise the home: its group's number, and all of its adverts on the market.
    group: Group | None = None


@dataclass(frozen=True)
class RecommendedPage:
    """A page of a list; *total* counts the entries of the whole list that are still to be shown."""

    entries: list[Recommended]
    total: int


@dataclass(frozen=True)
class ShownPage(RecommendedPage):
    """
    A page for the owner of the list.

    Args:
        commission_share: The commission that the list's property offers, per cent; None in a lead's list.
        contacts_shared: Ids of the entries whose match has shared contacts.
    """

    commission_share: Decimal | None
    contacts_shared: frozenset[int]


def recommended_page(session: Session, side: Side, row_id: int, *, page: int, limit: int) -> RecommendedPage:
    """
    Return a page of the stored list of a lead (side LEAD) or property (side PROPERTY), with whole rows.

    The order is the display order (:mod:`models.ranking.display_order`): by score, or balanced, with explored entries
    at the end. Entries that have left the market or were acted on by this side are left out.
    """
    named = {"row_id": row_id, "limit": limit, "offset": (page - 1) * limit}
    rows = session.execute(_whole_rows(side), named, execution_options=PREPARED).all()
    if rows or page == 1:
        entries = [Recommended(row[0], row[1], row.score, row.explored, row.price_cut, _group_of(row)) for row in rows]
        return RecommendedPage(entries, rows[0].total if rows else 0)
    return RecommendedPage([], _total(session, side, row_id))


def brief_list(session: Session, side: Side, row_id: int) -> RecommendedPage:
    """
    Return the whole list as :func:`recommended_page` does, but of each row only the columns that group and filter
    entries (:data:`models.deals.shown_columns.BRIEF`): a page shows a fifth of the list's entries.
    """
    named = {"row_id": row_id, "limit": LIST_LENGTH, "offset": 0}
    rows = session.execute(_brief_rows(side), named, execution_options=PREPARED).all()
    entries = [_entry_of(row) for row in rows]
    return RecommendedPage(entries, rows[0].total if rows else 0)


def shown_page(
    reading: Connection,
    session: Callable[[], Session],
    claims: Claims,
    side: Side,
    row_id: int,
    *,
    page: int,
    limit: int,
) -> ShownPage:
    """
    Return a page for the user who signed in with *claims*, with only the columns that a page shows.

    This is the most frequent request. Without a transaction of its own it takes one statement: beginning and ending one
    would be a tenth of the request. The ORM is not used, because it would need more time for twenty rows of two
    entities than the rest of the request.

    Args:
        reading: The connection to read with.
        session: Opens the session in which the reason for an empty page is looked up.
    Raises:
        NotSignedInError: The token is void.
        NotFoundError: The lead or property is absent or somebody else's.
    """
    named = {"row_id": row_id, "limit": limit, "offset": (page - 1) * limit, **vars(claims)}
    rows = _shown_rows(reading, side, named)
    if not rows:  # only now is the reason looked up
        opened, share = session(), None
        owner = user_of_claims(opened, claims)
        if side is Side.LEAD:
            owned_lead(opened, owner, row_id)
        else:
            share = owned_property(opened, owner, row_id).commission_share
        return ShownPage([], _total(opened, side, row_id) if page > 1 else 0, share, frozenset())
    entries = [_entry_of(row) for row in rows]
    shared = frozenset(row.id for row in rows if row.contacts_shared)
    return ShownPage(entries, rows[0].total, rows[0].share_of_mine, shared)


def _shown_rows(reading: Connection, side: Side, named: dict[str, Any]) -> list[Any]:
    """
    The rows of a page by the fastest query that selects any. The first two select nothing of a list for which they are
    too simple; the last one is for all lists.
    """
    row_id = named["row_id"]
    for index in range(_needed.get((side, row_id), 0), len(_SIMPLER)):
        rows = _shown_rows_query(side, index).rows(reading, named)
        if rows:
            if index:
                if len(_needed) >= MAX_REMEMBERED:
                    _needed.clear()
                _needed[side, row_id] = index
            return rows
    return []


def rows_to_explain(session: Session, side: Side, ids: list[int]) -> list[Any]:
    """
    Return the rows of leads or properties, with the columns :data:`EXPLAINED`, in the order of *ids*.

    Raises:
        NotFoundError: One has been deleted since the page was read.
    """
    by_id = {row.id: row for row in _explained_rows(side).rows(session.connection(), {"ids": ids})}
    if len(by_id) < len(ids):
        raise NotFoundError(side.lower())
    return [by_id[row_id] for row_id in ids]


def adverts_of_home(session: Session, listing: Property) -> Group | None:
    """The adverts on the market of a property's home, its own included; None if nobody else offers it."""
    row = session.execute(ADVERTS_OF_HOME, {"property_id": listing.id}, execution_options=PREPARED).one_or_none()
    return _group_of(row) if row is not None else None


def _entry_of(row: Row[Any]) -> Recommended:
    owner = Owner(row.owner_id, row.owner_name, row.owner_agency, row.owner_role)
    return Recommended(row, owner, row.score, row.explored, row.price_cut, _group_of(row))


def _group_of(row: Any) -> Group | None:
    if not row.adverts:
        return None
    adverts = [
        Advert(property_id, price, currency, Owner(*owner)) for property_id, price, currency, *owner in row.adverts
    ]
    return Group(row.group_id, adverts) if len(adverts) > 1 else None


def _total(session: Session, side: Side, row_id: int) -> int:
    return session.scalar(ListQuery(side).count(), {"row_id": row_id}) or 0


# Each query is built when it is first needed, and planned once per connection. Building and compiling all of them takes
# half a second, which the bot and commands need not spend. The web processes share them
# (:func:`build_queries`).


@cache
def _whole_rows(side: Side) -> Select[Any]:
    return ListQuery(side).whole_rows()


@cache
def _brief_rows(side: Side) -> Select[Any]:
    return ListQuery(side).brief_rows()


#: The conditions of the queries for a shown page, the fastest query first.
_SIMPLER: tuple[dict[str, bool], ...] = ({"plain": True, "untouched": True}, {"plain": True}, {})


@cache
def _shown_rows_query(side: Side, index: int) -> PreparedQuery:
    return PreparedQuery(ListQuery(side, **_SIMPLER[index]).shown_rows())


@cache
def _explained_rows(side: Side) -> PreparedQuery:
    table = SIDE_TABLES[side].entities
    columns = (getattr(table, name) for name in EXPLAINED[side])
    return PreparedQuery(select(*columns).where(table.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))))


def build_queries() -> None:
    """Build all queries of this module, for the processes that are forked from this one."""
    for side in Side:
        _whole_rows(side)
        _brief_rows(side)
        _explained_rows(side)
        for index in range(len(_SIMPLER)):
            _shown_rows_query(side, index)


#: Lists that needed another query than the first, and its index: a list with likes and dislikes has them the next time
#: too. What is remembered affects only the time, because a later query is right for every list of an earlier one.
_needed: dict[tuple[Side, int], int] = {}
MAX_REMEMBERED = 50_000
