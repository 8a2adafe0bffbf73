"""Rescoring runs as workers see them: prepare a run's shards, score one shard."""

import logging
import threading
from types import TracebackType

from sqlalchemy import func
from sqlalchemy.orm import Session

from matching.errors import ScoringStoppedError
from models import logs
from models.enums import RunScope, RunState
from models.run_plan import planned_markets
from models.runs import (
    HEARTBEAT,
    MOST_ATTEMPTS,
    RescoringShard,
    claim_shard,
    end_run_if_done,
    end_shard,
    get_run,
    report,
)
from worker.context import DATABASE_AWAY, new_session, settings, worker_name
from worker.markets import present_weights
from worker.poison import place_of
from worker.rescore import Published, rebuild_market, reconcile_market
from worker.texts import text_model_for

log = logging.getLogger(__name__)


def prepare_run(session: Session, run_id: int) -> list[int]:
    """
    Give a queued run its text model and its shards, and set it going; the caller commits. The shards' ids.

    A run that is under way already is left as it is: the message came twice.
    """
    run = get_run(session, run_id, lock=True)
    if run.state is not RunState.QUEUED:
        return []
    run.text_model_id = text_model_for(session, run.scope)
    shards = [
        RescoringShard(run_id=run.id, city_key=market[0], deal_type=market[1], pairs_total=pairs)
        for market, pairs in planned_markets(session, run.scope, run.city_key, run.deal_type).items()
    ]
    session.add_all(shards)
    run.state, run.started_at = RunState.RUNNING, func.now()  # leases are measured by the database's clock
    session.flush()
    end_run_if_done(session, run.id)  # nothing to do is done at once
    return [shard.id for shard in shards]


def run_shard(shard_id: int) -> None:
    """
    Score one shard, if it is free to be taken.

    Can be called twice, or again after a worker died half-way: nothing is stored before the whole market is scored, and
    then in one transaction.
    """
    with new_session() as session:
        shard = claim_shard(session, shard_id, worker_name())
        if shard is None:
            return
        if shard.attempts > MOST_ATTEMPTS:
            end_shard(session, shard, RunState.FAILED, f"given up after {MOST_ATTEMPTS} attempts")
            session.commit()
            return
        run = get_run(session, shard.run_id)
        market, scope, model_id, run_id = (shard.city_key, shard.deal_type), run.scope, run.text_model_id, run.id
        session.commit()
        logs.begin_more(run_id=run_id, shard_id=shard_id)
        error, published = None, None
        with _Heartbeat(shard.id, shard.attempts) as heartbeat:
            try:
                if scope is RunScope.STALE:
                    reconcile_market(session, market)
                else:
                    published = rebuild_market(
                        session,
                        market,
                        model_id,
                        run_id,
                        weights_id=present_weights(session, market),
                        threads=settings().worker_threads,
                        progress=heartbeat.add,
                        should_stop=heartbeat.lost.is_set,
                    )
                session.commit()
            except ScoringStoppedError:
                session.rollback()
                log.info("shard_stopped")
                return
            except DATABASE_AWAY:
                # The database is away; the claim runs out and the sweep has the shard taken up again.
                raise
            except Exception as failure:
                log.exception("shard_failed")
                session.rollback()
                error = place_of(failure)
        shard = session.get_one(RescoringShard, shard_id, with_for_update=True, populate_existing=True)
        if shard.state is RunState.RUNNING and shard.worker == worker_name():
            if published is not None:
                _note_published(shard, published)
            end_shard(session, shard, RunState.FAILED if error else RunState.SUCCEEDED, error)
        session.commit()


def _note_published(shard: RescoringShard, published: Published) -> None:
    shard.lists_total, shard.lists_changed = published.lists, published.changed
    shard.mean_score_change = published.mean_score_change
    shard.skipped = [failure.as_json() for failure in published.skipped]


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
