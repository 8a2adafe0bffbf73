"""
How long `leadmatch run` takes to answer, and what starting costs: `python -m scripts.benchmarks.start_up`.

Starts the system twice in a home of its own without the demo; the first start makes the databases, the second is
measured. CPU seconds are those of all processes from the start until every process of the Procfile is idle, given in
*imports*, the CPU seconds of one import of the whole stack in this very run: that ratio hardly depends on the machine.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
import httpx
import psutil

from scripts.launcher.servers.state import free_port

#: The whole stack.
STACK = "import numpy, scipy, sklearn, sqlalchemy, flask, flask_smorest, celery, api.server.app, worker.tasks"
#: Nothing has been used for as long as this: the start is over.
IDLE_SECONDS = 2.0
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Start:
    """One start of the system."""

    first_answer: float  # seconds
    cpu: float  # seconds


def one_import() -> float:
    """CPU seconds of importing the whole stack in a process of its own."""
    before = os.times()
    subprocess.run([sys.executable, "-c", STACK], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def start(home: Path) -> Start:
    """Start the system in *home*, wait until it answers and is idle, and stop it."""
    port = free_port()
    variables = {**os.environ, "NO_DEMO": "1", "PORT": str(port), "LEADMATCH_HOME": str(home)}
    began = time.monotonic()
    with (home.parent / "output").open("w") as output:
        system = psutil.Popen([sys.executable, "-m", "scripts", "run"], env=variables, stdout=output, stderr=output)
    try:
        while not _answers(port):
            if system.poll() is not None or time.monotonic() - began > PATIENCE_SECONDS:
                raise click.ClickException(f"the system did not start: see {output.name}")
            time.sleep(0.05)
        answered = time.monotonic() - began
        return Start(answered, _cpu_until_idle(system))
    finally:
        system.terminate()
        system.wait(60)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _cpu_until_idle(system: psutil.Process) -> float:
    used, since = _cpu(system), time.monotonic()
    while time.monotonic() - since < IDLE_SECONDS:
        time.sleep(0.25)
        now = _cpu(system)
        # A system at rest uses a little: heartbeats, polls.
        if now - used > 0.2:
            used, since = now, time.monotonic()
    return used


def _cpu(system: psutil.Process) -> float:
    total = 0.0
    for process in (system, *system.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        # Children that have ended and were waited for count with their parent.
        total += times.user + times.system + times.children_user + times.children_system
    return total


@click.command()
def command() -> None:
    """Measure a start of the whole system on a warm home."""
    imports = min(one_import() for _ in range(3))
    with tempfile.TemporaryDirectory(prefix="leadmatch-start-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        start(home)
        warm = start(home)
    print(f"one import of the whole stack   {imports:5.2f} CPU s")
    print(f"a warm start until idle         {warm.cpu:5.2f} CPU s = {warm.cpu / imports:.1f} imports")
    print(f"its first answer after          {warm.first_answer:5.2f} s")


if __name__ == "__main__":
    command()
