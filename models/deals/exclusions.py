"""Pairs that a list leaves out because its side has acted on them."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.core.enums import DealType, Side
from models.deals import feed
from models.deals.matches import Action
from models.market.leads import Lead
from models.market.properties import Property


def acted_pairs(
    session: Session,
    side: Side,
    market: tuple[str, DealType],
    *,
    lead_ids: list[int] | None = None,
    property_ids: list[int] | None = None,
) -> list[tuple[int, int]]:
    """
    Return (lead_id, property_id) of the market's pairs that *side* has acted on, among the given ids if any.

    On the lead's side this includes a tenant's actions in the feed, which shows the list of the preference.
    """
    sources = [(_actions(side, market), Action.lead_id, Action.property_id)]
    if side is Side.LEAD:
        sources.append((feed.acted_pairs(*market), Lead.id, feed.FeedAction.property_id))
    pairs: dict[tuple[int, int], None] = {}
    for query, lead_id, property_id in sources:
        if lead_ids is not None:
            query = query.where(lead_id.in_(lead_ids))
        if property_ids is not None:
            query = query.where(property_id.in_(property_ids))
        pairs.update(dict.fromkeys((row[0], row[1]) for row in session.execute(query)))
    return list(pairs)


def _actions(side: Side, market: tuple[str, DealType]) -> Select:
    mine = Lead if side is Side.LEAD else Property
    key = Action.lead_id if side is Side.LEAD else Action.property_id
    return (
        select(Action.lead_id, Action.property_id)
        .join(mine, mine.id == key)
        .where(Action.side == side, mine.city_key == market[0], mine.deal_type == market[1])
    )
