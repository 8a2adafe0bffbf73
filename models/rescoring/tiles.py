"""Cutting a market that is too big for one worker's memory into tiles: ranges of leads by ranges of properties.

What scoring a tile holds in memory grows with its leads plus its properties, not with their product. So a market is
cut into as few tiles as the bound allows, and each is loaded, scored and left as partial lists by whichever worker
takes it (worker/lists/tiles.py). A pair is scored in exactly one tile.
"""

from dataclasses import dataclass
from math import ceil

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import DealType
from models.market.leads import Lead
from models.market.properties import Property, on_market

#: What a worker process holds before it has loaded anything: libraries, the text model, buffers.
BASE_MB = 380
#: What scoring a market and publishing it takes for each lead and each property at its peak (measured by
#: `python -m scripts.benchmarks.bench.run`, whose figures docs/operations.md tells).
ROW_KB = 11


@dataclass(frozen=True)
class IdRange:
    """Ids from *start* up to but without *stop*; None: no bound on that side."""

    start: int | None = None
    stop: int | None = None


EVERYTHING = IdRange()


@dataclass(frozen=True)
class Tile:
    leads: IdRange
    properties: IdRange
    #: How many pairs it had when it was planned.
    pairs: int


def grid_of(leads: int, properties: int, memory_mb: int) -> tuple[int, int]:
    """
    Into how many ranges of leads and of properties to cut a market so that a tile fits into *memory_mb* (0: no bound).

    The fewest tiles; among as few, those with the least to load. A bound that leaves next to nothing still gets tiles of
    some rows: it is then exceeded rather than the market left unscored.

    >>> grid_of(100_000, 100_000, 3072), grid_of(300_000, 100_000, 3072)
    ((1, 1), (2, 1))
    """
    if not memory_mb or not leads or not properties:
        return 1, 1
    most = max((memory_mb - BASE_MB) * 1024 // ROW_KB, 200)
    if leads + properties <= most:
        return 1, 1
    grids = []
    for across in range(1, ceil(leads / (most / 100)) + 1):
        left = most - ceil(leads / across)
        if left > 0:
            down = ceil(properties / left)
            grids.append((across * down, ceil(leads / across) + ceil(properties / down), across, down))
    _, _, across, down = min(grids)
    return across, down


def market_size(session: Session, city_key: str, deal_type: DealType) -> tuple[int, int]:
    """How many leads and how many properties are on the market now."""
    return _count(session, Lead, city_key, deal_type), _count(session, Property, city_key, deal_type)


def tiles_of_market(session: Session, city_key: str, deal_type: DealType, grid: tuple[int, int]) -> list[Tile]:
    """The market's tiles, as many as *grid* has; ranges of as many rows as are on the market now."""
    leads = _ranges(session, Lead, city_key, deal_type, grid[0])
    properties = _ranges(session, Property, city_key, deal_type, grid[1])
    return [
        Tile(some_leads, some_properties, n_leads * n_properties)
        for some_leads, n_leads in leads
        for some_properties, n_properties in properties
    ]


def _ranges(
    session: Session, table: type[Lead] | type[Property], city_key: str, deal_type: DealType, count: int
) -> list[tuple[IdRange, int]]:
    """*count* ranges of ids with equally many rows of the market, and how many; together they hold every id there is."""
    if count == 1:
        return [(IdRange(), _count(session, table, city_key, deal_type))]
    number = (func.row_number().over(order_by=table.id) - 1).label("number")
    rows = _on_market(select(table.id, number), table, city_key, deal_type).subquery()
    size = ceil(_count(session, table, city_key, deal_type) / count)
    whole = session.scalar(select(func.count()).select_from(rows)) or 0
    starts = list(session.scalars(select(rows.c.id).where(rows.c.number % size == 0).order_by(rows.c.id)))
    # Open at both ends: rows that come while the run goes belong somewhere too.
    cuts = [None, *starts[1:], None]
    sizes = [min(size, whole - place * size) for place in range(len(starts))]
    return [(IdRange(cuts[place], cuts[place + 1]), rows) for place, rows in enumerate(sizes)]


def _count(session: Session, table: type[Lead] | type[Property], city_key: str, deal_type: DealType) -> int:
    return session.scalar(_on_market(select(func.count()), table, city_key, deal_type)) or 0


def _on_market(query: Select, table: type[Lead] | type[Property], city_key: str, deal_type: DealType) -> Select:
    there = query.select_from(table).join(User, on_market(table))
    return there.where(table.city_key == city_key, table.deal_type == deal_type)
