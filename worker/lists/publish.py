"""Putting a market's new lists in the place of the old, in one transaction, without taking readers back."""

from dataclasses import dataclass, field

from sqlalchemy import func
from sqlalchemy.orm import Session

from matching.engine.ranking import RankedLists
from models.core.enums import Side
from models.market.unscorable import Failure
from models.ranking.recommendations import Market
from worker.celery_app.stages import stage
from worker.lists.changes import MOST_CHANGES, apply_changes
from worker.lists.store import compare_staged, forget_unchanged, publish_staged, stage_lists, written_here
from worker.market.market_lock import lock_market
from worker.market.snapshot import Snapshot
from worker.market.stale import stale_in


class GenerationMovedError(Exception):
    """A market's text model, weights or rates were changed while its lists were compared; score it again."""


@dataclass
class Published:
    """What a rebuild of a market has stored."""

    lists: int = 0
    #: How many name others, or in another order, than what was stored.
    changed: int = 0
    #: By how much their first scores moved, on average; None if none was there before.
    mean_score_change: float | None = None
    #: What the engine failed on.
    skipped: list[Failure] = field(default_factory=list)


def stage_ranked(session: Session, snapshot: Snapshot, side: Side, ranked: RankedLists) -> None:
    """Stage lists of all rows of *side*, whose columns are rows of the other side."""
    stage_lists(session, side, snapshot.named(side, ranked))


def publish(session: Session, snapshot: Snapshot, run_id: int | None) -> Published:
    """
    Move the staged lists into place, in the caller's transaction.

    *snapshot* is the market that they were computed from, and ``snapshot.seen`` when that was. What was written since is
    made right in this same transaction, so that a run never takes readers back behind a change that they have seen.

    Everybody who changes lists of the market waits from here until the caller commits, so little is done within. Where
    model, weights and rates are those of the lists that stand, only what differs from these is written, and a list
    written since is newer than ours: the market is locked for milliseconds. Not so where much is stale (after a bulk
    load): lists written since may lack what has had no list so far, and all are written.
    """
    market = snapshot.market
    generation = (snapshot.text_model_id, snapshot.weights_id, snapshot.rates)
    with stage("compare"):
        published = _compare(session)
        same = _generation(session.get(Market, market, populate_existing=True)) == generation
        few = same and sum(map(len, stale_in(session, market))) <= MOST_CHANGES
        if few:
            for side in Side:
                forget_unchanged(session, side, market)
    with stage("wait for lock"):
        row = lock_market(session, market)
    if same and _generation(row) != generation:
        raise GenerationMovedError(f"{market[0]}, {market[1]} was published by somebody else meanwhile")
    with stage("publish"):
        stale = dict(zip(Side, stale_in(session, market), strict=True))
        if not same:
            row.text_model_id, row.weights_id, row.rates = generation
            row.run_id = run_id
            row.generation += 1
        for side in Side:
            publish_staged(session, side, market, row.run_id, snapshot.seen if few else None)
        # Not the transaction's beginning: whoever held the market's lock before us, and has noted a time, noted an earlier one.
        row.published_at = func.clock_timestamp()
        session.flush()
    with stage("catch up"):
        _catch_up(session, snapshot, stale if few else None)
    published.skipped = snapshot.failures
    return published


def _catch_up(session: Session, snapshot: Snapshot, stale: dict[Side, set[int]] | None) -> None:
    """
    Make right what was written since the snapshot, and take out what the engine failed on.

    Args:
        stale: What no task had made right yet when we published, if lists written since were left alone.
    """
    changed = dict(zip(Side, snapshot.refresh(session), strict=True))
    if stale is None:
        wrong = dict(zip(Side, stale_in(session, snapshot.market), strict=True))
        wrong = {side: wrong[side] | changed[side] for side in Side}
    else:
        # Tasks that have made a change right did so in all lists but those that we have written just now. Where no task
        # has, the change is made right in all lists here: our own lists say that it was.
        ours = {side: written_here(session, side, snapshot.market) for side in Side}
        done = {side: changed[side] - stale[side] for side in Side}
        apply_changes(session, snapshot, done[Side.LEAD], done[Side.PROPERTY], only=ours)
        wrong = stale
    for failure in snapshot.failures:
        wrong[failure.side].add(failure.entity_id)
    apply_changes(session, snapshot, wrong[Side.LEAD], wrong[Side.PROPERTY])


def _generation(row: Market | None) -> tuple[int | None, int | None, str | None] | None:
    return None if row is None else (row.text_model_id, row.weights_id, row.rates)


def _compare(session: Session) -> Published:
    found = [compare_staged(session, side) for side in Side]
    means = [(mean, lists) for lists, _, mean in found if mean is not None]
    whole = sum(lists for _, lists in means)
    return Published(
        lists=sum(lists for lists, _, _ in found),
        changed=sum(changed for _, changed, _ in found),
        mean_score_change=sum(mean * lists for mean, lists in means) / whole if whole else None,
    )
