"""Which markets a rescoring run covers, and how much work that is."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import OPEN_STATES, DealType, RunScope, Side
from models.market.leads import Lead
from models.market.properties import Property, on_market
from models.ranking.recommendations import stale_rows
from models.rescoring.runs import RescoringShard
from models.rescoring.tiles import grid_of

#: (canonical city, deal type)
MarketKey = tuple[str, DealType]


@dataclass(frozen=True)
class PlannedMarket:
    """How much work a market is."""

    pairs: int = 0
    #: Into how many ranges of leads and of properties it is cut.
    grid: tuple[int, int] = (1, 1)

    @property
    def tiles(self) -> int:
        """How many tiles that makes; 0: the market is scored whole."""
        return 0 if self.grid == (1, 1) else self.grid[0] * self.grid[1]


def planned_markets(
    session: Session, scope: RunScope, city_key: str | None, deal_type: DealType | None, memory_mb: int
) -> dict[MarketKey, PlannedMarket]:
    """
    The markets that such a run would cover and no open run has, largest first.

    *memory_mb* bounds a worker (0: no bound): markets that would take more are planned in tiles.
    """
    live = {
        (city, deal): PlannedMarket(leads * properties, grid_of(leads, properties, memory_mb))
        for city, deal, leads, properties in live_markets(session)
    }
    none = PlannedMarket()
    if scope is RunScope.MARKET:
        wanted = {(city_key, deal_type): live.get((city_key, deal_type), none)}
    elif scope is RunScope.ALL:
        wanted = live | {market: none for market in sorted(stale_markets(session)) if market not in live}
    else:
        wanted = {market: live.get(market, none) for market in stale_markets(session)}
    taken = taken_markets(session)
    free = [(market, planned) for market, planned in wanted.items() if market not in taken]
    return dict(sorted(free, key=lambda item: (-item[1].pairs, item[0])))


def taken_markets(session: Session) -> set[MarketKey]:
    """Markets of which an open run has shards that are open still."""
    open_shards = select(RescoringShard.city_key, RescoringShard.deal_type).where(RescoringShard.state.in_(OPEN_STATES))
    return {tuple(row) for row in session.execute(open_shards.distinct())}


def live_markets(session: Session) -> list[tuple[str, DealType, int, int]]:
    """(city_key, deal_type, leads, properties) on the market now, for markets that have either, largest first."""
    sizes: dict[tuple[str, DealType], list[int]] = {}
    for place, table in enumerate((Lead, Property)):
        counted = (
            select(table.city_key, table.deal_type, func.count())
            .join(User, on_market(table))
            .group_by(table.city_key, table.deal_type)
        )
        for city_key, deal_type, count in session.execute(counted):
            sizes.setdefault((city_key, deal_type), [0, 0])[place] = count
    rows = [(*market, leads, properties) for market, (leads, properties) in sizes.items()]
    return sorted(rows, key=lambda row: (-row[2] * row[3], row[0], row[1]))


def stale_markets(session: Session) -> set[MarketKey]:
    """Markets in which something is stale, those that an entity has left included."""
    found: set[MarketKey] = set()
    for side in Side:
        rows = stale_rows(side).subquery()
        now, listed = (rows.c.city_key, rows.c.deal_type), (rows.c.listed_city_key, rows.c.listed_deal_type)
        for is_there, *places in session.execute(select(rows.c.on_market, *now, *listed).distinct()):
            if is_there:
                found.add(tuple(places[:2]))
            if places[2] is not None:
                found.add(tuple(places[2:]))
    return found
