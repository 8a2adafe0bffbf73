"""Likes and dislikes of each side of a pair. Matches follow from them (matches.py)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    ScalarSelect,
    Text,
    UniqueConstraint,
    and_,
    false,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.enums import ActionKind, Side
from models.deals.price_cuts import ActionsOf, has_returned
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.display_order import shown_entries
from models.ranking.recommendations import SIDE_TABLES


class Action(Base):
    """The last action of one side of a pair on the other."""

    __tablename__ = "actions"
    __table_args__ = (
        UniqueConstraint("lead_id", "property_id", "side"),
        CheckConstraint("proposed_commission BETWEEN 0 AND 100", name="commission_is_a_percentage"),
        CheckConstraint("list_place >= 1", name="list_place_counts_from_1"),
        Index("ix_actions_property_side", "property_id", "side"),
    )

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    side: Mapped[Side] = mapped_column(enum_column(Side, "side_is_known"))
    kind: Mapped[ActionKind] = mapped_column(enum_column(ActionKind, "kind_is_known"))
    proposed_commission: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    notes: Mapped[str | None] = mapped_column(Text)
    #: Rank of the other entity in the side's list at the first action; null: not in the list. Weight learning needs it
    #: to correct for position (matching.learning.weight_learning).
    list_place: Mapped[int | None] = mapped_column(Integer)
    #: A dislike of a home that had already returned because of a price cut; it does not return again
    #: (models.deals.price_cuts).
    holds_at_any_price: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[CreatedAt]
    acted_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


def actions_of_lead(lead_id: Any) -> ActionsOf:
    """The actions of the lead's side on properties; *lead_id* is a number or a column."""
    action = aliased(Action)
    is_own = and_(action.lead_id == lead_id, action.side == literal_column(f"'{Side.LEAD}'"))
    return ActionsOf(action, is_own, action.kind == literal_column(f"'{ActionKind.DISLIKE}'"))


def store_action(
    session: Session,
    lead_id: int,
    property_id: int,
    side: Side,
    kind: ActionKind,
    commission: Decimal | None,
    notes: str | None,
) -> None:
    """Store the action of *side* on the pair, replacing an earlier one."""
    new_values: dict[str, Any] = {"kind": kind, "proposed_commission": commission, "notes": notes}
    if side is Side.LEAD and kind is ActionKind.DISLIKE:
        has_come_back = has_returned(lambda: actions_of_lead(lead_id), Property, Lead)
        pair = select(has_come_back).select_from(Property).join(Lead, true())
        query = pair.where(Property.id == property_id, Lead.id == lead_id)
        new_values["holds_at_any_price"] = query.scalar_subquery()
    session.execute(
        insert(Action)
        .values(
            lead_id=lead_id,
            property_id=property_id,
            side=side,
            list_place=_list_rank(side, lead_id, property_id),
            **new_values,
        )
        .on_conflict_do_update(
            index_elements=[Action.lead_id, Action.property_id, Action.side],
            set_={**new_values, "acted_at": func.now()},
        )
    )


def _list_rank(side: Side, lead_id: int, property_id: int) -> ScalarSelect[int]:
    _, lists, key, ids = SIDE_TABLES[side]
    mine_id, other_id = (lead_id, property_id) if side is Side.LEAD else (property_id, lead_id)
    shown = shown_entries(side, key, ids, lists.scores)
    ranks = (
        select(shown.entry.c.id, func.row_number().over(order_by=shown.order).label("rank"))
        .select_from(lists)
        .join(shown.entry, true())
        .where(key == mine_id)
        .subquery()
    )
    return select(ranks.c.rank).where(ranks.c.id == other_id).scalar_subquery()
