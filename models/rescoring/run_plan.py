"""The markets that a rescoring run covers, and the amount of work."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import OPEN_STATES, DealType, MarketKey, RunScope, Side
from models.market.leads import Lead
from models.market.properties import Property, on_any_market
from models.ranking.recommendations import stale_rows
from models.rescoring.runs import RescoringShard
from models.rescoring.tiles import grid_of


@dataclass(frozen=True)
class PlannedMarket:
    """A market and its amount of work."""

    pairs: int = 0
    #: The numbers of ranges of leads and of properties into which the market is divided.
    grid: tuple[int, int] = (1, 1)

    @property
    def tiles(self) -> int:
        """The number of tiles of the grid; 0: the market is not divided."""
        return 0 if self.grid == (1, 1) else self.grid[0] * self.grid[1]


def planned_markets(
    session: Session, scope: RunScope, city_key: str | None, deal_type: DealType | None, memory_mb: int
) -> dict[MarketKey, PlannedMarket]:
    """
    The markets that such a run would cover and that are in no open run, largest first.

    Args:
        city_key, deal_type: The market, for the scope MARKET.
        memory_mb: The memory limit of a worker (0: none); markets that need more are planned in tiles.
    """
    live = {
        (city, deal): PlannedMarket(leads * properties, grid_of(leads, properties, memory_mb))
        for city, deal, leads, properties in live_markets(session)
    }
    empty = PlannedMarket()
    if city_key is not None and deal_type is not None:
        wanted = {(city_key, deal_type): live.get((city_key, deal_type), empty)}
    elif scope is RunScope.ALL:
        wanted = live | {market: empty for market in sorted(stale_markets(session)) if market not in live}
    else:
        wanted = {market: live.get(market, empty) for market in stale_markets(session)}
    taken = busy_markets(session)
    free = [(market, planned) for market, planned in wanted.items() if market not in taken]
    return dict(sorted(free, key=lambda item: (-item[1].pairs, item[0])))


def busy_markets(session: Session) -> set[MarketKey]:
    """The markets of shards that have not ended."""
    query = select(RescoringShard.city_key, RescoringShard.deal_type).where(RescoringShard.state.in_(OPEN_STATES))
    return {(city_key, deal_type) for city_key, deal_type in session.execute(query.distinct())}


def live_markets(session: Session) -> list[tuple[str, DealType, int, int]]:
    """(city_key, deal_type, leads, properties) on the market now, for markets that have either, largest first."""
    sizes: dict[MarketKey, list[int]] = {}
    tables: tuple[type[Lead] | type[Property], ...] = (Lead, Property)
    for position, table in enumerate(tables):
        counted = (
            select(table.city_key, table.deal_type, func.count())
            .join(User, on_any_market(table))
            .group_by(table.city_key, table.deal_type)
        )
        for city_key, deal_type, count in session.execute(counted):
            sizes.setdefault((city_key, deal_type), [0, 0])[position] = count
    rows = [(*market, leads, properties) for market, (leads, properties) in sizes.items()]
    return sorted(rows, key=lambda row: (-row[2] * row[3], row[0], row[1]))


def stale_markets(session: Session) -> set[MarketKey]:
    """Markets with a stale list, including those that a still listed entity has left."""
    markets: set[MarketKey] = set()
    for side in Side:
        rows = stale_rows(side).subquery()
        current, listed = (rows.c.city_key, rows.c.deal_type), (rows.c.listed_city_key, rows.c.listed_deal_type)
        query = select(rows.c.on_market, *current, *listed).distinct()
        for is_on_market, city_key, deal_type, listed_city_key, listed_deal_type in session.execute(query):
            if is_on_market:
                markets.add((city_key, deal_type))
            if listed_city_key is not None:
                markets.add((listed_city_key, listed_deal_type))
    return markets
