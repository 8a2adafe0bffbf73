"""New rows change no score of other pairs while the text model stays the same."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.topk import Market, score_market
from tests.matching.strategies import checked_on_markets, leads, properties, vectors
from tests.matching.synthetic import synthetic

#: Words and places that neither the text model nor the rest of the market has.
strangers = st.builds(
    replace,
    properties(),
    text=st.sampled_from(["небывалое слово", "у метро небывалое", "вид на парк"]),
    district=st.sampled_from(["бибирево", "сокол"]),
)


def entries(lists, width):
    """{(row, column): score} of columns below *width*."""
    rows = np.repeat(np.arange(len(lists)), lists.lengths)
    return {
        (row, column): score
        for row, column, score in zip(rows.tolist(), lists.columns.tolist(), lists.scores.tolist(), strict=True)
        if column < width
    }


@checked_on_markets
@given(
    st.lists(leads(), min_size=1, max_size=6),
    st.lists(properties(), min_size=1, max_size=8),
    st.lists(strangers, min_size=1, max_size=4),
    st.lists(leads(), max_size=3),
)
def test_newcomers_change_no_score_of_others_to_the_last_bit(some_leads, some_properties, new_homes, new_leads):
    before = score_market(Market(*vectors(some_leads, some_properties)), k=20)
    after = score_market(Market(*vectors(some_leads + new_leads, some_properties + new_homes)), k=20)

    old_rows = after.for_leads.take(np.arange(len(some_leads)))
    assert entries(old_rows, len(some_properties)) == entries(before.for_leads, len(some_properties))
    old_rows = after.for_properties.take(np.arange(len(some_properties)))
    assert entries(old_rows, len(some_leads)) == entries(before.for_properties, len(some_leads))


def test_nor_in_a_market_of_many_blocks_where_newcomers_change_the_order_of_everything():
    whole = synthetic(600, 3000)
    old = np.flatnonzero(np.arange(3000) % 6 > 0)
    before = score_market(Market(whole.leads, whole.properties.take(old)), k=50)
    after = score_market(whole, k=50)

    scores = entries(after.for_leads, 3000)
    shared = 0
    for (lead, column), score in entries(before.for_leads, 3000).items():
        if (lead, old[column]) in scores:
            shared += 1
            assert scores[lead, old[column]] == score
    assert shared > 10_000
