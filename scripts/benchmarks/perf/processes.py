"""Processor time and memory of the processes of one running system, by role."""

from collections import defaultdict
from pathlib import Path

import psutil

from scripts.launcher.home import MARK, Home
from scripts.launcher.processes import processes_in, processes_marked

#: Word of a command line -> role of the process. The first word that is found counts.
ROLES = {
    "gunicorn": "web",
    "queues entities": "worker",
    "queues runs": "runner",
    "celery_app.beat": "beat",
    "beat": "beat",
}


class Processes:
    """The present processes of the system of *home*. New backends of PostgreSQL are found at each reading."""

    def __init__(self, home: Path) -> None:
        self._home = Home(home)
        self._ours: dict[str, list[psutil.Process]] = defaultdict(list)
        for process in processes_marked(MARK, str(self._home.path)):
            role = role_of(" ".join(process.cmdline()))
            if role:
                self._ours[role].append(process)

    def cpu(self, role: str) -> float:
        """CPU seconds of all processes of *role* so far; role is one of ROLES, or "postgres"."""
        return sum(cpu_of(process) for process in self._of(role))

    def memory(self, role: str) -> list[float]:
        """Megabytes of each process of *role*, the largest first: own memory and its part of shared memory (PSS)."""
        held = []
        for process in self._of(role):
            try:
                held.append(process.memory_full_info().pss / 2**20)
            except psutil.Error:
                continue
        return sorted(held, reverse=True)

    def _of(self, role: str) -> list[psutil.Process]:
        if role == "postgres":
            return processes_in(self._home.postgres / "data", "postgres")
        return self._ours[role]


def role_of(command: str) -> str | None:
    """
    The role of a process by its command line, None for keepers and others.

    >>> role_of("python -m celery --app worker.celery_app.app worker --queues runs --concurrency 1")
    'runner'
    """
    return next((role for word, role in ROLES.items() if word in command), None)


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds of *process* so far, 0 if it has ended. Linux gives nanoseconds of each thread, others ticks."""
    threads = Path(f"/proc/{process.pid}/task")
    try:
        if threads.exists():
            return sum(int((each / "schedstat").read_text().split()[0]) for each in threads.iterdir()) / 1e9
        times = process.cpu_times()
    except (psutil.Error, OSError):
        return 0.0
    return times.user + times.system


def cpu_of_tree(pid: int | psutil.Process) -> float:
    """CPU seconds of a process and all its descendants, including ended ones that were waited for."""
    root = psutil.Process(pid) if isinstance(pid, int) else pid
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])  # user, system, children's user, children's system
        except psutil.Error:
            continue
    return total
