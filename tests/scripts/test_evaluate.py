"""The measures of the evaluation, on lists small enough to count by hand; and the benchmark's own check."""

import numpy as np
import pytest

from matching.ranking import RankedLists
from scripts.bench import contestants
from scripts.bench.market import synthetic_market
from scripts.evaluate import metrics
from scripts.evaluate.planted import BLURS, Listing, plant
from scripts.evaluate.rankers import BASELINES, K, Town, leadmatch
from tests.matching.test_criteria import HOME

LISTS = RankedLists(np.array([0, 2, 3, 3]), np.array([4, 1, 4], np.int32), np.array([90, 80, 70], np.float32))


def test_ranks_count_from_one_and_are_endless_where_the_truth_is_not_listed():
    assert metrics.ranks_of(LISTS, np.array([1, 4, 0])).tolist() == [2, 1, np.inf]


def test_gains_of_one_relevant_item():
    gains = metrics.gains(np.array([1, 3, np.inf]))

    assert gains["recall@1"].tolist() == [1, 0, 0] and gains["recall@10"].tolist() == [1, 1, 0]
    assert gains["MRR"] == pytest.approx([1, 1 / 3, 0])
    assert gains["NDCG@100"] == pytest.approx([1, 1 / 2, 0])  # log2(1 + 3) = 2


def test_exposure_of_columns():
    shown = metrics.exposure(LISTS, n_columns=4 + 1)

    # 0 0 0 1 2 times: gini = 2 * (4 * 1 + 5 * 2) / (5 * 3) - 6 / 5
    assert shown == pytest.approx({"coverage": 2 / 5, "gini": 28 / 15 - 6 / 5, "empty": 1 / 3})


def test_expected_matches_need_both_lists():
    back = RankedLists(np.array([0, 0, 1, 1, 1, 1]), np.array([0], np.int32), np.array([80], np.float32))

    assert metrics.expected_matches(LISTS, back) == pytest.approx(0.8 * 0.8 / (2 * 1))


@pytest.mark.parametrize("blur", BLURS, ids=lambda blur: blur.name)
def test_a_planted_listing_comes_back(blur):
    rng = np.random.default_rng(0)
    listings = [
        Listing(
            id=number,
            okrug="ЦАО",
            facts=type(HOME)(
                owner=2,
                property_type="APARTMENT",
                price=float(rng.uniform(5e6, 50e6)),
                area=float(rng.uniform(20, 120)),
                rooms=int(rng.integers(0, 5)),
                district=f"район {rng.integers(0, 9)}",
                metro=f"станция {rng.integers(0, 20)}",
                year=2000,
                text=f"дом {number % 50} этаж {number % 7}",
            ),
        )
        for number in range(300)
    ]
    leads, sources = plant(listings, blur, 50, rng)
    town = Town.of(leads, listings)

    ranks = metrics.ranks_of(leadmatch(town).for_leads, sources)

    assert np.mean(ranks <= 10) >= 0.6  # chance: 10 in 300
    for ranker in BASELINES.values():
        assert ranker(town).lengths.max() <= K


def test_the_benchmark_notices_lists_unlike_brute_force():
    vectors = contestants.vectors_of(synthetic_market(400, 600), threads=1)
    _, lists = contestants.ours(vectors, k=7, threads=1)

    assert contestants.rows_that_differ(vectors, lists, k=7) == 0
    assert 0 < lists.pairs_scored <= 400 * 600
    assert contestants.rows_that_differ(vectors, lists, k=8) > 0
