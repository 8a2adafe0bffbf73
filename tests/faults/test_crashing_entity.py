"""A lead, or a property, kills (kill -9) every process of a real worker that scores it, until it is quarantined."""

import sys

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.core.enums import Side
from models.market.unscorable import KILLED_ITS_WORKER, UnscorableEntity
from models.ranking.recommendations import SIDE_TABLES
from models.rescoring.attempts import MAX_ATTEMPTS
from tests.conftest import ROOT
from tests.factories import make_lead, make_property, make_user
from tests.faults.conftest import full_only
from tests.waiting import wait_for


@full_only
@pytest.mark.parametrize("side", Side)
def test_a_row_that_kills_its_worker_is_quarantined_and_the_others_are_served(
    engine, clean_database, redis_url, market, start_worker, start_beat, write, all_is_well, side
):
    _, _, leads, _ = market
    with Session(engine) as session:
        owner = make_user(session)
        crashes_worker = (
            make_lead(session, owner) if side is Side.LEAD else make_property(session, owner, house_number="99")
        )
        owner_id = owner.id
        session.commit()
        crashing_id = crashes_worker.id
    worker = start_worker(
        "runs", "entities", through=[sys.executable, str(ROOT / "tests/faults/lethal.py"), str(owner_id)],
        PYTHONPATH=str(ROOT),
    )  # fmt: skip
    start_beat()  # its sweep returns to the work of a dead process

    def quarantined() -> list[tuple[Side, int, str]]:
        with Session(engine) as session:
            return [(each.side, each.entity_id, each.error) for each in session.scalars(select(UnscorableEntity))]

    wait_for(quarantined, what="its quarantine")
    assert quarantined() == [(side, crashing_id, KILLED_ITS_WORKER)]
    assert sum("killed by its row" in line for line in worker.lines) <= 2 * MAX_ATTEMPTS
    assert worker.poll() is None
    write(1)
    all_is_well()
    with Session(engine) as session:
        listed = {each: set(session.scalars(select(SIDE_TABLES[each].owner_id))) for each in Side}
    assert set(leads) <= listed[Side.LEAD]
    assert crashing_id not in listed[side]
