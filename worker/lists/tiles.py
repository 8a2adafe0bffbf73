"""Markets too big for one worker: score a tile and store its partial lists; merge the tiles of a market and publish.

Tiles are loaded at different times, while rows are being written. So each tile stores the first transaction whose
writes it may have missed, and the merge applies everything written since the earliest of these transactions, as a run
over a whole market does. Tiles produce the same lists, to the last bit, as scoring the whole market at once, because
scores are whole numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.core.enums import MarketKey, Side
from models.market.unscorable import Failure
from models.ranking.recommendations import LIST_LENGTH
from models.rescoring.partial_lists import delete_other_attempts, delete_partials
from models.rescoring.runs import RescoringShard
from models.rescoring.shards import tiles_of
from models.rescoring.tiles import IdRange
from worker.celery_app.stages import stage
from worker.lists.partial_lists import merged_partials, stage_partials
from worker.lists.publish import Published, publish
from worker.lists.rescore import leave_other_markets
from worker.lists.scoring import score_snapshot
from worker.lists.store import stage_lists
from worker.lists.work_control import WorkControl
from worker.market.cache import evict_snapshots, load_snapshot
from worker.market.generations import load_models
from worker.market.read_watermark import ReadWatermark
from worker.market.snapshot import Snapshot
from worker.market.stored_lists import StoredLists


class MixedGenerationsError(Exception):
    """Tiles were scored with another generation than the shard that merges them; these tiles must be scored again."""

    def __init__(self, tiles: list[RescoringShard]) -> None:
        super().__init__(f"{len(tiles)} tiles were scored with another generation")
        self.tiles = tiles


@dataclass(frozen=True)
class ScoredTile:
    """The facts that are stored about a tile besides its lists."""

    seen: int  #: The first transaction whose writes the tile may have missed.
    failures: list[Failure]  #: The entities that the engine failed on.


def score_tile(session: Session, shard: RescoringShard, control: WorkControl) -> ScoredTile:
    """
    Score a tile with its generation and stage its lists for the merge; the caller commits.

    Raises:
        ScoringStoppedError: *control* stopped the work.
    """
    shard_id, attempt = shard.id, shard.attempts
    evict_snapshots()
    snapshot = Snapshot.load_rows(
        session,
        (shard.city_key, shard.deal_type),
        load_models(session, shard.generation),
        IdRange(shard.leads_from, shard.leads_below),
        IdRange(shard.properties_from, shard.properties_below),
    )
    lists = score_snapshot(session, snapshot, LIST_LENGTH, control)
    with stage("stage"):
        for side, ranked in ((Side.LEAD, lists.for_leads), (Side.PROPERTY, lists.for_properties)):
            stage_partials(session, shard_id, attempt, side, snapshot.named(side, ranked))
        delete_other_attempts(session, shard_id, attempt)
    return ScoredTile(snapshot.seen.oldest, snapshot.failures)


def merge_tiles(session: Session, shard: RescoringShard, control: WorkControl) -> Published:
    """
    Merge the partial lists of the market's tiles, and publish them; the caller commits.

    Needs memory for one chunk of each tile and for the vectors of the market, which applying a change needs too.

    Raises:
        MixedGenerationsError: Tiles were scored with another generation; nothing is published.
    """
    market: MarketKey = (shard.city_key, shard.deal_type)
    run_id, generation = shard.run_id, shard.generation
    leave_other_markets(session, market, control)
    tiles = tiles_of(session, shard)
    other = [tile for tile in tiles if tile.generation != generation]
    if other:
        raise MixedGenerationsError(other)
    evict_snapshots()
    snapshot = load_snapshot(session, market, generation)
    snapshot.leave_out(
        session, _still_failing(snapshot, [Failure.from_json(fields) for tile in tiles for fields in tile.skipped])
    )
    session.commit()
    seen = [tile.seen for tile in tiles if tile.seen is not None]
    snapshot.seen = ReadWatermark(min(snapshot.seen.oldest, *seen))
    with stage("merge"):
        for side, ranges in ((Side.LEAD, "leads"), (Side.PROPERTY, "properties")):
            for ids in _by_range(tiles, ranges):
                control.raise_if_stopped()
                for merged in merged_partials(session, side, ids, LIST_LENGTH):
                    _stage_present(session, snapshot, side, merged)
    published = publish(session, snapshot, run_id)
    # The partial lists of this run, and those that an earlier failed run kept for a retry.
    of_market = (RescoringShard.city_key == market[0], RescoringShard.deal_type == market[1])
    delete_partials(session, select(RescoringShard.id).where(*of_market))
    return published


def _still_failing(snapshot: Snapshot, failures: Iterable[Failure]) -> list[Failure]:
    """The failures whose entity the market still holds in the version that failed, without duplicates."""
    still_failing = {}
    for failure in failures:
        part = snapshot.part(failure.side)
        rows = part.rows_of([failure.entity_id])
        if len(rows) and part.versions[rows[0]] == failure.version:
            still_failing[failure.side, failure.entity_id] = failure
    return list(still_failing.values())


def _by_range(tiles: list[RescoringShard], ranges: str) -> list[list[int]]:
    """
    Ids of the tiles that share a range of leads, or of properties, in the order of their ranges on the other side.
    """
    by_start: dict[int | None, list[int]] = {}
    for tile in tiles:
        by_start.setdefault(getattr(tile, f"{ranges}_from"), []).append(tile.id)
    return list(by_start.values())


def _stage_present(session: Session, snapshot: Snapshot, side: Side, merged: StoredLists) -> None:
    """Stage the lists whose owner still exists: a list of a deleted row cannot be stored."""
    present = np.flatnonzero(snapshot.part(side).has(merged.ids))
    if len(present) < len(merged.ids):
        merged = StoredLists(merged.ids[present], merged.versions[present], merged.lists.take(present))
    stage_lists(session, side, merged)
