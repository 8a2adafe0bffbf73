"""Rescoring a market: wholly, or just what is stale in it. One transaction a market; readers never wait."""

import logging
from collections.abc import Callable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Side
from models.market.facts import market_factors, told_factors
from models.market.properties import on_market
from models.market.unscorable import Failure
from models.ranking.recommendations import LIST_LENGTH, SIDE_TABLES
from models.rescoring.tiles import grid_of, market_size
from worker.celery_app.stages import stage
from worker.celery_app.task_context import settings
from worker.lists.changes import MOST_CHANGES, Before, apply_changes
from worker.lists.publish import Published, publish, stage_ranked
from worker.lists.scoring import score_snapshot
from worker.market.cache import SnapshotCache
from worker.market.failing_rows import NOT_A_ROWS_FAULT, place_of
from worker.market.load import MarketKey
from worker.market.market_lock import lock_market, text_model, weights
from worker.market.snapshot import Snapshot
from worker.market.stale import moved_here, stale_in

log = logging.getLogger(__name__)

_snapshots = SnapshotCache()


def rebuild_market(
    session: Session,
    market: MarketKey,
    text_model_id: int | None,
    run_id: int | None = None,
    *,
    weights_id: int | None = None,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Published:
    """
    Compute and store every list of the market; the caller commits.

    Without *weights_id* the default weights count.

    Scoring holds no lock. What was written meanwhile is made right in the transaction that publishes, so that a run
    never takes readers back behind a change that they have seen.

    Raises:
        ScoringStoppedError: *should_stop* said so; nothing is stored.
    """
    leave_other_markets(session, market)
    forget_snapshots()
    snapshot = load_snapshot(session, market, text_model_id, weights_id)
    lists = score_snapshot(session, snapshot, LIST_LENGTH, threads, progress, should_stop)
    # Copying and comparing need no lock; only moving into place does.
    with stage("stage"):
        stage_ranked(session, snapshot, Side.LEAD, lists.for_leads)
        stage_ranked(session, snapshot, Side.PROPERTY, lists.for_properties)
    del lists
    published = publish(session, snapshot, run_id)
    _remember(snapshot)
    return published


def reconcile_market(session: Session, market: MarketKey) -> int:
    """Make right what is stale in the market; the caller commits. How many entities were stale."""
    leave_other_markets(session, market)
    leads, properties = stale_in(session, market)
    return _settle(session, market, leads, properties)


def stale_count(session: Session, market: MarketKey) -> int:
    """How many entities on this market, or listed in it, have stale lists."""
    return sum(map(len, stale_in(session, market)))


def settle_entity(session: Session, side: Side, entity_id: int) -> None:
    """
    Make right the lists that one lead or property touches, in the market it has left and in the one it is on.

    Commits after each market: every transaction leaves whole lists.
    """
    table, lists, key, _ = SIDE_TABLES[side]
    ids = {entity_id}
    listed = session.execute(select(lists.city_key, lists.deal_type).where(key == entity_id)).one_or_none()
    there = select(table.city_key, table.deal_type).join(User, on_market(table)).where(table.id == entity_id)
    now = session.execute(there).one_or_none()
    session.commit()
    markets = [tuple(place) for place in (listed, now) if place is not None and place[0] is not None]
    for market in dict.fromkeys(markets):
        _settle(session, market, *((ids, set()) if side is Side.LEAD else (set(), ids)))
        session.commit()


def _settle(session: Session, market: MarketKey, lead_ids: set[int], property_ids: set[int]) -> int:
    count = len(lead_ids) + len(property_ids)
    if count > MOST_CHANGES and grid_of(*market_size(session, *market), settings().worker_memory_mb) != (1, 1):
        # All of it at once would take more memory than we may.
        for some_leads, some_properties in _portions(lead_ids, property_ids):
            _settle(session, market, some_leads, some_properties)
            session.commit()
    elif count > MOST_CHANGES:
        row = lock_market(session, market)
        model_id, weights_id = row.text_model_id, row.weights_id
        session.commit()
        rebuild_market(session, market, model_id, weights_id=weights_id)
    elif count:
        snapshot = _locked_snapshot(session, market)
        before = Before(snapshot, lead_ids, property_ids)
        snapshot.refresh(session)
        try:
            apply_changes(session, snapshot, lead_ids, property_ids, before)
        except NOT_A_ROWS_FAULT:
            raise
        except Exception as failure:
            session.rollback()
            _settle_apart(session, market, lead_ids, property_ids, failure)
        else:
            _remember(snapshot)
    return count


def _settle_apart(
    session: Session, market: MarketKey, lead_ids: set[int], property_ids: set[int], failure: Exception
) -> None:
    """One entity after another, for *failure* came of one of them; that one is set aside."""
    if len(lead_ids) + len(property_ids) == 1:
        _set_aside(session, market, failure, lead_ids, property_ids)
        return
    for entity_id in sorted(lead_ids):
        _settle(session, market, {entity_id}, set())
        session.commit()
    for entity_id in sorted(property_ids):
        _settle(session, market, set(), {entity_id})
        session.commit()


def _set_aside(
    session: Session, market: MarketKey, failure: Exception, lead_ids: set[int], property_ids: set[int]
) -> None:
    """Take the one entity that the engine fails on out of the market's lists, until it is written again or a run manages."""
    snapshot = _locked_snapshot(session, market)
    snapshot.refresh(session)
    side = Side.LEAD if lead_ids else Side.PROPERTY
    part = snapshot.part(side)
    place = part.rows_of(lead_ids | property_ids)
    if not len(place):
        raise failure  # it is not the entity's: it is not even in the market
    failed = Failure(side, int(part.ids[place[0]]), int(part.versions[place[0]]), place_of(failure))
    log.error("entity_set_aside", extra={"side": side, "entity_id": failed.entity_id, "reason": failed.error})
    snapshot.leave_out(session, [failed])
    apply_changes(session, snapshot, lead_ids, property_ids)
    _remember(snapshot)


def _portions(lead_ids: set[int], property_ids: set[int]) -> Iterator[tuple[set[int], set[int]]]:
    """The ids of both sides, :data:`MOST_CHANGES` at a time."""
    for ids, is_lead in ((sorted(lead_ids), True), (sorted(property_ids), False)):
        for first in range(0, len(ids), MOST_CHANGES):
            some = set(ids[first : first + MOST_CHANGES])
            yield (some, set()) if is_lead else (set(), some)


def leave_other_markets(session: Session, market: MarketKey) -> None:
    """Take what is on this market but still listed in another out of that one."""
    for old_market, side, ids in moved_here(session, market):
        _settle(session, old_market, *((ids, set()) if side is Side.LEAD else (set(), ids)))
        session.commit()


def _locked_snapshot(session: Session, market: MarketKey) -> Snapshot:
    """
    The market's lock, and the market as last remembered, or loaded anew.

    Loading a big market takes seconds: it is done without the lock, so that others who have it loaded go on meanwhile.
    The caller remembers the snapshot when all went well: one that broke off in the middle of a refresh would be missing
    what it was just about to take in, for ever.
    """
    while True:
        row = lock_market(session, market)
        wanted = (row.text_model_id, row.weights_id, told_factors(market_factors(session, market[0])))
        known = _snapshots.take(market)
        if known is not None and (known.text_model_id, known.weights_id, known.rates) == wanted:
            return known
        session.commit()
        keep_market(session, market, row.text_model_id, row.weights_id)
        session.commit()


def keep_market(session: Session, market: MarketKey, text_model_id: int | None, weights_id: int | None) -> None:
    """Load the market into this process's memory, to be there for changes."""
    _remember(load_snapshot(session, market, text_model_id, weights_id))


def load_snapshot(session: Session, market: MarketKey, text_model_id: int | None, weights_id: int | None) -> Snapshot:
    """The market as it is now, by this text model and these weights."""
    model, weighed = text_model(session, text_model_id), weights(session, weights_id)
    return Snapshot.load(session, market, text_model_id, model, weights_id, weighed)


def forget_snapshots() -> None:
    """Let go of the snapshots kept: scoring a whole market takes the memory that they may take at other times."""
    _snapshots.clear()


def _remember(snapshot: Snapshot) -> None:
    _snapshots.keep(snapshot, settings().worker_memory_mb)
