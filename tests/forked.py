"""Processes forked from one that has loaded this checkout's code, which saves most of the CPU time of a start."""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
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
    """A connection to the process that forks others (`tests.preloaded`); the first order connects."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._orders: socket.socket | None = None

    def fork(self, *command: str, environment: dict[str, str], stdout: int | None = None) -> Forked:
        """
        Run ``python -m`` *command* in its own session; it is killed when this process dies.

        *stdout* is a file descriptor for its standard output and standard error; by default both go to our stderr.
        """
        if self._orders is None:
            self._orders = socket.socket(socket.AF_UNIX)
            self._orders.connect(self._address)
        ours, theirs = socket.socketpair()
        output = STDERR if stdout is None else stdout
        message = json.dumps({"command": command, "environment": environment}).encode()
        with theirs, open(os.devnull) as nothing:
            socket.send_fds(self._orders, [message], [theirs.fileno(), nothing.fileno(), output, output])
        return Forked(ours)

    def close(self) -> None:
        if self._orders is not None:
            self._orders.close()


class PreloadedProcess:
    """The process itself. It waits for its first client before it loads the code."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="preloaded-")
        self.address = f"{self._folder}/orders"
        self._control, theirs = socket.socketpair()
        with theirs, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(theirs.fileno()), str(listener.fileno())],
                cwd=ROOT,
                # Web processes keep their metrics in files; the library decides this when it is loaded. The preloaded
                # process's own files stay empty.
                env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": self._folder},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), listener.fileno()],
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )

    def close(self) -> None:
        self._control.close()
        stop_child(self._process, [])
        shutil.rmtree(self._folder, ignore_errors=True)


_SHARED = pytest.StashKey[PreloadedProcess]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Let the processes among which pytest-xdist divides the tests share one preloaded process."""
    stash = node.config.stash
    if _SHARED not in stash:
        stash[_SHARED] = PreloadedProcess()
    node.workerinput["preloaded"] = stash[_SHARED].address


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SHARED in config.stash:
        config.stash[_SHARED].close()


@pytest.fixture(scope="session")
def preloaded(pytestconfig: pytest.Config) -> Iterator[Preloaded]:
    """Forks workers and web processes; all of them end with the session."""
    own = None
    address = getattr(pytestconfig, "workerinput", {}).get("preloaded")
    if address is None:
        own = PreloadedProcess()
        address = own.address
    connection = Preloaded(address)
    yield connection
    connection.close()
    if own is not None:
        own.close()
