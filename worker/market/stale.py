"""The leads and properties of a market whose lists are stale."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, literal, select, union_all
from sqlalchemy.orm import Session

from models.core.enums import MarketKey, Side
from models.deals.exclusions import CITY_KEY, DEAL_TYPE
from models.platform.prepared_statements import COMPILED_ONCE
from models.ranking.recommendations import stale_rows
from models.ranking.stale_lists import (
    MAX_ROWS,
    Moment,
    StaleEntity,
    changed_between,
    current_moment,
    stale_among,
    stale_entities,
)
from models.rescoring.run_plan import stale_markets
from worker.market.change_set import ChangeSet


def stale_by_market(session: Session) -> dict[MarketKey, ChangeSet | None]:
    """The stale entities of all markets, sorted by market; None instead of them if very many are stale."""
    entities = stale_entities(session)
    if entities is None:
        return dict.fromkeys(sorted(stale_markets(session)))
    return dict(sorted(_by_market((market, entity) for entity in entities for market in entity.markets).items()))


def still_stale(session: Session, market: MarketKey, which: ChangeSet) -> ChangeSet:
    """As :func:`stale_in`, of these entities; reads no others."""
    stale = _by_market((market, entity) for entity in _still_stale(session, which) if market in entity.markets)
    return stale.get(market, ChangeSet())


def still_listed_elsewhere(session: Session, market: MarketKey, which: ChangeSet) -> dict[MarketKey, ChangeSet]:
    """As :func:`moved_to_market`, of these entities; reads no others."""
    moved = (entity for entity in _still_stale(session, which) if entity.market == market)
    return _by_market((entity.listed_in, entity) for entity in moved if entity.listed_in not in (None, market))


def _still_stale(session: Session, which: ChangeSet) -> Iterator[StaleEntity]:
    for side in Side:
        yield from stale_among(session, side, which.ids(side))


def _by_market(entities: Iterable[tuple[MarketKey, StaleEntity]]) -> dict[MarketKey, ChangeSet]:
    ids: dict[MarketKey, dict[Side, list[int]]] = {}
    for market, entity in entities:
        ids.setdefault(market, {side: [] for side in Side})[entity.side].append(entity.id)
    return {market: ChangeSet.both(sides[Side.LEAD], sides[Side.PROPERTY]) for market, sides in ids.items()}


def stale_since(session: Session, market: MarketKey, moment: Moment, stale: ChangeSet) -> ChangeSet:
    """As :func:`stale_in`, if those of *moment* were *stale*; reads only what was written since."""
    changed = changed_between(session, moment, current_moment(session))
    if changed is None:
        return stale_in(session, market)
    stale |= ChangeSet.both(changed[Side.LEAD], changed[Side.PROPERTY])
    if max(len(stale.ids(side)) for side in Side) > MAX_ROWS:
        return stale_in(session, market)
    return still_stale(session, market, stale)


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
