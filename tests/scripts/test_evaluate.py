"""The measures of the evaluation, on lists small enough to count by hand."""

import numpy as np
import pytest

from matching.engine.ranking import RankedLists
from scripts.benchmarks.evaluate import balanced, learning, metrics, report
from scripts.benchmarks.evaluate.planted import BLURS, Listing, plant
from scripts.benchmarks.evaluate.rankers import BASELINES, K, Town, leadmatch
from tests.matching.engine.test_criteria import HOME

LISTS = RankedLists(np.array([0, 2, 3, 3]), np.array([4, 1, 4], np.int32), np.array([90, 80, 70], np.float32))


def test_ranks_count_from_one_and_are_endless_where_the_truth_is_not_listed():
    assert metrics.ranks_of(LISTS, np.array([1, 4, 0])).tolist() == [2, 1, np.inf]


def test_gains_of_one_relevant_item():
    gains = metrics.gains(np.array([1, 3, np.inf]))

    assert gains["recall@1"].tolist() == [1, 0, 0] and gains["recall@10"].tolist() == [1, 1, 0]
    assert gains["MRR"] == pytest.approx([1, 1 / 3, 0])
    assert gains["NDCG@100"] == pytest.approx([1, 1 / 2, 0])  # log2(1 + 3) = 2


def test_a_difference_is_of_the_same_rows_so_what_all_rows_share_has_no_spread():
    theirs = np.linspace(0, 1, 50)
    ours = theirs + 0.1

    [more] = metrics.intervals_of_difference({"MRR": ours}, {"MRR": theirs}, seed=1).values()

    assert more == pytest.approx((0.1, 0.1, 0.1))
    assert metrics.interval(ours, np.random.default_rng(1))[1] < metrics.interval(theirs, np.random.default_rng(1))[2]


def test_the_verdict_names_what_is_not_above_a_baseline_with_the_whole_interval_of_the_difference():
    more = {"random": {"MRR": (0.2, 0.1, 0.3), "recall@10": (0.01, -0.01, 0.03)}}
    outcome = report.Outcome(BLURS[0], found={}, more=more, exposure={}, expected_matches=0, broken_truth=0)

    assert report.cases_not_beaten([outcome]) == ["light: recall@10 against random, +0.010 (-0.010 to +0.030)"]


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


def some_listings(n):
    rng = np.random.default_rng(0)
    return [
        Listing(
            id=number,
            okrug="ЦАО",
            facts=type(HOME)(
                owner=2,
                property_type="APARTMENT",
                price=float(rng.uniform(5e6, 15e6)),
                area=float(rng.uniform(30, 60)),
                rooms=int(rng.integers(1, 3)),
                district=f"район {rng.integers(0, 3)}",
                year=2000,
                text=f"дом {number % 50}",
            ),
        )
        for number in range(n)
    ]


def test_balanced_order_is_compared_on_all_listings_and_on_as_many_as_leads():
    orders = balanced.compare(some_listings(120), n_leads=40, seed=1)

    assert [one.market for one in orders] == ["40 x 120"] * 5 + ["40 x 40"] * 5
    by_score, *rest = orders[5:]
    assert by_score.order == "by score"
    assert max(one.expected_matches for one in rest) > by_score.expected_matches
    assert len(balanced.as_markdown(orders)) > len(orders)


def test_simulated_people_who_think_as_the_defaults_do_are_left_alone(monkeypatch):
    monkeypatch.setattr(learning, "ACTIONS", (50, 400))
    monkeypatch.setattr(learning, "REPEATS", 9)  # of three, one misleading sample of actions decides the average
    lessons = learning.learn(some_listings(150), n_leads=60, seed=1)
    defaults, others = lessons[:2], lessons[2:]

    assert all(one.agreement_before == pytest.approx(1) for one in defaults)
    assert all(one.agreement_after > 0.97 for one in defaults)
    assert all(one.agreement_after > one.agreement_before - 0.02 for one in others)
