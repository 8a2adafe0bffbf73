"""Child processes that end with their parent, and leftover processes of killed parents."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

#: <sys/prctl.h>: send the caller a signal when its parent thread ends.
PR_SET_PDEATHSIG = 1


def dies_with_parent(sent: signal.Signals) -> Callable[[], None] | None:
    """
    Return a `preexec_fn` that makes the child receive *sent* when this process dies, also by kill -9.

    Linux only; elsewhere None, and a server outlives a killed parent until the next start stops it. The function runs
    after the change of account, which would cancel the setting.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # Loaded here: after the fork, another thread may hold the loader's lock.
    number = int(sent)

    def request_signal() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)

    return request_signal


def processes_in(folder: Path, program: str) -> list[psutil.Process]:
    """
    Return the processes that run *program* with *folder* as their working folder, oldest first.

    PostgreSQL and Valkey change into their data folder, so this finds a server and its children after any crash, and
    never those of another instance. Processes that cannot be inspected are not ours.
    """
    folder = folder.resolve()
    matching = []
    for process in psutil.process_iter():
        try:
            if process.name() == program and Path(process.cwd()) == folder and is_running(process):
                matching.append(process)
        except (psutil.Error, OSError):
            continue
    return sorted(matching, key=lambda process: (process.create_time(), process.pid))


def processes_marked(name: str, value: str) -> list[psutil.Process]:
    """
    Return the processes with the environment variable *name* set to *value*, without this one and its ancestors.

    Children inherit the variable, so this finds a whole tree whose root was killed.
    """
    own = psutil.Process()
    excluded = {own.pid, *(parent.pid for parent in own.parents())}
    matching = []
    for process in psutil.process_iter():
        try:
            if process.pid not in excluded and process.environ().get(name) == value and is_running(process):
                matching.append(process)
        except (psutil.Error, OSError):
            continue
    return matching


def end(processes: Iterable[psutil.Process], first: signal.Signals, patience_seconds: float = 10) -> None:
    """Send *processes* the signal *first*; kill those that still run after *patience_seconds*."""
    waiting = list(processes)
    for sent, seconds in ((first, patience_seconds), (signal.SIGKILL, 5.0)):
        for process in waiting:
            try:
                process.send_signal(sent)
            except psutil.NoSuchProcess:
                continue
        waiting = _still_running(waiting, seconds)


def _still_running(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Return those that still run after *seconds*. A zombie counts as ended: only its parent can reap it."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if is_running(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


def is_running(process: psutil.Process) -> bool:
    """Return whether *process* still runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop_child(child: subprocess.Popen, steps: Iterable[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn and wait its seconds until *child* has ended; at last kill it."""
    for sent, seconds in (*steps, (signal.SIGKILL, 10.0)):
        if child.poll() is not None:
            return
        child.send_signal(sent)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
