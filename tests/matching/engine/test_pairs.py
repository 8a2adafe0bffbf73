"""Scores of single rows in sequence: parts that two rows have in common are computed once."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given

from matching.engine.pairs import KeptTerms, pair_scores
from tests.matching.strategies import checked_on_markets, markets
from tests.matching.synthetic import synthetic


def one_with_all(market, of_leads):
    """A function that scores a row of one side with the whole other side."""
    if of_leads:
        return lambda row, kept=None: pair_scores(row, market.properties, kept)
    return lambda row, kept=None: pair_scores(market.leads, row, kept)


@checked_on_markets
@given(markets())
def test_rows_scored_one_after_another_get_what_each_gets_alone(market_of):
    *_, market, _ = market_of

    for of_leads, own in ((True, market.leads), (False, market.properties)):
        pair = one_with_all(market, of_leads)
        kept: KeptTerms = {}
        for row in range(len(own)):
            one = own.take([row])
            np.testing.assert_array_equal(pair(one, kept), pair(one))


def one_column_apart(row, another):
    """*row* with each of its columns in turn from *another*; a list column changes together with its row offsets."""
    lists = [(indptr, *names) for indptr, names in row._LISTS.items()]
    in_lists = {name for names in lists for name in names}
    single = [(column.name,) for column in fields(row) if column.name not in {*in_lists, *row._SHARED}]
    for names in [*lists, *single]:
        yield names[-1], replace(row, **{name: getattr(another, name) for name in names})
    for name in in_lists:
        if getattr(row, name).dtype.kind == "f":  # the values of the same entries
            yield name, replace(row, **{name: getattr(row, name) * 2})


@pytest.mark.parametrize("of_leads", [True, False])
def test_a_change_of_any_one_column_is_seen(of_leads):
    market = synthetic(40, 60)
    own = market.leads if of_leads else market.properties
    pair = one_with_all(market, of_leads)
    unseen = set()
    for row in range(0, 30, 3):
        first = own.take([row])
        for name, changed in one_column_apart(first, own.take([row + 1])):
            kept: KeptTerms = {}
            pair(first, kept)
            if not np.array_equal(pair(changed, kept), pair(changed), equal_nan=True):
                unseen.add(name)

    assert not unseen
