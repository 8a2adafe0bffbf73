"""The snapshots of markets that this process keeps in memory, as many as fit into its share of WORKER_MEMORY_MB."""

from dataclasses import fields

import numpy as np

from models.rescoring.tiles import BASE_MB
from worker.market.load import MarketKey
from worker.market.snapshot import Part, Snapshot

#: Kept where memory has no bound.
MOST_SNAPSHOTS = 8


class SnapshotCache:
    """Least recently used first out."""

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
        """The market's snapshot, which is the caller's now; None if it is not here."""
        self._sizes.pop(market, None)
        return self._kept.pop(market, None)

    def keep(self, snapshot: Snapshot, memory_mb: int) -> None:
        """
        Keep the snapshot, and let go of others so that all together take no more than half of what *memory_mb* leaves.

        The other half is for working on them. The one just used stays even if it is larger: it was in memory anyway.
        """
        self.take(snapshot.market)
        self._kept[snapshot.market], self._sizes[snapshot.market] = snapshot, size_of(snapshot)
        most = max(memory_mb - BASE_MB, 0) * 2**20 // 2 if memory_mb else None
        while len(self) > 1 and (self.size > most if most is not None else len(self) > MOST_SNAPSHOTS):
            self.take(next(iter(self._kept)))

    def clear(self) -> None:
        """Let go of all: the memory is needed for more than keeping."""
        self._kept.clear()
        self._sizes.clear()


def size_of(snapshot: Snapshot) -> int:
    """Bytes of the snapshot's arrays; what else it has is little."""
    return sum(_size_of_part(part) for part in (snapshot.leads, snapshot.properties))


def _size_of_part(part: Part) -> int:
    arrays = [part.ids, part.versions, part.cuts, part.listed_versions]
    arrays += [getattr(part.vectors, column.name) for column in fields(part.vectors)]
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))
