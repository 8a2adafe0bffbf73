"""Machines without free space on the databases' disk, and without /dev/shm."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.server.app import create_app
from models.market.properties import Property
from models.platform.database import connect
from models.platform.migrate import upgrade
from models.platform.settings import Settings
from models.platform.settings import database_url as with_driver
from scripts.errors import LaunchError
from scripts.launcher.servers.postgres import PostgresServer
from tests.conftest import ROOT
from tests.factories import make_user, property_body, token_header
from tests.faults.conftest import full_only
from tests.faults.disks import fill
from tests.scripts.running_system import environment
from tests.waiting import wait_for

WRITES = 400


@full_only
def test_on_a_full_disk_writes_are_turned_away_and_what_was_acknowledged_stays(small_disk, process_environment):
    with PostgresServer(small_disk / "postgres") as postgres:
        url = with_driver(postgres.url)
        upgrade(url)
        engine = connect(url, application="tests")
        client = create_app(Settings.from_env(process_environment | {"DATABASE_URL": url}), engine).test_client()
        with Session(engine) as session:
            seller = make_user(session)
            session.commit()
            headers = token_header(seller)
        numbers = itertools.count()

        def write() -> int:
            body = property_body(price=12_000_000 + next(numbers)) | {"description": "x" * 5000}
            return client.post("/properties", json=body, headers=headers).status_code

        statuses = [write() for _ in range(5)]
        assert set(statuses) == {201}
        filler = fill(small_disk)
        while 503 not in statuses and len(statuses) < WRITES:
            statuses.append(write())
        statuses += [write() for _ in range(5)]
        assert set(statuses) == {201, 503}
        filler.unlink()

        def works_again() -> bool:
            if postgres.has_ended:  # it had no space for its log; `leadmatch run` starts it again
                postgres.start()
            statuses.append(write())
            return statuses[-1] == 201

        wait_for(works_again, what="room again, and a write")
        with Session(engine) as session:
            stored = session.scalar(select(func.count()).select_from(Property))
        assert stored == statuses.count(201)
        engine.dispose()


@full_only
def test_a_server_that_finds_no_room_at_its_start_says_so(small_disk):
    with PostgresServer(small_disk / "postgres") as postgres:
        pass
    filler = fill(small_disk)
    (
        postgres.folder / "data" / "postmaster.opts"
    ).unlink()  # so that the start needs space at once, as the next log segment would
    with pytest.raises((OSError, LaunchError), match="No space left"):
        postgres.start()
    filler.unlink()
    with postgres:
        pass


def without_shared_memory(options: str, *command: str, home: Path) -> subprocess.CompletedProcess:
    """Run *command* with another /dev/shm, mounted with *options*."""
    script = f'mount -t tmpfs -o {options} tmpfs /dev/shm && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *command],
        cwd=ROOT,
        env=environment(home, NO_DEMO="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("only root may mount another /dev/shm")
    return done


@full_only
@pytest.mark.parametrize("options", ["ro", "size=64k"], ids=["none to write", "a tiny one"])
def test_postgresql_works_without_shared_memory_of_the_system(servers_folder, options):
    code = (
        "import sys, psycopg2; from pathlib import Path\n"
        "from scripts.launcher.servers.postgres import PostgresServer\n"
        "with PostgresServer(Path(sys.argv[1]), durable=False) as server:\n"
        "    cursor = psycopg2.connect(server.url).cursor()\n"
        "    cursor.execute('SET debug_parallel_query = on')\n"  # makes every query use shared memory
        "    cursor.execute('SELECT count(*) FROM generate_series(1, 100000) a, pg_class')\n"
        "    cursor.execute('SHOW dynamic_shared_memory_type')\n"
        "    print(*cursor.fetchone())"
    )
    done = without_shared_memory(
        options, sys.executable, "-c", code, str(servers_folder / f"shm-{options}"), home=servers_folder / "none"
    )
    assert (done.returncode, done.stdout.strip()) == (0, "mmap"), done.stderr


def test_a_machine_whose_processes_cannot_share_locks_gets_an_error_of_one_line(tmp_path):
    done = without_shared_memory("ro", sys.executable, "-m", "scripts", "run", home=tmp_path / "home")

    assert done.returncode == 1
    assert done.stderr.startswith("leadmatch: processes cannot share locks here (")
    assert "/dev/shm" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "home/postgres").exists()
