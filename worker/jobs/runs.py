"""Rescoring runs as workers see them: prepare a run's shards, work on one shard."""

import logging
import threading
from types import TracebackType
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Session

from matching.errors import ScoringStoppedError
from models.core.enums import RunScope, RunState
from models.platform import logs
from models.rescoring.run_plan import MarketKey, PlannedMarket, planned_markets, taken_markets
from models.rescoring.runs import RescoringRun, RescoringShard, end_run_if_done, fail_run, get_run, take_turns
from models.rescoring.shards import HEARTBEAT, MOST_ATTEMPTS, claim_shard, end_shard, hold_shard, report, score_again
from models.rescoring.tiles import tiles_of_market
from worker.celery_app.stages import noted, peak_mb, stage
from worker.celery_app.task_context import DATABASE_AWAY, client, new_session, note_stages, settings, worker_name
from worker.lists.publish import Published
from worker.lists.rescore import MOST_CHANGES, rebuild_market, reconcile_market, stale_count
from worker.lists.tiles import RatesMovedError, merge_tiles, score_tile
from worker.market.failing_rows import place_of
from worker.market.market_lock import present_weights
from worker.market.text_models import text_model_for

log = logging.getLogger(__name__)


def begin_run(run_id: int) -> list[int]:
    """
    Set a queued run going; the ids of the shards that can be worked on at once.

    One that cannot be prepared fails, and can be retried: it would otherwise stay queued for ever, and whoever asks for
    the same would join it.
    """
    with new_session() as session:
        try:
            shard_ids = prepare_run(session, run_id)
        except DATABASE_AWAY:
            raise
        except Exception as failure:
            log.exception("run_failed", extra={"run_id": run_id})
            session.rollback()
            fail_run(session, run_id, place_of(failure))
            shard_ids = []
        session.commit()
        return shard_ids


def prepare_run(session: Session, run_id: int) -> list[int]:
    """
    Give a queued run its text model and its shards, and set it going; the caller commits.

    A run that is under way already is left as it is: the message came twice. One that wants a market on which a run over
    what is stale is still at work stays queued, and is asked for again as each shard ends, and by the sweep: to score the
    rest and call it done would leave that market behind.

    Returns:
        Ids of the shards that can be worked on at once: those that merge tiles have to wait.
    """
    run = get_run(session, run_id, lock=True)
    if run.state is not RunState.QUEUED:
        return []
    with noted() as stages:
        with stage("text model"):
            run.text_model_id = text_model_for(session, run.scope)
        with stage("plan"):
            take_turns(session)
            taken = taken_markets(session)
            if taken if run.scope is RunScope.ALL else (run.city_key, run.deal_type) in taken:
                log.info("run_waits", extra={"run_id": run.id, "taken": len(taken)})
                return []
            planned = planned_markets(session, run.scope, run.city_key, run.deal_type, settings().worker_memory_mb)
            shards = [shard for market, work in planned.items() for shard in _shards(session, run, market, work)]
    session.add_all(shards)
    # Leases are measured by the database's clock.
    run.state, run.started_at, run.stages = RunState.RUNNING, func.now(), stages
    session.flush()
    end_run_if_done(session, run.id)  # nothing to do is done at once
    return [shard.id for shard in shards if not shard.is_merge]


def _shards(session: Session, run: RescoringRun, market: MarketKey, planned: PlannedMarket) -> list[RescoringShard]:
    """One for the market, and one for each of its tiles if it has some; the tiles come first."""
    key = {"run_id": run.id, "city_key": market[0], "deal_type": market[1]}
    few_are_stale = run.scope is RunScope.STALE and stale_count(session, market) <= MOST_CHANGES
    if not planned.tiles or few_are_stale:
        return [RescoringShard(**key, pairs_total=planned.pairs, tile=0, tiles=0)]
    tiles = tiles_of_market(session, *market, planned.grid)
    # One set of weights for all of them, whatever is learnt meanwhile.
    key |= {"tiles": len(tiles), "weights_id": present_weights(session, market)}
    return [
        *(
            RescoringShard(
                **key,
                tile=number,
                pairs_total=tile.pairs,
                leads_from=tile.leads.start,
                leads_below=tile.leads.stop,
                properties_from=tile.properties.start,
                properties_below=tile.properties.stop,
            )
            for number, tile in enumerate(tiles, start=1)
        ),
        RescoringShard(**key, tile=0, pairs_total=0),
    ]


def run_shard(shard_id: int) -> int | None:
    """
    Work on one shard, if it is free to be taken.

    Can be called twice, or again after a worker died half-way: nothing is stored before the whole of it is computed, and
    then in one transaction.

    Returns:
        Id of the shard that merges a market's tiles, when this was the last of them.
    """
    with new_session() as session:
        shard = claim_shard(session, shard_id, worker_name())
        session.commit()
        if shard is None:
            return None
        if shard.attempts > MOST_ATTEMPTS:
            return _end(session, shard, None, f"given up after {MOST_ATTEMPTS} attempts")
        logs.begin_more(run_id=shard.run_id, shard_id=shard_id)
        with _Heartbeat(shard.id, shard.attempts) as heartbeat, noted() as stages:
            try:
                done = _work(session, shard, heartbeat)
            except ScoringStoppedError:
                session.rollback()
                log.info("shard_stopped")
                return None
            except RatesMovedError as moved:
                session.rollback()
                _score_again(session, shard, moved.tiles)
                return None
            except DATABASE_AWAY:
                # The database is away; the claim runs out and the sweep has the shard taken up again.
                raise
            except Exception as failure:
                log.exception("shard_failed")
                session.rollback()
                return _end(session, shard, None, place_of(failure))
            return _end(session, shard, done | {"stages": _told(stages)})


def _work(session: Session, shard: RescoringShard, heartbeat: "_Heartbeat") -> dict[str, Any]:
    """
    Do what the shard is there for; what there is to be noted of it.

    Lists of a market scored whole are committed here. What a tile has staged, and a merge published, waits for the
    caller's commit: it stands only if the shard is still ours.
    """
    run = get_run(session, shard.run_id)
    market, model_id = (shard.city_key, shard.deal_type), run.text_model_id
    scoring = {
        "threads": settings().worker_threads,
        "progress": heartbeat.add,
        "should_stop": heartbeat.lost.is_set,
    }
    if shard.tile:
        tile = score_tile(session, shard, model_id, **scoring)
        skipped = [failure.as_json() for failure in tile.failures]
        return {"seen": tile.seen, "rates": tile.rates, "skipped": skipped}
    if shard.tiles:
        return _noted(merge_tiles(session, shard, model_id))
    if run.scope is RunScope.STALE:
        reconcile_market(session, market)
        session.commit()
        return {}
    weights_id = present_weights(session, market)
    published = rebuild_market(session, market, model_id, run.id, weights_id=weights_id, **scoring)
    session.commit()
    return _noted(published)


def _end(session: Session, shard: RescoringShard, done: dict[str, Any] | None, error: str | None = None) -> int | None:
    """End the shard in the session's transaction, with what is *done*, unless it is another's by now: then all is undone."""
    held = hold_shard(session, shard.id, worker_name(), shard.attempts)
    if held is None:
        log.info("shard_lost")
        session.rollback()
        return None
    for name, value in (done or {}).items():
        setattr(held, name, value)
    ready = end_shard(session, held, RunState.FAILED if error else RunState.SUCCEEDED, error)
    session.commit()
    if done:
        note_stages(done["stages"])
    return ready


def _score_again(session: Session, shard: RescoringShard, tiles: list[RescoringShard]) -> None:
    """Have these tiles scored again, and then merged, unless the market's *shard* is another's by now."""
    held = hold_shard(session, shard.id, worker_name(), shard.attempts)
    if held is None:
        session.rollback()
        return
    tile_ids = score_again(session, held, tiles)
    session.commit()
    log.info("tiles_scored_again", extra={"tiles": len(tile_ids), "reason": "exchange rates were set meanwhile"})
    for tile_id in tile_ids:
        client().shard_queued(tile_id)


def _noted(published: Published) -> dict[str, Any]:
    return {
        "lists_total": published.lists,
        "lists_changed": published.changed,
        "mean_score_change": published.mean_score_change,
        "skipped": [failure.as_json() for failure in published.skipped],
    }


def _told(stages: dict[str, float]) -> dict[str, float]:
    return {name: round(seconds, 3) for name, seconds in stages.items()} | {"peak_mb": round(peak_mb(), 1)}


class _Heartbeat:
    """Reports a shard's progress every few seconds, and notices when the shard is taken away (cancelled, or overdue)."""

    def __init__(self, shard_id: int, attempt: int) -> None:
        self.lost = threading.Event()
        self._shard_id, self._attempt = shard_id, attempt
        self._pairs = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name=f"heartbeat-{shard_id}")

    def add(self, pairs: int) -> None:
        """Note that so many more pairs are done."""
        with self._lock:
            self._pairs += pairs

    def __enter__(self) -> "_Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT.total_seconds() / 3):
            try:
                with new_session() as session:
                    if not report(session, self._shard_id, worker_name(), self._attempt, self._pairs):
                        self.lost.set()
                    session.commit()
            except DATABASE_AWAY:
                log.warning("heartbeat_missed", extra={"shard_id": self._shard_id})
