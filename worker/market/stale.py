"""Which leads and properties of a market have stale lists."""

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from models.core.enums import Side
from models.ranking.recommendations import stale_rows
from worker.market.load import MarketKey


def stale_in(session: Session, market: MarketKey) -> tuple[set[int], set[int]]:
    """Ids of the leads and properties on this market, or listed in it, whose lists are stale."""
    found: list[set[int]] = []
    for side in (Side.LEAD, Side.PROPERTY):
        rows = stale_rows(side).subquery()
        on_it = (rows.c.on_market, rows.c.city_key == market[0], rows.c.deal_type == market[1])
        listed = (rows.c.listed_city_key == market[0], rows.c.listed_deal_type == market[1])
        # Each by its own index: with OR between them all entities of all markets would be read, for every market of a run.
        found.append(set(session.scalars(union(*(select(rows.c.id).where(*here) for here in (on_it, listed))))))
    return found[0], found[1]


def moved_here(session: Session, market: MarketKey) -> list[tuple[MarketKey, Side, set[int]]]:
    """What is on this market but still listed in another: (that market, side, ids)."""
    found: dict[tuple[MarketKey, Side], set[int]] = {}
    for side in Side:
        rows = stale_rows(side).subquery()
        moved = select(rows.c.id, rows.c.listed_city_key, rows.c.listed_deal_type).where(
            rows.c.on_market,
            rows.c.city_key == market[0],
            rows.c.deal_type == market[1],
            rows.c.listed_city_key.is_not(None),
        )
        for entity_id, *old in session.execute(moved):
            if tuple(old) != market:
                found.setdefault((tuple(old), side), set()).add(entity_id)
    return [(old_market, side, ids) for (old_market, side), ids in found.items()]
