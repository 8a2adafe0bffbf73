"""How lists are read where that is not just by score: in which order, and what comes after their end.

Stored lists are by score whatever the order: they are what is exact, what changes are merged into and what `leadmatch
check` holds to its rules. In a market whose order is balanced (``markets.list_order``) every lead and property has a
*shift*, not above 0: the points by which it gives way to others for being sought by many (:mod:`matching.engine.balance`).
Lists are read by score plus shift, and show the score. What has come since the shifts were made takes the mean of the
list that it stands in, so it is neither favoured nor hidden.

In a market with exploration slots (``markets.exploration_slots``), a lead's list is followed by a few new properties that
hardly any list has room for (:mod:`matching.engine.explore`). They score less than what the list holds, and are shown only
while the lead and the property are those that were scored.
"""

from dataclasses import dataclass

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
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, words
from models.core.enums import DealType, Side


class ScoreShift(Base):
    """How far one entity stands back in others' lists. No foreign key: the entity is in one of two tables."""

    __tablename__ = "score_shifts"
    __table_args__ = (
        Index("ix_score_shifts_market", "city_key", "deal_type"),
        {"info": {"derived": True}},
    )

    side: Mapped[Side] = mapped_column(words(Side, "side_is_known"), primary_key=True)
    entity_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    city_key: Mapped[str] = mapped_column(String(110))
    deal_type: Mapped[DealType] = mapped_column(words(DealType, "deal_type_is_known"))
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
    deal_type: Mapped[DealType] = mapped_column(words(DealType, "deal_type_is_known"))
    score: Mapped[float] = mapped_column(REAL)
    #: What was scored.
    lead_version: Mapped[int]
    property_version: Mapped[int]


@dataclass(frozen=True)
class ShownEntries:
    """The entries of one stored list: to be joined LATERAL, and put in order."""

    #: Columns id, score, and where anything is explored: whether this is, and the versions scored.
    entry: FromClause
    order: tuple[ColumnElement, ...]
    #: Whether it comes after the list's end.
    explored: ColumnElement[bool]

    def is_current(self, lead_version: ColumnElement, property_version: ColumnElement) -> ColumnElement[bool]:
        """Not so for an explored pair of which either has changed since: it may break the deal now."""
        if "explored" not in self.entry.c:
            return true()
        scored = self.entry.c.lead_version, self.entry.c.property_version
        return or_(~self.explored, and_(scored[0] == lead_version, scored[1] == property_version))


def shown_entries(side: Side, row_id: ColumnElement, ids: ColumnElement, scores: ColumnElement) -> ShownEntries:
    """
    The entries of a list and the order in which it is read.

    Args:
        side: Whose list it is, a lead's or a property's.
        row_id, ids, scores: The columns of the stored list: its owner and the two arrays.
    """
    row_id, ids, scores = map(_outer, (row_id, ids, scores))
    stored = _stored(ids, scores)
    own = (
        select(
            stored.c.id,
            stored.c.score,
            stored.c.place,
            ScoreShift.shift,
            func.avg(ScoreShift.shift).over().label("mean_shift"),
            false().label("explored"),
            null().cast(BigInteger).label("lead_version"),
            null().cast(BigInteger).label("property_version"),
        )
        .select_from(stored)
        .outerjoin(ScoreShift, and_(ScoreShift.side == side.other, ScoreShift.entity_id == stored.c.id))
    )
    entry = own if side is Side.PROPERTY else union_all(own, _explored(row_id, ids)).subquery("entries").select()
    entry = entry.lateral("entry")
    shifted = entry.c.score + func.coalesce(entry.c.shift, entry.c.mean_shift, 0)
    return ShownEntries(entry, (entry.c.explored, shifted.desc(), entry.c.place), entry.c.explored)


def first_entries(
    session: Session, row_id: ColumnElement, ids: ColumnElement, scores: ColumnElement, count: int
) -> FromClause:
    """
    The first *count* entries of leads' lists in the order in which each is read: columns id, score and explored, to be
    joined LATERAL. Where no market is balanced or explored, without a look at the rest of each list.

    Args:
        row_id, ids, scores: As for :func:`shown_entries`.
    """
    if session.scalar(select(or_(exists(select(ScoreShift)), exists(select(ExploredOffer))))):
        shown = shown_entries(Side.LEAD, row_id, ids, scores)
        first = select(shown.entry.c.id, shown.entry.c.score, shown.explored.label("explored")).select_from(shown.entry)
        return first.order_by(*shown.order).limit(count).lateral("first")
    stored = _stored(ids[1:count], scores[1:count])
    return select(stored.c.id, stored.c.score, false().label("explored")).select_from(stored).lateral("first")


def plain_entries(ids: ColumnElement, scores: ColumnElement) -> ShownEntries:
    """The same in a market that :func:`is_plain`: most are, and this takes half the time."""
    entry = _stored(ids, scores)
    return ShownEntries(entry, (entry.c.place,), false())


def is_plain(city_key: ColumnElement, deal_type: ColumnElement) -> ColumnElement[bool]:
    """Whether lists of the market are read just by score, to their end."""
    return and_(
        *(
            ~exists().where(table.city_key == city_key, table.deal_type == deal_type)
            for table in (ScoreShift, ExploredOffer)
        )
    )


def _stored(ids: ColumnElement, scores: ColumnElement) -> TableValuedAlias:
    return (
        func.unnest(ids, scores)
        .table_valued(column("id", BigInteger), column("score", REAL), with_ordinality="place", name="stored")
        .render_derived()
    )


def _outer(stored: ColumnElement) -> ColumnElement:
    """The column of the row that the entries are joined to: SQLAlchemy would put its table into the union once more."""
    found = stored.expression
    return literal_column(f"{found.table.name}.{found.name}", found.type)


def _explored(lead_id: ColumnElement, listed_ids: ColumnElement) -> Select:
    """What comes after a lead's list, ties by id; not what has come into the list since."""
    offer = ExploredOffer
    versions = offer.lead_version, offer.property_version
    return select(offer.property_id, offer.score, offer.property_id, null(), null(), true(), *versions).where(
        offer.lead_id == lead_id, offer.property_id != func.all(listed_ids)
    )


def forget_shifts(session: Session, city_key: str, deal_type: DealType) -> None:
    """The market's lists are by score from now on."""
    session.execute(delete(ScoreShift).where(ScoreShift.city_key == city_key, ScoreShift.deal_type == deal_type))


def forget_explored(session: Session, city_key: str, deal_type: DealType) -> None:
    """Nothing comes after the market's lists from now on."""
    here = and_(ExploredOffer.city_key == city_key, ExploredOffer.deal_type == deal_type)
    session.execute(delete(ExploredOffer).where(here))
