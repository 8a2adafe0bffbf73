"""Rescoring runs: prepare a run's shards, work on one shard."""

import logging
from dataclasses import replace
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Session

from matching.errors import ScoringStoppedError
from models.core.enums import MarketKey, RunScope, RunState, Side
from models.market.unscorable import Failure
from models.platform import logs
from models.rescoring.run_plan import PlannedMarket, busy_markets, planned_markets
from models.rescoring.runs import (
    RescoringRun,
    RescoringShard,
    end_run_if_done,
    fail_run,
    get_run,
    lock_run_requests,
)
from models.rescoring.tiles import tiles_of_market
from worker.celery_app.error_location import error_location
from worker.celery_app.stages import Stages, recorded_stages, stage
from worker.celery_app.task_context import DATABASE_AWAY, client, new_session, settings
from worker.jobs.shard_work import ShardLostError, ShardWork
from worker.lists.publish import OlderGenerationError, Published
from worker.lists.rescore import (
    MAX_CHANGES,
    leave_other_markets,
    needs_rebuild,
    rebuild_market,
    remove_unloadable,
    rescore_changed,
    stale_count,
)
from worker.lists.tiles import MixedGenerationsError, merge_tiles, score_tile
from worker.market.cache import cache_snapshot
from worker.market.change_set import ChangeSet
from worker.market.closeness_models import learn_closeness_models
from worker.market.generations import current_generation
from worker.market.grouping import group_market
from worker.market.readings import read_market
from worker.market.stale import stale_in
from worker.market.text_models import text_model_for

log = logging.getLogger(__name__)


def begin_run(run_id: int) -> list[int]:
    """
    Start a queued run and return the ids of the shards that are ready.

    A run that cannot be prepared fails and can be retried. Otherwise it would stay queued for ever, and later requests
    for the same run would join it.
    """
    with new_session() as session:
        try:
            shard_ids = prepare_run(session, run_id)
        except DATABASE_AWAY:
            raise
        except Exception as failure:
            log.exception("run_failed", extra={"run_id": run_id})
            session.rollback()
            fail_run(session, run_id, error_location(failure))
            shard_ids = []
        session.commit()
        return shard_ids


def prepare_run(session: Session, run_id: int) -> list[int]:
    """
    Give a queued run its text model and its shards, and start it; the caller commits.

    Commits once before that, because fitting a text model takes long: the run is not locked meanwhile and can be
    cancelled.

    A run that is not queued is not changed, because its message has been delivered twice. A run that includes a market
    on which another run is working stays queued; it is started when a shard ends, or by the sweep.

    Returns:
        Ids of the shards that are ready; shards that merge tiles have to wait.
    """
    run = get_run(session, run_id)
    if run.state is not RunState.QUEUED:
        return []
    with recorded_stages() as stages:
        with stage("text model"):
            text_model_id = text_model_for(session, run.scope)
            session.commit()
        with stage("closeness"):
            market = (run.city_key, run.deal_type) if run.city_key and run.deal_type else None
            learn_closeness_models(session, run.scope, market)
            session.commit()
        with stage("plan"):
            run = get_run(session, run_id, lock=True)
            if run.state is not RunState.QUEUED:
                return []
            run.text_model_id = text_model_id
            lock_run_requests(session)
            taken = busy_markets(session)
            if taken if run.scope is RunScope.ALL else (run.city_key, run.deal_type) in taken:
                log.info("run_waits", extra={"run_id": run.id, "taken": len(taken)})
                return []
            planned = planned_markets(session, run.scope, run.city_key, run.deal_type, settings().worker_memory_mb)
            shards = [shard for market, plan in planned.items() for shard in _shards(session, run, market, plan)]
    session.add_all(shards)
    # func.now(), because leases are measured by the database's clock.
    run.state, run.started_at, run.stages = RunState.RUNNING, func.now(), stages
    session.flush()
    end_run_if_done(session, run)  # a run without shards ends at once
    return [shard.id for shard in shards if not shard.is_merge]


def _shards(session: Session, run: RescoringRun, market: MarketKey, plan: PlannedMarket) -> list[RescoringShard]:
    """A shard for each of the market's tiles, then one for the market; all are of the present generation."""
    generation = replace(current_generation(session, market), text_model_id=run.text_model_id)
    key = {"run_id": run.id, "city_key": market[0], "deal_type": market[1], "generation": generation}
    few_are_stale = run.scope is RunScope.STALE and stale_count(session, market) <= MAX_CHANGES
    if not plan.tiles or few_are_stale:
        return [RescoringShard(**key, pairs_total=plan.pairs, tile=0, tiles=0)]
    tiles = tiles_of_market(session, *market, plan.grid)
    key["tiles"] = len(tiles)
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
    Work on one shard, if it can be claimed.

    Can be called twice, or again after a worker died half-way, because the results are stored in the transaction that
    ends the shard.

    Returns:
        Id of the shard that merges a market's tiles, if this was the last of these tiles.
    """
    with new_session() as session:
        work = ShardWork.claim(session, shard_id)
        if work is None:
            return None
        logs.begin_more(run_id=work.shard.run_id, shard_id=shard_id)
        with work, recorded_stages() as stages:
            try:
                return _attempt(session, work, stages)
            except ShardLostError:
                log.info("shard_lost")
            except ScoringStoppedError:
                session.rollback()
                log.info("shard_stopped")
        return None


def _attempt(session: Session, work: ShardWork, stages: Stages) -> int | None:
    """Do the shard's work and end the shard; returns the id of a merging shard that is now ready."""
    if work.is_given_up:
        work.fail("given up after too many attempts: its workers died")
        return None
    try:
        return _work(session, work, stages)
    except (ScoringStoppedError, *DATABASE_AWAY):
        # If the database is unavailable, the claim expires and the sweep sends the shard again.
        raise
    except MixedGenerationsError as mixed:
        tile_ids = work.score_tiles_again(mixed.tiles)
        log.info("tiles_scored_again", extra={"tiles": len(tile_ids), "reason": "scored with another generation"})
        for tile_id in tile_ids:
            client().shard_queued(tile_id)
    except OlderGenerationError as older:
        log.warning("shard_failed", extra={"reason": str(older)})
        work.fail(f"{older}; request a new run")
    except Exception as failure:
        log.exception("shard_failed")
        work.fail(error_location(failure))
    return None


def _work(session: Session, work: ShardWork, stages: Stages) -> int | None:
    """Compute the shard's results and store them in the transaction that ends the shard."""
    shard = work.shard
    market: MarketKey = (shard.city_key, shard.deal_type)
    with stage("read words"), new_session() as own:
        crashing = read_market(own, market)
        if crashing:
            remove_unloadable(own, market, crashing, ChangeSet())
        regrouped = ChangeSet.of(Side.PROPERTY, group_market(own, market))
    if shard.tile:
        tile = score_tile(session, shard, work)
        return work.succeed({"seen": tile.seen, "skipped": _as_json(tile.failures)}, stages)
    if shard.tiles:
        published = merge_tiles(session, shard, work)
        return work.succeed(_figures(published), stages)
    if get_run(session, shard.run_id).scope is not RunScope.STALE:
        published = rebuild_market(session, market, work.generation, shard.run_id, work)
    else:
        leave_other_markets(session, market, work)
        stale = stale_in(session, market) | regrouped
        if not needs_rebuild(session, market, stale):
            rescore_changed(session, market, stale, work)
            return work.succeed({}, stages)
        published = rebuild_market(session, market, control=work)
    merge_id = work.succeed(_figures(published), stages)
    cache_snapshot(published.snapshot)
    return merge_id


def _figures(published: Published) -> dict[str, Any]:
    """The figures that a shard stores about the lists that it has published."""
    changes = published.changes
    return {
        "lists_total": changes.lists,
        "lists_changed": changes.changed,
        "lists_compared": changes.compared,
        "mean_score_change": changes.mean_score_change,
        "skipped": _as_json(published.snapshot.failures),
    }


def _as_json(failures: list[Failure]) -> list[dict[str, object]]:
    return [failure.as_json() for failure in failures]
