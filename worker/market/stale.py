"""The leads and properties of a market whose lists are stale."""

from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, literal, select, union_all
from sqlalchemy.orm import Session

from models.core.enums import MarketKey, Side
from models.deals.exclusions import CITY_KEY, DEAL_TYPE
from models.platform.prepared_statements import COMPILED_ONCE
from models.ranking.recommendations import stale_rows
from worker.market.change_set import ChangeSet


def stale_in(session: Session, market: MarketKey) -> ChangeSet:
    """The entities of this market, or still listed in it, whose lists are stale."""
    of_side: dict[str, set[int]] = {side.value: set() for side in Side}
    for side, entity_id in session.execute(_stale(), _parameters(market), execution_options=COMPILED_ONCE):
        of_side[side].add(entity_id)
    return ChangeSet.both(of_side[Side.LEAD.value], of_side[Side.PROPERTY.value])


@cache
def _stale() -> CompoundSelect[str, int]:
    """Side and id; built once, because every market of a run asks several times."""
    queries = []
    for side in Side:
        rows = stale_rows(side).subquery()
        on_market = (rows.c.on_market, rows.c.city_key == CITY_KEY, rows.c.deal_type == DEAL_TYPE)
        listed = (rows.c.listed_city_key == CITY_KEY, rows.c.listed_deal_type == DEAL_TYPE)
        # Two queries, each with its own index: with OR, every market of a run would read the entities of all markets.
        queries += [select(literal(side.value), rows.c.id).where(*condition) for condition in (on_market, listed)]
    return union_all(*queries)


def moved_to_market(session: Session, market: MarketKey) -> dict[MarketKey, ChangeSet]:
    """The entities that belong to this market but are still listed in another, grouped by that other market."""
    moved: dict[MarketKey, ChangeSet] = {}
    listed = session.execute(_listed(), _parameters(market), execution_options=COMPILED_ONCE)
    for side, entity_id, city_key, deal_type in listed:
        former = (city_key, deal_type)
        if former != market:
            moved[former] = moved.get(former, ChangeSet()) | ChangeSet.of(Side(side), [entity_id])
    return moved


@cache
def _listed() -> CompoundSelect[*tuple[Any, ...]]:
    """The stale entities of a market that are listed anywhere: side, id, and where."""
    queries = []
    for side in Side:
        rows = stale_rows(side).subquery()
        columns = (literal(side.value), rows.c.id, rows.c.listed_city_key, rows.c.listed_deal_type)
        is_here = (rows.c.on_market, rows.c.city_key == CITY_KEY, rows.c.deal_type == DEAL_TYPE)
        queries.append(select(*columns).where(*is_here, rows.c.listed_city_key.is_not(None)))
    return union_all(*queries)


def _parameters(market: MarketKey) -> dict[str, Any]:
    return {"city_key": market[0], "deal_type": market[1]}
