"""A lead kills (kill -9) every process of a real worker that scores it, until it is quarantined."""

import sys

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market.unscorable import KILLED_ITS_WORKER, UnscorableEntity
from models.ranking.recommendations import LeadRecommendations
from models.rescoring.attempts import MAX_ATTEMPTS
from tests.conftest import ROOT
from tests.factories import make_lead, make_user
from tests.faults.conftest import full_only
from tests.waiting import wait_for


@full_only
@pytest.mark.timeout(400)
def test_a_lead_that_kills_its_worker_is_quarantined_and_the_others_are_served(
    engine, clean_database, redis_url, market, start_worker, start_beat, write, all_is_well
):
    _, _, leads, _ = market
    with Session(engine) as session:
        owner = make_user(session)
        killer, owner_id = make_lead(session, owner), owner.id
        session.commit()
        killer_id = killer.id
    worker = start_worker(
        "runs", "entities", through=[sys.executable, str(ROOT / "tests/faults/lethal.py"), str(owner_id)],
        PYTHONPATH=str(ROOT),
    )  # fmt: skip
    start_beat()  # whose sweep comes back to what a dead process left

    def quarantined() -> list[tuple[int, str]]:
        with Session(engine) as session:
            return [(each.entity_id, each.error) for each in session.scalars(select(UnscorableEntity))]

    wait_for(quarantined, seconds=300, what="its quarantine")
    assert quarantined() == [(killer_id, KILLED_ITS_WORKER)]
    assert sum("killed by its lead" in line for line in worker.lines) <= 2 * MAX_ATTEMPTS
    assert worker.poll() is None
    write(1)
    all_is_well()
    with Session(engine) as session:
        listed = set(session.scalars(select(LeadRecommendations.lead_id)))
    assert set(leads) <= listed and killer_id not in listed
