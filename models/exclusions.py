"""Pairs that a list leaves out because its side has acted on them."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.enums import DealType, Side
from models.leads import Lead
from models.matches import Action
from models.properties import Property


def acted_pairs(
    session: Session,
    side: Side,
    market: tuple[str, DealType],
    *,
    lead_ids: list[int] | None = None,
    property_ids: list[int] | None = None,
) -> list[tuple[int, int]]:
    """(lead_id, property_id) of the market's pairs that *side* has liked or disliked, among the ids where given."""
    query = _actions(side, market)
    if lead_ids is not None:
        query = query.where(Action.lead_id.in_(lead_ids))
    if property_ids is not None:
        query = query.where(Action.property_id.in_(property_ids))
    return [(lead_id, property_id) for lead_id, property_id in session.execute(query)]


def _actions(side: Side, market: tuple[str, DealType]) -> Select:
    mine = Lead if side is Side.LEAD else Property
    key = Action.lead_id if side is Side.LEAD else Action.property_id
    return (
        select(Action.lead_id, Action.property_id)
        .join(mine, mine.id == key)
        .where(Action.side == side, mine.city_key == market[0], mine.deal_type == market[1])
    )
