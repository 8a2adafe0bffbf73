"""Breaking the system on purpose. `make test` runs a short form of these tests, `make faults` (FAULTS=full)
all of them, and larger.

Every test ends with the same two questions: does every rule of `leadmatch check` hold, and is every write
there that a client was told had been accepted?
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
from scripts.launcher.servers.state import free_port
from tests.conftest import ROOT
from tests.factories import make_lead, make_property, make_user, token_header
from tests.faults.disks import mounted
from tests.faults.journal import Journal, Person, Send, Writer, in_process
from tests.waiting import PATIENCE_SECONDS, wait_for
from worker.queue.client import Client

FULL = os.environ.get("FAULTS") == "full"

full_only = pytest.mark.skipif(not FULL, reason="part of `make faults`")


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def all_is_well(engine, journal) -> Iterator[Callable[[], None]]:
    """A function that asserts, once the lists have caught up, that nothing is broken and nothing accepted is lost."""

    def check() -> None:
        with Session(engine) as session:
            wait_for(lambda: _caught_up(session), what="lists that show everything")
            # As `leadmatch check` has it: with 24,000 rows of each side a rule takes longer than a page may.
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
    Twelve leads and eight properties of two people, committed: (buyer's headers, seller's, lead ids, property ids).
    """
    with Session(engine, expire_on_commit=False) as session:
        seller, buyer = make_user(session), make_user(session)
        properties = [make_property(session, seller, price=12_000_000 + number * 10_000).id for number in range(8)]
        leads = [make_lead(session, buyer).id for _ in range(12)]
        session.commit()
        return token_header(buyer), token_header(seller), leads, properties


@pytest.fixture
def ask_for_run(engine, redis_url) -> Callable[[], int]:
    """Requests a run over everything, as ops do; its id."""

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
    """What a silent worker holds counts as abandoned from now on."""

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
    """A gunicorn of our own."""

    process: subprocess.Popen
    port: int

    def get(self, path: str, timeout: float = PATIENCE_SECONDS) -> int:
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
def start_web(process_environment) -> Iterator[Callable[..., Web]]:
    """
    A function that starts gunicorn as the Procfile does and waits until it answers; all are stopped after the test.

    ``start_web(port, cwd=folder, WEB_CONCURRENCY="1")`` names the port, the code, and variables for the process.
    """
    started: list[Web] = []

    def start(port: int | None = None, cwd: Path = ROOT, **variables: str) -> Web:
        port = port or free_port()
        environment = {**os.environ, **process_environment, "WEB_CONCURRENCY": "1", "PORT": str(port), **variables}
        web = Web(
            subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "api/server/gunicorn.py", "api.server.wsgi:app"],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            ),
            port,
        )
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
def start_beat(process_environment) -> Iterator[Callable[..., subprocess.Popen]]:
    """A function that starts a beat, with further variables of its environment; all are stopped after the test."""
    started = []

    def start(**variables: str) -> subprocess.Popen:
        beat = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "worker.celery_app.app", "beat"],
            cwd=ROOT,
            env={**os.environ, **process_environment, "PYTHONUNBUFFERED": "1", **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )
        started.append(beat)
        return beat

    yield start
    for beat in started:
        stop_child(beat, [(signal.SIGTERM, 10)])


@pytest.fixture
def people(engine, market) -> list[Person]:
    """Two people who write, beside the market."""
    with Session(engine, expire_on_commit=False) as session:
        found = [Person.made(session, name) for name in ("anna", "boris")]
        session.commit()
    return found


@pytest.fixture
def write(app, people, journal) -> Callable[[int], None]:
    """Does so many rounds of writes of every kind, here and now."""
    writer = Writer(in_process(app), people[0], journal)

    def do(rounds: int) -> None:
        for _ in range(rounds):
            writer.round()

    return do


@pytest.fixture
def writing(people, journal) -> Callable[..., AbstractContextManager[None]]:
    """`with writing(send):` lets clients write meanwhile, some before and some after what is done inside."""

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
        if failures:
            raise failures[0]

    return clients


def ended(state: RunState) -> bool:
    return state not in OPEN_STATES
