"""A slow start is waited for, and a failed one reports the reason."""

import http.server
import io
import json
import shutil
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy.orm import Session

from scripts.errors import LaunchError
from scripts.launcher import welcome
from scripts.launcher.servers import server
from scripts.launcher.servers.postgres import PostgresServer, shared_memory
from scripts.launcher.servers.state import cause_in
from scripts.launcher.servers.valkey import ValkeyServer
from scripts.launcher.welcome import MAX_ENDS, Welcome
from tests.factories import make_lead, make_user
from tests.ports import free_port
from tests.scripts.running_system import System
from tests.serving import serve_in_thread


@pytest.fixture
def folder(servers_folder, request):
    folder = servers_folder / request.node.name
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


# -- Servers


def test_a_slow_server_is_waited_for_and_the_wait_is_reported(folder, monkeypatch):
    """With a long log PostgreSQL takes minutes to start, so the wait has no limit while it runs."""
    reported, checks = [], []
    monkeypatch.setattr(server, "REPORT_SECONDS", 0)
    answers = ValkeyServer._answers

    def slowly(self) -> bool:
        checks.append(1)
        return len(checks) > 10 and answers(self)

    monkeypatch.setattr(ValkeyServer, "_answers", slowly)
    with ValkeyServer(folder, report=reported.append):
        pass

    assert reported[0].startswith("Waiting for Valkey (0 s): ")
    assert len(reported) >= 10


def test_a_start_that_waits_can_be_ended(folder, monkeypatch):
    valkey = ValkeyServer(folder)
    monkeypatch.setattr(ValkeyServer, "_answers", lambda self: self.give_up())
    with pytest.raises(LaunchError, match="was still starting"):
        valkey.start()
    assert not valkey.has_ended


def test_a_server_that_cannot_start_says_why_and_not_how_it_cleans_up(folder, make_postgres_data):
    make_postgres_data(folder)
    control = PostgresServer(folder).folder / "data/global/pg_control"
    control.write_bytes(b"\0" * 8192)
    with pytest.raises(LaunchError, match=r"FATAL|PANIC"):
        PostgresServer(folder, durable=False).start()
    # An older failure in the same log is not reported again.
    control.unlink()
    with pytest.raises(LaunchError, match="could not (find|open)") as second:
        PostgresServer(folder, durable=False).start()
    assert "checksum" not in str(second.value)


INITDB = """\
fixing permissions on existing directory /x ... ok
FATAL:  could not write to file "pg_wal/xlogtemp.29": No space left on device
child process exited with exit code 1
initdb: removing contents of data directory "/x"
initdb: a
initdb: b
initdb: c
"""


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (INITDB, 'FATAL:  could not write to file "pg_wal/xlogtemp.29": No space left on device'),
        (
            "2026 FATAL:  could not open shared memory segment\n2026 HINT:  look\n2026 LOG:  shut down\na\nb\nc\n",
            "2026 FATAL:  could not open shared memory segment | 2026 HINT:  look",
        ),
        ("FATAL:  the same\n" * 9 + "bye\n", "FATAL:  the same"),
        ("one\ntwo\nthree\nfour\n", "two | three | four"),
        ("*** FATAL CONFIG FILE ERROR ***\nReading line 2\n>>> 'port x'\nbad\n", "*** FATAL CONFIG FILE ERROR ***"),
        ("", "its log is empty"),
    ],
)
def test_the_cause_is_what_the_log_calls_an_error(log, cause):
    assert cause_in(log) == cause


def test_data_of_another_postgresql_is_refused_with_the_way(folder, make_postgres_data):
    postgres = PostgresServer(make_postgres_data(folder), durable=False)
    (folder / "data/PG_VERSION").write_text("12\n")
    with pytest.raises(LaunchError, match=r"by PostgreSQL 12, .*leadmatch backup FILE.*leadmatch restore FILE"):
        postgres.start()


def test_postgresql_keeps_off_shared_memory_that_is_missing_or_tiny(tmp_path):
    assert shared_memory(tmp_path / "nowhere") == {"dynamic_shared_memory_type": "mmap"}
    assert shared_memory(Path("/proc")) == {"dynamic_shared_memory_type": "mmap"}  # no space at all
    assert shared_memory(tmp_path) == {}


# -- The web process


PREPARES = """
import sys
from rich.console import Console
from models.platform.settings import Settings
from scripts.launcher.system import prepare_database
prepare_database(Settings.from_env(), Console(), demo=True)
print(*(name for name in ("alembic", "scripts.demo") if name in sys.modules))
"""


def test_a_start_with_a_current_schema_and_a_market_loads_neither_migrations_nor_the_demo(engine, redis_url):
    with Session(engine) as session:
        make_lead(session, make_user(session))
        session.commit()
    settings = {
        "DATABASE_URL": engine.url.set(drivername="postgresql").render_as_string(hide_password=False),
        "REDIS_URL": redis_url,
        "SECRET_KEY": "8f2c6f2b1d0a4e5c9b7a3d1e6f8c0b2a",
        "ENVIRONMENT": "test",
    }

    done = subprocess.run([sys.executable, "-c", PREPARES], capture_output=True, text=True, env=settings, check=False)

    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def make_welcome(port: int, out: io.StringIO, ends: Path, given_up: list[bool]) -> Welcome:
    console = Console(file=out, width=200)
    return Welcome(port, console, lambda: given_up.append(True), show_results=False, ends=ends)


def test_a_web_process_is_waited_for_while_it_lives(out, monkeypatch, tmp_path):
    """First no process listens, then it listens without answering, then it answers."""
    monkeypatch.setattr(welcome, "REPORT_SECONDS", 0.05)
    port, given_up, answering = free_port(), [], threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if answering.is_set() else 503)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    waiting = make_welcome(port, out, tmp_path / "ends", given_up)
    (tmp_path / "ends").write_bytes(bytes(MAX_ENDS - 1))
    waiting.start()
    while "it is loading its code" not in out.getvalue():
        assert waiting.is_alive()
        waiting.join(0.02)
    socketserver.TCPServer.allow_reuse_address = True
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as web:
        serve_in_thread(web)
        while "it listens, but has not answered yet" not in out.getvalue():
            assert waiting.is_alive()
            waiting.join(0.02)
        answering.set()
        waiting.join()
        web.shutdown()

    assert "Leadmatch is up" in out.getvalue()
    assert given_up == []


def test_a_web_process_that_keeps_ending_is_given_up(out, tmp_path):
    given_up: list[bool] = []
    (tmp_path / "ends").write_bytes(bytes(MAX_ENDS))
    make_welcome(free_port(), out, tmp_path / "ends", given_up).run()

    assert given_up == [True]
    assert "has ended 3 times without an answer" in out.getvalue()


def test_a_system_whose_web_process_cannot_start_stops_and_fails(stopped_home, tmp_path):
    system = System(stopped_home, tmp_path)
    (tmp_path / "web.py").write_text("import sys; sys.exit('no module named x')")
    process = system.launch()
    system.output.wait_for_line("has ended 3 times without an answer")

    assert process.wait() == 1
    assert system.processes() == []


def test_the_settings_of_a_run_are_passed_to_commands_in_other_shells(stopped_home, tmp_path):
    system = System(stopped_home, tmp_path, RATES_URL="https://a.example\nhttps://b.example")
    system.start()
    environment = system.home.read_environment()
    system.stop()

    assert environment["RATES_URL"] == "https://a.example https://b.example"
    assert json.loads((system.home.valkey / "connection.json").read_text())["password"] in environment["REDIS_URL"]
