"""Pages of the stored lists, in display order.

Entries that have left the market since the list was computed, and entries that the list's side has acted on, are left
out at reading.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

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
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.types import NullType

from models.accounts.tokens import Claims, still_holds, user_of_claims
from models.accounts.users import User
from models.core.enums import Role, Side, Status
from models.deals.matches import Action, Match
from models.market.leads import Lead, owned_lead
from models.market.properties import Property, owned_property
from models.ranking.display_order import is_plain, plain_entries, shown_entries
from models.ranking.recommendations import SIDE_TABLES

AnyEntity = TypeVar("AnyEntity", Lead, Property)


class Owner(NamedTuple):
    """The fields of an entry's owner that a page shows."""

    id: int
    name: str | None
    agency_name: str | None
    role: Role


class Recommended(NamedTuple):
    """One entry of a list as it is shown; *row* is the other side's entity, or its columns named by :data:`SHOWN`."""

    row: Property | Lead | Row
    owner: User | Owner
    match_score: float
    #: Whether it is an explored entry, shown after the end of the list.
    explored: bool = False


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


#: The columns of the other side that a page shows.
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
        "client_contacts_shared",
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
    Return a page of the stored list of a lead (side LEAD) or property (side PROPERTY), with whole rows.

    The order is the display order (:mod:`models.ranking.display_order`): by score, or balanced, with explored entries
    at the end. Entries that have left the market or were acted on by this side are left out.
    """
    named = {"row_id": row_id, "limit": limit, "offset": (page - 1) * limit}
    rows = session.execute(_WHOLE_ROWS[side], named).all()
    if rows or page == 1:
        return RecommendedPage([Recommended(*row[:4]) for row in rows], rows[0][4] if rows else 0)
    return RecommendedPage([], _total(session, side, row_id))


def shown_page(session: Session, claims: Claims, side: Side, row_id: int, *, page: int, limit: int) -> ShownPage:
    """
    Return a page for the user who signed in with *claims*, with only the columns that a page shows.

    This is the most frequent request of all. It reads committed rows only, without uncommitted writes of *session*.

    Raises:
        NotSignedInError: The token is void.
        NotFoundError: The lead or property is absent or somebody else's.
    """
    named = {"row_id": row_id, "limit": limit, "offset": (page - 1) * limit, **vars(claims)}
    # Without the ORM, which would take longer over twenty rows of two entities than all the rest of the request. Also
    # without the session's own connection: beginning and closing its transaction would be a tenth of the request.
    with session.get_bind().engine.connect() as connection:
        rows = connection.execute(_PLAIN_ROWS[side], named).all() or connection.execute(_SHOWN_ROWS[side], named).all()
    if not rows:  # the reason is asked for only now
        owner = user_of_claims(session, claims)
        share = None
        if side is Side.LEAD:
            owned_lead(session, owner, row_id)
        else:
            share = owned_property(session, owner, row_id).commission_share
        return ShownPage([], _total(session, side, row_id) if page > 1 else 0, share, frozenset())
    entries = [
        Recommended(row, Owner(row.owner_id, row.owner_name, row.owner_agency, row.owner_role), row.score, row.explored)
        for row in rows
    ]
    shared = frozenset(row.id for row in rows if row.contacts_shared)
    return ShownPage(entries, rows[0].total, rows[0].share_of_mine, shared)


def whole_rows(session: Session, table: type[AnyEntity], page: ShownPage) -> list[AnyEntity]:
    """Return the entries' whole rows, in the order of the page, for code that explains pairs."""
    ids = [entry.row.id for entry in page.entries]
    by_id = {row.id: row for row in session.scalars(select(table).where(table.id.in_(ids)))}
    return [by_id[row_id] for row_id in ids]


def _total(session: Session, side: Side, row_id: int) -> int:
    return session.scalar(_List(side).select(func.count()), {"row_id": row_id}) or 0


def _looked_up(table: type[Lead] | type[Property] | type[User], row_id: ColumnElement[int], name: str) -> Any:
    """Select the row of *table* by id. OFFSET 0 keeps the planner from scanning all of a small table for a hundred."""
    return aliased(table, select(table).where(table.id == row_id).offset(literal_column("0")).lateral(name))


def _as_shown(shown: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """
    Return the column as JSON shows it: words rather than members of enumerations, floats rather than Decimals.

    Converting a page's columns to Python objects took as long as fetching them. Money (:data:`models.core.base.Money`)
    has up to 15 digits before the point, which a float holds.
    """
    if isinstance(shown.type, Numeric):
        return cast(shown, Double).label(shown.key)
    return type_coerce(shown, NullType()).label(shown.key)


class _List:
    """
    Selects of the entries to show of one stored list.

    Args:
        side: The side of the list's owner.
        plain: Select nothing in a market that is not plain (:func:`models.ranking.display_order.is_plain`).
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
        """The (lead, property) of an entry."""
        return (self.mine, self.other) if self.side is Side.LEAD else (self.other, self.mine)

    def pair(self, table: type[Action] | type[Match]) -> ColumnElement[bool]:
        """A condition: the row of *table* is about the pair."""
        lead, listing = self.pair_of
        return and_(table.lead_id == lead.id, table.property_id == listing.id)

    def select(self, *columns: Any) -> Select:
        """Select *columns* of the entries of the list of :row_id."""
        lead, listing = self.pair_of
        return (
            select(*columns)
            .select_from(self.lists)
            .join(self.mine, self.mine.id == self.key)
            .join(self.entry, true())
            .join(self.other, true())
            .join(self.owner, true())
            .where(
                self.key == bindparam("row_id", type_=BigInteger),
                # Literals rather than parameters, so that a prepared statement can use partial indexes.
                self.mine.status == literal_column(f"'{Status.ACTIVE}'"),
                self.other.status == literal_column(f"'{Status.ACTIVE}'"),
                self.owner.is_active,
                self.other.city_key == self.mine.city_key,
                self.other.deal_type == self.mine.deal_type,
                self.shown.is_current(lead.version, listing.version),
                is_plain(self.mine.city_key, self.mine.deal_type) if self.plain else true(),
                ~exists().where(self.pair(Action), Action.side == literal_column(f"'{self.side}'")),
            )
        )

    def page(self, *columns: Any) -> Select:
        """Select a page: *columns*, the score, whether the entry is explored, and the count of all entries."""
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
            _as_shown(self.owner.role).label("owner_role"),
            (Property.commission_share if of_properties else null()).label("share_of_mine"),
            (shared if of_properties else null()).label("contacts_shared"),
        )
        return page.join(caller, caller.id == self.mine.owner_id).where(still_holds(caller))


# Built once, and planned once per connection.
_WHOLE_ROWS = {side: _List(side).whole_rows() for side in Side}
_SHOWN_ROWS = {side: _List(side).shown_rows() for side in Side}
_PLAIN_ROWS = {side: _List(side, plain=True).shown_rows() for side in Side}
