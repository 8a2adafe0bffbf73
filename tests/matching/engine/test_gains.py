"""The predicted list of a weakened lead equals its list after it has been weakened and scored again."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matching.engine.criteria import CRITERION_NAMES, DEFAULT_WEIGHTS, Weights
from matching.engine.gains import gained
from matching.engine.incremental import row_scores
from matching.engine.relaxations import higher, lower, relaxations
from matching.errors import InvalidInputError
from matching.facts.records import LeadFacts
from tests.matching import oracle
from tests.matching.engine.test_criteria import HOME, LEAD
from tests.matching.strategies import checked_on_markets, leads, properties, vectors, world_of

USEFUL_SCORE = 90.0
EVERY_CRITERION = frozenset(CRITERION_NAMES)
weights = st.sampled_from(
    [
        DEFAULT_WEIGHTS,
        Weights(price=1, location=0, rooms=0, area=0, text=0.001, wish=0.02),
        Weights(price=0.001, location=5, wish=3),
        Weights(text=0, year=0),
    ]
)


def weaker_leads(lead):
    """(criteria, lead) of every limit made weaker and every wish dropped."""
    limits = [(each.criteria, each.of(lead)) for each in relaxations(lead)]
    fewer = [
        (frozenset({"wish"}), replace(lead, wishes=[*lead.wishes[:index], *lead.wishes[index + 1 :]]))
        for index in range(len(lead.wishes))
    ]
    words = [(frozenset({"text", "wish"}), replace(lead, text="", wishes=()))]
    return [*limits, *fewer, *words]


def gains(lead, homes, cases, minimum=USEFUL_SCORE, weight=DEFAULT_WEIGHTS):
    wants, offers = vectors([lead, *(weaker for _, weaker in cases)], homes, weights=weight)
    rows = np.arange(len(cases)) + 1
    now, new = gained(wants.take([0]), wants.take(rows), [criteria for criteria, _ in cases], offers, minimum)
    return now.tolist(), [each.tolist() for each in new]


def rescored(lead, homes, minimum, weight):
    """The useful rows of the lead if it is stored in this form, in a separate market."""
    [scores] = row_scores(*vectors([lead], homes, weights=weight))
    return set(np.flatnonzero(scores >= minimum).tolist())


@checked_on_markets
@given(leads(), st.lists(properties(), max_size=40), st.sampled_from([50.5, 60.0, 75.0, 85.0, 90.0, 95.0]), weights)
def test_the_gain_equals_that_of_a_full_rescoring_of_the_weaker_lead(lead, homes, minimum, weight):
    cases = weaker_leads(lead)
    before = rescored(lead, homes, minimum, weight)

    now, new = gains(lead, homes, cases, minimum, weight)

    assert set(now) == before
    for (_, weaker), rows in zip(cases, new, strict=True):
        assert rows == sorted(rescored(weaker, homes, minimum, weight) - before)


@checked_on_markets
@given(leads(), st.lists(properties(), min_size=1, max_size=20))
@example(replace(LEAD, price_min=None, price_max=100e3, currency="USD", rate=100.5), [HOME])
def test_each_home_that_is_gained_reaches_the_range_by_the_definition(lead, homes):
    cases = weaker_leads(lead)

    _, new = gains(lead, homes, cases, 75.0)

    for (_, weaker), rows in zip(cases, new, strict=True):
        for row in rows:
            assert oracle.score(weaker, homes[row], world_of()) == pytest.approx(87.5, abs=12.6)


def test_a_ceiling_a_tenth_higher_adds_the_homes_just_above_it():
    lead = LeadFacts(owner=1, price_max=10_000_000, rooms=[2], property_type="APARTMENT")
    prices = (9_000_000, 10_500_000, 10_900_000, 11_000_000, 12_000_000)
    homes = [replace(HOME, owner=2, price=price, rooms=2, property_type="APARTMENT") for price in prices]
    [ceiling] = [each for each in relaxations(lead) if each.name == "price_max"]

    now, [new] = gains(lead, homes, [(ceiling.criteria, ceiling.of(lead))])

    assert ceiling.changes == {"price_max": Decimal(11_000_000)}
    assert 0 in now
    assert set(new) == rescored(ceiling.of(lead), homes, USEFUL_SCORE, DEFAULT_WEIGHTS) - set(now)
    assert 3 in new
    assert 4 not in new


def test_homes_of_the_same_owner_are_never_gained():
    lead = replace(LEAD, owner=HOME.owner, rooms=[9])

    assert gains(lead, [HOME], weaker_leads(lead)) == ([], [[] for _ in weaker_leads(lead)])


def test_a_market_without_homes_gains_nothing():
    assert gains(LEAD, [], weaker_leads(LEAD))[0] == []


@pytest.mark.parametrize("minimum", [50.0, 0.0, float("nan")])
def test_a_range_into_which_contradicted_homes_come_is_refused(minimum):
    with pytest.raises(InvalidInputError):
        gains(LEAD, [HOME], weaker_leads(LEAD), minimum)


@pytest.mark.parametrize(
    ("limit", "more", "less"),
    [
        (15_000_000, 16_500_000, 13_500_000),
        (12_345_678, 13_600_000, 11_100_000),  # 13,580,246 up, 11,111,110 down
        (40.0, 44, 36),
        (33.3, Decimal("36.7"), Decimal("29.9")),  # 36.63 up, 29.97 down
        (999, 1_100, 899),  # 1,098.9 up to three figures: 1,100
        (Decimal("1.00"), Decimal("1.1"), Decimal("0.9")),
    ],
)
def test_amounts_are_moved_by_a_tenth_or_a_little_more_to_three_figures(limit, more, less):
    assert (higher(limit), lower(limit)) == (more, less)
    assert higher(limit) >= Decimal(str(limit)) * Decimal("1.1")
    assert lower(limit) <= Decimal(str(limit)) * Decimal("0.9")


@checked_on_markets
@given(leads())
def test_each_limit_is_weakened_once_and_into_another_lead(lead):
    names = [each.name for each in relaxations(lead)]

    assert len(names) == len(set(names))
    assert all(each.of(lead) != lead for each in relaxations(lead))
    assert all(each.criteria <= EVERY_CRITERION for each in relaxations(lead))
