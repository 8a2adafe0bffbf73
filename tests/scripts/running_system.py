"""A system started by `leadmatch run`, observed from outside."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import IO

import psutil
import psycopg2
import pytest

from scripts.launcher.home import MARK, Home
from scripts.launcher.processes import dies_with_parent, processes_in
from tests.ports import free_port
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for

ROOT = Path(__file__).parent.parent.parent

WEB = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["SECRET_KEY"].encode())
    def log_message(self, *arguments): pass
print("web is up", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

#: Like a Celery worker: a parent with a child that would survive it.
WORKER = """
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()  # stands for the pool"])
print("worker is up", flush=True)
signal.pause()
"""


class Output:
    """The lines of one process, read as they come."""

    def __init__(self, stream: IO[str], wait_limit: float = WAIT_LIMIT_SECONDS) -> None:
        self._stream = stream
        self._wait_limit = wait_limit  # seconds
        self._lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for_line(self, part: str, times: int = 1) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._count(part) >= times, self._wait_limit)
            if self._count(part) < times:
                pytest.fail(f"{part!r} is not printed:\n" + "".join(self._lines))

    def wait_for_end(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._ended, self._wait_limit), "somebody still holds the output"

    def _count(self, part: str) -> int:
        return sum(part in line for line in self._lines)

    def _read(self) -> None:
        with self._stream:
            for line in self._stream:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _last_word(process: psutil.Process) -> str:
    """The process's command; empty if the process has just ended, as children of PostgreSQL do."""
    try:
        return process.cmdline()[-1]
    except (psutil.Error, IndexError):
        return ""


class System:
    """One `leadmatch run` in its own process, with stand-ins for the web process and the worker."""

    process: subprocess.Popen
    output: Output
    wait_limit: float = WAIT_LIMIT_SECONDS
    #: The first is printed when the web process answers, the other by the stand-in for the worker.
    lines_when_up: tuple[str, ...] = ("Leadmatch is up", "worker is up")

    def __init__(self, home: Path, files: Path, **variables: str) -> None:
        self.home = Home(home)
        self._variables = variables
        self.port = free_port()
        self.command = [sys.executable, "-c", self._with_stand_ins(files)]

    @staticmethod
    def _with_stand_ins(files: Path) -> str:
        """Code that runs the system with its own Procfile."""
        (files / "web.py").write_text(WEB)
        (files / "worker.py").write_text(WORKER)
        web, worker = (shlex.join([sys.executable, str(files / name)]) for name in ("web.py", "worker.py"))
        procfile = files / "Procfile"
        procfile.write_text(f"release: false\nweb: {web}\nworker: {worker}\n")
        return (
            "import sys; from pathlib import Path; from rich.console import Console\n"
            "from scripts.launcher.system import run_system\n"
            f"sys.exit(run_system(Console(width=200), Path({str(procfile)!r})))"
        )

    def start(self) -> "System":
        self.launch()
        for line in self.lines_when_up:
            self.output.wait_for_line(line)
        return self

    def launch(self) -> subprocess.Popen:
        """Start it without waiting until it answers."""
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=environment(self.home.path, PORT=str(self.port), NO_DEMO="1", **self._variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )
        self.output = Output(self.process.stdout, self.wait_limit)
        return self.process

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Stop the system unless it has ended; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sent)
        code = self.process.wait(self.wait_limit)
        self.output.wait_for_end()
        return code

    def processes(self) -> list[psutil.Process]:
        """All processes of this home, except `leadmatch run` itself."""
        found = {process for process in psutil.process_iter() if marked(process, str(self.home.path))}
        found.update(processes_in(self.home.postgres / "data", "postgres"))
        found.update(processes_in(self.home.valkey / "data", "valkey-server"))
        return [process for process in found if process.pid != self.process.pid]

    def process_of(self, file: str) -> psutil.Process:
        [found] = [process for process in self.processes() if _last_word(process).endswith(file)]
        return found

    def answer(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=WAIT_LIMIT_SECONDS) as answer:
            return answer.read().decode()

    def sql(self, statement: str) -> list[tuple]:
        url = self.home.read_environment()["DATABASE_URL"]
        connection = psycopg2.connect(url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def marked(process: psutil.Process, home: str) -> bool:
    try:
        return process.environ().get(MARK) == home and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def environment(home: Path, **variables: str) -> dict[str, str]:
    """Our environment, without variables that would affect the run."""
    steering = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENVIRONMENT", "PORT", "NO_DEMO", "LOG_LEVEL")
    kept = {name: value for name, value in os.environ.items() if name not in steering}
    return {**kept, "LEADMATCH_HOME": str(home), **variables}


def leadmatch(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "scripts", *arguments],
        cwd=ROOT,
        env=environment(home, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_LIMIT_SECONDS,
        check=False,
    )


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """The processes that still run; the system may need a moment to reap an orphan that has ended."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_of(processes: list[psutil.Process]) -> None:
    wait_for(lambda: not alive(processes), what="the end of all")
