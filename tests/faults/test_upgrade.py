"""No request fails during an upgrade from the release before the last migration to this one, while clients write."""

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.platform.database import connect
from models.platform.migrate import FOLDER, upgrade
from tests.conftest import ROOT
from tests.faults.balancer import Balancer
from tests.faults.conftest import full_only
from tests.faults.journal import Person, over_http
from tests.ports import free_port
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for

MIGRATIONS = "models/migrations/versions"


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The folder of this branch's code as it was before the newest migration was added."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("the release before is taken from the repository's history")

    def git(*arguments, text=True):
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=text, check=True).stdout

    here = {path.name for path in (ROOT / MIGRATIONS).glob("*.py")}
    for commit in git("log", "--first-parent", "--format=%H", "--", MIGRATIONS).split():
        for candidate in (commit, f"{commit}^"):
            names = {
                name.rpartition("/")[2] for name in git("ls-tree", "--name-only", candidate, f"{MIGRATIONS}/").split()
            }
            if names and names < here:  # a proper subset: migrations of branches may have had other numbers
                folder = tmp_path_factory.mktemp("before")
                archive = git("archive", "--format=tar", candidate, text=False)
                tarfile.open(fileobj=io.BytesIO(archive)).extractall(folder, filter="data")
                return folder
    pytest.skip("the history does not go back to another schema")


@pytest.fixture(scope="module")
def old_schema(before):
    found = ScriptDirectory(str(before / "models/migrations")).get_current_head()
    assert found != ScriptDirectory(str(FOLDER)).get_current_head()
    return found


@pytest.fixture(scope="module")
def database_url(new_database, old_schema):
    """A database as the previous release left it."""
    url = new_database(template="template0")
    upgrade(url, old_schema)
    return url


@pytest.fixture(scope="module")
def engine(database_url):
    engine = connect(database_url, pool_size=5, application="tests")
    yield engine
    engine.dispose()


@pytest.fixture
def people(first_webs, before, process_environment):
    command = [sys.executable, "-m", "scripts", "api-key", "create", "journal"]
    environment = {**os.environ, **process_environment}
    done = subprocess.run(command, cwd=before, env=environment, capture_output=True, text=True, check=True)
    key = done.stdout.split()[-1]
    send = over_http(first_webs[0].port)
    return [Person.signed_up(send, name, number, key) for number, name in enumerate(("anna", "boris"))]


@pytest.fixture
def first_webs(start_web, before):
    return [start_web(cwd=before) for _ in range(2)]


@full_only
def test_no_request_fails_while_the_schema_and_then_the_processes_are_replaced(
    first_webs, before, engine, database_url, old_schema, start_web, start_worker, writing, journal, all_is_well, capsys
):
    """In the order of docs/operations.md: the schema first, then web processes one after another, then workers."""
    balancer = Balancer(*(web.port for web in first_webs))
    old_worker = start_worker("runs", "entities", cwd=before)
    try:
        with writing(over_http(balancer.port)):
            began = time.monotonic()
            upgrade(database_url)
            migrated = time.monotonic()
            then = journal.acknowledged
            wait_for(lambda: journal.acknowledged >= then + 20, what="old processes on the new schema")
            for old in first_webs:
                new = start_web(free_port())
                assert new.get("/health/ready") == 200
                balancer.add(new.port)
                balancer.remove(old.port)
                old.process.send_signal(signal.SIGTERM)
                assert old.process.wait(WAIT_LIMIT_SECONDS) == 0
            replaced = time.monotonic()
            old_worker.send_signal(signal.SIGTERM)
            start_worker("runs", "entities")
            old_worker.wait(WAIT_LIMIT_SECONDS)
    finally:
        balancer.close()
    with Session(engine) as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) != old_schema
    assert journal.turned_away == 0
    with capsys.disabled():
        print(
            f"\n  {journal.acknowledged} writes, none turned away; {old_schema} to the newest schema in"
            f" {migrated - began:.1f} s, two web processes replaced in {replaced - migrated:.1f} s"
        )
    all_is_well()
