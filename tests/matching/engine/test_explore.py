"""Exploration gives new and rarely shown homes a chance: bounded, fair, and the same in every process."""

import numpy as np
import pytest

from matching.engine.explore import MAX_OFFERS_OF_UNSEEN, MIN_LISTS_SEEN, explore
from matching.engine.topk import score_market
from matching.errors import InvalidInputError
from tests.matching.synthetic import synthetic

LEADS, HOMES, K = 150, 1500, 5


@pytest.fixture(scope="module")
def lists():
    """Many homes and short lists, so that most homes are in no list."""
    market = synthetic(LEADS, HOMES)
    return score_market(market, K).for_leads, score_market(market, 60).for_properties


def drawn(lists, slots=3, generation=1, is_new=None):
    lead_ids, home_ids = np.arange(LEADS) * 7 + 100, np.arange(HOMES) + 5000
    is_new = np.ones(HOMES, bool) if is_new is None else is_new
    return explore(*lists, lead_ids, home_ids, is_new, slots, generation)


def test_a_lead_takes_in_no_more_than_its_slots_and_a_home_gets_no_more_than_its_chances(lists):
    for slots in (0, 1, 5):
        drawn_lists = drawn(lists, slots)
        assert np.bincount(drawn_lists.leads, minlength=1).max() == slots
        assert np.bincount(drawn_lists.properties, minlength=1).max(initial=0) <= MAX_OFFERS_OF_UNSEEN


def test_only_what_is_new_and_in_few_lists_is_offered_and_to_its_own_leads_by_its_own_score(lists):
    for_leads, for_properties = lists
    is_new = np.arange(HOMES) % 3 == 0
    drawn_lists = drawn(lists, is_new=is_new)
    seen = np.bincount(for_leads.columns, minlength=HOMES)

    assert len(drawn_lists.leads) > 100
    assert is_new[drawn_lists.properties].all() and (seen[drawn_lists.properties] < MIN_LISTS_SEEN).all()
    for lead, home, score in zip(drawn_lists.leads, drawn_lists.properties, drawn_lists.scores, strict=True):
        own, scores = for_properties.row(home)
        assert scores[own == lead] == [score]
        listed, best = for_leads.row(lead)
        assert home not in listed and score <= best[-1], "what comes after a list scores no more than it"


def test_offers_are_by_lead_and_the_best_first(lists):
    drawn_lists = drawn(lists)
    steps = np.diff(drawn_lists.leads)

    assert (steps >= 0).all()
    assert (np.diff(drawn_lists.scores)[steps == 0] <= 0).all()


def test_homes_with_an_action_are_not_explored_and_use_no_slot(lists):
    first = drawn(lists)
    acted = np.column_stack([first.leads, first.properties])
    ids = np.arange(LEADS) * 7 + 100, np.arange(HOMES) + 5000
    explored = explore(*lists, *ids, np.ones(HOMES, bool), 3, 1, acted)

    again = set(zip(explored.leads.tolist(), explored.properties.tolist(), strict=True))
    assert not again & set(map(tuple, acted.tolist()))
    assert len(again) > 0.9 * len(acted), "other offers take their places"


def test_a_generation_always_draws_the_same_and_the_next_one_draws_again(lists):
    one, again, other = drawn(lists), drawn(lists), drawn(lists, generation=2)
    pairs = lambda found: set(zip(found.leads.tolist(), found.properties.tolist(), strict=True))

    assert pairs(one) == pairs(again)
    assert len(pairs(one) & pairs(other)) < 0.5 * len(pairs(one))


def test_chance_and_not_score_decides_whom_a_home_is_offered_to(lists):
    for_leads, for_properties = lists
    in_nobody_s = np.bincount(for_leads.columns, minlength=HOMES) == 0
    home = int(np.argmax(for_properties.lengths * in_nobody_s))
    only = np.arange(HOMES) == home
    positions = []
    for generation in range(300):
        drawn_lists = drawn(lists, 1, generation, only)
        own = for_properties.row(home)[0].tolist()
        positions += [own.index(lead) for lead in drawn_lists.leads.tolist()]
    length = for_properties.lengths[home]

    assert length > MAX_OFFERS_OF_UNSEEN
    # Each time MAX_OFFERS_OF_UNSEEN of its leads are drawn, at any place: the mean place is the middle.
    assert np.mean(positions) / (length - 1) == pytest.approx(0.5, abs=0.05)
    assert len(set(positions)) == length, "everybody's turn comes"


def test_more_slots_than_a_page_can_bear_are_refused(lists):
    with pytest.raises(InvalidInputError, match="0 to 5 slots"):
        drawn(lists, slots=6)
