"""The tasks: thin skins over functions. Each may be delivered twice, or again after a crash, and does no harm by it."""

import logging

from celery import Task, shared_task
from sqlalchemy.orm import Session

from models.core.enums import RunScope, Side
from models.core.errors import ConflictError
from models.rescoring.run_plan import stale_markets
from models.rescoring.runs import request_run, waiting_runs
from models.rescoring.shards import abandoned
from models.upkeep import retention
from worker.celery_app.heap_memory import memory_given_back
from worker.celery_app.task_context import HEALS, client, new_session
from worker.jobs.runs import begin_run, run_shard
from worker.lists.rescore import MOST_CHANGES, reconcile_market, settle_entity, stale_count
from worker.market.market_lock import apart

log = logging.getLogger(__name__)


@shared_task(name="worker.tasks.rescore_lead", **HEALS)
def rescore_lead(lead_id: int) -> None:
    """Make right every list that one lead touches, in both directions."""
    with new_session() as session:
        settle_entity(session, Side.LEAD, lead_id)


@shared_task(name="worker.tasks.rescore_property", **HEALS)
def rescore_property(property_id: int) -> None:
    """Make right every list that one property touches, in both directions."""
    with new_session() as session:
        settle_entity(session, Side.PROPERTY, property_id)


@shared_task(name="worker.tasks.request_full_run", bind=True, **HEALS)
def request_full_run(self: Task) -> None:
    """Ask for a run over everything; joins one that is going. A message that comes again asks for nothing more."""
    with new_session() as session:
        try:
            run, new = request_run(session, RunScope.ALL, f"schedule:{self.request.id[:8]}", once=True)
        except ConflictError as busy:
            log.info("run_not_requested", extra={"reason": busy.message})
            return
        session.commit()
        if new:
            client().run_requested(run.id)


@shared_task(name="worker.tasks.clear_away", **HEALS)
def clear_away() -> None:
    """Delete what is past its time: old runs, read notices, spent keys and tokens, unused text models."""
    with new_session() as session:
        deleted = retention.clear_away(session)
        session.commit()
    log.info("cleared_away", extra={name: count for name, count in deleted.items() if count})


@shared_task(name="worker.tasks.start_run", **HEALS)
def start_run(run_id: int) -> None:
    """Cut a queued run into shards and send them to the workers."""
    with memory_given_back():
        shard_ids = begin_run(run_id)
    for shard_id in shard_ids:
        client().shard_queued(shard_id)


@shared_task(name="worker.tasks.score_shard", **HEALS)
def score_shard(shard_id: int) -> None:
    """Score one shard of a run; after the last tile of a market, have them merged. Whoever waited for the market is next."""
    with memory_given_back():
        merge_id = run_shard(shard_id)
    if merge_id is not None:
        client().shard_queued(merge_id)
    with new_session() as session:
        waiting = waiting_runs(session)
    for run_id in waiting:
        client().run_requested(run_id)


@shared_task(name="worker.tasks.sweep_runs", ignore_result=True)
def sweep_runs() -> None:
    """
    Find runs and shards that the broker lost, or that a dead worker left.

    Goes to the queue of runs: behind a hundred changed leads it would come late, and when no runner is free there is
    nobody to take up what it finds.
    """
    with new_session() as session:
        run_ids, shard_ids = abandoned(session)
        session.commit()
    for run_id in run_ids:
        client().run_requested(run_id)
    for shard_id in shard_ids:
        client().shard_queued(shard_id)


@shared_task(name="worker.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Find stale lists: what the broker lost of changes, or a dead worker left."""
    with new_session() as session:
        stale = sorted(stale_markets(session))
        session.commit()
        much = False
        for market in stale:
            with apart(session, market):
                if stale_count(session, market) > MOST_CHANGES:
                    much = True
                else:
                    reconcile_market(session, market)
        if much:
            _request_stale_run(session)


def _request_stale_run(session: Session) -> None:
    """Leave much work (a bulk load) to the queue of runs: done here it would keep fresh leads and properties waiting."""
    try:
        run, new = request_run(session, RunScope.STALE, "sweep")
    except ConflictError:
        return
    session.commit()
    if new:
        client().run_requested(run.id)
