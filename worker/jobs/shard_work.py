"""One attempt at a shard of a run, from the claim to the transaction that ends it.

Every commit of the work first checks that the shard still belongs to this attempt, and locks it until the commit. So a
worker whose shard was cancelled, or claimed by another worker because it had not reported, stores nothing.
"""

import logging
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from sqlalchemy.orm import Session

from matching.errors import ScoringStoppedError
from models.core.enums import RunState
from models.ranking.generations import Generation
from models.rescoring.runs import RescoringShard
from models.rescoring.shards import (
    HEARTBEAT,
    MAX_ATTEMPTS,
    claim_shard,
    end_shard,
    lock_shard,
    report,
    score_again,
)
from worker.celery_app.stages import Stages, peak_mb
from worker.celery_app.task_context import DATABASE_AWAY, count_stages, new_session, worker_name
from worker.lists.work_control import WorkControl
from worker.market.generations import current_generation

log = logging.getLogger(__name__)


class ShardLostError(ScoringStoppedError):
    """The shard was cancelled, or another worker has claimed it; no result of this attempt may be stored."""


class ShardWork(WorkControl):
    """
    The shard that this process works on. Its heartbeat runs while it is used as a context manager.

    End it by one of :meth:`succeed`, :meth:`fail` and :meth:`score_tiles_again`. These commit the session's writes
    together with the end of the shard, or raise :class:`ShardLostError` and roll back.
    """

    def __init__(self, session: Session, shard: RescoringShard) -> None:
        self.shard = shard
        self._session = session
        self._id, self._attempt = shard.id, shard.attempts
        self._lost = threading.Event()
        self._over = threading.Event()
        self._pairs = 0
        self._lock = threading.Lock()
        self._heartbeat = threading.Thread(target=self._report, daemon=True, name=f"heartbeat-{shard.id}")

    @classmethod
    def claim(cls, session: Session, shard_id: int) -> "ShardWork | None":
        """Claim the shard and commit; None if it is not free."""
        shard = claim_shard(session, shard_id, worker_name())
        if shard is not None and not shard.generation.is_known:
            # A retried shard of a whole market, or a shard that an earlier release planned, has no generation yet.
            shard.generation = current_generation(session, (shard.city_key, shard.deal_type))
        session.commit()
        return None if shard is None else cls(session, shard)

    @property
    def is_given_up(self) -> bool:
        """Whether so many attempts have ended without a report that the shard itself must be the cause."""
        return self._attempt > MAX_ATTEMPTS

    @property
    def generation(self) -> Generation:
        """The generation to compute with."""
        return self.shard.generation

    def add_pairs(self, pairs: int) -> None:
        with self._lock:
            self._pairs += pairs

    def should_stop(self) -> bool:
        return self._lost.is_set()

    def commit(self, session: Session) -> None:
        self._locked_shard(session)
        session.commit()

    def succeed(self, figures: dict[str, Any], stages: Stages) -> int | None:
        """
        End the shard and store its figures.

        Returns:
            Id of the shard that merges the market's tiles, if this was the last of these tiles.
        Raises:
            ShardLostError: Nothing is stored.
        """
        seconds = {name: round(spent, 3) for name, spent in stages.items()}
        merge_id = self._end(RunState.SUCCEEDED, figures | {"stages": seconds | {"peak_mb": round(peak_mb(), 1)}})
        count_stages(seconds)
        return merge_id

    def fail(self, error: str) -> None:
        """Roll back, and end the shard as failed."""
        self._session.rollback()
        self._end(RunState.FAILED, {}, error)

    def score_tiles_again(self, tiles: Iterable[RescoringShard]) -> list[int]:
        """Roll back; queue these tiles and this shard, which merges them, again. Returns the ids of the tiles."""
        self._session.rollback()
        shard = self._locked_shard(self._session)
        tile_ids = score_again(self._session, shard, list(tiles))
        self._session.commit()
        return tile_ids

    def _end(self, state: RunState, figures: dict[str, Any], error: str | None = None) -> int | None:
        merge_id = end_shard(self._session, self._locked_shard(self._session), state, error, figures)
        self._session.commit()
        return merge_id

    def _locked_shard(self, session: Session) -> RescoringShard:
        shard = lock_shard(session, self._id, worker_name(), self._attempt)
        if shard is None:
            session.rollback()
            raise ShardLostError(f"shard {self._id} is no longer attempt {self._attempt}'s")
        return shard

    def __enter__(self) -> "ShardWork":
        self._heartbeat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._heartbeat.join()

    def _report(self) -> None:
        """Report progress until the work is over; detect the loss of the shard."""
        while not self._over.wait(HEARTBEAT.total_seconds() / 3):
            try:
                with new_session() as session:
                    if not report(session, self._id, worker_name(), self._attempt, self._pairs):
                        self._lost.set()
                    session.commit()
            except DATABASE_AWAY:
                log.warning("heartbeat_missed", extra={"shard_id": self._id})
