"""Keep one process of the Procfile alive: `LEADMATCH_COMMAND='celery ...' python -m scripts.launcher.keep_alive NAME`.

honcho, which starts the processes and joins their output, stops all of them when one ends. That is right for
a release that cannot start and wrong for a worker that ran out of memory at night: readers should keep their
lists while it comes back. So what honcho starts is this keeper, which ends only when it is told to.

- The command ends by itself: it is started again, after 0.5 s at first, doubled up to 30 s while it keeps
  ending.
- SIGTERM or SIGINT: the command alone is told. A worker's pool must not get the signal as well: it would drop
  the task in hand, where the worker lets it finish.
- `leadmatch run` is gone (kill -9): nobody will tell us, so we look twice a second.

The command comes by the environment so that who looks for it among the arguments of processes finds it and not its
keeper.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import psutil

from scripts.launcher.processes import dies_with_parent, lives, stop_child

#: Process id of the `leadmatch run` that we belong to.
SUPERVISOR = "LEADMATCH_SUPERVISOR"

#: The command to run, for /bin/sh.
COMMAND = "LEADMATCH_COMMAND"

FIRST_PAUSE = 0.5  # seconds
LONGEST_PAUSE = 30.0  # seconds
#: A command that has run this long was healthy; its next end starts the pauses over.
HEALTHY = 30.0  # seconds
GLANCE = 0.5  # seconds between two looks at child and supervisor
#: What a command gets to finish what it has in hand; honcho gives the keeper a little more (see
#: scripts/launcher/supervise.py).
GRACE = 8.0  # seconds


@dataclass
class Backoff:
    """How long to wait before the next start.

    >>> backoff = Backoff()
    >>> [backoff.pause_after(lived_seconds=1.0) for _ in range(4)]
    [0.5, 1.0, 2.0, 4.0]
    >>> backoff.pause_after(lived_seconds=3600.0)
    0.5
    """

    next_pause: float = FIRST_PAUSE  # seconds

    def pause_after(self, lived_seconds: float) -> float:
        pause = FIRST_PAUSE if lived_seconds >= HEALTHY else self.next_pause
        self.next_pause = min(2 * pause, LONGEST_PAUSE)
        return pause


class Keeper:
    """Runs one command until told to stop."""

    def __init__(self, name: str, command: str, supervisor: psutil.Process | None) -> None:
        self.name = name
        self.command = command
        self.supervisor = supervisor
        self._told_to_stop = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._told_to_stop.set())
        backoff = Backoff()
        while not self._over():
            started = time.monotonic()
            code = self._run_once()
            if code is None:
                return
            pause = backoff.pause_after(time.monotonic() - started)
            reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            print(f"{self.name} ended ({reason}); starting it again in {pause:g} s", flush=True)
            self._told_to_stop.wait(pause)

    def _run_once(self) -> int | None:
        """The exit code with which the command ended by itself; None if we stopped it."""
        child = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {self.command}"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        code = None
        while code is None and not self._over():
            try:
                code = child.wait(GLANCE)
            except subprocess.TimeoutExpired:
                continue
        stop_child(child, [(signal.SIGTERM, GRACE)])
        _kill_group(child.pid)
        return code

    def _over(self) -> bool:
        if self._told_to_stop.is_set():
            return True
        return self.supervisor is not None and not lives(self.supervisor)


def _kill_group(group: int) -> None:
    """
    End what a dead command left of its own children.

    A worker's pool would otherwise go on with its tasks while the worker's successor takes them up again.
    """
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says PermissionError of a group of zombies.
        pass


def main() -> None:
    [name] = sys.argv[1:]
    command = os.environ.pop(COMMAND)
    supervisor = os.environ.get(SUPERVISOR)
    try:
        process = psutil.Process(int(supervisor)) if supervisor else None
    except psutil.NoSuchProcess:
        return
    Keeper(name, command, process).run()


if __name__ == "__main__":
    main()
