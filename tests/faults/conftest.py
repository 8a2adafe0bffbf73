"""Breaking the system on purpose. `make test` runs a short form of these tests, `make faults` (FAULTS=full)
all of them, and larger.

Every test ends with the same two questions: does every rule of `leadmatch check` hold, and is every write
there that a client was told had been accepted?
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.enums import OPEN_STATES, RunScope, RunState
from models.freshness import freshness
from models.invariants import check_all
from models.runs import RescoringRun, request_run
from tests.factories import lead_body, make_lead, make_property, make_user, token_header
from tests.waiting import wait_for
from worker.client import Client

FULL = os.environ.get("FAULTS") == "full"

full_only = pytest.mark.skipif(not FULL, reason="part of `make faults`")


@dataclass
class Journal:
    """What a client knows to have been accepted: of each table, the ids that it was answered with."""

    accepted: dict[str, list[int]] = field(default_factory=dict)
    refused: int = 0

    def note(self, table: str, answer, name: str) -> bool:
        """Note the answer to a creation; whether it was accepted."""
        if answer.status_code >= 300:
            assert answer.status_code == 503, answer.text  # turned away for now, never broken
            self.refused += 1
            return False
        self.accepted.setdefault(table, []).append(int(answer.json[name]))
        return True

    def missing(self, session: Session) -> dict[str, set[int]]:
        """The accepted ids that the database does not have."""
        found = {
            table: set(ids)
            - set(session.scalars(text(f"SELECT id FROM {table} WHERE id = ANY(:ids)"), {"ids": ids}))
            for table, ids in self.accepted.items()
        }
        return {table: ids for table, ids in found.items() if ids}


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def all_is_well(engine, journal) -> Iterator[Callable[[], None]]:
    """A function that asserts, once the lists have caught up, that nothing is broken and nothing accepted is lost."""

    def check() -> None:
        with Session(engine) as session:
            wait_for(lambda: _caught_up(session), seconds=60, what="lists that show everything")
            broken = {result.rule.key: result.examples for result in check_all(session) if result.count}
            assert broken == {}
            assert journal.missing(session) == {}

    yield check


def _caught_up(session: Session) -> bool:
    session.rollback()
    return freshness(session).stale == 0


@pytest.fixture
def market(engine, clean_database):
    """Twelve leads and eight properties of two people, committed: (buyer's headers, seller's, lead ids, property ids)."""
    with Session(engine, expire_on_commit=False) as session:
        seller, buyer = make_user(session), make_user(session)
        properties = [
            make_property(session, seller, price=12_000_000 + number * 10_000).id for number in range(8)
        ]
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
def post_leads(app, market, journal) -> Callable[[int], None]:
    """Posts so many leads and notes in the journal what was accepted."""
    buyer = market[0]

    def post(count: int) -> None:
        client = app.test_client()
        for _ in range(count):
            journal.note("leads", client.post("/leads", json=lead_body(), headers=buyer), "lead_id")

    return post


def ended(state: RunState) -> bool:
    return state not in OPEN_STATES
