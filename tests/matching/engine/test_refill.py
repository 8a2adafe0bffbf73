"""Lists that have lost entries are refilled to exactly the result of scoring everything, to the last bit."""

import numpy as np
import pytest
from hypothesis import given

from matching.engine.bounds_of_few import max_units_of_leads, max_units_of_properties
from matching.engine.incremental import best_of_scores, column_scores, row_scores
from matching.engine.pairs import pair_units
from matching.engine.ranking import RankedLists
from matching.engine.refill import ListsToRefill, refilled
from matching.engine.topk import Market
from matching.errors import InvalidInputError
from matching.facts.places import rows_of
from tests.matching.engine.test_engine import assert_same
from tests.matching.strategies import checked_on_markets, markets
from tests.matching.synthetic import synthetic

K, N = 10, 1500
NO_PAIRS = np.zeros((0, 2), np.int64)


@pytest.fixture(scope="module")
def varied() -> Market:
    return synthetic(N, N)


def assert_bounds(market: Market) -> None:
    """No allowed pair has more units than either bound."""
    exact = np.stack([pair_units(market.leads.take([row]), market.properties) for row in range(len(market.leads))])
    nothing = np.full(len(market.properties), -np.inf, np.float32)
    by_lead = np.concatenate([part.units for part in max_units_of_leads(market.leads, market.properties)])
    by_property = np.concatenate(
        [part.units for part in max_units_of_properties(market.leads, market.properties, lambda: nothing)]
    )
    allowed = exact >= 0
    assert (by_lead.T >= exact)[allowed].all()
    assert (by_property >= exact)[allowed].all()


@checked_on_markets
@given(markets())
def test_no_pair_of_any_market_has_more_units_than_its_bounds(market_of):
    *_, market, _ = market_of
    if len(market.leads) and len(market.properties):
        assert_bounds(market)


def test_no_pair_of_a_varied_market_has_more_units_than_its_bounds(varied):
    some = np.arange(300)
    assert_bounds(Market(varied.leads.take(some), varied.properties.take(some)))


def test_bounds_of_most_pairs_are_what_they_earn(varied):
    few = varied.leads.take(np.arange(40))
    exact = np.stack([pair_units(few.take([row]), varied.properties) for row in range(40)])
    bounds = np.concatenate([part.units for part in max_units_of_leads(few, varied.properties)]).T
    allowed = exact >= 0

    assert np.mean(bounds[allowed] == exact[allowed]) > 0.5


def wanted(scores, excluded, unlisted):
    scores = scores.copy()
    scores[:, unlisted] = np.nan
    scores[excluded[:, 0], excluded[:, 1]] = np.nan
    return best_of_scores(scores, K)


def without(lists: RankedLists, gone: np.ndarray) -> RankedLists:
    """*lists* without the entries (owner, column) in *gone* (owners, columns)."""
    owners = rows_of(lists.indptr)
    kept = ~gone[owners, lists.columns]
    return RankedLists.from_entries(owners[kept], lists.columns[kept], lists.scores[kept], len(lists), K)


@pytest.mark.parametrize("owners_are_leads", [True, False])
@pytest.mark.parametrize("alike", [(N, N), (1, N), (N, 1), (1, 1), (2, 40), (40, 2)])
def test_filled_up_lists_are_those_of_brute_force_even_where_all_tie(varied, alike, owners_are_leads):
    rng = np.random.default_rng(1)
    leads, properties = (
        table.take(np.arange(N) % different)
        for table, different in zip((varied.leads, varied.properties), alike, strict=True)
    )
    some = np.sort(rng.choice(N, 30, replace=False))
    if owners_are_leads:
        leads = leads.take(some)
        scores = row_scores(leads, properties)
    else:
        properties = properties.take(some)
        scores = column_scores(leads, properties).T
    before = best_of_scores(scores, K)
    # One column leaves the market, every list loses up to two other entries, and one list all of them.
    unlisted = np.unique(before.columns[:1]).astype(np.int64)
    gone = rng.random(scores.shape) < 0.1
    gone[3] = True
    excluded = np.argwhere(gone & (rng.random(scores.shape) < 0.5))
    known = without(before, gone | np.isin(np.arange(N), unlisted))

    lists, left = refilled(ListsToRefill(known, leads, properties, owners_are_leads, K, excluded, unlisted))

    settled = np.setdiff1d(np.arange(30), left)
    assert_same(lists.take(settled), wanted(scores, excluded, unlisted).take(settled))
    assert len(settled) >= 25


def test_a_full_list_and_a_market_without_the_other_side_stay_as_they_are(varied):
    few = varied.leads.take(np.arange(5))
    full = best_of_scores(row_scores(few, varied.properties), K)
    nothing = varied.properties.take(np.zeros(0, np.int64))
    none = RankedLists.empty(5)

    lists, left = refilled(ListsToRefill(full, few, varied.properties, True, K, NO_PAIRS, NO_PAIRS[:, 0]))
    empty, _ = refilled(ListsToRefill(none, few, nothing, True, K, NO_PAIRS, NO_PAIRS[:, 0]))

    assert_same(lists, full)
    assert len(left) == 0
    assert_same(empty, none)


def test_one_list_an_owner_is_expected(varied):
    with pytest.raises(InvalidInputError):
        ListsToRefill(RankedLists.empty(2), varied.leads, varied.properties, True, K, NO_PAIRS, NO_PAIRS[:, 0])
