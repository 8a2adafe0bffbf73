"""The engine compared with the scalar oracle, and its ways of computing with each other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.incremental import (
    best_of_scores,
    column_scores,
    merge_changed,
    row_scores,
    score_leads_against,
    score_properties_against,
)
from matching.engine.ranking import RankedLists
from matching.engine.tiles import merge_lists
from matching.engine.topk import MAX_PAIRS_AT_ONCE, Market, MarketLists, score_at_once, score_in_blocks, score_market
from matching.engine.units import rounding_bound
from matching.errors import InvalidInputError, ScoringStoppedError
from tests.matching import oracle
from tests.matching.strategies import (
    checked_on_markets,
    leads,
    markets,
    pairs_within,
    properties,
    vectors,
    world_of,
)
from tests.matching.synthetic import synthetic

#: Of 100. Leads here have at most four wishes and three words.
TOLERANCE = rounding_bound(wishes=4, words=3)


def oracle_scores(some_leads, some_properties, text_model):
    world = world_of(text_model)
    return [[oracle.score(lead, home, world) for home in some_properties] for lead in some_leads]


def assert_same(one: RankedLists, other: RankedLists) -> None:
    assert one.indptr.tolist() == other.indptr.tolist()
    assert one.columns.tolist() == other.columns.tolist()
    assert one.scores.tolist() == other.scores.tolist()


@checked_on_markets
@given(markets())
def test_every_pair_scores_what_the_oracle_says(market_of):
    some_leads, some_properties, market, model = market_of
    expected = oracle_scores(some_leads, some_properties, model)
    got = row_scores(market.leads, market.properties)

    for row, scores in enumerate(expected):
        for column, score in enumerate(scores):
            assert np.isnan(got[row, column]) == (score is None)
            assert score is None or got[row, column] == pytest.approx(score, abs=TOLERANCE)


@checked_on_markets
@given(markets(), st.integers(1, 5))
def test_lists_are_the_oracles_up_to_ties(market_of, k):
    some_leads, some_properties, market, model = market_of
    expected = oracle_scores(some_leads, some_properties, model)
    for lead, home in market.excluded_for_leads:
        expected[lead][home] = None

    lists = score_market(market, k).for_leads

    for row, scores in enumerate(expected):
        best = [scores[column] for column in oracle.ranked(scores, k)]
        columns = lists.row(row)[0].tolist()
        assert len(set(columns)) == len(columns)
        assert [scores[column] for column in columns] == pytest.approx(best, abs=TOLERANCE)


@checked_on_markets
@given(markets())
def test_a_pair_scores_the_same_from_both_sides(market_of):
    *_, market, _ = market_of

    by_lead = row_scores(market.leads, market.properties)
    by_property = column_scores(market.leads, market.properties)

    np.testing.assert_array_equal(by_lead, by_property)


@checked_on_markets
@given(markets(), st.integers(1, 5))
def test_full_run_equals_incremental(market_of, k):
    *_, market, _ = market_of

    full = score_market(market, k)

    assert_same(
        full.for_leads,
        score_leads_against(market.leads, market.properties, k, market.excluded_for_leads),
    )
    assert_same(
        full.for_properties,
        score_properties_against(market.properties, market.leads, k, market.excluded_for_properties),
    )


def assert_same_both_ways(market: Market, k: int) -> None:
    at_once, in_blocks = score_at_once(market, k), score_in_blocks(market, k)
    assert_same(at_once.for_leads, in_blocks.for_leads)
    assert_same(at_once.for_properties, in_blocks.for_properties)


@checked_on_markets
@given(markets(), st.integers(1, 5))
def test_a_market_has_the_same_lists_scored_at_once_and_in_blocks(market_of, k):
    *_, market, _ = market_of
    if len(market.leads) and len(market.properties):
        assert_same_both_ways(market, k)


@pytest.mark.parametrize(
    ("n_leads", "n_properties", "k"),
    [
        (200, 200, 100),
        (256, 257, 300),  # keys of 32 and of 64 bits, lists longer than a side
        (1000, 300, 10),  # several portions of properties
        (1, 3000, 100),
        (3000, 1, 100),
    ],
)
@pytest.mark.parametrize("different", [1, 7, 3000])
def test_a_varied_market_and_one_of_ties_have_the_same_lists_both_ways(n_leads, n_properties, k, different):
    market = synthetic(n_leads, n_properties, excluded=500)
    leads = market.leads.take(np.arange(n_leads) % different)
    assert_same_both_ways(replace(market, leads=leads), k)


def test_only_a_market_of_few_pairs_is_scored_at_once():
    few, many = MAX_PAIRS_AT_ONCE // 1024, MAX_PAIRS_AT_ONCE // 1024 + 1

    assert score_market(synthetic(1024, few), 1).entries_waited == 0
    assert score_market(synthetic(1024, many), 1).entries_waited > 0


@pytest.mark.parametrize("score", [score_at_once, score_in_blocks])
@pytest.mark.parametrize(("n_leads", "n_properties"), [(30, 2500), (2500, 30), (3, 3)])
def test_lists_of_one_side_alone_are_those_of_both_and_cost_no_more_pairs(n_leads, n_properties, score):
    market = synthetic(n_leads, n_properties, excluded=200)

    both = score(market, 10)
    leads_alone, properties_alone = score(market, 10, for_properties=False), score(market, 10, for_leads=False)

    assert_same(leads_alone.for_leads, both.for_leads)
    assert_same(properties_alone.for_properties, both.for_properties)
    assert_same(leads_alone.for_properties, RankedLists.empty(n_properties))
    assert_same(properties_alone.for_leads, RankedLists.empty(n_leads))
    assert max(leads_alone.pairs_scored, properties_alone.pairs_scored) <= both.pairs_scored


def pairs_of_tile(pairs, first, size):
    inside = (pairs[:, 0] >= first) & (pairs[:, 0] < first + size)
    return pairs[inside] - [first, 0]


@checked_on_markets
@given(markets(), st.integers(1, 5), st.integers(1, 4))
def test_tiles_merged_equal_the_full_run(market_of, k, tile):
    *_, market, _ = market_of
    if not len(market.leads):
        return
    parts = []
    for first in range(0, len(market.leads), tile):
        rows = np.arange(first, min(first + tile, len(market.leads)))
        part = Market(
            market.leads.take(rows),
            market.properties,
            pairs_of_tile(market.excluded_for_leads, first, tile),
            pairs_of_tile(market.excluded_for_properties, first, tile),
        )
        lists = score_market(part, k, threads=1)
        parts.append(MarketLists(lists.for_leads, of_the_whole(lists.for_properties, first)))

    full = score_market(market, k)

    assert_same(full.for_leads, RankedLists.concat([part.for_leads for part in parts]))
    assert_same(full.for_properties, merge_lists([part.for_properties for part in parts], k))


def of_the_whole(lists, first):
    """Convert column numbers of a tile to those of the whole market."""
    return RankedLists(lists.indptr, lists.columns + np.int32(first), lists.scores)


def brought_up_to_date(lists, changed, scores, k):
    """*lists* after merge_changed; rows that it could not determine are scored again."""
    merged = merge_changed(lists, changed, scores(changed), k)
    rows = [lists.row(row) for row in range(len(lists))]
    for index, row in enumerate(merged.rows):
        rows[row] = merged.lists.row(index)
    if len(merged.rows_to_recompute):
        everything = np.arange(scores.n_columns)
        afresh = scores(everything)
        for row in merged.rows_to_recompute:
            best = oracle.ranked([None if np.isnan(s) else float(s) for s in afresh[row]], k)
            rows[row] = np.array(best, np.int32), afresh[row][best]
    lengths = [len(columns) for columns, _ in rows]
    return RankedLists(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate([np.zeros(0, np.int32), *[columns for columns, _ in rows]]),
        np.concatenate([np.zeros(0, np.float32), *[scores for _, scores in rows]]),
    )


class ScoresOf:
    """Scores of chosen columns of a market."""

    def __init__(self, market):
        self.market, self.n_columns = market, len(market.properties)

    def __call__(self, columns):
        scores = row_scores(self.market.leads, self.market.properties, self.market.excluded_for_leads)
        return scores[:, columns]


@checked_on_markets
@given(st.data(), st.integers(1, 4))
def test_any_sequence_of_writes_leaves_the_lists_of_a_full_run(data, k):
    some_leads = data.draw(st.lists(leads(), min_size=1, max_size=6))
    some_properties = data.draw(st.lists(properties(), max_size=8))
    excluded = data.draw(pairs_within(len(some_leads), len(some_properties)))
    market = Market(*vectors(some_leads, some_properties), excluded)
    lists = score_market(market, k).for_leads
    for _ in range(data.draw(st.integers(1, 4))):
        some_properties = list(some_properties)
        changed = set()
        for _ in range(data.draw(st.integers(1, 2))):
            column = data.draw(st.integers(0, len(some_properties)))  # the length itself: a new one
            some_properties[column : column + 1] = [data.draw(properties())]
            changed.add(column)
        market = Market(*vectors(some_leads, some_properties), excluded)
        lists = brought_up_to_date(lists, np.array(sorted(changed)), ScoresOf(market), k)

        assert_same(lists, score_market(market, k).for_leads)


def test_entries_in_any_order_are_ranked_by_row_then_score_then_column():
    random = np.random.default_rng(0)
    rows, columns = random.integers(0, 9, 500), random.permutation(500)
    scores = random.choice(np.array([-0.0, 0, 1, 90, 90 + 2**-15, 100], np.float32), 500)
    expected = np.lexsort((columns, -scores, rows))

    lists = RankedLists.from_entries(rows, columns, scores, n_rows=10, k=500)

    assert lists.columns.tolist() == columns[expected].tolist()
    assert lists.scores.tolist() == scores[expected].tolist()
    assert lists.lengths.tolist() == np.bincount(rows, minlength=10).tolist()


def test_a_full_list_that_loses_an_entry_is_recomputed():
    lists = RankedLists(np.array([0, 2]), np.array([3, 5], np.int32), np.array([90, 80], np.float32))

    merged = merge_changed(lists, np.array([3]), np.array([[70]], np.float32), k=2)

    assert merged.rows.tolist() == [] and merged.rows_to_recompute.tolist() == [0]


def test_an_entry_that_stays_within_a_full_list_is_moved_without_recomputing():
    lists = RankedLists(np.array([0, 2]), np.array([3, 5], np.int32), np.array([90, 80], np.float32))

    merged = merge_changed(lists, np.array([3]), np.array([[80]], np.float32), k=2)

    assert merged.rows_to_recompute.tolist() == []
    assert merged.lists.columns.tolist() == [3, 5] and merged.lists.scores.tolist() == [80, 80]


@pytest.mark.parametrize(("n_leads", "n_properties"), [(0, 0), (0, 3), (3, 0), (1, 3), (3, 1)])
def test_small_and_empty_markets_give_lists_of_the_right_shape(n_leads, n_properties):
    lists = score_market(synthetic(n_leads, n_properties))

    assert (len(lists.for_leads), len(lists.for_properties)) == (n_leads, n_properties)


@pytest.mark.parametrize(
    ("n_leads", "n_properties", "k"),
    [
        (700, 2500, 100),  # thresholds of leads in use: 20 blocks
        (5000, 1100, 10),  # leads in more than one product and more than one bucket
        (1, 3000, 100),
        (3000, 1, 100),
    ],
)
def test_many_blocks_and_buckets_still_equal_incremental(n_leads, n_properties, k):
    market = synthetic(n_leads, n_properties, excluded=2000)
    some_leads = np.arange(0, n_leads, max(1, n_leads // 40))
    some_properties = np.arange(0, n_properties, max(1, n_properties // 40))

    full = score_in_blocks(market, k)

    scores = row_scores(market.leads.take(some_leads), market.properties)
    for index, lead in enumerate(some_leads):
        pairs = market.excluded_for_leads
        scores[index, pairs[pairs[:, 0] == lead, 1]] = np.nan
    assert_same(full.for_leads.take(some_leads), best_of_scores(scores, k))

    scores = column_scores(market.leads, market.properties.take(some_properties))
    for index, home in enumerate(some_properties):
        pairs = market.excluded_for_properties
        scores[pairs[pairs[:, 1] == home, 0], index] = np.nan
    assert_same(full.for_properties.take(some_properties), best_of_scores(scores.T, k))


@pytest.mark.parametrize("score", [score_market, score_in_blocks])
def test_progress_adds_up_to_all_pairs(score):
    pairs = []

    score(synthetic(300, 700), k=5, progress=pairs.append)

    assert sum(pairs) == 300 * 700 and (len(pairs) > 1) == (score is score_in_blocks)


@pytest.mark.parametrize("score", [score_market, score_in_blocks])
def test_scoring_stops_on_request(score):
    with pytest.raises(ScoringStoppedError):
        score(synthetic(300, 700), k=5, should_stop=lambda: True)


def test_excluded_pairs_outside_the_market_are_refused():
    with pytest.raises(InvalidInputError, match="rows that the market does not have"):
        Market(*vectors([], []), np.array([[0, 0]]))
