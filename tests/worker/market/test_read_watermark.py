import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import psycopg2

from models.market.leads import Lead
from models.platform.prepared_statements import numbered
from tests.factories import make_lead, make_user
from worker.market.read_watermark import MISSED, missed_rows, read_watermark


def test_a_horizon_misses_what_was_running_and_what_came_after_and_nothing_else(engine, new_worker_session):
    with new_worker_session() as early, new_worker_session() as late, new_worker_session() as looking:
        seen = make_lead(looking, make_user(looking)).id
        looking.commit()
        running = make_lead(early, make_user(early)).id
        early.flush()
        between = make_lead(late, make_user(late)).id
        late.commit()

        at = read_watermark(looking)  # `early` is running; `late`, which began after it, has committed
        looking.rollback()
        early.commit()
        after = make_lead(late, make_user(late)).id
        late.commit()

        missed = set(looking.scalars(select(Lead.id).where(missed_rows(Lead.changed_in)), at.parameters))
        assert missed == {running, after}
        assert set(looking.scalars(text(f"SELECT id FROM leads WHERE {MISSED}"), at.parameters)) == missed
        assert {seen, between} & missed == set()


def test_writes_of_the_reading_transaction_itself_count_as_missed(engine, new_worker_session):
    with new_worker_session() as looking, new_worker_session() as other:
        make_user(looking)  # now it has a number
        make_user(other)
        other.commit()
        at = read_watermark(looking)
        mine = make_lead(looking, make_user(looking)).id
        looking.commit()

        assert looking.scalars(select(Lead.id).where(missed_rows(Lead.changed_in)), at.parameters).all() == [mine]


@pytest.mark.parametrize(
    "condition",
    [
        re.sub(r":(\w+)", r"%(\1)s", MISSED),
        str(missed_rows(Lead.changed_in).compile(dialect=psycopg2.dialect())).replace("leads.", ""),
    ],
    ids=["text", "expression"],
)
def test_missed_rows_are_found_by_the_index_although_one_transaction_has_written_all_rows(
    new_worker_session, condition
):
    """As after a run that has rewritten every list, or an import into an empty database."""
    query, _ = numbered(f"SELECT id FROM rewritten WHERE {condition} OR id = ANY(CAST(%(ids)s AS bigint[]))")
    with new_worker_session() as session:
        for statement in (
            "CREATE TEMPORARY TABLE rewritten (id bigint PRIMARY KEY, changed_in bigint) ON COMMIT DROP",
            "CREATE INDEX ON rewritten (changed_in)",
            "INSERT INTO rewritten SELECT id, 7 FROM generate_series(1, 20000) AS id",
            "ANALYZE rewritten",
        ):
            session.execute(text(statement))
        plan = session.connection().exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {query}").scalars().all()

    assert not any("Seq Scan" in line for line in plan), plan
