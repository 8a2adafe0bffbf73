"""The leads and properties of a market whose lists are stale."""

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from models.core.enums import MarketKey, Side
from models.ranking.recommendations import stale_rows
from worker.market.change_set import ChangeSet


def stale_in(session: Session, market: MarketKey) -> ChangeSet:
    """The entities of this market, or still listed in it, whose lists are stale."""
    stale = ChangeSet()
    for side in Side:
        rows = stale_rows(side).subquery()
        on_market = (rows.c.on_market, rows.c.city_key == market[0], rows.c.deal_type == market[1])
        listed = (rows.c.listed_city_key == market[0], rows.c.listed_deal_type == market[1])
        # Two queries, each with its own index: with OR, every market of a run would read the entities of all markets.
        ids = session.scalars(union(*(select(rows.c.id).where(*condition) for condition in (on_market, listed))))
        stale |= ChangeSet.of(side, ids)
    return stale


def moved_to_market(session: Session, market: MarketKey) -> dict[MarketKey, ChangeSet]:
    """The entities that belong to this market but are still listed in another, grouped by that other market."""
    moved: dict[MarketKey, ChangeSet] = {}
    for side in Side:
        rows = stale_rows(side).subquery()
        listed = select(rows.c.id, rows.c.listed_city_key, rows.c.listed_deal_type).where(
            rows.c.on_market,
            rows.c.city_key == market[0],
            rows.c.deal_type == market[1],
            rows.c.listed_city_key.is_not(None),
        )
        for entity_id, city_key, deal_type in session.execute(listed):
            former = (city_key, deal_type)
            if former != market:
                moved[former] = moved.get(former, ChangeSet()) | ChangeSet.of(side, [entity_id])
    return moved
