"""The stored recommendation lists: one row a lead, one row a property, written by the worker, only read by the API.

A row holds the ranked ids and scores, and from what they were computed: the owner entity's version and market. A list is
*stale* when its version or market differs from the entity's, or when there is no list for an entity on the market.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    TableValuedAlias,
    and_,
    column,
    exists,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.base import Base, CreatedAt, Id, words
from models.enums import DealType, Side, Status
from models.leads import Lead
from models.matches import Action
from models.properties import Property
from models.unscorable import UnscorableEntity
from models.users import User

#: How many entries a list holds at most (DESIGN: K).
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


@dataclass(frozen=True)
class Recommended:
    """One entry of a list as it is shown: the other side's row, its owner, the score."""

    row: Property | Lead
    owner: User
    match_score: float


@dataclass(frozen=True)
class RecommendedPage:
    """A page of a list; *total* counts the entries of the whole list that are still to be shown."""

    entries: list[Recommended]
    total: int


def recommended_page(session: Session, side: Side, row_id: int, *, page: int, limit: int) -> RecommendedPage:
    """
    A page of the stored list of a lead (side LEAD) or property (side PROPERTY), best first.

    What has left the market since the list was computed, and what this side has acted on, is left out.
    """
    shown = _shown(side, row_id)
    other = Property if side is Side.LEAD else Lead
    owner, entry = shown.owner, shown.entry
    query = shown.joined(select(other, owner, entry.c.score, func.count().over()))
    rows = session.execute(query.order_by(entry.c.place).limit(limit).offset((page - 1) * limit)).all()
    if rows or page == 1:
        return RecommendedPage(
            [Recommended(row, owner, score) for row, owner, score, _ in rows], rows[0][3] if rows else 0
        )
    return RecommendedPage([], session.scalar(shown.joined(select(func.count()))) or 0)


@dataclass(frozen=True)
class _Shown:
    """The entries of one stored list that are to be shown: their (id, score, place), their owner, and how to select them."""

    entry: TableValuedAlias
    owner: type[User]
    joined: Callable[[Select], Select]


def _shown(side: Side, row_id: int) -> _Shown:
    if side is Side.LEAD:
        lists, key, ids, mine, other = LeadRecommendations, LeadRecommendations.lead_id, "property_ids", Lead, Property
        said = and_(Action.lead_id == row_id, Action.property_id == Property.id)
    else:
        lists, key, ids, mine, other = (
            PropertyRecommendations,
            PropertyRecommendations.property_id,
            "lead_ids",
            Property,
            Lead,
        )
        said = and_(Action.property_id == row_id, Action.lead_id == Lead.id)
    entry = (
        func.unnest(getattr(lists, ids), lists.scores)
        .table_valued(column("id", BigInteger), column("score", REAL), with_ordinality="place", name="entry")
        .render_derived()
    )
    owner = aliased(User)

    def joined(query: Select) -> Select:
        return (
            query.select_from(lists)
            .join(mine, mine.id == key)
            .join(entry, true())
            .join(other, other.id == entry.c.id)
            .join(owner, owner.id == other.owner_id)
            .where(
                key == row_id,
                mine.status == Status.ACTIVE,
                other.status == Status.ACTIVE,
                owner.is_active,
                other.city_key == mine.city_key,
                other.deal_type == mine.deal_type,
                ~exists().where(said, Action.side == side),
            )
        )

    return _Shown(entry, owner, joined)


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
