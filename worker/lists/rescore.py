"""Rescoring a market: all of it, or only its changed entities. Readers never wait."""

import logging
from collections import deque
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from matching.engine.units import ENGINE_VERSION
from models.accounts.users import User
from models.core.enums import MarketKey, Side
from models.market.properties import on_any_market
from models.market.unscorable import Failure
from models.ranking.generations import Generation
from models.ranking.recommendations import LIST_LENGTH, SIDE_TABLES
from models.rescoring.tiles import grid_of, market_size
from worker.celery_app.error_location import error_location
from worker.celery_app.stages import stage
from worker.celery_app.task_context import settings
from worker.lists.changes import MAX_CHANGES, FormerVectors, apply_changes
from worker.lists.new_entries import queue_new_entry_events
from worker.lists.publish import Published, publish, stage_ranked
from worker.lists.scoring import score_snapshot
from worker.lists.work_control import NO_CONTROL, WorkControl
from worker.market.cache import cache_snapshot, locked_snapshot, snapshot_for_run
from worker.market.change_set import ChangeSet
from worker.market.failing_rows import SYSTEM_FAILURES
from worker.market.grouping import group_property
from worker.market.market_lock import lock_market
from worker.market.readings import is_outdated, read_entity
from worker.market.snapshot import Snapshot
from worker.market.stale import moved_to_market, stale_in

log = logging.getLogger(__name__)


def rebuild_market(
    session: Session,
    market: MarketKey,
    generation: Generation | None = None,
    run_id: int | None = None,
    control: WorkControl = NO_CONTROL,
) -> Published:
    """
    Compute and store every list of the market; the caller commits.

    Scoring holds no lock. Changes made meanwhile are applied in the transaction that publishes, so that readers who
    have seen a change never lose it again.

    Args:
        generation: The generation to compute with, for the run *run_id*. Without it, the market's own generation.
    Raises:
        ScoringStoppedError: *control* stopped the work; nothing is stored.
        GenerationMovedError: The market has moved to another generation meanwhile; nothing is stored.
    """
    leave_other_markets(session, market, control)
    if generation is None:
        generation = lock_market(session, market).generation
        session.commit()
    snapshot = snapshot_for_run(session, market, generation)
    lists = score_snapshot(session, snapshot, LIST_LENGTH, control)
    # Copying and comparing need no lock; only moving into place does.
    with stage("stage"):
        stage_ranked(session, snapshot, Side.LEAD, lists.for_leads)
        stage_ranked(session, snapshot, Side.PROPERTY, lists.for_properties)
    del lists
    return publish(session, snapshot, run_id)


def reconcile_market(session: Session, market: MarketKey, control: WorkControl = NO_CONTROL) -> int:
    """Rescore the market's stale entities and commit; returns how many there were."""
    leave_other_markets(session, market, control)
    stale = stale_in(session, market)
    rescore_changed(session, market, stale, control)
    return len(stale)


def stale_count(session: Session, market: MarketKey) -> int:
    """How many entities on this market, or listed in it, have stale lists."""
    return len(stale_in(session, market))


def rescore_entity(session: Session, side: Side, entity_id: int) -> None:
    """
    Rewrite the lists that one lead or property affects, in the market it has left and in its present one.

    Its text is read first, if it is still unread. Commits after each market; every transaction leaves complete lists.
    """
    is_unread, markets = state_of(session, side, entity_id)
    if is_unread:
        read_entity(session, side, entity_id)
    regrouped = group_property(session, entity_id) if side is Side.PROPERTY else set()
    for market in markets:
        rescore_changed(session, market, ChangeSet.of(side, [entity_id, *regrouped]))


def markets_of(session: Session, side: Side, entity_id: int) -> list[MarketKey]:
    """The market in which the entity is listed, and the one to which it belongs; commits."""
    return state_of(session, side, entity_id)[1]


def state_of(session: Session, side: Side, entity_id: int) -> tuple[bool, list[MarketKey]]:
    """Whether the entity's text is still unread, and the markets as in :func:`markets_of`; commits."""
    row = session.execute(_state(side), {"id": entity_id}).one_or_none()
    session.commit()
    if row is None:
        return False, []
    is_unread, listed, present = row[0], (row[1], row[2]), (row[4], row[5]) if row[3] is not None else (None, None)
    markets = dict.fromkeys([listed, present])
    return is_unread, [(city, deal) for city, deal in markets if city is not None and deal is not None]


@cache
def _state(side: Side) -> Select[*tuple[Any, ...]]:
    table, lists, key, _ = SIDE_TABLES[side]
    return (
        select(is_outdated(table), lists.city_key, lists.deal_type, User.id, table.city_key, table.deal_type)
        .outerjoin(lists, key == table.id)
        .outerjoin(User, on_any_market(table))
        .where(table.id == bindparam("id"))
        .execution_options(prepared=True)
    )


def rescore_changed(
    session: Session,
    market: MarketKey,
    changes: ChangeSet,
    control: WorkControl = NO_CONTROL,
    skipping: ChangeSet | None = None,
) -> None:
    """
    Rewrite every list of the market that the changes affect.

    Many changes are applied by scoring the whole market, if memory allows; otherwise changes are applied in portions,
    each committed. If a portion fails, its entities are retried one by one, and an entity that fails alone is
    quarantined.

    Args:
        skipping: Entities that are rescored later and must not be loaded with the market.
    Raises:
        ScoringStoppedError: *control* stopped the work; what has been committed until then is correct.
    """
    if needs_rebuild(session, market, changes):
        published = rebuild_market(session, market, control=control)
        control.commit(session)
        cache_snapshot(published.snapshot)
        return
    portions = deque(changes.split(MAX_CHANGES) if len(changes) > MAX_CHANGES else [changes] if len(changes) else [])
    while portions:
        control.raise_if_stopped()
        portion = portions.popleft()
        try:
            snapshot = _apply(session, market, portion, skipping)
        except SYSTEM_FAILURES:
            raise
        except Exception as failure:
            session.rollback()
            if len(portion) > 1:
                portions.extendleft(reversed(list(portion.split(1))))  # to find the entity that raised it
                continue
            snapshot = _quarantine(session, market, portion, failure, skipping)
        control.commit(session)
        cache_snapshot(snapshot)


def remove_unloadable(session: Session, market: MarketKey, entities: ChangeSet, skipping: ChangeSet) -> None:
    """Remove entities that were quarantined because they kill workers from all lists of the market, and commit."""
    snapshot = locked_snapshot(session, market, skipping)
    snapshot.refresh(session)
    snapshot.drop(entities)
    apply_changes(session, snapshot, entities)
    queue_new_entry_events(session)
    session.commit()
    cache_snapshot(snapshot)


def needs_rebuild(session: Session, market: MarketKey, changes: ChangeSet) -> bool:
    """Whether scoring the whole market applies the changes more quickly and fits into memory."""
    if len(changes) <= MAX_CHANGES:
        return False
    return grid_of(*market_size(session, *market), settings().worker_memory_mb) == (1, 1)


def _apply(session: Session, market: MarketKey, changes: ChangeSet, skipping: ChangeSet | None) -> Snapshot:
    """Apply the changes under the market's lock; returns the snapshot to cache after the commit."""
    snapshot = locked_snapshot(session, market, skipping)
    # Lists that another engine version computed do not show which entities this version would put into them.
    former = FormerVectors(snapshot, changes) if snapshot.generation.engine == ENGINE_VERSION else None
    snapshot.refresh(session)
    apply_changes(session, snapshot, changes, former)
    queue_new_entry_events(session)
    return snapshot


def _quarantine(
    session: Session, market: MarketKey, entity: ChangeSet, failure: Exception, skipping: ChangeSet | None
) -> Snapshot:
    """Remove the one entity that the engine fails on from all lists, until it is edited or a run can score it."""
    snapshot = locked_snapshot(session, market, skipping)
    snapshot.refresh(session)
    side = Side.LEAD if entity.leads else Side.PROPERTY
    part = snapshot.part(side)
    rows = part.rows_of(entity.ids(side))
    if not len(rows):
        raise failure  # the entity is not to blame: the market does not contain it
    failed = Failure(side, int(part.ids[rows[0]]), int(part.versions[rows[0]]), error_location(failure))
    log.error("entity_quarantined", extra={"side": side, "entity_id": failed.entity_id, "reason": failed.error})
    snapshot.leave_out(session, [failed])
    apply_changes(session, snapshot, entity)
    queue_new_entry_events(session)
    return snapshot


def leave_other_markets(session: Session, market: MarketKey, control: WorkControl = NO_CONTROL) -> None:
    """For the entities of this market that are still listed in another: rescore them in that other market."""
    leave_markets(session, moved_to_market(session, market), control)


def leave_markets(session: Session, moved: dict[MarketKey, ChangeSet], control: WorkControl = NO_CONTROL) -> None:
    """Rescore in each of the markets the entities that have left it."""
    for former_market, entities in moved.items():
        rescore_changed(session, former_market, entities, control)
