"""Queries whose rows are read from the driver behave as SQLAlchemy's own execution of them."""

import pytest
from sqlalchemy import BigInteger, bindparam, cast, func, literal, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from models.platform import prepared_queries
from models.platform.database import connect
from models.platform.prepared_queries import PreparedQuery

GIVEN = cast(bindparam("given", type_=BigInteger), BigInteger)


@pytest.fixture
def pool(database_url):
    """An engine with one connection, in autocommit."""
    engine = connect(database_url, pool_size=1, max_overflow=0)
    yield engine.execution_options(isolation_level="AUTOCOMMIT")
    engine.dispose()


def test_rows_have_the_names_of_the_selected_columns_and_the_constants_of_the_query(pool):
    query = PreparedQuery(select((GIVEN + literal(2)).label("sum"), literal("х").label("sign")))
    with pool.connect() as connection:
        rows = [row for given in (1, 2) for row in query.rows(connection, {"given": given})]

    assert [(row.sum, row.sign) for row in rows] == [(3, "х"), (4, "х")]


def test_an_error_is_that_of_sqlalchemy_without_the_parameters(pool):
    inverse = PreparedQuery(select((1 / GIVEN).label("inverse")))
    with pool.connect() as connection:
        with pytest.raises(DBAPIError, match="division by zero") as raised:
            inverse.rows(connection, {"given": 0})
        [row] = inverse.rows(connection, {"given": 1})

    assert (raised.value.connection_invalidated, raised.value.params, row.inverse) == (False, None, 1)


def test_a_lost_connection_is_replaced(pool, engine):
    process = PreparedQuery(select(func.pg_backend_pid().label("process"), GIVEN.label("given")))
    with pool.connect() as connection:
        [before] = connection.execute(text("SELECT pg_backend_pid()")).scalars()
        with engine.connect() as other:
            assert other.scalar(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": before})
        with pytest.raises(OperationalError) as raised:
            process.rows(connection, {"given": 1})
    with pool.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != before

    assert raised.value.connection_invalidated


def test_each_execution_has_a_span_that_tells_whether_it_failed(pool, monkeypatch):
    ended = []
    monkeypatch.setattr(prepared_queries.tracing, "begin", lambda name, *_, **facts: (name, facts["db.system"]))
    monkeypatch.setattr(prepared_queries.tracing, "end", lambda span, failed=False: ended.append((*span, failed)))
    inverse = PreparedQuery(select((1 / GIVEN).label("inverse")))
    with pool.connect() as connection:
        inverse.rows(connection, {"given": 1})
        with pytest.raises(DBAPIError):
            inverse.rows(connection, {"given": 0})

    assert ended == [("SELECT", "postgresql", False), ("SELECT", "postgresql", True)]
