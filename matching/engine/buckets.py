"""Where pairs wait that may enter the lists of some rows, until it is known which do."""

import threading

import numpy as np
from numpy.typing import NDArray

from matching.engine.ends import ends_of_keys
from matching.engine.ranking import best_of_groups

#: A bucket that holds this many times what it can keep is cut back.
SLACK = 4


class Bucket:
    """Survivors of some rows; threads may add at the same time."""

    def __init__(self, rows: int, k: int) -> None:
        self.rows = rows
        self.k = k
        #: Survivors taken in so far.
        self.taken = 0
        self._parts: list[NDArray[np.uint64]] = []
        self._waiting = 0
        self._lock = threading.Lock()

    def add(self, keys: NDArray[np.uint64], ends: NDArray[np.int64], slack: float = SLACK) -> None:
        """
        Take in *keys*. When more than *slack* times as many wait as the lists hold, keep the best, and move the *ends*
        (rows,) of full lists, in place, to their last entries.
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
        """The k best keys of each row, ascending, and the rows' indptr."""
        return self._best()

    def _best(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        keys = np.concatenate(self._parts) if self._parts else np.zeros(0, np.uint64)
        return best_of_groups(keys, self.rows, self.k)
