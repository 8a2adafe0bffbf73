"""In which order lists are read where that is not by score: a market's entities give way by so many points.

Stored lists are by score whatever the order: they are what is exact, what changes are merged into and what `leadmatch
check` holds to its rules. In a market whose order is balanced (``markets.list_order``) every lead and property has a
*shift*, not above 0: the points by which it gives way to others for being sought by many (:mod:`matching.balance`).
Lists are read by score plus shift, and show the score. What has come since the shifts were made takes the mean of the
list that it stands in, so it is neither favoured nor hidden.
"""

from dataclasses import dataclass

from sqlalchemy import (
    REAL,
    BigInteger,
    ColumnElement,
    FromClause,
    Index,
    String,
    and_,
    column,
    delete,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, words
from models.enums import DealType, Side


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


@dataclass(frozen=True)
class ShownEntries:
    """The entries of one stored list: to be joined LATERAL, and put in order."""

    #: Columns id, score and place (in the stored list, 1 is best).
    entry: FromClause
    order: tuple[ColumnElement, ...]


def shown_entries(side: Side, ids: ColumnElement, scores: ColumnElement) -> ShownEntries:
    """The entries of a list of *side* whose arrays are *ids* and *scores*, and the order in which it is read."""
    stored = (
        func.unnest(ids, scores)
        .table_valued(column("id", BigInteger), column("score", REAL), with_ordinality="place", name="stored")
        .render_derived()
    )
    listed = Side.PROPERTY if side is Side.LEAD else Side.LEAD
    entry = (
        select(
            stored.c.id,
            stored.c.score,
            stored.c.place,
            ScoreShift.shift,
            func.avg(ScoreShift.shift).over().label("mean_shift"),
        )
        .select_from(stored)
        .outerjoin(ScoreShift, and_(ScoreShift.side == listed, ScoreShift.entity_id == stored.c.id))
        .lateral("entry")
    )
    shifted = entry.c.score + func.coalesce(entry.c.shift, entry.c.mean_shift, 0)
    return ShownEntries(entry, (shifted.desc(), entry.c.place))


def forget_shifts(session: Session, city_key: str, deal_type: DealType) -> None:
    """The market's lists are by score from now on."""
    session.execute(delete(ScoreShift).where(ScoreShift.city_key == city_key, ScoreShift.deal_type == deal_type))
