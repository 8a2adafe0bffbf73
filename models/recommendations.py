"""The stored recommendation lists: one row a lead, one row a property, written by the worker, only read by the API.

A row holds the ranked ids and scores, and from what they were computed: the owner entity's version and market. A list is
*stale* when its version or market differs from the entity's, or when there is no list for an entity on the market.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    Row,
    Select,
    SmallInteger,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    true,
    type_coerce,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column
from sqlalchemy.types import NullType

from models.attention import is_plain, plain_entries, shown_entries
from models.base import Base, CreatedAt, Id, words
from models.enums import DealType, ListOrder, Side, Status
from models.leads import Lead, owned_lead
from models.matches import Action, Match
from models.properties import Property, owned_property
from models.tokens import Claims, still_holds, user_of_claims
from models.unscorable import UnscorableEntity
from models.users import User

#: How many entries a list holds at most.
LIST_LENGTH = 100


class LeadRecommendations(Base):
    """The best properties of one lead, best first; ties by id."""

    __tablename__ = "lead_recommendations"
    __table_args__ = (
        CheckConstraint("cardinality(property_ids) = cardinality(scores)", name="a_score_for_each_id"),
        Index("ix_lead_recommendations_market", "city_key", "deal_type"),
        {"info": {"derived": True}},
    )

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    property_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    scores: Mapped[list[float]] = mapped_column(ARRAY(REAL))  #: 0 to 100.
    version: Mapped[int]  #: The lead's version that the list was computed from.
    city_key: Mapped[str | None] = mapped_column(String(110))  #: The market it was computed in; null: in none.
    deal_type: Mapped[DealType | None] = mapped_column(words(DealType, "deal_type_is_known"))
    run_id: Mapped[int | None]  #: The run that began its market's generation; null: a change of one entity wrote it.
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    #: The transaction that wrote the list; lets a worker's snapshot ask for what it has not seen yet.
    changed_in: Mapped[int] = mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"), index=True
    )


class PropertyRecommendations(Base):
    """The best leads of one property, best first; ties by id."""

    __tablename__ = "property_recommendations"
    __table_args__ = (
        CheckConstraint("cardinality(lead_ids) = cardinality(scores)", name="a_score_for_each_id"),
        Index("ix_property_recommendations_market", "city_key", "deal_type"),
        {"info": {"derived": True}},
    )

    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True)
    lead_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    scores: Mapped[list[float]] = mapped_column(ARRAY(REAL))  #: 0 to 100.
    version: Mapped[int]  #: The property's version that the list was computed from.
    city_key: Mapped[str | None] = mapped_column(String(110))
    deal_type: Mapped[DealType | None] = mapped_column(words(DealType, "deal_type_is_known"))
    run_id: Mapped[int | None]
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    #: The transaction that wrote the list; lets a worker's snapshot ask for what it has not seen yet.
    changed_in: Mapped[int] = mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"), index=True
    )


class TextModelRow(Base):
    """A fitted text model, in :mod:`matching.text`'s own format. The newest one that a market was scored with counts there."""

    __tablename__ = "text_models"

    id: Mapped[Id]
    model: Mapped[bytes] = mapped_column(LargeBinary)
    #: How many texts there were when it was fitted.
    texts: Mapped[int]
    created_at: Mapped[CreatedAt]


class Market(Base):
    """
    What the lists of one market were last wholly computed with.

    Text model, weights and rates together are a *generation* of lists: with the same ones every change leaves the lists
    that a run would, so a run over the market begins a new generation only where one of them has changed.
    """

    __tablename__ = "markets"
    __table_args__ = (CheckConstraint("exploration_slots BETWEEN 0 AND 5", name="slots_are_few"),)

    city_key: Mapped[str] = mapped_column(String(110), primary_key=True)
    deal_type: Mapped[DealType] = mapped_column(words(DealType, "deal_type_is_known"), primary_key=True)
    #: The run that began the generation.
    run_id: Mapped[int | None]
    text_model_id: Mapped[int | None] = mapped_column(ForeignKey("text_models.id"))
    #: The exchange rates into the market's currency, as :func:`models.facts.told_factors` tells them.
    rates: Mapped[str | None]
    #: The learnt weights (models.weights); null: the engine's defaults.
    weights_id: Mapped[int | None] = mapped_column(ForeignKey("weight_sets.id"))
    #: Rises with every generation of lists.
    generation: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    published_at: Mapped[datetime | None]
    #: In which order lists are read, how many explored offers follow a lead's, and the publication (`published_at`) from
    #: which both were worked out; null: not yet.
    list_order: Mapped[ListOrder] = mapped_column(
        words(ListOrder, "list_order_is_known"), default=ListOrder.SCORE, server_default=ListOrder.SCORE.value
    )
    exploration_slots: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    ordered_at: Mapped[datetime | None]


class Owner(NamedTuple):
    """Of an entry's owner, what a page shows."""

    id: int
    name: str | None
    agency_name: str | None


class Recommended(NamedTuple):
    """One entry of a list as it is shown: the other side's row (or of it what :data:`SHOWN` names), its owner, the score."""

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
    ),
    Side.PROPERTY: (
        "id",
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
    A page of the stored list of a lead (side LEAD) or property (side PROPERTY), best first, with whole rows; in a market
    whose order is balanced, in that order, and with what is explored at the end (:mod:`models.attention`).

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
    """The row of *table* with this id. OFFSET 0 keeps the planner from reading all of a small table to find a hundred."""
    return aliased(table, select(table).where(table.id == row_id).offset(literal_column("0")).lateral(name))


def _as_shown(found: ColumnElement) -> ColumnElement:
    """
    The column as JSON is to show it: words rather than members of enumerations, floats rather than Decimals.

    To make Python's objects of a page's columns took as long as to fetch them. Money (:data:`models.base.Money`) has up
    to 15 digits before the point, which a float holds.
    """
    plain = cast(found, Double) if isinstance(found.type, Numeric) else type_coerce(found, NullType())
    return plain.label(found.key)


class _List:
    """
    How the entries that are to be shown of one stored list are selected.

    Args:
        side: Whose list it is.
        plain: Nothing of a market that is not plain (models.attention).
    """

    def __init__(self, side: Side, *, plain: bool = False) -> None:
        self.side = side
        self.mine, self.lists, self.key = (
            (Lead, LeadRecommendations, LeadRecommendations.lead_id)
            if side is Side.LEAD
            else (Property, PropertyRecommendations, PropertyRecommendations.property_id)
        )
        ids = LeadRecommendations.property_ids if side is Side.LEAD else PropertyRecommendations.lead_ids
        self.plain = plain
        self.shown = (
            plain_entries(ids, self.lists.scores) if plain else shown_entries(side, self.key, ids, self.lists.scores)
        )
        self.entry = self.shown.entry
        self.other = _looked_up(Property if side is Side.LEAD else Lead, self.entry.c.id, "other")
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


def stale_rows(side: Side) -> Select:
    """
    Entities whose list does not say what it should, as (id, version, on_market, city_key, deal_type, listed city_key,
    listed deal_type).

    That is those on the market with no list, or one of another version or market; and those off the market with a list
    that still stands in a market. What the engine failed on in its present version is not stale but set aside.
    """
    table, lists, key = (
        (Lead, LeadRecommendations, LeadRecommendations.lead_id)
        if side is Side.LEAD
        else (Property, PropertyRecommendations, PropertyRecommendations.property_id)
    )
    active = and_(table.status == Status.ACTIVE, User.is_active)
    set_aside = exists().where(
        UnscorableEntity.side == side, UnscorableEntity.entity_id == table.id, UnscorableEntity.version == table.version
    )
    return (
        select(
            table.id,
            table.version,
            active.label("on_market"),
            table.city_key,
            table.deal_type,
            lists.city_key.label("listed_city_key"),
            lists.deal_type.label("listed_deal_type"),
        )
        .join(User, User.id == table.owner_id)
        .outerjoin(lists, key == table.id)
        .where(
            or_(
                and_(
                    active,
                    ~set_aside,
                    or_(
                        key.is_(None),
                        lists.version != table.version,
                        lists.city_key.is_distinct_from(table.city_key),
                        lists.deal_type.is_distinct_from(table.deal_type),
                    ),
                ),
                and_(~active, lists.city_key.is_not(None)),
            )
        )
    )


def text_model_of(session: Session, city_key: str, deal_type: DealType) -> int | None:
    """The id of the text model that the market's lists were last wholly computed with."""
    return session.scalar(
        select(Market.text_model_id).where(Market.city_key == city_key, Market.deal_type == deal_type)
    )
