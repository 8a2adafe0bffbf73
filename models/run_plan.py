"""Which markets a rescoring run covers, and how much work that is."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import OPEN_STATES, DealType, RunScope, Side
from models.recommendations import stale_rows
from models.runs import RescoringShard, live_markets

#: (canonical city, deal type)
MarketKey = tuple[str, DealType]


def planned_markets(
    session: Session, scope: RunScope, city_key: str | None, deal_type: DealType | None
) -> dict[MarketKey, int]:
    """The markets that such a run would cover and no open run has, with their numbers of pairs; largest first."""
    live = {(city, deal): leads * properties for city, deal, leads, properties in live_markets(session)}
    if scope is RunScope.MARKET:
        wanted = {(city_key, deal_type): live.get((city_key, deal_type), 0)}
    elif scope is RunScope.ALL:
        wanted = live | {market: 0 for market in sorted(stale_markets(session)) if market not in live}
    else:
        wanted = {market: live.get(market, 0) for market in stale_markets(session)}
    open_shards = select(RescoringShard.city_key, RescoringShard.deal_type).where(RescoringShard.state.in_(OPEN_STATES))
    taken = {tuple(row) for row in session.execute(open_shards)}
    free = [(market, pairs) for market, pairs in wanted.items() if market not in taken]
    return dict(sorted(free, key=lambda item: (-item[1], item[0])))


def stale_markets(session: Session) -> set[MarketKey]:
    """Markets in which something is stale, those that an entity has left included."""
    found: set[MarketKey] = set()
    for side in Side:
        rows = stale_rows(side).subquery()
        now = select(rows.c.city_key, rows.c.deal_type).where(rows.c.on_market).distinct()
        listed = select(rows.c.listed_city_key, rows.c.listed_deal_type).where(rows.c.listed_city_key.is_not(None))
        for query in (now, listed.distinct()):
            found.update(tuple(row) for row in session.execute(query))
    return found
