"""Statements that are planned once for each connection."""

import pytest
from sqlalchemy import BigInteger, Integer, bindparam, cast, select, text
from sqlalchemy.exc import DBAPIError

from models.platform.database import connect
from models.platform.prepared_statements import PREPARED

GIVEN = cast(bindparam("given", type_=BigInteger), BigInteger)


def test_a_prepared_statement_is_planned_at_its_first_use_and_never_again(database_url):
    engine, square = connect(database_url, pool_size=1, one_plan_each=True), select(GIVEN * GIVEN)
    with engine.connect() as connection:
        answers = [connection.scalar(square, {"given": given}, execution_options=PREPARED) for given in (2, 3, 3, 4, 5)]
        plans = connection.execute(text("SELECT generic_plans, custom_plans FROM pg_prepared_statements")).all()
    engine.dispose()

    assert (answers, plans) == ([4, 9, 9, 16, 25], [(5, 0)])


def test_statements_that_are_created_again_are_not_confused(database_url):
    """A new statement may have the memory address of a deleted one, and the number of statements is unlimited."""
    engine, kept = connect(database_url, pool_size=1), PREPARED["compiled_cache"]
    with engine.connect() as connection:
        for number in range(2 * kept.maximum):
            made = select(GIVEN + cast(number, Integer)) if number % 2 else select(GIVEN - cast(number, Integer))
            expected = 1 + number if number % 2 else 1 - number
            assert connection.scalar(made, {"given": 1}, execution_options=PREPARED) == expected
    engine.dispose()

    assert len(kept) <= kept.maximum


def test_a_statement_that_failed_at_its_first_use_is_prepared_by_the_next(database_url):
    engine, inverse = connect(database_url, pool_size=1), select(1 / GIVEN)
    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="division by zero"):
            connection.scalar(inverse, {"given": 0}, execution_options=PREPARED)
        connection.rollback()
        assert connection.scalar(inverse, {"given": 1}, execution_options=PREPARED) == 1
    engine.dispose()
