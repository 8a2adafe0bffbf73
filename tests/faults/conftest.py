"""Fault injection. `make test` runs a short form of these tests; `make faults` (FAULTS=full) runs all of them,
with more data.

At its end every test checks that every rule of `leadmatch check` holds and that every write that was acknowledged
to a client is in the database.
"""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.core.enums import OPEN_STATES, RunScope, RunState
from models.ranking.freshness import freshness
from models.rescoring.runs import RescoringRun, request_run
from models.upkeep.invariants import check_all
from scripts.launcher.processes import dies_with_parent, stop_child
from tests.conftest import ROOT
from tests.factories import make_lead, make_property, make_user, token_header
from tests.faults.disks import mounted
from tests.faults.journal import Journal, Person, Send, Writer, in_process
from tests.forked import Forked
from tests.ports import free_port
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for
from worker.queue.client import Client

FULL = os.environ.get("FAULTS") == "full"

full_only = pytest.mark.skipif(not FULL, reason="part of `make faults`")


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def all_is_well(engine, journal) -> Iterator[Callable[[], None]]:
    """A function that waits for the lists to catch up and asserts that no rule is broken and no accepted write lost."""

    def check() -> None:
        with Session(engine) as session:
            wait_for(lambda: _caught_up(session), what="lists that show everything")
            # No timeout, as in `leadmatch check`: with 16,000 rows of each side a rule takes longer than a page may.
            session.execute(text("SET LOCAL statement_timeout = 0"))
            broken = {result.rule.key: result.examples for result in check_all(session) if result.count}
            assert broken == {}
            assert journal.lost(session) == {}

    yield check


def _caught_up(session: Session) -> bool:
    session.rollback()
    return freshness(session).stale == 0


@pytest.fixture
def market(engine, clean_database):
    """
    Twelve leads and eight properties of two people, committed: (buyer's headers, seller's headers, lead ids,
    property ids).
    """
    with Session(engine, expire_on_commit=False) as session:
        seller, buyer = make_user(session), make_user(session)
        properties = [make_property(session, seller, price=12_000_000 + number * 10_000).id for number in range(8)]
        leads = [make_lead(session, buyer).id for _ in range(12)]
        session.commit()
        return token_header(buyer), token_header(seller), leads, properties


@pytest.fixture
def ask_for_run(engine, redis_url) -> Callable[[], int]:
    """A function that requests a run over everything, as ops do, and returns its id."""

    def ask() -> int:
        with Session(engine) as session:
            run, new = request_run(session, RunScope.ALL, "test")
            session.commit()
            if new:
                Client(redis_url).run_requested(run.id)
            return run.id

    return ask


@pytest.fixture
def state_of_run(engine) -> Callable[[int], RunState]:
    def ask(run_id: int) -> RunState:
        with Session(engine) as session:
            return session.get_one(RescoringRun, run_id).state

    return ask


@pytest.fixture
def let_leases_run_out(engine) -> Callable[[], None]:
    """A function that lets all leases expire, so that the work of a silent worker counts as abandoned."""

    def expire() -> None:
        with Session(engine) as session:
            for statement in (
                "UPDATE rescoring_shards SET heartbeat_at = now() - interval '1 hour' WHERE state = 'running'",
                "UPDATE rescoring_runs SET created_at = now() - interval '1 hour',"
                " started_at = started_at - interval '1 hour' WHERE state IN ('queued', 'running')",
            ):
                session.execute(text(statement))
            session.commit()

    return expire


@pytest.fixture
def small_disk(servers_folder: Path) -> Iterator[Path]:
    """A disk of 200 MB."""
    with mounted(servers_folder / "small-disk", "200m") as disk:
        yield disk


@dataclass(frozen=True)
class Web:
    """A gunicorn that a test started."""

    process: subprocess.Popen | Forked
    port: int

    def get(self, path: str, timeout: float = WAIT_LIMIT_SECONDS) -> int:
        """The status of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.get("/health/live", timeout=5) == 200
        except OSError:
            return False


@pytest.fixture
def start_web(process_environment, preloaded) -> Iterator[Callable[..., Web]]:
    """
    A function that starts gunicorn as the Procfile does and waits until it answers; all are stopped after the test.

    ``start_web(port, cwd=folder, WEB_CONCURRENCY="1")`` states the port, the folder of the code, and variables for the
    process.
    """
    started: list[Web] = []

    def start(port: int | None = None, cwd: Path = ROOT, **variables: str) -> Web:
        port = port or free_port()
        environment = {**os.environ, **process_environment, "WEB_CONCURRENCY": "1", "PORT": str(port), **variables}
        command = ["gunicorn", "--config", "api/server/gunicorn.py", "api.server.wsgi:app"]
        if cwd != ROOT or "LD_PRELOAD" in variables:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        else:
            process = preloaded.fork(*command, environment=environment)
        web = Web(process, port)
        started.append(web)
        wait_for(lambda: web.process.poll() is not None or web.answers(), what="a web process that answers")
        assert web.process.poll() is None
        return web

    yield start
    for web in started:
        if web.process.poll() is None:
            os.killpg(web.process.pid, signal.SIGKILL)
        stop_child(web.process, [])


@pytest.fixture
def start_beat(process_environment, preloaded) -> Iterator[Callable[..., Forked]]:
    """A function that starts a beat with further environment variables; all are stopped after the test."""
    started = []

    def start(**variables: str) -> subprocess.Popen:
        command = ("celery", "--quiet", "--app", "worker.celery_app.app", "beat")
        beat = preloaded.fork(*command, environment={**os.environ, **process_environment, **variables})
        started.append(beat)
        return beat

    yield start
    for beat in started:
        stop_child(beat, [(signal.SIGTERM, 10)])


@pytest.fixture
def people(engine, market) -> list[Person]:
    """Two people who write; their rows are separate from the market's."""
    with Session(engine, expire_on_commit=False) as session:
        found = [Person.made(session, name) for name in ("anna", "boris")]
        session.commit()
    return found


@pytest.fixture
def write(app, people, journal) -> Callable[[int], None]:
    """A function that performs the given number of rounds of writes of every kind in this process."""
    writer = Writer(in_process(app), people[0], journal)

    def do(rounds: int) -> None:
        for _ in range(rounds):
            writer.round()

    return do


@pytest.fixture
def writing(people, journal) -> Callable[..., AbstractContextManager[None]]:
    """`with writing(send):` lets clients write during the block, and also some time before and after its content."""

    @contextmanager
    def clients(send: Send, pause: float = 0.0) -> Iterator[None]:
        writers = [Writer(send, person, journal, pause).start() for person in people]
        try:
            before = journal.acknowledged
            wait_for(lambda: journal.acknowledged >= before + 10, what="writes before the fault")
            yield
            after = journal.acknowledged
            wait_for(lambda: journal.acknowledged >= after + 20, what="writes after the fault")
        finally:
            failures = []
            for writer in writers:
                try:
                    writer.stop()
                except Exception as failure:
                    failures.append(failure)
            if failures:  # they explain why nothing more was written, so they come before any error of the block
                raise failures[0]

    return clients


def ended(state: RunState) -> bool:
    return state not in OPEN_STATES
