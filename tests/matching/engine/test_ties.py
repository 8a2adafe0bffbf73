"""In markets with very many equal scores, lists are correct, and ties after a list's end cost nothing."""

from dataclasses import replace

import numpy as np
import pytest

from matching.engine.ends import NOTHING, Ends, ends_at, ends_of_keys, ranked_within
from matching.engine.incremental import best_of_scores, column_scores, row_scores
from matching.engine.ranking import pack
from matching.engine.topk import Market, score_market
from tests.matching.engine.test_engine import assert_same
from tests.matching.synthetic import synthetic

K = 10


N = 3000


@pytest.fixture(scope="module")
def varied() -> Market:
    return synthetic(N, N)


def alike(market: Market, leads: int, properties: int) -> Market:
    """A market of only so many different leads and properties, each repeated many times, in turn."""
    return Market(market.leads.take(np.arange(N) % leads), market.properties.take(np.arange(N) % properties))


ALIKE = [(1, N), (N, 1), (1, 1), (2, 40), (40, 2)]


@pytest.mark.parametrize(("leads", "properties"), ALIKE)
def test_among_ties_the_lowest_numbers_stay_as_in_an_incremental_update(varied, leads, properties):
    market = alike(varied, leads, properties)
    some = np.arange(0, N, N // 10)

    full = score_market(market, K)

    by_lead = row_scores(market.leads.take(some), market.properties)
    by_property = column_scores(market.leads, market.properties.take(some))
    assert_same(full.for_leads.take(some), best_of_scores(by_lead, K))
    assert_same(full.for_properties.take(some), best_of_scores(by_property.T, K))


@pytest.mark.parametrize(
    ("leads", "properties", "maximum"),
    [
        # Without distinguishing ties: 300 if all are alike, and for the others 54, 63, 32 and 43.
        (1, 1, 60),
        (1, N, 26),
        (N, 1, 6),
        (2, 40, 26),
        (40, 2, 11),
    ],
)
def test_ties_behind_the_end_of_a_list_do_not_wait_for_a_place_in_it(varied, leads, properties, maximum):
    waited = score_market(alike(varied, leads, properties), K, threads=1).entries_waited

    # Of N possible ties, a list accepts a few blocks of 128, or some of the first 1,024 leads.
    assert waited <= (N + N) * K * maximum


def test_an_end_lets_through_better_units_and_ties_up_to_its_column():
    ends = Ends.of(ends_of_keys(pack(np.array([7]), np.array([500], np.float32), np.array([40]))))
    units, columns = np.array([501, 500, 500, 499], np.float32), np.array([90, 40, 41, 0])

    assert ends.ranks_within(np.zeros(4, np.intp), units, columns).tolist() == [True, True, False, False]


def test_pairs_are_compared_with_the_last_entries_of_both_sides():
    rows = Ends.of(ends_of_keys(pack(np.zeros(2, int), np.array([5, 9], np.float32), np.array([1, 3]))))
    columns = Ends.of(np.append(ends_at(np.array([8], np.float32)), NOTHING))
    units = np.array([[5, 5], [8, 9]], np.float32)

    within = ranked_within(units, rows, columns, row_numbers=np.array([0, 1]), column_numbers=np.array([1, 4]))

    # 5 ties with the first row's end at column 1, and ranks after it at column 4; 8 reaches the first column's end.
    assert within.tolist() == [[True, False], [True, False]]


def test_of_homes_alike_but_for_a_price_just_under_the_minimum_those_within_the_budget_come_first(varied):
    market, is_short = alike(varied, 40, 40), np.random.default_rng(0).random(N) < 0.5
    # Only the comparison with the minimum tells these prices apart, not their knots.
    leads = replace(market.leads, price_min=np.full(N, 10e6), price_points=np.full(N, 5000.0))
    market = Market(leads, replace(market.properties, price=np.where(is_short, 9_999_999.0, 10e6)))
    some = np.arange(0, N, N // 10)

    full = score_market(market, K)

    assert_same(full.for_leads.take(some), best_of_scores(row_scores(leads.take(some), market.properties), K))
    by_property = column_scores(leads, market.properties.take(some))
    assert_same(full.for_properties.take(some), best_of_scores(by_property.T, K))
    assert not is_short[full.for_leads.columns].any()
