"""The snapshots of markets that this process keeps in memory, as many as fit into its share of WORKER_MEMORY_MB."""

from dataclasses import fields

import numpy as np
from sqlalchemy.orm import Session

from models.core.enums import MarketKey
from models.ranking.generations import Generation
from models.rescoring.tiles import BASE_MB
from worker.celery_app.task_context import settings
from worker.market.change_set import ChangeSet
from worker.market.generations import load_models
from worker.market.market_lock import lock_market
from worker.market.snapshot import Part, Snapshot

#: Snapshots kept where memory has no bound.
MAX_SNAPSHOTS = 8
#: A run uses a kept snapshot of at least this many rows. To read fewer costs less than to compare them.
MIN_ROWS_OF_KEPT = 100


class SnapshotCache:
    """Evicts the least recently used snapshot first."""

    def __init__(self) -> None:
        self._kept: dict[MarketKey, Snapshot] = {}
        self._sizes: dict[MarketKey, int] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes that the kept snapshots take."""
        return sum(self._sizes.values())

    def take(self, market: MarketKey) -> Snapshot | None:
        """Remove the market's snapshot from the cache and return it; None if it is not kept."""
        self._sizes.pop(market, None)
        return self._kept.pop(market, None)

    def keep(self, snapshot: Snapshot, memory_mb: int) -> None:
        """
        Keep the snapshot, and evict others so that all together take at most half of what *memory_mb* leaves.

        The other half is for working on them. The one just used stays even if it is larger: it was in memory anyway.
        """
        self.take(snapshot.market)
        self._kept[snapshot.market], self._sizes[snapshot.market] = snapshot, size_of(snapshot)
        max_bytes = max(memory_mb - BASE_MB, 0) * 2**20 // 2 if memory_mb else None
        while len(self) > 1 and (self.size > max_bytes if max_bytes is not None else len(self) > MAX_SNAPSHOTS):
            self.take(next(iter(self._kept)))

    def clear(self) -> None:
        """Evict all snapshots."""
        self._kept.clear()
        self._sizes.clear()


_snapshots = SnapshotCache()


def locked_snapshot(session: Session, market: MarketKey, skipping: ChangeSet | None = None) -> Snapshot:
    """
    Lock the market and return its snapshot, of the market's generation, from the cache or newly loaded.

    Loading a big market takes seconds, so it is done without the lock: workers that have the market loaded continue
    meanwhile. The snapshot is removed from the cache. Keep it again after the commit, not before: a snapshot whose
    refresh was rolled back would never adopt the rows that the refresh had read.

    Args:
        skipping: Entities that are not to be loaded; if given, the snapshot is always loaded from the database.
    """
    snapshot: Snapshot | None = None
    while True:
        row = lock_market(session, market)
        if snapshot is None and not skipping:
            snapshot = _snapshots.take(market)
        if snapshot is not None and snapshot.generation == row.generation:
            return snapshot
        generation = row.generation
        session.commit()
        snapshot = load_snapshot(session, market, generation, skipping)
        session.commit()


def preload(session: Session, market: MarketKey, generation: Generation) -> None:
    """Load the market into this process's memory, so that later changes find it loaded."""
    cache_snapshot(load_snapshot(session, market, generation))


def load_snapshot(
    session: Session, market: MarketKey, generation: Generation, skipping: ChangeSet | None = None
) -> Snapshot:
    """The present state of the market, computed with *generation*."""
    return Snapshot.load(session, market, load_models(session, generation), skipping)


def snapshot_for_run(session: Session, market: MarketKey, generation: Generation) -> Snapshot:
    """
    The present state of the market, computed with *generation*; all snapshots are removed from the cache.

    Reading all rows and turning them into vectors takes a third of a run. If this process has kept the market's
    snapshot, only later writes are read. A run also repairs lists after faults, so the snapshot is not trusted: the
    ids and versions of the whole market are compared with it, and if any differ, all rows are read.
    """
    kept = _snapshots.take(market)
    evict_snapshots()
    models = load_models(session, generation)
    is_large = kept is not None and len(kept.leads) + len(kept.properties) >= MIN_ROWS_OF_KEPT
    if kept is not None and is_large and not kept.failures and kept.has_vectors_of(models):
        kept.models = models
        for _ in range(2):  # twice, because something may be written between the two reads
            kept.refresh(session)
            if kept.equals_market(session):
                kept.release_quarantined(session)
                return kept
    del kept  # before another one is made
    return Snapshot.load(session, market, models)


def cache_snapshot(snapshot: Snapshot) -> None:
    """Cache a snapshot whose writes have been committed, unless it is partial."""
    if not snapshot.is_partial:
        _snapshots.keep(snapshot, settings().worker_memory_mb)


def evict_snapshots() -> None:
    """Drop the cached snapshots, because scoring a whole market needs the memory that they occupy."""
    _snapshots.clear()


def size_of(snapshot: Snapshot) -> int:
    """Bytes of the snapshot's arrays; everything else in it is small."""
    return sum(_size_of_part(part) for part in (snapshot.leads, snapshot.properties))


def _size_of_part(part: Part) -> int:
    arrays = [part.ids, part.versions, part.entry_thresholds, part.listed_versions]
    arrays += [getattr(part.vectors, column.name) for column in fields(part.vectors)]
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))
