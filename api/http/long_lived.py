"""The budget of connections that hold a thread of the web process for a long time: chats, page streams, event streams.

They share two thirds of the process's threads, so that requests always have the rest. Within the budget, pages and
event streams have limits of their own, because their clients can poll every few seconds instead and chats cannot. One
user gets at most half of the slots for event streams, so that a program that forgets to close its streams does not shut
out everybody else.
"""

import threading
from collections import Counter

from models.core.errors import SettingsError

CHAT, PAGE, EVENTS = "chat", "page", "events"
#: Kind -> its largest share of the budget, and its largest number of connections.
BOUNDS = {PAGE: (0.25, 12), EVENTS: (0.125, 6)}
#: With fewer threads than this, even one long-lived connection would leave too few for requests.
MIN_THREADS = 4


class LongLived:
    """
    The budget of one process.

    >>> budget = LongLived(threads=6)
    >>> [budget.acquire(CHAT) for _ in range(5)]
    [True, True, True, True, False]
    >>> budget.release(CHAT); budget.acquire(PAGE), budget.acquire(PAGE)
    (True, False)

    >>> budget = LongLived(threads=96)
    >>> [budget.acquire(EVENTS, "user:7") for _ in range(4)], budget.acquire(EVENTS, "user:8")
    ([True, True, True, False], True)
    """

    def __init__(self, threads: int) -> None:
        """
        Args:
            threads: The number of threads of the web process.
        Raises:
            SettingsError: There are too few threads.
        """
        if threads < MIN_THREADS:
            raise SettingsError(f"WEB_THREADS is {threads}; use {MIN_THREADS} or more")
        self.maximum = threads * 2 // 3
        self._max_of_kind = {
            kind: max(1, min(maximum, int(self.maximum * share))) for kind, (share, maximum) in BOUNDS.items()
        }
        self._taken = {CHAT: 0, PAGE: 0, EVENTS: 0}
        self._of_holder: Counter[str] = Counter()
        #: Whether the process is stopping; then connections end, and their clients reconnect to another process.
        self.is_stopping = False
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        """How many connections of any kind are open."""
        return sum(self._taken.values())

    def is_full(self, kind: str) -> bool:
        """Whether one more connection of this kind would exceed the budget."""
        return self.open >= self.maximum or self._taken[kind] >= self._max_of_kind.get(kind, self.maximum)

    def acquire(self, kind: str, holder: str | None = None) -> bool:
        """
        Take a slot for a connection; False if there is none.

        Args:
            holder: The owner of the connection; a holder of half of the kind's slots gets no more.
        """
        with self._lock:
            if self.is_full(kind):
                return False
            if holder is not None:
                if self._of_holder[holder] >= max(1, self._max_of_kind.get(kind, self.maximum) // 2):
                    return False
                self._of_holder[holder] += 1
            self._taken[kind] += 1
            return True

    def release(self, kind: str, holder: str | None = None) -> None:
        """Release a connection's slot; *holder* as for :meth:`acquire`."""
        with self._lock:
            self._taken[kind] -= 1
            if holder is not None:
                self._of_holder[holder] -= 1
                self._of_holder += Counter()  # removes holders without slots
