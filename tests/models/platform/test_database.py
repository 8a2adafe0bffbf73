"""Sessions on connections that the server has closed, and the cost of read-only sessions."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import text

from models.platform.database import connect, reading_sessions, sessions


@pytest.fixture(params=[sessions, reading_sessions])
def lost_session(request, engine):
    """A session whose connection was closed within a transaction, without its noticing."""
    session = request.param(engine)()
    process = session.scalar(text("SELECT pg_backend_pid()"))
    with engine.connect() as other:
        assert other.scalar(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})
    yield session
    session.close()


@pytest.mark.parametrize("end", ["close", "rollback"])
def test_a_transaction_whose_connection_was_lost_counts_as_rolled_back(lost_session, end, engine):
    in_use = engine.pool.checkedout()
    finish: Callable[[], None] = getattr(lost_session, end)

    finish()

    assert engine.pool.checkedout() == in_use - 1
    assert lost_session.scalar(text("SELECT 1")) == 1


def test_a_reading_session_sends_nothing_but_its_statements(engine, database_url):
    """The server shows the last statement of an idle connection."""
    new_session = reading_sessions(engine)
    for number in range(3):  # the connection enters and leaves autocommit
        with new_session() as session:
            process = session.scalar(text("SELECT pg_backend_pid()"))
            session.scalar(text(f"SELECT {number}"))

    other = connect(database_url)
    last = "SELECT query FROM pg_stat_activity WHERE pid = :process"
    with other.connect() as connection:
        assert connection.scalar(text(last), {"process": process}) == "SELECT 2"
    other.dispose()


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE", "READ COMMITTED"])
def test_a_connection_has_the_requested_isolation_level_and_then_the_usual_one(engine, level):
    shown = text("SHOW transaction_isolation")
    with engine.connect().execution_options(isolation_level=level) as connection:
        assert connection.scalar(shown).upper() == level
    with engine.connect() as connection:
        assert connection.scalar(shown) == "read committed"
    with reading_sessions(engine)() as session:
        assert session.scalar(shown) == "read committed"


@pytest.mark.parametrize(
    "value", ['{"a": [1, 2.5, null]}', "[]", '"текст"', "12345678901234567890123", '  {"a": 1}\n', "[ 1 ] "]
)
@pytest.mark.parametrize("kind", ["json", "jsonb"])
def test_json_is_read_as_the_standard_library_reads_it(engine, value, kind):
    with engine.connect() as connection:
        assert connection.scalar(text(f"SELECT CAST(:value AS {kind})"), {"value": value}) == json.loads(value)
