"""Run the processes of the Procfile with honcho until they are stopped."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import honcho.manager
from honcho.environ import parse_procfile
from honcho.printer import Printer
from rich.console import Console
from rich.text import Text

from models.platform.checkout import checkout
from scripts.errors import LaunchError
from scripts.launcher import keep_alive

#: Paths in the Procfile are relative to it.
ROOT = checkout()

#: A process type that a deployment runs once, before the others.
RELEASE = "release"


class ConsoleOutput:
    """A stream for honcho's printer that keeps a progress bar below the lines of the processes."""

    def __init__(self, console: Console, at_first_line: Callable[[], None]) -> None:
        self._console = console
        self._at_first_line: Callable[[], None] | None = at_first_line
        self._line = ""

    def write(self, text: str) -> int:
        if self._at_first_line is not None:
            begin, self._at_first_line = self._at_first_line, None
            begin()
        *whole, self._line = (self._line + text).split("\n")
        for line in whole:
            self._console.print(Text.from_ansi(line), soft_wrap=True, highlight=False)
        return len(text)

    def flush(self) -> None:
        self._console.file.flush()

    def isatty(self) -> bool:
        return self._console.is_terminal


def procfile_commands(path: Path) -> dict[str, str]:
    """Return name -> command of the processes that keep running."""
    commands = dict(parse_procfile(path.read_text()).processes)
    commands.pop(RELEASE, None)
    if not commands:
        raise LaunchError(f"{path} names no process to run")
    return commands


def manager_for(
    commands: Mapping[str, str],
    variables: Mapping[str, str],
    console: Console,
    at_start: Callable[[], None],
    ends: Path,
) -> honcho.manager.Manager:
    """
    Return a honcho manager whose ``loop()`` runs each command under its keeper, with *variables* in its environment.

    In the folder *ends*, a file with the name of each process grows by a byte whenever that process ends unexpectedly.
    *at_start* is called after all forks, because threads started earlier would be partly copied into the children.
    """
    # honcho kills processes that have not ended in this time; the keepers kill their commands a little earlier.
    honcho.manager.KILL_WAIT = keep_alive.GRACE + 2
    manager = honcho.manager.Manager(Printer(ConsoleOutput(console, at_start)))
    folder = str(Path(sys.executable).parent)  # Not resolved, because the python of a virtual environment is a link.
    for name, command in commands.items():
        environment = {
            **os.environ,
            **variables,
            "PATH": os.pathsep.join([folder, os.environ.get("PATH", os.defpath)]),
            "PYTHONUNBUFFERED": "1",
            keep_alive.SUPERVISOR: str(os.getpid()),
            keep_alive.COMMAND: command,
            keep_alive.ENDS: str(ends / name),
        }
        line = f"exec {shlex.quote(sys.executable)} -m scripts.launcher.keep_alive {shlex.quote(name)}"
        manager.add_process(name, line, env=environment, cwd=str(ROOT))
    return manager
