"""Processes forked from one that has loaded this checkout's code, which saves most of the CPU time of a start."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.launcher.processes import dies_with_parent, stop_child
from tests.preloaded import NUMBER

ROOT = Path(__file__).parent.parent
STDERR = 2  # its descriptor


class Forked:
    """A forked process, with the part of the interface of `subprocess.Popen` that tests use."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status
        self.pid: int = NUMBER.unpack(status.recv(NUMBER.size, socket.MSG_WAITALL))[0]
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            code = self._status.recv(NUMBER.size, socket.MSG_WAITALL)
            self.returncode = NUMBER.unpack(code)[0] if code else -signal.SIGKILL
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Preloaded:
    """The process that forks others (`tests.preloaded`); it starts with the first request."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder  # for the metrics files of the preloaded process, which stay empty
        self._process: subprocess.Popen | None = None
        self._orders: socket.socket | None = None

    def fork(self, *command: str, environment: dict[str, str], stdout: int | None = None) -> Forked:
        """
        Run ``python -m`` *command* in its own session; it is killed when this process dies.

        *stdout* is a file descriptor for its standard output and standard error; by default both go to our stderr.
        """
        if self._process is None:
            self._start()
        ours, theirs = socket.socketpair()
        output = STDERR if stdout is None else stdout
        message = json.dumps({"command": command, "environment": environment}).encode()
        with theirs, open(os.devnull) as nothing:
            socket.send_fds(self._orders, [message], [theirs.fileno(), nothing.fileno(), output, output])
        return Forked(ours)

    def _start(self) -> None:
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
                cwd=ROOT,
                # Web processes keep their metrics in files; the library decides this when it is loaded.
                env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self._folder)},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )

    def close(self) -> None:
        if self._process is not None:
            self._orders.close()
            stop_child(self._process, [])


@pytest.fixture(scope="session")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preloaded]:
    """Forks workers and web processes; all of them end with the session."""
    process = Preloaded(tmp_path_factory.mktemp("counts"))
    yield process
    process.close()
