"""The cost of one write, and the steps in which readers see its effects."""

import random

import pytest
from sqlalchemy import event, text

from matching.reading.kinds import GRAMMAR_VERSION
from models.core.enums import Side
from models.market.leads import Lead, archive_lead
from models.market.properties import Property, archive_property
from tests.statements import statements_on
from tests.worker.lists.test_rescore import fill, rebuild_all, stored_lists
from worker.lists import compute, rescore
from worker.market.stored_lists import TABLES


@pytest.fixture
def market(new_worker_session, small_lists, monkeypatch):
    """A session on a market of forty rows of each side with lists of 5, whose snapshot this process has."""
    monkeypatch.setattr(compute, "FILLED_UP_FROM", 1)
    with new_worker_session() as session:
        fill(session, random.Random(7), 40)
        for table in ("leads", "properties"):  # their texts are read, as after a write through the API
            session.execute(text(f"UPDATE {table} SET grammar = :grammar"), {"grammar": GRAMMAR_VERSION})
        session.commit()
        rebuild_all(session)
        for side, table in ((Side.LEAD, "leads"), (Side.PROPERTY, "properties")):
            rescore.rescore_entity(session, side, session.scalar(text(f"SELECT min(id) FROM {table}")))
        yield session


def most_named(session, side):
    """The entity of *side* that is in most lists, and the number of these lists."""
    table, _, array = TABLES[side.other]
    row = session.execute(
        text(f"SELECT entry, count(*) FROM {table}, unnest({array}) AS entry GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1")
    ).one()
    session.commit()
    return row[0], row[1]


def archive(session, side, entity_id):
    if side is Side.LEAD:
        archive_lead(session, session.get_one(Lead, entity_id))
    else:
        archive_property(session, session.get_one(Property, entity_id))
    session.commit()


CHANGES = {
    Side.LEAD: "UPDATE leads SET budget_max = budget_max * 1.01 WHERE id = :id",
    Side.PROPERTY: "UPDATE properties SET price = price * 1.01 WHERE id = :id",
}


@pytest.mark.parametrize(
    ("side", "leaves", "maximum"),
    [
        # One each: the entity, the lock, the watermark, both sides' rows, the thresholds; then whether its list is
        # elsewhere, its exclusions, listeners, its list; the others' lists, their exclusions, writing them; and the
        # exclusions of those that are filled up. COPY and its end are not counted.
        (Side.LEAD, False, 14),
        (Side.LEAD, True, 11),
        # And 8 to 11 for the group of its adverts.
        (Side.PROPERTY, False, 25),
        (Side.PROPERTY, True, 22),
    ],
)
def test_one_entity_costs_a_bounded_number_of_statements_however_many_lists_it_touches(market, side, leaves, maximum):
    entity_id, named = most_named(market, side)
    assert named > 5
    if leaves:
        archive(market, side, entity_id)
    else:
        market.execute(text(CHANGES[side]), {"id": entity_id})
        market.commit()

    with statements_on(market.get_bind()) as statements:
        rescore.rescore_entity(market, side, entity_id)

    assert len(statements) <= maximum, "\n".join(" ".join(statement.split())[:120] for statement in statements)


@pytest.mark.parametrize("side", list(Side))
def test_the_statements_of_a_change_are_planned_once(market, side):
    """Planning the query for pairs that lists leave out takes a hundred times as long as running it."""
    entity_id, _ = most_named(market, side)
    for _ in range(3):
        market.execute(text(CHANGES[side]), {"id": entity_id})
        market.commit()
        rescore.rescore_entity(market, side, entity_id)

    plans = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE :asks"
    for asks in ("%FROM leads JOIN actions%", "%actions.side%", "%changed_in BETWEEN%", "%array_send%"):
        counts = market.execute(text(plans), {"asks": asks}).all()
        assert counts and all(generic and not custom for generic, custom in counts), asks


@pytest.mark.parametrize("side", list(Side))
def test_a_row_off_the_market_leaves_all_lists_in_one_commit_and_they_are_refilled(market, new_worker_session, side):
    entity_id, named = most_named(market, side)
    archive(market, side, entity_id)
    own, key, _ = TABLES[side]
    others, _, array = TABLES[side.other]
    seen = []

    def look(_session):
        with new_worker_session() as reader:
            is_listed = reader.scalar(
                text(f"SELECT city_key IS NOT NULL FROM {own} WHERE {key} = :id"), {"id": entity_id}
            )
            count = reader.scalar(text(f"SELECT count(*) FROM {others} WHERE :id = ANY({array})"), {"id": entity_id})
        seen.append((is_listed, count))

    event.listen(market, "after_commit", look)
    rescore.rescore_entity(market, side, entity_id)
    event.remove(market, "after_commit", look)

    assert set(seen) == {(True, named), (False, 0)}
    filled = stored_lists(market)
    rebuild_all(market)
    assert stored_lists(market) == filled
