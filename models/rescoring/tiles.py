"""Dividing a market that is too big for one worker's memory into tiles: ranges of leads by ranges of properties.

The memory for scoring a tile grows with its leads plus its properties, and a little with their product: two bytes for
each lead and block of 128 properties, for the bounds by which blocks are skipped. So a market is divided into as few
tiles as the memory allows. Any worker loads a tile, scores it, and stores its partial lists (worker/lists/tiles.py).
Each pair is scored in exactly one tile.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import DealType
from models.market.leads import Lead
from models.market.properties import Property, on_any_market

#: Memory of a worker process besides the rows of a tile: 250 MB for libraries, towns and the grammar, then the text
#: model, buffers, and the vectors of the whole market, which the merge of its tiles holds.
BASE_MB = 380
#: Peak memory for scoring and publishing a market, for each lead and each property (measured by
#: `python -m scripts.benchmarks.bench.run`, whose figures are in docs/operations.md).
ROW_KB = 10.5
#: Pairs whose bounds take one KB: two bytes for each lead and block of properties (matching.engine.bounds).
PAIRS_PER_KB = 128 * 1024 // 2
#: Rows of the smallest tile.
MIN_ROWS = 200


@dataclass(frozen=True)
class IdRange:
    """Ids from *start* up to, but excluding, *stop*; None: no bound on that side."""

    start: int | None = None
    stop: int | None = None


EVERYTHING = IdRange()


@dataclass(frozen=True)
class Tile:
    """A range of leads by a range of properties."""

    leads: IdRange
    properties: IdRange
    #: Its number of pairs when it was planned.
    pairs: int


def grid_of(leads: int, properties: int, memory_mb: int) -> tuple[int, int]:
    """
    The numbers of ranges of leads and of properties with which each tile of a market fits into *memory_mb* (0: no
    limit).

    It chooses the fewest tiles, and among equal numbers those with the fewest rows to load. Even with a very low limit,
    tiles have a minimum number of rows: the limit is exceeded rather than leaving the market unscored.

    >>> grid_of(100_000, 100_000, 3072), grid_of(300_000, 100_000, 3072)
    ((1, 1), (3, 1))
    """
    if not memory_mb or not leads or not properties:
        return 1, 1
    budget_kb = max((memory_mb - BASE_MB) * 1024, MIN_ROWS * ROW_KB)
    if _tile_kb(leads, properties) <= budget_kb:
        return 1, 1
    grids = []
    for across in range(1, ceil(leads * ROW_KB / budget_kb * 100) + 1):
        in_tile = ceil(leads / across)
        maximum = int((budget_kb - in_tile * ROW_KB) / (ROW_KB + in_tile / PAIRS_PER_KB))
        if maximum > 0:
            down = ceil(properties / maximum)
            grids.append((across * down, in_tile + ceil(properties / down), across, down))
    _, _, across, down = min(grids)
    return across, down


def _tile_kb(leads: int, properties: int) -> float:
    return (leads + properties) * ROW_KB + leads * properties / PAIRS_PER_KB


def market_size(session: Session, city_key: str, deal_type: DealType) -> tuple[int, int]:
    """The numbers of leads and of properties on the market now."""
    return _count(session, Lead, city_key, deal_type), _count(session, Property, city_key, deal_type)


def tiles_of_market(session: Session, city_key: str, deal_type: DealType, grid: tuple[int, int]) -> list[Tile]:
    """The market's tiles by *grid*; by its present rows, all ranges are equally large."""
    leads = _ranges(session, Lead, city_key, deal_type, grid[0])
    properties = _ranges(session, Property, city_key, deal_type, grid[1])
    return [
        Tile(lead_range, property_range, n_leads * n_properties)
        for lead_range, n_leads in leads
        for property_range, n_properties in properties
    ]


def _ranges(
    session: Session, table: type[Lead] | type[Property], city_key: str, deal_type: DealType, count: int
) -> list[tuple[IdRange, int]]:
    """
    *count* ranges of ids with equally many rows of the market, and their numbers of rows; together they hold every id.
    """
    if count == 1:
        return [(IdRange(), _count(session, table, city_key, deal_type))]
    number = (func.row_number().over(order_by=table.id) - 1).label("number")
    rows = _on_market(select(table.id, number), table, city_key, deal_type).subquery()
    size = ceil(_count(session, table, city_key, deal_type) / count)
    total = session.scalar(select(func.count()).select_from(rows)) or 0
    starts = list(session.scalars(select(rows.c.id).where(rows.c.number % size == 0).order_by(rows.c.id)))
    # The first and last ranges are open, so that rows added during the run belong to a tile too.
    bounds = [None, *starts[1:], None]
    sizes = [min(size, total - number * size) for number in range(len(starts))]
    return [(IdRange(bounds[number], bounds[number + 1]), n_rows) for number, n_rows in enumerate(sizes)]


def _count(session: Session, table: type[Lead] | type[Property], city_key: str, deal_type: DealType) -> int:
    return session.scalar(_on_market(select(func.count()), table, city_key, deal_type)) or 0


def _on_market(
    query: Select[Any], table: type[Lead] | type[Property], city_key: str, deal_type: DealType
) -> Select[Any]:
    joined = query.select_from(table).join(User, on_any_market(table))
    return joined.where(table.city_key == city_key, table.deal_type == deal_type)
