"""Bring back a server that ends while the system runs, as a service manager would."""

import threading
import time
from collections.abc import Callable, Iterable

from scripts.errors import LaunchError
from scripts.launcher.keep_alive import Backoff
from scripts.launcher.servers.server import Server

GLANCE = 1.0  # seconds between two looks


class Watch(threading.Thread):
    """
    Looks after *servers* from :meth:`start` to :meth:`stop`, and tells *say* what it does.

    A server that cannot be started is tried again, ever more rarely: a disk that is full may be emptied. On Linux a
    server ends with the thread that started it, so those started here end at :meth:`stop`.
    """

    def __init__(self, servers: Iterable[Server], say: Callable[[str], None]) -> None:
        super().__init__(name="watch", daemon=True)
        self._backoffs = {server: Backoff() for server in servers}
        #: Of servers that could not be started: when to try again, by the monotonic clock.
        self._due: dict[Server, float] = {}
        self._say = say
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(GLANCE):
            self.look(time.monotonic())

    def stop(self) -> None:
        """Return when no server will be started any more."""
        self._over.set()
        if self.is_alive():
            self.join()

    def look(self, now: float) -> None:
        """Start what has ended, and what is due to be tried again at *now* (seconds)."""
        for server in self._backoffs:
            if now >= self._due[server] if server in self._due else server.has_ended:
                self._restart(server, now)

    def _restart(self, server: Server, now: float) -> None:
        self._say(f"{server.name} has ended; starting it again")
        try:
            server.start()
        except (LaunchError, OSError) as error:
            pause = self._backoffs[server].pause_after(lived_seconds=0)
            self._due[server] = now + pause
            self._say(f"{error}; trying again in {pause:g} s")
        else:
            self._due.pop(server, None)
            self._backoffs[server] = Backoff()
