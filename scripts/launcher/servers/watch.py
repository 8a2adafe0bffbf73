"""Restarting a server that ends while the system runs, like a service manager."""

import threading
import time
from collections.abc import Callable, Iterable

from scripts.errors import LaunchError
from scripts.launcher.keep_alive import Backoff
from scripts.launcher.servers.server import Server

POLL = 1.0  # seconds between two checks


class Watch(threading.Thread):
    """
    Restarts *servers* that end, from its start to :meth:`stop`, and reports each restart to *report*.

    A server that cannot be started is tried again at growing intervals, because for example a full disk may be freed.
    On Linux a server ends with the thread that started it, so servers started here end at :meth:`stop`.
    """

    def __init__(self, servers: Iterable[Server], report: Callable[[str], None]) -> None:
        super().__init__(name="watch", daemon=True)
        self._backoffs = {server: Backoff() for server in servers}
        #: Server that could not be started -> time of the next attempt on the monotonic clock.
        self._due: dict[Server, float] = {}
        self._report = report
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(POLL):
            self.check(time.monotonic())

    def stop(self) -> None:
        """Stop restarting; afterwards no server is started."""
        self._over.set()
        for server in self._backoffs:
            server.give_up()
        if self.is_alive():
            self.join()

    def check(self, now: float) -> None:
        """Start servers that have ended, and those whose next attempt is due at *now* (seconds)."""
        for server in self._backoffs:
            if now >= self._due[server] if server in self._due else server.has_ended:
                self._restart(server, now)

    def _restart(self, server: Server, now: float) -> None:
        self._report(f"{server.name} has ended; starting it again")
        try:
            server.start()
        except (LaunchError, OSError) as error:
            pause = self._backoffs[server].pause_after(lived_seconds=0)
            self._due[server] = now + pause
            self._report(f"{error}; trying again in {pause:g} s")
        else:
            self._due.pop(server, None)
            self._backoffs[server] = Backoff()
