"""Bring back a server that ends while the system runs, as a service manager would."""

import threading
from collections.abc import Callable, Iterable

from scripts.errors import LaunchError
from scripts.servers.postgres import PostgresServer
from scripts.servers.valkey import ValkeyServer

GLANCE = 1.0  # seconds between two looks
#: After this many vain attempts in a row something is wrong that one more will not mend.
ATTEMPTS = 5


class Watch(threading.Thread):
    """
    Looks after *servers* from :meth:`start` to :meth:`stop`, and tells *say* what it does.

    On Linux a server ends with the thread that started it, so those started here end at :meth:`stop`.
    """

    def __init__(self, servers: Iterable[PostgresServer | ValkeyServer], say: Callable[[str], None]) -> None:
        super().__init__(name="watch", daemon=True)
        self._attempts_left = {server: ATTEMPTS for server in servers}
        self._say = say
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(GLANCE):
            for server, left in self._attempts_left.items():
                if left and server.has_ended:
                    self._restart(server)

    def stop(self) -> None:
        """Return when no server will be started any more."""
        self._over.set()
        if self.is_alive():
            self.join()

    def _restart(self, server: PostgresServer | ValkeyServer) -> None:
        self._say(f"{server.name} has ended; starting it again")
        try:
            server.start()
        except LaunchError as error:
            self._attempts_left[server] -= 1
            self._say(error.message)
        else:
            self._attempts_left[server] = ATTEMPTS
