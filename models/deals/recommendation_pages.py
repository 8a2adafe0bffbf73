"""Pages of the stored lists as people see them: what is still to be shown of a list, in the order in which it is read.

What has left the market since a list was computed, and what its side has acted on, is left out while it is read.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Numeric,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    null,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import NullType

from models.accounts.tokens import Claims, still_holds, user_of_claims
from models.accounts.users import User
from models.core.base import Base
from models.core.enums import Side, Status
from models.deals.matches import Action, Match
from models.market.leads import Lead, owned_lead
from models.market.properties import Property, owned_property
from models.ranking.display_order import is_plain, plain_entries, shown_entries
from models.ranking.recommendations import SIDE_TABLES


class Owner(NamedTuple):
    """Of an entry's owner, what a page shows."""

    id: int
    name: str | None
    agency_name: str | None


class Recommended(NamedTuple):
    """
    One entry of a list as it is shown: the other side's row (or of it what :data:`SHOWN` names), its owner, the score.
    """

    row: Property | Lead | Row
    owner: User | Owner
    match_score: float
    #: It comes after the list's end, to be given a chance.
    explored: bool = False


@dataclass(frozen=True)
class RecommendedPage:
    """A page of a list; *total* counts the entries of the whole list that are still to be shown."""

    entries: list[Recommended]
    total: int


@dataclass(frozen=True)
class ShownPage(RecommendedPage):
    """
    A page for the one whose list it is.

    Args:
        commission_share: What the property whose list it is offers, per cent; None in a lead's list.
        contacts_shared: Ids of the entries whose match has shared contacts.
    """

    commission_share: Decimal | None
    contacts_shared: frozenset[int]


#: What a page shows of the other side.
SHOWN: dict[Side, tuple[str, ...]] = {
    Side.LEAD: (
        "id",
        "city",
        "district",
        "street",
        "house_number",
        "metro_station",
        "location",
        "price",
        "area",
        "rooms",
        "floor",
        "total_floors",
        "year_built",
        "property_type",
        "property_class",
        "condition",
        "currency",
        "deal_type",
        "commission_share",
        "photos",
        "description",
        "stations",
        "latitude",
        "longitude",
    ),
    Side.PROPERTY: (
        "id",
        "place_scope",
        "radius_km",
        "latitude",
        "longitude",
        "client_name",
        "client_contacts",
        "notes",
        "city",
        "districts",
        "metro_stations",
        "budget_min",
        "budget_max",
        "currency",
        "area_min",
        "area_max",
        "rooms",
        "property_type",
        "property_class",
        "condition",
        "payment_method",
        "additional_requirements",
        "deal_type",
    ),
}


def recommended_page(session: Session, side: Side, row_id: int, *, page: int, limit: int) -> RecommendedPage:
    """
    A page of the stored list of a lead (side LEAD) or property (side PROPERTY), best first, with whole rows; in a
    market whose order is balanced, in that order, and with what is explored at the end
    (:mod:`models.ranking.display_order`).

    What has left the market since the list was computed, and what this side has acted on, is left out.
    """
    named = {"row_id": row_id, "limit": limit, "offset": (page - 1) * limit}
    rows = session.execute(_WHOLE_ROWS[side], named).all()
    if rows or page == 1:
        return RecommendedPage([Recommended(*row[:4]) for row in rows], rows[0][4] if rows else 0)
    return RecommendedPage([], _total(session, side, row_id))


def shown_page(session: Session, claims: Claims, side: Side, row_id: int, *, page: int, limit: int) -> ShownPage:
    """
    The same for whoever signed in with *claims*, with what a page shows and no more: the most frequent request of all.

    It shows what is committed: what *session* has written and not committed is not seen.

    Raises:
        NotSignedInError: The token is void.
        NotFoundError: The lead or property is absent or somebody else's.
    """
    named = {"row_id": row_id, "limit": limit, "offset": (page - 1) * limit, **vars(claims)}
    # Past the ORM: twenty rows of two entities take it longer than all the rest of the request. Past the session's own
    # connection as well: to begin and close its transaction is a tenth of a request that has no use for one.
    with session.get_bind().connect() as connection:
        rows = connection.execute(_PLAIN_ROWS[side], named).all() or connection.execute(_SHOWN_ROWS[side], named).all()
    if not rows:  # why, is asked only now
        owner = user_of_claims(session, claims)
        mine = (owned_lead if side is Side.LEAD else owned_property)(session, owner, row_id)
        share = mine.commission_share if side is Side.PROPERTY else None
        return ShownPage([], _total(session, side, row_id) if page > 1 else 0, share, frozenset())
    entries = [
        Recommended(row, Owner(row.owner_id, row.owner_name, row.owner_agency), row.score, row.explored) for row in rows
    ]
    shared = frozenset(row.id for row in rows if row.contacts_shared)
    return ShownPage(entries, rows[0].total, rows[0].share_of_mine, shared)


def whole_rows(session: Session, table: type[Property] | type[Lead], page: ShownPage) -> list[Any]:
    """The entries' whole rows, in their order; for what judges a pair rather than shows it."""
    ids = [entry.row.id for entry in page.entries]
    found = {row.id: row for row in session.scalars(select(table).where(table.id.in_(ids)))}
    return [found[each] for each in ids]


def _total(session: Session, side: Side, row_id: int) -> int:
    return session.scalar(_List(side).select(func.count()), {"row_id": row_id}) or 0


def _looked_up(table: type[Base], row_id: ColumnElement[int], name: str) -> Any:
    """
    The row of *table* with this id. OFFSET 0 keeps the planner from reading all of a small table to find a hundred.
    """
    return aliased(table, select(table).where(table.id == row_id).offset(literal_column("0")).lateral(name))


def _as_shown(found: ColumnElement) -> ColumnElement:
    """
    The column as JSON is to show it: words rather than members of enumerations, floats rather than Decimals.

    To make Python's objects of a page's columns took as long as to fetch them. Money (:data:`models.core.base.Money`)
    has up to 15 digits before the point, which a float holds.
    """
    plain = cast(found, Double) if isinstance(found.type, Numeric) else type_coerce(found, NullType())
    return plain.label(found.key)


class _List:
    """
    How the entries that are to be shown of one stored list are selected.

    Args:
        side: Whose list it is.
        plain: Nothing of a market that is not plain (models.ranking.display_order).
    """

    def __init__(self, side: Side, *, plain: bool = False) -> None:
        self.side, self.plain = side, plain
        self.mine, self.lists, self.key, ids = SIDE_TABLES[side]
        self.shown = (
            plain_entries(ids, self.lists.scores) if plain else shown_entries(side, self.key, ids, self.lists.scores)
        )
        self.entry = self.shown.entry
        self.other = _looked_up(SIDE_TABLES[side.other].entities, self.entry.c.id, "other")
        self.owner = _looked_up(User, self.other.owner_id, "owner")

    @property
    def pair_of(self) -> tuple[Any, Any]:
        """The lead and the property of an entry."""
        return (self.mine, self.other) if self.side is Side.LEAD else (self.other, self.mine)

    def pair(self, table: type[Action] | type[Match]) -> ColumnElement[bool]:
        """Whether a row of *table* is about the pair."""
        lead, found = self.pair_of
        return and_(table.lead_id == lead.id, table.property_id == found.id)

    def select(self, *columns: Any) -> Select:
        """*columns* of the entries of the list of :row_id."""
        lead, found = self.pair_of
        return (
            select(*columns)
            .select_from(self.lists)
            .join(self.mine, self.mine.id == self.key)
            .join(self.entry, true())
            .join(self.other, true())
            .join(self.owner, true())
            .where(
                self.key == bindparam("row_id", type_=BigInteger),
                # Words rather than parameters: partial indexes are of use to a prepared statement then.
                self.mine.status == literal_column(f"'{Status.ACTIVE}'"),
                self.other.status == literal_column(f"'{Status.ACTIVE}'"),
                self.owner.is_active,
                self.other.city_key == self.mine.city_key,
                self.other.deal_type == self.mine.deal_type,
                self.shown.is_current(lead.version, found.version),
                is_plain(self.mine.city_key, self.mine.deal_type) if self.plain else true(),
                ~exists().where(self.pair(Action), Action.side == literal_column(f"'{self.side}'")),
            )
        )

    def page(self, *columns: Any) -> Select:
        """Of a page, *columns*, the score, whether it is explored, and the count of all entries."""
        total = func.count().over().label("total")
        return (
            self.select(*columns, self.entry.c.score, self.shown.explored.label("explored"), total)
            .order_by(*self.shown.order)
            .limit(bindparam("limit", type_=BigInteger))
            .offset(bindparam("offset", type_=BigInteger))
            .execution_options(prepared=True)
        )

    def whole_rows(self) -> Select:
        return self.page(self.other, self.owner)

    def shown_rows(self) -> Select:
        of_properties = self.side is Side.PROPERTY  # whose lists show clients' contacts
        shared = exists().where(self.pair(Match), Match.contact_shared_at.is_not(None))
        caller = aliased(User, name="caller")
        page = self.page(
            *(_as_shown(getattr(self.other, name)) for name in SHOWN[self.side]),
            self.owner.id.label("owner_id"),
            self.owner.name.label("owner_name"),
            self.owner.agency_name.label("owner_agency"),
            (self.mine.commission_share if of_properties else null()).label("share_of_mine"),
            (shared if of_properties else null()).label("contacts_shared"),
        )
        return page.join(caller, caller.id == self.mine.owner_id).where(still_holds(caller))


# Made once, and planned once a connection.
_WHOLE_ROWS = {side: _List(side).whole_rows() for side in Side}
_SHOWN_ROWS = {side: _List(side).shown_rows() for side in Side}
_PLAIN_ROWS = {side: _List(side, plain=True).shown_rows() for side in Side}
