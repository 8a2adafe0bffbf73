import numpy as np
import pytest

from matching.engine.ranking import RankedLists
from worker.lists import partial_lists
from worker.lists.partial_lists import merge_stored, merged_partials
from worker.market.stored_lists import StoredLists

K = 5
MAX_ROWS = 30


def tile(rng, number, rows=40):
    """A tile's lists of up to K of its own columns, for most of the rows, with different versions."""
    ids = np.flatnonzero(rng.random(rows) < 0.8)
    columns = [np.sort(rng.choice(20, rng.integers(K + 1), replace=False)) + 20 * number for _ in ids]
    lists = RankedLists.from_entries(
        np.repeat(np.arange(len(ids)), [len(each) for each in columns]),
        np.concatenate(columns),
        rng.integers(0, 4, sum(map(len, columns))).astype(np.float32),
        len(ids),
        K,
    )
    return StoredLists(ids, rng.integers(1, 3, len(ids)), lists)


def chunks(stored, rows=7):
    return [
        StoredLists(stored.ids[span], stored.versions[span], stored.lists.take(np.arange(len(stored.ids))[span]))
        for span in (slice(first, first + rows) for first in range(0, len(stored.ids), rows))
    ]


@pytest.mark.parametrize("maximum", [MAX_ROWS, 1])
def test_few_entries_are_merged_at_once_and_give_the_lists_of_one_merge(monkeypatch, maximum):
    rng = np.random.default_rng(7)
    tiles = [tile(rng, number) for number in range(3)]
    entries_merged = []

    def merge(parts, k):
        entries_merged.append(sum(len(part.lists.columns) for part in parts))
        return merge_stored(parts, k)

    monkeypatch.setattr(partial_lists, "MERGED_ENTRIES", maximum)
    monkeypatch.setattr(partial_lists, "_chunks", lambda session, side, shard_id: iter(chunks(tiles[shard_id])))
    monkeypatch.setattr(partial_lists, "merge_stored", merge)
    parts = list(merged_partials(None, None, range(3), K))

    expected = merge_stored(tiles, K)
    lists = RankedLists.concat([part.lists for part in parts])
    assert np.array_equal(np.concatenate([part.ids for part in parts]), expected.ids)
    assert np.array_equal(np.concatenate([part.versions for part in parts]), expected.versions)
    assert np.array_equal(lists.indptr, expected.lists.indptr)
    assert np.array_equal(lists.columns, expected.lists.columns)
    assert np.array_equal(lists.scores, expected.lists.scores)
    assert max(entries_merged) <= max(maximum, 3 * K)  # at least a row of each tile
