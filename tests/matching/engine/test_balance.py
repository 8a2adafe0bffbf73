"""Balanced order: the published market, and what re-ordering may change."""

import numpy as np
import pytest

from matching.engine.balance import balance, balanced_order
from matching.engine.ranking import RankedLists
from matching.engine.topk import score_market
from matching.errors import InvalidInputError
from tests.matching.synthetic import synthetic


def published_market():
    """
    Tomita and Yokoyama (RecSys 2024): 30 x 20; preference is half random, half the popularity of the other side.
    """
    random = np.random.RandomState(0)  # the published figures depend on the old generator's stream
    towards_right = 0.5 * random.rand(30, 20) + 0.5 * np.linspace(1, 0, 20)
    towards_left = 0.5 * random.rand(20, 30) + 0.5 * np.linspace(1, 0, 30)
    return towards_right, towards_left


def attention(order):
    """1 / place of each column, by row; *order* is the value by which lists are sorted."""
    return 1 / (1 + np.argsort(np.argsort(-order, axis=1), axis=1))


def expected_matches(likes, likes_back, left_order, right_order):
    return float((likes * likes_back.T * attention(left_order) * attention(right_order).T).sum())


def test_published_expected_matches_are_reproduced():
    likes, likes_back = published_market()
    product = likes * likes_back.T
    balanced = balance(np.exp((likes + likes_back.T) / 2), tolerance=1e-9)
    meetings = balanced.a[:, np.newaxis] * np.exp((likes + likes_back.T) / 2) * balanced.b

    assert balanced.residual < 1e-9
    assert expected_matches(likes, likes_back, likes, likes_back) == pytest.approx(6.0976, abs=5e-5)
    assert expected_matches(likes, likes_back, product, product.T) == pytest.approx(13.2147, abs=5e-5)
    assert expected_matches(likes, likes_back, meetings, meetings.T) == pytest.approx(15.4475, abs=5e-5)


def test_everybody_spends_attention_of_one():
    kernel = np.exp(np.random.default_rng(1).normal(0, 2, (40, 25)))
    balanced = balance(kernel)
    meetings = balanced.a[:, np.newaxis] * kernel * balanced.b

    assert balanced.a**2 + meetings.sum(axis=1) == pytest.approx(np.ones(40), abs=1e-6)
    assert balanced.b**2 + meetings.sum(axis=0) == pytest.approx(np.ones(25), abs=1e-6)


def full_lists(scores):
    n, m = scores.shape
    rows, columns = np.indices((n, m)).reshape(2, -1)
    return (
        RankedLists.from_entries(rows, columns, scores.ravel().astype(np.float32), n, m),
        RankedLists.from_entries(columns, rows, scores.ravel().astype(np.float32), m, n),
    )


def test_sparse_lists_of_all_pairs_are_ordered_as_the_dense_market():
    scores = np.random.default_rng(2).uniform(60, 100, (12, 9)).astype(np.float32)
    kernel = np.exp(scores.astype(float) / 100 / 0.1)
    balanced = balance(kernel, tolerance=1e-9)
    for_leads, for_properties = balanced_order(*full_lists(scores), temperature=0.1, tolerance=1e-9)

    meetings = balanced.a[:, np.newaxis] * kernel * balanced.b
    assert [for_leads.row(i)[0].tolist() for i in range(12)] == np.argsort(-meetings, axis=1).tolist()
    assert [for_properties.row(j)[0].tolist() for j in range(9)] == np.argsort(-meetings.T, axis=1).tolist()


def test_a_crowded_property_gives_way_where_another_serves_nearly_as_well():
    # Property 0 is the best for every lead; only lead 0 has no alternative.
    scores = np.array([[95, 1, 1, 1], [95, 94, 1, 1], [95, 1, 94, 1], [95, 1, 1, 94]], float)
    for_leads, _ = balanced_order(*full_lists(scores))

    assert [for_leads.row(lead)[0][0] for lead in range(4)] == [0, 1, 2, 3]


def test_scores_and_entries_stay_what_they_were():
    lists = score_market(synthetic(300, 200, seed=3, owners=10), 20)
    for before, after in zip(
        (lists.for_leads, lists.for_properties),
        balanced_order(lists.for_leads, lists.for_properties),
        strict=True,
    ):
        assert after.indptr.tolist() == before.indptr.tolist()
        for row in range(len(before)):
            assert dict(zip(*after.row(row), strict=True)) == dict(zip(*before.row(row), strict=True))


def test_a_smaller_temperature_keeps_nearer_to_the_order_by_score():
    scores = np.random.default_rng(4).permutation(30 * 20).reshape(30, 20) / 6.0
    before, _ = full_lists(scores)
    after, _ = balanced_order(*full_lists(scores), temperature=0.01)
    hot, _ = balanced_order(*full_lists(scores), temperature=1.0)
    agree = lambda one, other: (one.columns == other.columns).mean()

    assert agree(after, before) > agree(hot, before)


def test_empty_lists_are_no_trouble():
    for_leads, for_properties = balanced_order(RankedLists.empty(2), RankedLists.empty(0))
    assert (len(for_leads), len(for_properties)) == (2, 0)


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), 1e-6])
def test_a_temperature_that_cannot_be_used_is_refused(temperature):
    with pytest.raises(InvalidInputError):
        balanced_order(*full_lists(np.full((2, 2), 90.0)), temperature=temperature)
