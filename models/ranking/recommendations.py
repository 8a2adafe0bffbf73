"""The stored recommendation lists: one row per lead and per property, written by the worker, only read by the API.

A row holds the ranked ids and scores, and the state that they were computed from: the entity's version and market, and
the number of the market's generation. A list is *stale* when its version or market differs from the entity's, or when
an entity on the market has no list. :mod:`models.deals.recommendation_pages` turns lists into pages.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    SmallInteger,
    String,
    and_,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, ChangedIn, CreatedAt, Id, enum_column
from models.core.enums import DealType, ListOrder, Side, Status
from models.market.leads import Lead
from models.market.properties import Property
from models.market.unscorable import UnscorableEntity
from models.ranking.generations import Generation, HasGeneration

#: Maximum number of entries of a list.
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
    deal_type: Mapped[DealType | None] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    run_id: Mapped[int | None]  #: The run that began its market's generation; null: a change of one entity wrote it.
    #: The number of its market's generation (`markets.generation`); null: it is in no market, or an earlier release
    #: stored it.
    generation_number: Mapped[int | None] = mapped_column("generation")
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_in: Mapped[ChangedIn] = mapped_column(index=True)


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
    deal_type: Mapped[DealType | None] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    run_id: Mapped[int | None]
    generation_number: Mapped[int | None] = mapped_column("generation")
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_in: Mapped[ChangedIn] = mapped_column(index=True)


class TextModelRow(Base):
    """
    A fitted text model, in :mod:`matching.engine.text`'s own format. The newest one that a market was scored with
    counts there.
    """

    __tablename__ = "text_models"

    id: Mapped[Id]
    model: Mapped[bytes] = mapped_column(LargeBinary)
    #: Number of texts that it was fitted on.
    texts: Mapped[int]
    created_at: Mapped[CreatedAt]


class Market(HasGeneration, Base):
    """
    One market, and the generation that all of its lists are computed with.

    Within a generation, the lists after any change are the same as after a run. So a run begins a new generation only
    if its text model, weights or rates differ from the market's, and changes between two runs use the market's.
    """

    __tablename__ = "markets"
    __table_args__ = (CheckConstraint("exploration_slots BETWEEN 0 AND 5", name="slots_are_few"),)

    city_key: Mapped[str] = mapped_column(String(110), primary_key=True)
    deal_type: Mapped[DealType] = mapped_column(enum_column(DealType, "deal_type_is_known"), primary_key=True)
    #: The run that began the generation.
    run_id: Mapped[int | None]
    text_model_id: Mapped[int | None] = mapped_column(ForeignKey("text_models.id"))
    weights_id: Mapped[int | None] = mapped_column(ForeignKey("weight_sets.id"))
    #: Increases with every generation; each list of the market holds the number of its own.
    generation_number: Mapped[int] = mapped_column("generation", default=0, server_default=text("0"))
    published_at: Mapped[datetime | None]
    #: The order in which lists are read, the number of explored offers after a lead's list, and the publication
    #: (`published_at`) from which both were computed; null: not yet.
    list_order: Mapped[ListOrder] = mapped_column(
        enum_column(ListOrder, "list_order_is_known"), default=ListOrder.SCORE, server_default=ListOrder.SCORE.value
    )
    exploration_slots: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    ordered_at: Mapped[datetime | None]


class SideTables(NamedTuple):
    """The tables of one side's entities and lists."""

    entities: type[Lead] | type[Property]
    lists: type[LeadRecommendations] | type[PropertyRecommendations]
    #: The columns of the lists that hold the owner's id and the entries' ids.
    owner_id: InstrumentedAttribute[int]
    entry_ids: InstrumentedAttribute[list[int]]


SIDE_TABLES = {
    Side.LEAD: SideTables(Lead, LeadRecommendations, LeadRecommendations.lead_id, LeadRecommendations.property_ids),
    Side.PROPERTY: SideTables(
        Property, PropertyRecommendations, PropertyRecommendations.property_id, PropertyRecommendations.lead_ids
    ),
}


def stale_rows(side: Side) -> Select[*tuple[Any, ...]]:
    """
    Entities with a stale list, as (id, version, on_market, city_key, deal_type, listed city_key, listed deal_type).

    An entity on the market is stale if it has no list, or a list of another version or market. An entity off the market
    is stale while it is still listed in one. An entity that is quarantined in its current version is not stale.
    """
    table, lists, key, _ = SIDE_TABLES[side]
    active = and_(table.status == Status.ACTIVE, User.is_active)
    quarantined = exists().where(
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
                    ~quarantined,
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


def has_lists_of_another_engine(session: Session, engine: int) -> bool:
    """Whether a market has lists that a run has published with another version of the engine than *engine*."""
    other = exists().where(Market.published_at.is_not(None), Market.engine.is_distinct_from(engine))
    return bool(session.scalar(select(other)))


def generation_of(session: Session, city_key: str, deal_type: DealType) -> Generation | None:
    """Return the generation that the market's lists are computed with; None before its first list."""
    row = session.execute(
        select(*Market.generation_columns()).where(Market.city_key == city_key, Market.deal_type == deal_type)
    ).one_or_none()
    return None if row is None else Generation(*row)
