"""Buckets of pairs that may enter the lists of some rows, kept until it is known which do."""

import threading

import numpy as np
from numpy.typing import NDArray

from matching.engine.ends import ends_of_keys
from matching.engine.ranking import best_of_groups

#: A bucket with this many times the entries of its lists is reduced to the best.
SLACK = 4


class Bucket:
    """Survivors of some rows; several threads may add at the same time."""

    def __init__(self, rows: int, k: int) -> None:
        self.rows = rows
        self.k = k
        #: Survivors added so far.
        self.taken = 0
        self._parts: list[NDArray[np.uint64]] = []
        self._waiting = 0
        self._lock = threading.Lock()

    def add(self, keys: NDArray[np.uint64], ends: NDArray[np.int64], slack: float = SLACK) -> None:
        """
        Add *keys*. If the bucket has more than *slack* times the entries of its lists, keep only the best, and move the
        *ends* (rows,) of full lists to their last entries, in place.
        """
        with self._lock:
            self._parts.append(keys)
            self._waiting += len(keys)
            self.taken += len(keys)
            if self._waiting > slack * self.k * self.rows:
                kept, indptr = self._best()
                full = np.flatnonzero(np.diff(indptr) == self.k)
                ends[full] = np.minimum(ends[full], ends_of_keys(kept[indptr[full + 1] - 1]))
                self._parts, self._waiting = [kept], len(kept)

    def finish(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The k best keys of each row, ascending, and the rows' indptr; to be called once, as it empties the bucket."""
        best = self._best()
        self._parts = []
        return best

    def _best(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        keys = np.concatenate(self._parts) if self._parts else np.zeros(0, np.uint64)
        return best_of_groups(keys, self.rows, self.k)
