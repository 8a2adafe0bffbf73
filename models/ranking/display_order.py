"""The display order of lists that are not ordered by score alone, and the explored properties that follow a list.

Stored lists are always by score: they are exact, changes are merged into them, and `leadmatch check` checks them. In a
market with the balanced order (``markets.list_order``) every lead and property has a *shift* of at most 0: the points
that it loses because it suits many others (:mod:`matching.engine.balance`). Lists are shown by score plus shift, with
their scores. An entry that is newer than the shifts gets the mean shift of its list, so it is neither favoured nor
hidden.

In a market with exploration slots (``markets.exploration_slots``), a few new properties that hardly any list has room
for follow a lead's list (:mod:`matching.engine.explore`). They score less than the list's entries, and are shown only
while the lead and the property have the versions that were scored.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    ColumnElement,
    FromClause,
    Index,
    Select,
    String,
    TableValuedAlias,
    and_,
    column,
    delete,
    exists,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from models.core.base import Base, enum_column
from models.core.enums import DealType, Side

#: A column of a stored list.
Column = ColumnElement[Any] | InstrumentedAttribute[Any]


class ScoreShift(Base):
    """The shift of one entity in others' lists. No foreign key: the entity is in one of two tables."""

    __tablename__ = "score_shifts"
    __table_args__ = (
        Index("ix_score_shifts_market", "city_key", "deal_type"),
        {"info": {"derived": True}},
    )

    side: Mapped[Side] = mapped_column(enum_column(Side, "side_is_known"), primary_key=True)
    entity_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    city_key: Mapped[str] = mapped_column(String(110))
    deal_type: Mapped[DealType] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    shift: Mapped[float] = mapped_column(REAL)  #: Points of score, 0 or less.


class ExploredOffer(Base):
    """A property offered to a lead after the end of its list."""

    __tablename__ = "explored_offers"
    __table_args__ = (
        Index("ix_explored_offers_market", "city_key", "deal_type"),
        {"info": {"derived": True}},
    )

    lead_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    property_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    city_key: Mapped[str] = mapped_column(String(110))
    deal_type: Mapped[DealType] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    score: Mapped[float] = mapped_column(REAL)
    #: The versions that were scored.
    lead_version: Mapped[int]
    property_version: Mapped[int]


@dataclass(frozen=True)
class ShownEntries:
    """The entries of one stored list, for a LATERAL join, and their order."""

    #: Columns id and score; where lists have explored entries, also whether this is one, and the versions scored.
    entry: FromClause[Any]
    order: tuple[ColumnElement[Any], ...]
    #: Whether the entry is an explored one, after the list's end.
    explored: ColumnElement[bool]

    def is_current(self, lead_version: Column, property_version: Column) -> ColumnElement[bool]:
        """A condition: the entry may be shown. An explored pair may not, once its lead or property has changed."""
        if "explored" not in self.entry.c:
            return true()
        scored = self.entry.c.lead_version, self.entry.c.property_version
        return or_(~self.explored, and_(scored[0] == lead_version, scored[1] == property_version))


def shown_entries(side: Side, row_id: Column, ids: Column, scores: Column) -> ShownEntries:
    """
    The entries of a list and their display order.

    Args:
        side: The side of the list's owner.
        row_id, ids, scores: The columns of the stored list: its owner and the two arrays.
    """
    row_id, ids, scores = map(_outer, (row_id, ids, scores))
    stored = _stored(ids, scores)
    own = (
        select(
            stored.c.id,
            stored.c.score,
            stored.c.rank,
            ScoreShift.shift,
            func.avg(ScoreShift.shift).over().label("mean_shift"),
            false().label("explored"),
            null().cast(BigInteger).label("lead_version"),
            null().cast(BigInteger).label("property_version"),
        )
        .select_from(stored)
        .outerjoin(ScoreShift, and_(ScoreShift.side == side.other, ScoreShift.entity_id == stored.c.id))
    )
    entries: Select[Any] = own if side is Side.PROPERTY else union_all(own, _explored(row_id, ids)).subquery().select()
    entry = entries.lateral("entry")
    shifted = entry.c.score + func.coalesce(entry.c.shift, entry.c.mean_shift, 0)
    return ShownEntries(entry, (entry.c.explored, shifted.desc(), entry.c.rank), entry.c.explored)


def first_entries(session: Session, row_id: Column, ids: Column, scores: Column, count: int) -> FromClause[Any]:
    """
    The first *count* entries of leads' lists in display order, for a LATERAL join: columns id, score and explored.

    If all markets are ordered by score alone, the rest of each list is not read.

    Args:
        row_id, ids, scores: As for :func:`shown_entries`.
    """
    if session.scalar(select(or_(exists(select(ScoreShift)), exists(select(ExploredOffer))))):
        shown = shown_entries(Side.LEAD, row_id, ids, scores)
        first = select(shown.entry.c.id, shown.entry.c.score, shown.explored.label("explored")).select_from(shown.entry)
        return first.order_by(*shown.order).limit(count).lateral("first")
    stored = _stored(ids[1:count], scores[1:count])
    return select(stored.c.id, stored.c.score, false().label("explored")).select_from(stored).lateral("first")


def plain_entries(ids: Column, scores: Column) -> ShownEntries:
    """
    Like :func:`shown_entries`, for markets that are :func:`is_plain`: most are, and this query takes half the time.
    """
    entry = _stored(ids, scores)
    return ShownEntries(entry, (entry.c.rank,), false())


def is_plain(city_key: Column, deal_type: Column) -> ColumnElement[bool]:
    """A condition: the market's lists are shown by score alone, without explored entries."""
    return and_(
        *(
            ~exists().where(table.city_key == city_key, table.deal_type == deal_type)
            for table in (ScoreShift, ExploredOffer)
        )
    )


def _stored(ids: Column, scores: Column) -> TableValuedAlias:
    return (
        func.unnest(ids, scores)
        .table_valued(column("id", BigInteger), column("score", REAL), with_ordinality="rank", name="stored")
        .render_derived()
    )


def _outer(stored: Column) -> ColumnElement[Any]:
    """The column as a column of the outer row; otherwise SQLAlchemy would add its table to the union's FROM."""
    expression = stored.expression
    return literal_column(f"{expression.table.name}.{expression.name}", expression.type)


def _explored(lead_id: ColumnElement[Any], listed_ids: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """The explored entries after a lead's list, ties by id, except those that have entered the list since."""
    offer = ExploredOffer
    versions = offer.lead_version, offer.property_version
    return select(offer.property_id, offer.score, offer.property_id, null(), null(), true(), *versions).where(
        offer.lead_id == lead_id, offer.property_id != func.all(listed_ids)
    )


def delete_score_shifts(session: Session, city_key: str, deal_type: DealType) -> None:
    """Delete the market's shifts: its lists are shown by score from now on."""
    session.execute(delete(ScoreShift).where(ScoreShift.city_key == city_key, ScoreShift.deal_type == deal_type))


def delete_explored_offers(session: Session, city_key: str, deal_type: DealType) -> None:
    """Delete the market's explored offers."""
    in_market = and_(ExploredOffer.city_key == city_key, ExploredOffer.deal_type == deal_type)
    session.execute(delete(ExploredOffer).where(in_market))
