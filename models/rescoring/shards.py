"""The processing of a run's shards: claiming, reporting, holding, ending and requeuing them.

A worker *claims* a shard, reports pairs as it goes, and ends it. A shard whose worker has not reported for
:data:`LEASE` can be claimed by another.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from models.core.base import rows_changed
from models.core.enums import OPEN_STATES, RunState
from models.rescoring.errors import MarketHasRunError, RunNotFailedError
from models.rescoring.partial_lists import delete_partials, with_partials
from models.rescoring.runs import RescoringRun, RescoringShard, end_run_if_done, get_run, lock_run_requests

#: A worker reports at least this often while it scores.
HEARTBEAT = timedelta(seconds=3)
#: A shard without a report for this long can be claimed by another worker.
LEASE = timedelta(seconds=20)
#: A shard fails after this many claims; otherwise it could kill one worker after another for ever.
MAX_ATTEMPTS = 5


def claim_shard(session: Session, shard_id: int, worker: str) -> RescoringShard | None:
    """
    Claim the shard for *worker*; None if another works on it, it has ended, waits for tiles, or its run was cancelled.
    """
    free = or_(RescoringShard.state == RunState.QUEUED, RescoringShard.heartbeat_at < func.now() - LEASE)
    return session.scalar(
        update(RescoringShard)
        .where(RescoringShard.id == shard_id, RescoringShard.state.in_(OPEN_STATES), free, has_its_tiles())
        .values(
            state=RunState.RUNNING,
            worker=worker,
            attempts=RescoringShard.attempts + 1,
            heartbeat_at=func.now(),
            started_at=func.now(),
            pairs_done=0,
            error=None,
        )
        .returning(RescoringShard),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )


def report(session: Session, shard_id: int, worker: str, attempt: int, pairs_done: int) -> bool:
    """Store progress. Returns False if the shard no longer belongs to this attempt, which then has to stop."""
    updated = session.execute(
        update(RescoringShard)
        .where(
            RescoringShard.id == shard_id,
            RescoringShard.worker == worker,
            RescoringShard.attempts == attempt,
            RescoringShard.state == RunState.RUNNING,
        )
        .values(pairs_done=pairs_done, heartbeat_at=func.now())
    )
    return bool(rows_changed(updated))


def lock_shard(session: Session, shard_id: int, worker: str, attempt: int) -> RescoringShard | None:
    """
    Lock the shard and its run, so that neither changes until the transaction ends.

    Returns:
        None if the shard no longer belongs to this attempt: it was cancelled, or another worker has claimed it.
    """
    # The run first, as in cancelling, otherwise the two could deadlock.
    run_of_shard = select(RescoringRun).join(RescoringRun.shards).where(RescoringShard.id == shard_id)
    locked = run_of_shard.with_for_update(of=RescoringRun).execution_options(populate_existing=True)
    if session.scalars(locked).one_or_none() is None:
        return None
    shard = session.get_one(RescoringShard, shard_id, with_for_update=True, populate_existing=True)
    is_ours = (shard.state, shard.worker, shard.attempts) == (RunState.RUNNING, worker, attempt)
    return shard if is_ours else None


def end_shard(
    session: Session,
    shard: RescoringShard,
    state: RunState,
    error: str | None = None,
    figures: Mapping[str, Any] = MappingProxyType({}),
) -> int | None:
    """
    End the shard and, if it was the last one open, its run.

    Args:
        figures: Further columns of the shard, by name.
    Returns:
        The id of the shard that merges the market's tiles, if this was the last tile.
    """
    run = get_run(session, shard.run_id, lock=True)
    shard.state, shard.error, shard.finished_at = state, error, func.now()
    for name, value in figures.items():
        setattr(shard, name, value)
    if state is RunState.SUCCEEDED:
        shard.pairs_done = shard.pairs_total
    session.flush()
    merge_id = _end_tiles(session, shard) if shard.tile else None
    end_run_if_done(session, run)
    return merge_id


def _end_tiles(session: Session, tile: RescoringShard) -> int | None:
    """Id of the merging shard if its tiles have all succeeded; if all have ended otherwise, that shard fails."""
    market = session.scalars(
        select(RescoringShard)
        .where(
            RescoringShard.run_id == tile.run_id,
            RescoringShard.city_key == tile.city_key,
            RescoringShard.deal_type == tile.deal_type,
            RescoringShard.tile == 0,
            RescoringShard.state.in_(OPEN_STATES),
        )
        .with_for_update()
    ).one_or_none()
    if market is None:
        return None
    states = [each.state for each in tiles_of(session, market)]
    if any(state in OPEN_STATES for state in states):
        return None
    failed = sum(state is not RunState.SUCCEEDED for state in states)
    if not failed:
        return market.id
    market.state, market.finished_at = RunState.FAILED, func.now()
    market.error = f"{failed} of {len(states)} tiles failed"
    session.flush()
    return None


def tiles_of(session: Session, market: RescoringShard) -> list[RescoringShard]:
    """The tiles that a merging shard merges, in order."""
    query = select(RescoringShard).where(_is_tile_of(RescoringShard, market)).order_by(RescoringShard.tile)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def has_its_tiles() -> ColumnElement[bool]:
    """
    Whether a shard can start: it is a tile or an undivided market, or all of the tiles that it merges have succeeded.
    """
    tile = aliased(RescoringShard)
    missing = exists().where(_is_tile_of(tile, RescoringShard), tile.state != RunState.SUCCEEDED)
    return or_(RescoringShard.tile > 0, RescoringShard.tiles == 0, ~missing)


def retry_failed(session: Session, run_id: int) -> tuple[RescoringRun, list[int]]:
    """
    Queue the run's failed shards again; returns the ids of those that can start at once.

    Tiles whose partial lists are still stored are not scored again.

    Raises:
        ConflictError: The run has not failed, or another open run has one of the markets.
    """
    run = get_run(session, run_id, lock=True)
    if run.state is not RunState.FAILED:
        raise RunNotFailedError(run_id=run.id, state=run.state)
    failed = select(RescoringShard).where(RescoringShard.run_id == run_id, RescoringShard.state == RunState.FAILED)
    shards = {shard.id: shard for shard in session.scalars(failed.order_by(RescoringShard.id))}
    for market in [shard for shard in shards.values() if shard.is_merge]:
        tiles = {tile.id: tile for tile in tiles_of(session, market)}
        kept = with_partials(session, list(tiles))
        shards |= {tile_id: tile for tile_id, tile in tiles.items() if tile_id not in kept}
    lock_run_requests(session)
    other = aliased(RescoringShard)
    busy = session.scalar(
        select(other.run_id)
        .join(RescoringShard, _are_of_one_market(other, RescoringShard))
        .where(RescoringShard.id.in_(shards), other.state.in_(OPEN_STATES), other.run_id != run_id)
        .limit(1)
    )
    if busy is not None:
        raise MarketHasRunError(run_id=busy)
    for shard in shards.values():
        _queue_again(shard)
        if not shard.tile and not shard.tiles:
            shard.rates = None  # its worker uses the generation current at that time
    run.state, run.finished_at, run.error = (RunState.RUNNING if shards else RunState.QUEUED), None, None
    session.flush()
    ready = select(RescoringShard.id).where(RescoringShard.id.in_(shards), has_its_tiles())
    return run, list(session.scalars(ready.order_by(RescoringShard.id)))


def score_again(session: Session, market: RescoringShard, tiles: list[RescoringShard]) -> list[int]:
    """
    Queue tiles of a market again, with the generation of the merging shard *market*, and that shard after them.

    The caller holds the merging shard. The tiles' partial lists are deleted.

    Returns:
        Ids of the tiles.
    """
    ids = [tile.id for tile in tiles]
    for tile in tiles:
        tile.generation = market.generation
    delete_partials(session, select(RescoringShard.id).where(RescoringShard.id.in_(ids)))
    for shard in (market, *tiles):
        _queue_again(shard)
    session.flush()
    return ids


def _queue_again(shard: RescoringShard) -> None:
    shard.state, shard.attempts, shard.pairs_done, shard.error = RunState.QUEUED, 0, 0, None
    shard.started_at = shard.finished_at = None


def abandoned(session: Session) -> tuple[list[int], list[int]]:
    """
    Ids of runs that were never started, and of shards that wait or were abandoned: the broker lost their messages.
    """
    waiting = func.now() - LEASE
    run_ids = session.scalars(
        select(RescoringRun.id).where(RescoringRun.state == RunState.QUEUED, RescoringRun.created_at < waiting)
    )
    shard_ids = session.scalars(
        select(RescoringShard.id).where(
            or_(
                _queued_before(waiting),
                (RescoringShard.state == RunState.RUNNING) & (RescoringShard.heartbeat_at < waiting),
            )
        )
    )
    return list(run_ids), list(shard_ids)


def _queued_before(moment: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether a shard is queued, can start, and its run started before *moment*."""
    started = select(RescoringRun.id).where(RescoringRun.started_at < moment, RescoringRun.state == RunState.RUNNING)
    return and_(RescoringShard.state == RunState.QUEUED, has_its_tiles(), RescoringShard.run_id.in_(started))


def _is_tile_of(tile: Any, market: Any) -> ColumnElement[bool]:
    return and_(tile.run_id == market.run_id, _are_of_one_market(tile, market), tile.tile > 0)


def _are_of_one_market(left: Any, right: Any) -> ColumnElement[bool]:
    return and_(left.city_key == right.city_key, left.deal_type == right.deal_type)
