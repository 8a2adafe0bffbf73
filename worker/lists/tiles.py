"""Markets too big for one worker: score a tile and leave its partial lists; merge the tiles of a market and publish it.

Each tile is loaded at a moment of its own, and people write all the while. So a tile notes from which transaction on it
may have missed something, and the merge makes right all that was written since the earliest of these, just as a run over
a market in one piece does. Tiles and pieces leave the same lists to the last bit, because scores are whole numbers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.facts.columns import PlaceIndex
from models.core.enums import Side
from models.market.facts import market_factors, told_factors
from models.market.unscorable import Failure, set_aside
from models.ranking.recommendations import LIST_LENGTH
from models.rescoring.partial_lists import forget_partials, keep_attempt
from models.rescoring.runs import RescoringShard
from models.rescoring.shards import tiles_of
from models.rescoring.tiles import IdRange
from worker.celery_app.stages import stage
from worker.lists.partial_lists import merged_partials, stage_partials
from worker.lists.publish import Published, publish
from worker.lists.rescore import forget_snapshots, leave_other_markets, load_snapshot
from worker.lists.scoring import score_snapshot
from worker.lists.store import StoredLists, stage_lists
from worker.market.load import MarketKey, load_leads, load_properties
from worker.market.market_lock import text_model, weights
from worker.market.read_watermark import Horizon, horizon
from worker.market.snapshot import Part, Snapshot


class RatesMovedError(Exception):
    """Exchange rates were set between tiles of a market: those that were scored with others are to be scored again."""

    def __init__(self, tiles: list[RescoringShard]) -> None:
        super().__init__(f"{len(tiles)} tiles were scored with other exchange rates")
        self.tiles = tiles


@dataclass(frozen=True)
class ScoredTile:
    """What is noted of a tile beside its lists."""

    seen: int  #: The first transaction that it may have missed something of.
    rates: str  #: The exchange rates that it was scored with.
    failures: list[Failure]  #: What the engine failed on.


def score_tile(
    session: Session,
    shard: RescoringShard,
    text_model_id: int | None,
    *,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ScoredTile:
    """
    Score a tile and stage its lists for the merge; the caller commits.

    Raises:
        ScoringStoppedError: *should_stop* said so.
    """
    shard_id, attempt = shard.id, shard.attempts
    forget_snapshots()
    snapshot = _load(session, shard, text_model_id)
    lists = score_snapshot(session, snapshot, LIST_LENGTH, threads, progress, should_stop)
    with stage("stage"):
        for side, ranked in ((Side.LEAD, lists.for_leads), (Side.PROPERTY, lists.for_properties)):
            stage_partials(session, shard_id, attempt, side, snapshot.named(side, ranked))
        keep_attempt(session, shard_id, attempt)
    return ScoredTile(snapshot.seen.oldest, snapshot.rates, snapshot.failures)


def _load(session: Session, shard: RescoringShard, text_model_id: int | None) -> Snapshot:
    """The tile's rows; without cuts, for its lists are not those that are stored."""
    market: MarketKey = (shard.city_key, shard.deal_type)
    model, weighed = text_model(session, text_model_id), weights(session, shard.weights_id)
    places = PlaceIndex()
    seen = horizon(session)
    rates = told_factors(market_factors(session, market[0]))
    some_leads = IdRange(shard.leads_from, shard.leads_below)
    some_properties = IdRange(shard.properties_from, shard.properties_below)
    leads = load_leads(session, market, places, model, weighed, among=some_leads)
    properties = load_properties(session, market, places, model, among=some_properties)
    failures = leads.failures + properties.failures
    set_aside(session, failures)
    return Snapshot(
        market=market,
        text_model_id=text_model_id,
        text_model=model,
        weights_id=shard.weights_id,
        weights=weighed,
        rates=rates,
        seen=seen,
        leads=Part.of(leads),
        properties=Part.of(properties),
        places=places,
        failures=failures,
    )


def merge_tiles(session: Session, shard: RescoringShard, text_model_id: int | None) -> Published:
    """
    Merge what the tiles of the market have left, and publish it; the caller commits.

    Beside the vectors of the market, which whoever makes changes right in it holds too, memory takes a chunk of each tile.

    Raises:
        RatesMovedError: Tiles were scored with other exchange rates than hold now; nothing is published.
    """
    market: MarketKey = (shard.city_key, shard.deal_type)
    leave_other_markets(session, market)
    tiles = tiles_of(session, shard)
    forget_snapshots()
    snapshot = load_snapshot(session, market, text_model_id, shard.weights_id)
    moved = [tile for tile in tiles if tile.rates != snapshot.rates]
    if moved:
        raise RatesMovedError(moved)
    failed = _still_failing(snapshot, [Failure.from_json(each) for tile in tiles for each in tile.skipped])
    snapshot.leave_out(session, failed)
    session.commit()
    snapshot.seen = Horizon(min(snapshot.seen.oldest, *(tile.seen for tile in tiles)))
    with stage("merge"):
        for side, ranges in ((Side.LEAD, "leads"), (Side.PROPERTY, "properties")):
            for ids in _by_range(tiles, ranges):
                for merged in merged_partials(session, side, ids, LIST_LENGTH):
                    _stage_present(session, snapshot, side, merged)
    published = publish(session, snapshot, shard.run_id)
    # This run's, and what a failed one before it has left for a retry.
    mine = (RescoringShard.city_key == market[0], RescoringShard.deal_type == market[1])
    forget_partials(session, select(RescoringShard.id).where(*mine))
    return published


def _still_failing(snapshot: Snapshot, failures: Iterable[Failure]) -> list[Failure]:
    """Those that the market holds in the very version that failed, each once."""
    found = {}
    for failure in failures:
        part = snapshot.part(failure.side)
        rows = part.rows_of([failure.entity_id])
        if len(rows) and part.versions[rows[0]] == failure.version:
            found[failure.side, failure.entity_id] = failure
    return list(found.values())


def _by_range(tiles: list[RescoringShard], ranges: str) -> list[list[int]]:
    """Ids of the tiles that share a range of leads, or of properties, in the order of their ranges on the other side."""
    found: dict[int | None, list[int]] = {}
    for tile in tiles:
        found.setdefault(getattr(tile, f"{ranges}_from"), []).append(tile.id)
    return list(found.values())


def _stage_present(session: Session, snapshot: Snapshot, side: Side, merged: StoredLists) -> None:
    """Stage those lists whose owner is still there: a row that was deleted meanwhile cannot be written."""
    there = np.flatnonzero(snapshot.part(side).has(merged.ids))
    if len(there) < len(merged.ids):
        merged = StoredLists(merged.ids[there], merged.versions[there], merged.lists.take(there))
    stage_lists(session, side, merged)
