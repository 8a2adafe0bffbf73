"""`leadmatch run`, with processes that stand for web and worker."""

import contextlib
import os
import signal
import socket
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
from scripts.launcher.servers.state import free_port
from tests.waiting import wait_for

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60  # seconds

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

#: Like a Celery worker: a parent, and a child that would live on without it.
WORKER = """
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()  # stands for the pool"])
print("worker is up", flush=True)
signal.pause()
"""


class Output:
    """The lines of one process, read as they come."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for_line(self, part: str, times: int = 1) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._count(part) >= times, PATIENCE)
            if self._count(part) < times:
                pytest.fail(f"{part!r} is not printed:\n" + "".join(self._lines))

    def wait_for_end(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._ended, PATIENCE), "somebody still holds the output"

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
    """Of its command; nothing of one that has just ended, as children of PostgreSQL do."""
    try:
        return process.cmdline()[-1]
    except (psutil.Error, IndexError):
        return ""


class System:
    """One `leadmatch run` in its own process."""

    process: subprocess.Popen
    output: Output

    def __init__(self, home: Path, files: Path) -> None:
        self.home = Home(home)
        self.port = free_port()
        (files / "web.py").write_text(WEB)
        (files / "worker.py").write_text(WORKER)
        python = f"'{sys.executable}'"
        procfile = files / "Procfile"
        procfile.write_text(f"release: false\nweb: {python} '{files}/web.py'\nworker: {python} '{files}/worker.py'\n")
        self._code = (
            "import sys; from pathlib import Path; from rich.console import Console\n"
            "from scripts.launcher.system import run_system\n"
            f"sys.exit(run_system(Console(width=200), Path({str(procfile)!r})))"
        )

    def start(self) -> "System":
        self.process = subprocess.Popen(
            [sys.executable, "-c", self._code],
            cwd=ROOT,
            env=environment(self.home.path, PORT=str(self.port), NO_DEMO="1"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )
        self.output = Output(self.process.stdout)
        self.output.wait_for_line("Leadmatch is up")
        return self

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """The exit code; a system that has ended already stays as it is."""
        if self.process.poll() is None:
            self.process.send_signal(sent)
        code = self.process.wait(PATIENCE)
        self.output.wait_for_end()
        return code

    def processes(self) -> list[psutil.Process]:
        """All that runs for this home, `leadmatch run` itself left out."""
        found = {process for process in psutil.process_iter() if marked(process, str(self.home.path))}
        found.update(processes_in(self.home.postgres / "data", "postgres"))
        found.update(processes_in(self.home.valkey / "data", "valkey-server"))
        return [process for process in found if process.pid != self.process.pid]

    def process_of(self, file: str) -> psutil.Process:
        [found] = [process for process in self.processes() if _last_word(process).endswith(file)]
        return found

    def answer(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
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
    """Ours, without what would steer the run elsewhere."""
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
        timeout=PATIENCE,
        check=False,
    )


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; an orphan that has ended may wait a moment for the system to bury it."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_of(processes: list[psutil.Process]) -> None:
    wait_for(lambda: not alive(processes), PATIENCE, "the end of all")


@pytest.fixture
def system(servers_folder, tmp_path):
    """A running system to stop, kill and start again; its home is an earlier test's, for making one takes a while."""
    system = System(servers_folder / "stopped-and-started", tmp_path).start()
    system.sql("DROP TABLE IF EXISTS kept")
    yield system
    system.stop()


@pytest.fixture(scope="module")
def shared_system(servers_folder, tmp_path_factory):
    """A running system for tests that leave it running."""
    system = System(servers_folder / "shared", tmp_path_factory.mktemp("shared")).start()
    yield system
    system.stop()


def test_sigterm_and_ctrl_c_stop_every_process_and_data_is_kept(system):
    system.sql("CREATE TABLE kept AS SELECT 1 AS one")
    secret = system.answer()
    processes = system.processes()
    # A keeper, a web; a keeper, a worker, its pool; PostgreSQL; Valkey.
    assert len(processes) >= 7

    assert system.stop() == 0
    assert alive(processes) == []

    system.start()  # within PATIENCE; about 2 s on an idle machine
    assert system.sql("SELECT one FROM kept") == [(1,)]
    assert system.answer() == secret

    assert system.stop(signal.SIGINT) == 0
    assert system.processes() == []


def test_a_killed_worker_comes_back_and_the_web_stays(shared_system):
    web = shared_system.process_of("web.py")
    worker = shared_system.process_of("worker.py")
    [pool] = worker.children()

    worker.kill()

    shared_system.output.wait_for_line("worker is up", times=2)
    end_of([pool])
    assert web.is_running() and shared_system.answer()


def test_a_killed_server_comes_back_on_its_port_with_its_data(shared_system):
    known = shared_system.home.read_environment()["DATABASE_URL"]
    shared_system.sql("CREATE TABLE before_it_was_killed AS SELECT 1 AS one")
    processes_in(shared_system.home.postgres / "data", "postgres")[0].kill()
    shared_system.output.wait_for_line("PostgreSQL has ended; starting it again")

    def answers() -> bool:
        try:
            return shared_system.sql("SELECT one FROM before_it_was_killed") == [(1,)]
        except psycopg2.OperationalError:
            return False

    wait_for(answers, PATIENCE, "an answer of PostgreSQL")
    assert shared_system.home.read_environment()["DATABASE_URL"] == known
    assert shared_system.process.poll() is None


def test_after_kill_9_of_the_whole_tree_the_next_start_comes_back_whole(system):
    system.sql("CREATE TABLE kept AS SELECT 1 AS one")
    tree = [system.process, *system.processes()]
    for process in tree:
        with contextlib.suppress(psutil.NoSuchProcess):  # PostgreSQL's children follow their parent.
            process.kill()
    system.process.wait()
    end_of(tree[1:])

    system.start()
    assert system.sql("SELECT one FROM kept") == [(1,)]
    assert system.answer()


def test_what_outlives_a_killed_run_is_stopped_at_the_next_start(system):
    processes = system.processes()
    for process in processes:
        if "scripts.launcher.keep_alive" in process.cmdline():
            process.suspend()  # Or it would notice, and stop its command by itself.
    system.process.kill()
    system.process.wait()
    assert system.process_of("web.py").is_running()

    system.start()

    system.output.wait_for_line("processes that an earlier run left behind")
    assert alive(processes) == []


def test_processes_notice_by_themselves_that_their_run_was_killed(system):
    processes = system.processes()

    system.process.kill()
    system.process.wait()

    mine = [p for p in processes if sys.platform == "linux" or p.name() not in ("postgres", "valkey-server")]
    assert len(mine) >= 5  # a keeper, a web; a keeper, a worker, its pool: or their end would prove nothing
    end_of(mine)


def test_two_homes_run_side_by_side_and_the_end_of_one_is_not_the_others(shared_system, servers_folder, tmp_path):
    (tmp_path / "second").mkdir()
    second = System(servers_folder / "second home with spaces", tmp_path / "second").start()
    try:
        assert second.answer() != shared_system.answer()  # Each has its own secret.
        second.process.kill()
        second.process.wait()
        second.start()
        assert shared_system.answer()
    finally:
        assert second.stop() == 0
    assert shared_system.answer() and shared_system.sql("SELECT 1") == [(1,)]


def test_a_second_run_of_one_home_is_refused(shared_system):
    done = leadmatch("run", home=shared_system.home.path, PORT=str(free_port()), NO_DEMO="1")

    assert done.returncode == 1
    assert (
        f"already runs with its state in {shared_system.home.path} (process {shared_system.process.pid})" in done.stderr
    )
    assert len(done.stderr.splitlines()) == 1
    assert shared_system.answer()


def test_a_command_in_another_shell_finds_the_running_system(shared_system):
    done = leadmatch("db", "upgrade", home=shared_system.home.path)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_environment_is_for_its_owner_alone(shared_system):
    for name in ("leadmatch.env", "secret-key"):
        assert oct((shared_system.home.path / name).stat().st_mode & 0o777) == "0o600"


def test_a_busy_port_is_told_in_one_line(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = leadmatch("run", home=tmp_path / "home", PORT=str(port))

    assert done.returncode == 1
    assert done.stderr == (
        f"leadmatch: port {port} is busy: stop what listens there, or choose another port, as in PORT={port + 1}\n"
    )
    assert not (tmp_path / "home/postgres").exists()


def test_a_home_where_we_may_not_write_is_told_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for home in [tmp_path / "file/home", *([closed / "home"] if os.geteuid() else [])]:
        done = leadmatch("run", home=home)

        assert done.returncode == 1
        assert done.stderr.startswith(f"leadmatch: cannot write in {home} (")
        assert done.stderr.endswith("set LEADMATCH_HOME to a folder where you can\n")
        assert len(done.stderr.splitlines()) == 1


def test_a_bad_setting_is_told_before_anything_starts(tmp_path):
    done = leadmatch("run", home=tmp_path / "home", PORT="eighty")

    assert done.returncode == 1
    assert done.stderr == "leadmatch: PORT is 'eighty'; use a whole number from 1 to 65535\n"
    assert not (tmp_path / "home/postgres").exists()


def test_a_database_that_does_not_answer_is_told_in_one_line(tmp_path):
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    done = leadmatch("db", "upgrade", home=tmp_path, DATABASE_URL=url)

    assert done.returncode == 1
    assert done.stderr.startswith("leadmatch: the database does not answer (")
    assert len(done.stderr.splitlines()) == 1
