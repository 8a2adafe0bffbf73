"""`leadmatch run`, with stand-ins for the web process and the worker."""

import contextlib
import os
import signal
import socket
import sys

import psutil
import psycopg2
import pytest

from scripts.launcher.processes import processes_in
from tests.ports import free_port
from tests.scripts.running_system import System, alive, end_of, leadmatch
from tests.waiting import wait_for


@pytest.fixture
def system(stopped_home, tmp_path):
    """A running system to stop, kill and start again; it reuses an earlier test's home, as creating one is slow."""
    system = System(stopped_home, tmp_path).start()
    system.sql("DROP TABLE IF EXISTS kept")
    yield system
    system.stop()


@pytest.fixture(scope="module")
def shared_system(servers_folder, tmp_path_factory):
    """A running system for tests that leave it running; it made its home from nothing."""
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

    system.start()
    assert system.sql("SELECT one FROM kept") == [(1,)]
    assert system.answer() == secret

    assert system.stop(signal.SIGINT) == 0
    assert system.processes() == []


def test_a_killed_worker_is_restarted_and_the_web_process_stays(shared_system):
    web = shared_system.process_of("web.py")
    worker = shared_system.process_of("worker.py")
    [pool] = worker.children()

    worker.kill()

    shared_system.output.wait_for_line("worker is up", times=2)
    end_of([pool])
    assert web.is_running() and shared_system.answer()


def test_a_killed_server_is_restarted_on_its_port_with_its_data(shared_system):
    known = shared_system.home.read_environment()["DATABASE_URL"]
    shared_system.sql("CREATE TABLE before_it_was_killed AS SELECT 1 AS one")
    processes_in(shared_system.home.postgres / "data", "postgres")[0].kill()
    shared_system.output.wait_for_line("PostgreSQL has ended; starting it again")

    def answers() -> bool:
        try:
            return shared_system.sql("SELECT one FROM before_it_was_killed") == [(1,)]
        except psycopg2.OperationalError:
            return False

    wait_for(answers, what="an answer of PostgreSQL")
    assert shared_system.home.read_environment()["DATABASE_URL"] == known
    assert shared_system.process.poll() is None


def test_after_kill_9_of_the_whole_tree_the_next_start_recovers_completely(system):
    system.sql("CREATE TABLE kept AS SELECT 1 AS one")
    tree = [system.process, *system.processes()]
    for process in tree:
        with contextlib.suppress(psutil.NoSuchProcess):  # PostgreSQL's children end with their parent.
            process.kill()
    system.process.wait()
    end_of(tree[1:])

    system.start()
    assert system.sql("SELECT one FROM kept") == [(1,)]
    assert system.answer()


def test_processes_that_survive_a_killed_run_are_stopped_at_the_next_start(system):
    processes = system.processes()
    for process in processes:
        if "scripts.launcher.keep_alive" in process.cmdline():
            process.suspend()  # Otherwise it would notice, and stop its command itself.
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
    assert len(mine) >= 5  # keeper and web; keeper, worker and its pool; with fewer, their end would prove nothing
    end_of(mine)


def test_two_homes_run_side_by_side_and_the_end_of_one_is_not_the_others(shared_system, system):
    assert system.answer() != shared_system.answer()  # Each has its own secret.

    system.process.kill()
    system.process.wait()
    system.start()
    assert shared_system.answer()

    assert system.stop() == 0
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


def test_a_busy_port_is_reported_in_one_line(tmp_path):
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


def test_a_home_without_write_permission_is_reported_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for home in [tmp_path / "file/home", *([closed / "home"] if os.geteuid() else [])]:
        done = leadmatch("run", home=home)

        assert done.returncode == 1
        assert done.stderr.startswith(f"leadmatch: cannot write in {home} (")
        assert done.stderr.endswith("set LEADMATCH_HOME to a folder where you can\n")
        assert len(done.stderr.splitlines()) == 1


def test_a_bad_setting_is_reported_before_anything_starts(tmp_path):
    done = leadmatch("run", home=tmp_path / "home", PORT="eighty")

    assert done.returncode == 1
    assert done.stderr == "leadmatch: PORT is 'eighty'; use a whole number from 1 to 65535\n"
    assert not (tmp_path / "home/postgres").exists()


def test_a_database_that_does_not_answer_is_reported_in_one_line(tmp_path):
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    done = leadmatch("db", "upgrade", home=tmp_path, DATABASE_URL=url)

    assert done.returncode == 1
    assert done.stderr.startswith("leadmatch: the database does not answer (")
    assert len(done.stderr.splitlines()) == 1
