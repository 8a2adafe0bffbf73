"""Children that die with their parent, and what is left of those that could not."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

#: <sys/prctl.h>: "send me this signal when the thread that made me ends".
PR_SET_PDEATHSIG = 1


def dies_with_parent(sent: signal.Signals) -> Callable[[], None] | None:
    """
    What a child must do before it executes its program so that *sent* reaches it when we die, by kill -9 too.

    Linux only; elsewhere None, and a server outlives a killed parent until the next start sweeps it away.
    Runs after the switch of accounts, which would void the request.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # Found here: after the fork, another thread may hold the loader's lock.
    number = int(sent)

    def ask_for_the_signal() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)

    return ask_for_the_signal


def processes_in(folder: Path, program: str) -> list[psutil.Process]:
    """
    The processes that run *program* with *folder* as their working folder, oldest first.

    PostgreSQL and Valkey both move into their data folder and stay there, so this finds a server and its
    children after any crash, and can never find somebody else's. Processes that we may not look at are not ours.
    """
    folder = folder.resolve()
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == program and Path(process.cwd()) == folder and lives(process):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return sorted(found, key=lambda process: (process.create_time(), process.pid))


def processes_marked(name: str, value: str) -> list[psutil.Process]:
    """
    The processes that were given the environment variable *name* with *value*, without us and those we descend from.

    Children inherit the mark, so this finds a whole tree whose root was killed.
    """
    ourselves = psutil.Process()
    spared = {ourselves.pid, *(parent.pid for parent in ourselves.parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in spared and process.environ().get(name) == value and lives(process):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end(processes: Iterable[psutil.Process], first: signal.Signals, patience_seconds: float = 10) -> None:
    """Ask *processes* to stop with the signal *first*; kill those that have not after *patience_seconds*."""
    waiting = list(processes)
    for sent, seconds in ((first, patience_seconds), (signal.SIGKILL, 5.0)):
        for process in waiting:
            try:
                process.send_signal(sent)
            except psutil.NoSuchProcess:
                continue
        waiting = _still_there(waiting, seconds)


def _still_there(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that live on after *seconds*. A zombie is dead: only its own parent can bury it."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if lives(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


def lives(process: psutil.Process) -> bool:
    """Whether *process* still runs; one that has ended and waits for its parent to notice does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop_child(child: subprocess.Popen, steps: Iterable[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, and wait its seconds, until *child* has ended; kill it in the end."""
    for sent, seconds in (*steps, (signal.SIGKILL, 10.0)):
        if child.poll() is not None:
            return
        child.send_signal(sent)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
