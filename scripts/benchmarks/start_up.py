"""
How long `leadmatch run` takes to answer, and what starting costs: `python -m scripts.benchmarks.start_up`.

Starts the system twice in a separate home without the demo; the first start creates the databases, the second is
measured. CPU seconds are those of all processes from the start until every process of the Procfile is idle. They are
expressed in *imports*, the CPU seconds of one import of the whole stack in the same run, because this ratio hardly
depends on the machine. While the system runs, commands that need no engine are measured as well.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import httpx
import psutil

from scripts.benchmarks.perf.processes import cpu_of_tree
from scripts.launcher.servers.state import free_port

#: The whole stack.
STACK = "import numpy, scipy, sklearn, sqlalchemy, flask, flask_smorest, celery, api.server.app, worker.tasks"
#: The start is over when no CPU has been used for this long.
IDLE_SECONDS = 2.0
WAIT_LIMIT_SECONDS = 300.0
#: Commands that need no engine, and the CPU seconds that each may take.
COMMANDS = {
    ("--help",): 0.3,
    ("schedule",): 1.0,
    ("runs",): 1.0,
    ("markets", "list"): 1.0,
    ("rates", "list"): 1.0,
    ("api-key", "list"): 1.0,
    ("weights", "list"): 1.0,
    ("health", "web"): 1.0,
}


@dataclass(frozen=True)
class Start:
    """One start of the system, which still runs."""

    home: Path
    port: int
    first_answer: float  #: Seconds.
    cpu: float  #: Seconds, of all processes until they are idle.


def import_cpu() -> float:
    """CPU seconds of importing the whole stack in a separate process."""
    return _cpu_of([sys.executable, "-c", STACK], _with_bytecode())


def command_cpu(arguments: tuple[str, ...], home: Path) -> float:
    """CPU seconds of `leadmatch` with *arguments*, beside the system of *home*."""
    # PORT in the caller's environment would override that of the home.
    variables = {name: value for name, value in _with_bytecode().items() if name != "PORT"}
    variables["LEADMATCH_HOME"] = str(home)
    return _cpu_of([sys.executable, "-m", "scripts", *arguments], variables)


def _with_bytecode() -> dict[str, str]:
    """
    The environment, without a developer's wish for no bytecode: every process would compile our modules again, which
    an installed system never does.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _cpu_of(command: list[str], variables: dict[str, str]) -> float:
    before = os.times()
    subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


@contextmanager
def running(home: Path) -> Iterator[Start]:
    """Start the system in *home*; yields when it answers and is idle, and stops it afterwards."""
    port = free_port()
    variables = {**_with_bytecode(), "NO_DEMO": "1", "PORT": str(port), "LEADMATCH_HOME": str(home)}
    began = time.monotonic()
    with (home.parent / "output").open("w") as output:
        system = psutil.Popen([sys.executable, "-m", "scripts", "run"], env=variables, stdout=output, stderr=output)
    try:
        while not _answers(port):
            if system.poll() is not None or time.monotonic() - began > WAIT_LIMIT_SECONDS:
                raise click.ClickException(f"the system did not start: see {output.name}")
            time.sleep(0.05)
        answered = time.monotonic() - began
        yield Start(home, port, answered, _cpu_until_idle(system))
    finally:
        system.terminate()
        system.wait(60)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _cpu_until_idle(system: psutil.Process) -> float:
    used, since = cpu_of_tree(system), time.monotonic()
    while time.monotonic() - since < IDLE_SECONDS:
        time.sleep(0.25)
        now = cpu_of_tree(system)
        # An idle system uses a little CPU for heartbeats and polls.
        if now - used > 0.2:
            used, since = now, time.monotonic()
    return used


@click.command()
def command() -> None:
    """Measure a start of the whole system on a warm home, and commands that need no engine."""
    imports = min(import_cpu() for _ in range(3))
    with tempfile.TemporaryDirectory(prefix="leadmatch-start-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        with running(home):
            pass
        with running(home) as warm:
            took = {arguments: min(command_cpu(arguments, home) for _ in range(3)) for arguments in COMMANDS}
    print(f"one import of the whole stack   {imports:5.2f} CPU s")
    print(f"a warm start until idle         {warm.cpu:5.2f} CPU s = {warm.cpu / imports:.1f} imports")
    print(f"its first answer after          {warm.first_answer:5.2f} s")
    for arguments, seconds in took.items():
        missed = "" if seconds <= COMMANDS[arguments] else f"  (target: {COMMANDS[arguments]:g})"
        shown = f"leadmatch {' '.join(arguments)}"
        print(f"{shown:30}  {seconds:5.2f} CPU s = {seconds / imports:.2f} imports{missed}")


if __name__ == "__main__":
    command()
