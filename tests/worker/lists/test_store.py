import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from matching.engine.ranking import RankedLists
from models.core.enums import DealType, Side
from models.platform.database import sessions
from tests.factories import make_property, make_user
from worker.lists.store import write_lists
from worker.market.stored_lists import StoredLists, read_lists

MARKET = ("geo:524901", DealType.SALE)


def lists_of(*rows):
    lengths = [0, *(len(row) for row in rows)]
    ids = [entry for row in rows for entry, _ in row]
    scores = [score for row in rows for _, score in row]
    return RankedLists(np.cumsum(lengths), np.array(ids, np.int64), np.array(scores, np.float32))


def test_a_stored_list_can_be_read_back(session):
    owner = make_user(session)
    ids = np.array([make_property(session, owner).id for _ in range(4)])
    lists = lists_of([(7, 99.5), (2**40, 12.25)], [], [(5, 0.0)], [(1, 3.0), (2, 2.0)])
    write_lists(session, Side.PROPERTY, MARKET, StoredLists(ids, np.ones(4, np.int64), lists))

    stored = read_lists(session, Side.PROPERTY, MARKET, ids)

    assert stored.ids.tolist() == ids.tolist()
    assert stored.lists.columns.tolist() == lists.columns.tolist()
    assert stored.lists.scores.tolist() == lists.scores.tolist()
    assert stored.lists.indptr.tolist() == lists.indptr.tolist()


def test_a_list_of_a_newer_version_is_left_alone(session):
    ids = np.array([make_property(session, make_user(session)).id])
    for version, entry in ((5, 50), (4, 40), (6, 60)):
        write_lists(session, Side.PROPERTY, MARKET, StoredLists(ids, np.array([version]), lists_of([(entry, 1.0)])))
        [stored] = read_lists(session, Side.PROPERTY, MARKET, ids).lists.columns
        assert stored == max(entry, 50)


def test_a_list_in_another_market_is_not_changed(session):
    ids = np.array([make_property(session, make_user(session)).id])
    one = StoredLists(ids, np.ones(1, np.int64), lists_of([(1, 1.0)]))
    write_lists(session, Side.PROPERTY, MARKET, one)
    write_lists(session, Side.PROPERTY, ("geo:1", DealType.SALE), one)

    assert len(read_lists(session, Side.PROPERTY, MARKET, ids).ids) == 1


@pytest.mark.parametrize("end", ["close", "rollback"])
def test_a_transaction_that_lost_its_connection_ends_with_the_error_of_the_loss_alone(engine, clean_database, end):
    """Otherwise the code that retries a task or answers 503 would not recognise the error."""
    session = sessions(engine)()
    pid = session.scalar(text("SELECT pg_backend_pid()"))
    with engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with pytest.raises(OperationalError):
        session.execute(text("SELECT 1"))

    getattr(session, end)()
    assert session.scalar(text("SELECT 1")) == 1
    session.close()
