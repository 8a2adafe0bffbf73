"""Rescoring runs as workers see them: prepare a run's shards, score one shard."""

import logging
import threading
from types import TracebackType

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matching.errors import ScoringStoppedError
from matching.text import TextModel
from models.base import utc_now
from models.enums import OPEN_STATES, RunScope, RunState, Side, Status
from models.facts import property_text
from models.leads import Lead
from models.properties import Property
from models.recommendations import TextModelRow, stale_rows
from models.runs import (
    HEARTBEAT,
    MOST_ATTEMPTS,
    RescoringRun,
    RescoringShard,
    claim_shard,
    end_run_if_done,
    end_shard,
    get_run,
    live_markets,
    report,
)
from worker.context import new_session, settings, worker_name
from worker.load import MarketKey
from worker.markets import newest_text_model, present_weights
from worker.rescore import rebuild_market, reconcile_market

log = logging.getLogger(__name__)

#: Texts that a model is fitted on at most: more teach it little and cost time and memory.
MOST_TEXTS = 50_000
TEXT_SEED = 20_260_101


def prepare_run(session: Session, run_id: int) -> list[int]:
    """
    Give a queued run its text model and its shards, and set it going; the caller commits. The shards' ids.

    A run that is under way already is left as it is: the message came twice.
    """
    run = get_run(session, run_id, lock=True)
    if run.state is not RunState.QUEUED:
        return []
    if run.scope is RunScope.ALL or newest_text_model(session) is None:
        run.text_model_id = _fit_text_model(session)
    else:
        run.text_model_id = newest_text_model(session)
    shards = [
        RescoringShard(run_id=run.id, city_key=market[0], deal_type=market[1], pairs_total=pairs)
        for market, pairs in _markets_of(session, run).items()
    ]
    session.add_all(shards)
    run.state, run.started_at = RunState.RUNNING, utc_now()
    session.flush()
    end_run_if_done(session, run.id)  # nothing to do is done at once
    return [shard.id for shard in shards]


def _markets_of(session: Session, run: RescoringRun) -> dict[MarketKey, int]:
    """The markets that the run covers and no other open run has, with their numbers of pairs; largest first."""
    live = {(city_key, deal_type): leads * rows for city_key, deal_type, leads, rows in live_markets(session)}
    if run.scope is RunScope.MARKET:
        market = (run.city_key, run.deal_type)
        wanted = {market: live.get(market, 0)}
    elif run.scope is RunScope.ALL:
        wanted = live | {market: 0 for market in stale_markets(session) if market not in live}
    else:
        wanted = {market: live.get(market, 0) for market in stale_markets(session)}
    open_shards = select(RescoringShard.city_key, RescoringShard.deal_type).where(RescoringShard.state.in_(OPEN_STATES))
    taken = {tuple(row) for row in session.execute(open_shards)}
    return {market: pairs for market, pairs in wanted.items() if market not in taken}


def stale_markets(session: Session) -> set[MarketKey]:
    """Markets in which something is stale, those that an entity has left included."""
    found: set[MarketKey] = set()
    for side in Side:
        rows = stale_rows(side).subquery()
        now = select(rows.c.city_key, rows.c.deal_type).where(rows.c.on_market).distinct()
        listed = select(rows.c.listed_city_key, rows.c.listed_deal_type).where(rows.c.listed_city_key.is_not(None))
        for query in (now, listed.distinct()):
            found.update(tuple(row) for row in session.execute(query))
    return found


def _fit_text_model(session: Session) -> int:
    texts = [
        property_text(*row)
        for row in session.execute(
            select(Property.title, Property.description, Property.search_text)
            .where(Property.status == Status.ACTIVE)
            .order_by(Property.id.desc())
            .limit(MOST_TEXTS)
        )
    ]
    wishes = select(Lead.additional_requirements).where(
        Lead.status == Status.ACTIVE, Lead.additional_requirements.is_not(None)
    )
    texts += session.scalars(wishes.order_by(Lead.id.desc()).limit(MOST_TEXTS)).all()
    row = TextModelRow(model=TextModel.fit(texts, TEXT_SEED).to_bytes())
    session.add(row)
    session.flush()
    return row.id


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
        error = None
        with _Heartbeat(shard.id, shard.attempts) as heartbeat:
            try:
                if scope is RunScope.STALE:
                    reconcile_market(session, market)
                else:
                    rebuild_market(
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
                log.info("shard_stopped", extra={"shard_id": shard_id})
                return
            except OperationalError:
                # The database is away; the claim runs out and the sweep has the shard taken up again.
                raise
            except Exception as failure:
                log.exception("shard_failed", extra={"shard_id": shard_id})
                session.rollback()
                error = f"{type(failure).__name__}: {failure}"[:500]
        shard = session.get_one(RescoringShard, shard_id, with_for_update=True, populate_existing=True)
        if shard.state is RunState.RUNNING and shard.worker == worker_name():
            end_shard(session, shard, RunState.FAILED if error else RunState.SUCCEEDED, error)
        session.commit()


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
            except OperationalError:
                log.warning("heartbeat_missed", extra={"shard_id": self._shard_id})
