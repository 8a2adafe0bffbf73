"""
Replacing a market's lists with newly computed ones, in one transaction, without undoing changes readers have seen.
"""

from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy.orm import Session

from matching.engine.ranking import RankedLists
from models.core.enums import Side
from models.ranking.recommendations import Market
from models.ranking.stale_lists import current_moment
from worker.celery_app.stages import stage
from worker.lists.changes import MAX_CHANGES, apply_changes
from worker.lists.new_entries import queue_new_entry_events
from worker.lists.store import ListChanges, compare_staged, drop_unchanged, publish_staged, stage_lists, written_ids
from worker.market.change_set import ChangeSet
from worker.market.market_lock import GenerationMovedError, lock_market
from worker.market.snapshot import Snapshot
from worker.market.stale import stale_in, stale_since


class OlderGenerationError(Exception):
    """The market's lists were computed with a newer text model than the run's; request a new run."""


@dataclass(frozen=True)
class Published:
    """What a rebuild of a market has stored."""

    changes: ListChanges
    #: The published state of the market; to be cached once the transaction is committed.
    snapshot: Snapshot


def stage_ranked(session: Session, snapshot: Snapshot, side: Side, ranked: RankedLists) -> None:
    """Stage lists of all rows of *side*, whose columns are rows of the other side."""
    stage_lists(session, side, snapshot.named(side, ranked))


def publish(session: Session, snapshot: Snapshot, run_id: int | None) -> Published:
    """
    Move the staged lists into place, in the caller's transaction.

    *snapshot* is the market that they were computed from, as of ``snapshot.seen``. Later writes are applied in this
    same transaction, so that readers who have seen a change never lose it again.

    Other transactions that change lists of the market wait from here until the caller commits, so the work under the
    lock is kept small. If the stored lists belong to the same generation, only lists that differ are written, and a
    list written after the snapshot is kept because it is newer than the staged one. The market is then locked for
    milliseconds. If many entities are stale (after a bulk load), all lists are written, because lists written after
    the snapshot may lack entities that had no list until now.

    Args:
        run_id: The run that may begin a new generation; without it, the lists must be of the market's own generation.
    Raises:
        GenerationMovedError: The market has moved to another generation meanwhile.
        OlderGenerationError: The run would take the market back to an older text model.
    """
    market = snapshot.market
    with stage("compare"):
        row = session.get(Market, market, populate_existing=True)
        is_same = row is not None and row.generation == snapshot.generation
        moment = current_moment(session)
        stale = stale_in(session, market) if is_same else ChangeSet()
        only_differing = is_same and len(stale) <= MAX_CHANGES
        # First, because mostly few lists are left to be compared further: reading arrays is most of the cost.
        unchanged = [drop_unchanged(session, side, market) for side in Side] if only_differing else []
        changes = sum(unchanged, compare_staged(session, Side.LEAD) + compare_staged(session, Side.PROPERTY))
    with stage("wait for lock"):
        row = lock_market(session, market)
    if row.generation != snapshot.generation:
        if is_same or run_id is None:
            raise GenerationMovedError(market, snapshot.generation, row.generation)
        if snapshot.generation.is_older_than(row.generation):
            raise OlderGenerationError(f"{market[0]}, {market[1]} has lists of a newer text model")
    with stage("publish"):
        if only_differing:
            stale = stale_since(session, market, moment, stale)
        if not is_same:
            row.generation = snapshot.generation
            row.run_id = run_id
            row.generation_number += 1
            session.flush()
        for side in Side:
            publish_staged(session, side, market, row.run_id, snapshot.seen if only_differing else None)
        # Not now(), the start of the transaction: the former holder of the lock may have stored a later time.
        row.published_at = func.clock_timestamp()
        session.flush()
    with stage("catch up"):
        _catch_up(session, snapshot, stale if only_differing else None)
        queue_new_entry_events(session)
    return Published(changes, snapshot)


def _catch_up(session: Session, snapshot: Snapshot, stale: ChangeSet | None) -> None:
    """
    Apply the writes since the snapshot, and remove the entities that the engine failed on.

    Args:
        stale: The entities that were stale before publishing, if lists written since were not replaced.
    """
    changed = snapshot.refresh(session)
    failed = ChangeSet.of_failures(snapshot.failures)
    if stale is None:
        stale = stale_in(session, snapshot.market) | changed
    else:
        # Changes that a task has applied are missing only in the lists just published, so they are applied in these.
        # Changes that no task has applied are applied in all lists, because the lists just published no longer count
        # as stale.
        published = ChangeSet.both(
            *(written_ids(session, side, snapshot.market) for side in (Side.LEAD, Side.PROPERTY))
        )
        apply_changes(session, snapshot, changed - stale, only=published)
    apply_changes(session, snapshot, stale | failed)
