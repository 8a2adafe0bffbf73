import numpy as np
import pytest
from sqlalchemy import text

from matching.engine.ranking import RankedLists
from models.core.enums import Side
from worker.lists.binary_copy import ListsToCopy
from worker.lists.store import stage_lists
from worker.market.stored_lists import StoredLists


def random_lists(count, longest):
    rng = np.random.default_rng(count)
    indptr = np.cumsum([0, *rng.integers(0, longest, count, endpoint=True)])
    columns = rng.integers(1, 2**62, indptr[-1])
    return RankedLists(indptr, columns, (rng.integers(0, 800, indptr[-1]) / 8).astype(np.float32))


@pytest.mark.parametrize(("count", "longest"), [(0, 100), (1, 0), (3, 2), (5000, 3), (300, 100), (2, 20_000)])
def test_lists_of_any_number_and_length_arrive_whole(session, count, longest):
    lists = random_lists(count, longest)
    ids, versions = np.arange(count) + 2**40, np.arange(count) % 7

    stage_lists(session, Side.LEAD, StoredLists(ids, versions, lists))

    found = session.execute(
        text("SELECT id, entries, scores, version FROM staged_lead_recommendations ORDER BY id")
    ).all()
    wanted = [
        (row_id, columns.tolist(), scores.tolist(), version)
        for row_id, version, (columns, scores) in zip(
            ids.tolist(), versions.tolist(), map(lists.row, range(count)), strict=True
        )
    ]
    assert [tuple(row) for row in found] == wanted


def test_a_large_market_is_made_in_small_pieces():
    count = 5000
    rows = ListsToCopy(np.arange(count), np.ones(count, np.int64), random_lists(count, 3))
    sizes = [len(piece) for piece in iter(rows.read, b"")]
    assert len(sizes) > 5
    assert max(sizes) <= 2**16
