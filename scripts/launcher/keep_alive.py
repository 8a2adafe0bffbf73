"""Keep one process of the Procfile alive: `LEADMATCH_COMMAND='celery ...' python -m scripts.launcher.keep_alive NAME`.

honcho, which starts the processes and joins their output, stops all of them when one ends. That suits a release that
cannot start, but not a worker that ran out of memory: the other processes should go on while it restarts. So honcho
starts this keeper instead, which ends only on a signal.

- The command ends unexpectedly: the keeper restarts it, at first after 0.5 s, doubled up to 30 s while it keeps ending.
- SIGTERM or SIGINT: the keeper passes the signal to the command only. A worker's pool must not receive it, because it
  would abort the present task, which the worker lets finish.
- `leadmatch run` is killed (kill -9): no signal arrives, so the keeper checks twice a second.

The command is passed in the environment, so that a search by processes' arguments finds the command, not its keeper.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import psutil

from scripts.launcher.processes import dies_with_parent, is_running, stop_child

#: Process id of the keeper's `leadmatch run`.
SUPERVISOR = "LEADMATCH_SUPERVISOR"

#: The command to run, for /bin/sh.
COMMAND = "LEADMATCH_COMMAND"

#: A file that grows by a byte whenever the command has ended unexpectedly; `leadmatch run` checks its size.
ENDS = "LEADMATCH_ENDS"

FIRST_PAUSE = 0.5  # seconds
MAX_PAUSE = 30.0  # seconds
#: A command that ran this long was healthy; after its end the pauses start again with the first.
HEALTHY = 30.0  # seconds
POLL = 0.5  # seconds between two checks of child and supervisor
#: Time for a command to finish; honcho gives the keeper a little more (scripts/launcher/supervise.py).
GRACE = 8.0  # seconds


@dataclass
class Backoff:
    """The pauses between restarts.

    >>> backoff = Backoff()
    >>> [backoff.pause_after(lived_seconds=1.0) for _ in range(4)]
    [0.5, 1.0, 2.0, 4.0]
    >>> backoff.pause_after(lived_seconds=3600.0)
    0.5
    """

    next_pause: float = FIRST_PAUSE  # seconds

    def pause_after(self, lived_seconds: float) -> float:
        pause = FIRST_PAUSE if lived_seconds >= HEALTHY else self.next_pause
        self.next_pause = min(2 * pause, MAX_PAUSE)
        return pause


class Keeper:
    """Runs one command until a signal stops it."""

    def __init__(self, name: str, command: str, supervisor: psutil.Process | None, ends: str | None = None) -> None:
        self.name = name
        self.command = command
        self.supervisor = supervisor
        self.ends = ends
        self._stopping = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        backoff = Backoff()
        while not self._over():
            started = time.monotonic()
            code = self._run_once()
            if code is None:
                return
            self._log_end()
            pause = backoff.pause_after(time.monotonic() - started)
            reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            print(f"{self.name} ended ({reason}); starting it again in {pause:g} s", flush=True)
            self._stopping.wait(pause)

    def _run_once(self) -> int | None:
        """Run the command once. Returns its exit code, or None if the keeper stopped it."""
        child = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {self.command}"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        code = None
        while code is None and not self._over():
            try:
                code = child.wait(POLL)
            except subprocess.TimeoutExpired:
                continue
        stop_child(child, [(signal.SIGTERM, GRACE)])
        _kill_group(child.pid)
        return code

    def _log_end(self) -> None:
        if self.ends is not None:
            with contextlib.suppress(OSError), open(self.ends, "ab") as file:  # a full disk must not stop the keeper
                file.write(b".")

    def _over(self) -> bool:
        if self._stopping.is_set():
            return True
        return self.supervisor is not None and not is_running(self.supervisor)


def _kill_group(group: int) -> None:
    """
    Kill the children that an ended command left behind.

    Otherwise a worker's pool would continue its tasks while the next worker repeats them.
    """
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS raises PermissionError for a group of zombies.
        pass


def main() -> None:
    [name] = sys.argv[1:]
    command = os.environ.pop(COMMAND)
    supervisor = os.environ.get(SUPERVISOR)
    try:
        process = psutil.Process(int(supervisor)) if supervisor else None
    except psutil.NoSuchProcess:
        return
    Keeper(name, command, process, os.environ.pop(ENDS, None)).run()


if __name__ == "__main__":
    main()
