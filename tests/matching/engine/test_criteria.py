"""Promises of the scores: bounds, monotonicity, deal-breakers at their exact limits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matching.engine.criteria import CRITERIA, CRITERION_NAMES, Weights, criteria_table
from matching.engine.incremental import row_scores
from matching.engine.text import TextModel
from matching.engine.topk import score_market
from matching.engine.units import rounding_bound
from matching.errors import InvalidInputError
from matching.facts.columns import LeadFacts, PropertyFacts
from matching.facts.vocabulary import CONDITIONS, PROPERTY_CLASSES
from matching.reading.kinds import KIND_OF
from tests.matching import oracle
from tests.matching.strategies import (
    DISTRICTS,
    METROS,
    amounts,
    areas,
    checked,
    checked_on_markets,
    leads,
    markets,
    maybe,
    properties,
    vectors,
    world_of,
)

LEAD = LeadFacts(
    owner=1,
    price_min=10e6,
    price_max=15e6,
    area_min=50,
    area_max=70,
    rooms=[2],
    property_type="APARTMENT",
    property_class="COMFORT",
    condition="FINISHING",
    districts=["Хамовники"],
    metros=["Спортивная"],
    year_min=2010,
    text="у метро, тихий двор",
)
HOME = PropertyFacts(
    owner=2,
    property_type="APARTMENT",
    price=12e6,
    area=60,
    rooms=2,
    property_class="COMFORT",
    condition="FINISHING",
    district="р-н Хамовники",
    metro="м. Спортивная",
    year=2015,
    text="Тихий двор, рядом метро",
)
MODEL = TextModel.fit([LEAD.text, HOME.text, "вид на парк", "большая кухня"])


def score(lead, home, weights=Weights()):  # noqa: B008 (frozen)
    return float(row_scores(*vectors([lead], [home], MODEL, weights=weights))[0, 0])


def scores(lead, homes):
    return row_scores(*vectors([lead], homes, MODEL))[0]


def is_broken(lead, home):
    return bool(np.isnan(score(lead, home)))


def test_documentation_and_oracle_hold_the_table_of_criteria():
    page = Path(__file__).parents[3] / "docs" / "matching.md"

    assert criteria_table() in page.read_text(encoding="utf-8")
    assert oracle.WEIGHTS == {row.name: row.weight for row in CRITERIA}


def test_a_price_one_kopeck_under_the_minimum_costs_a_little_and_the_minimum_itself_nothing():
    middle, at_minimum, under = (score(LEAD, replace(HOME, price=price)) for price in (12e6, 10e6, 9_999_999.99))

    stated = 1.66 + 0.25 * Weights().wish
    assert at_minimum == middle
    assert abs(at_minimum - under - 100 * 0.03 * 0.12 / stated) < rounding_bound()


def test_a_property_that_meets_everything_scores_100():
    weights = Weights().as_dict()
    unstated = (weights["text"] + weights["wish"]) / 4
    total = sum(weights.values()) - 3 * unstated
    assert score(replace(LEAD, text=""), HOME) == pytest.approx(100 - 10 * unstated / total, abs=0.02)
    assert score(LEAD, HOME) > 98  # its text is not short
    assert score(replace(LEAD, text="метро"), replace(HOME, text="метро")) > 99.5


@st.composite
def leads_and_what_they_want(draw):
    """A lead and a property that meets every stated wish; the texts are arbitrary."""
    lead = draw(leads())
    within = lambda low, high, anything: (
        draw(st.floats(low if low is not None else anything[0], high if high is not None else anything[1]))
        if low is None or high is None or low < high
        else high
    )
    home = PropertyFacts(
        owner=lead.owner + 1,
        property_type=lead.property_type or "HOUSE",
        price=within(lead.price_min, lead.price_max, (0.4e6, 9e7)),
        area=within(lead.area_min, lead.area_max, (10, 300)),
        rooms=draw(st.sampled_from(lead.rooms)) if lead.rooms else draw(maybe(st.integers(0, 12))),
        property_class=lead.property_class,
        condition=lead.condition,
        year=draw(st.integers(lead.year_min or 1900, 2030)),
        district=lead.districts[0] if lead.districts else None,
        metro=lead.metros[0] if lead.metros else None,
    )
    kinds = {kind: (kind, value, strength) for kind, value, strength in lead.wishes}
    facts = {kind: meeting(KIND_OF[kind], value) for kind, value, _ in kinds.values()}
    lead = replace(lead, wishes=list(kinds.values()))
    home = replace(home, facts=facts, currency=lead.currency, rate=lead.rate)
    return lead, replace(home, latitude=lead.latitude, longitude=lead.longitude)


def meeting(kind, wish):
    """A fact that meets a wish."""
    if kind.form == "flag":
        return wish
    if kind.form == "number":
        return next(iter(wish.values()))
    words = wish.get("any_of") or [word for word in kind.choices if word not in wish["none_of"]]
    return words[:1] if kind.many else words[0]


weight_sets = st.builds(Weights, **{name: st.floats(0.01, 1) for name in CRITERION_NAMES})


@checked
@given(leads_and_what_they_want(), weight_sets)
def test_a_home_that_meets_every_wish_scores_90_or_more_with_any_weights(pair, weights):
    """The property's text is unknown, which counts exactly like an unrelated one."""
    assert score(*pair, weights=weights) >= 90 - rounding_bound(wishes=4, words=3)


def test_unrelated_text_leaves_a_perfect_property_above_90():
    for lead in (LEAD, LeadFacts(owner=1, text=LEAD.text)):
        assert score(lead, replace(HOME, text="большая кухня")) >= 90 - rounding_bound(words=3)


def test_the_lead_that_asks_for_more_of_what_the_property_has_comes_first():
    vague = LeadFacts(owner=1, price_max=LEAD.price_max)
    clearer = replace(vague, rooms=[2], districts=LEAD.districts)

    assert score(LeadFacts(owner=1), HOME) == pytest.approx(90, abs=0.01)
    assert score(vague, HOME) < score(clearer, HOME) < score(LEAD, HOME)


@checked
@given(leads(), properties(), amounts, amounts)
def test_the_dearer_of_two_equal_properties_never_scores_higher(lead, home, one, other):
    cheap, dear = sorted((one, other))
    home = replace(home, currency=lead.currency, rate=lead.rate)
    assume(cheap >= (lead.price_min or 0))
    first, second = scores(lead, [replace(home, price=cheap), replace(home, price=dear)])

    assert np.isnan(second) or first >= second


@checked
@given(leads(), properties(), st.floats(0.2, 1), st.floats(0.2, 1))
def test_a_price_that_rises_towards_the_minimum_never_loses(lead, home, one, other):
    lead = replace(lead, price_min=lead.price_min or lead.price_max or 10e6)
    home = replace(home, currency=lead.currency, rate=lead.rate)
    far, near = (lead.price_min / 1.04**2 * share for share in sorted((one, other)))
    first, second = scores(lead, [replace(home, price=far), replace(home, price=near)])

    assert np.isnan(first) or first <= second


def test_one_per_cent_over_budget_scores_below_the_middle_of_the_range():
    for low, high in ((10e6, 15e6), (14.5e6, 15e6), (None, 15e6), (15e6, 15e6)):
        lead = replace(LEAD, price_min=low, price_max=high)
        middle = high / 2 if low is None else (low + high) / 2
        inside, over = scores(lead, [replace(HOME, price=middle), replace(HOME, price=high * 1.01)])
        assert over < inside


def test_a_price_far_under_the_minimum_is_worse_than_one_slightly_over_the_ceiling():
    """A lead with a minimum does not want much less, but realtors still send clients a home that is 5 % over budget."""
    over, under = scores(LEAD, [replace(HOME, price=1.05 * 15e6), replace(HOME, price=0.9 * 10e6)])

    assert under < over


def test_the_wanted_station_counts_more_than_the_wanted_district():
    at_station, in_district = scores(LEAD, [replace(HOME, district="Ясенево"), replace(HOME, metro="Беляево")])

    assert in_district < at_station


@checked
@given(leads(), properties(), areas, areas)
def test_an_area_that_grows_towards_the_minimum_never_loses(lead, home, one, other):
    assume(lead.area_min)
    far, near = (min(area, lead.area_min) for area in sorted((one, other)))
    first, second = scores(lead, [replace(home, area=far), replace(home, area=near)])

    assert np.isnan(first) or first <= second


@checked
@given(leads(), properties(), areas, areas)
def test_an_area_that_shrinks_towards_the_maximum_never_loses(lead, home, one, other):
    lead = replace(lead, area_max=lead.area_max or lead.area_min or 50.0)
    near, far = (max(area, lead.area_max * 1.05**2) for area in sorted((one, other)))
    first, second = scores(lead, [replace(home, area=far), replace(home, area=near)])

    assert np.isnan(first) or first <= second


@pytest.mark.parametrize(("field", "scale"), [("property_class", PROPERTY_CLASSES), ("condition", CONDITIONS)])
def test_nothing_scores_like_the_class_or_condition_that_was_wanted(field, scale):
    for wish in range(4):
        got = scores(replace(LEAD, **{field: scale[wish]}), [replace(HOME, **{field: have}) for have in scale])
        assert got.argmax() == wish
        assert (np.diff(got[: wish + 1]) > 0).all() and (np.diff(got[wish:]) <= 0).all()


@checked
@given(leads(), properties())
def test_the_wanted_place_never_scores_below_another_or_an_unknown_one(lead, home):
    lead = replace(lead, districts=lead.districts or DISTRICTS[:1], metros=lead.metros or METROS[:1])
    lead = replace(lead, place_scope=lead.place_scope.replace("only", ""), latitude=None, longitude=None)
    at = lambda district, metro: replace(home, district=district, metro=metro, metros=())
    homes = [
        at(lead.districts[0], lead.metros[0]),
        at(lead.districts[0], None),
        at(None, None),
        at("Ясенево", "-1"),
    ]
    got = scores(lead, homes)

    assert np.isnan(got).all() or (np.diff(got) <= 0).all()


@pytest.mark.parametrize(
    ("ceiling", "price", "broken"),
    [
        (15_000_000, 17_250_000, False),  # exactly 15 %
        (15_000_000, 17_250_001, True),
        (9_999_999, 11_499_998.85, False),  # exactly 15 %, with kopecks
        (9_999_999, 11_499_998.86, True),
        (100, 115, False),  # 1.15 * 100 is 114.99999999999999 in floats
        (3e11, 3.45e11, False),
    ],
)
def test_more_than_15_per_cent_over_budget_breaks_the_pair(ceiling, price, broken):
    lead = LeadFacts(owner=1, price_max=ceiling)

    assert is_broken(lead, replace(HOME, price=price)) is broken


@pytest.mark.parametrize(
    ("wish", "have", "broken"),
    [
        ("APARTMENT", "APARTMENTS", False),
        ("APARTMENTS", "APARTMENT", True),
        ("APARTMENT", "HOUSE", True),
        ("ROOM", "APARTMENT", True),
        ("COMMERCIAL", "COMMERCIAL", False),
        (None, "COMMERCIAL", False),
    ],
)
def test_types_cross_only_from_apartment_to_apartments(wish, have, broken):
    assert is_broken(LeadFacts(owner=1, property_type=wish), replace(HOME, property_type=have)) is broken


def test_apartments_are_worth_less_to_who_wants_an_apartment():
    assert score(LEAD, replace(HOME, property_type="APARTMENTS")) < score(LEAD, HOME) - 1


@pytest.mark.parametrize(
    ("wanted", "has", "broken"),
    [([2], 3, False), ([2], 4, True), ([0], 1, False), ([1, 4], 3, False), ([11], 25, False)],
)
def test_rooms_off_by_more_than_one_break_the_pair(wanted, has, broken):
    assert is_broken(LeadFacts(owner=1, rooms=wanted), replace(HOME, rooms=has)) is broken


def test_under_half_the_minimum_area_breaks_the_pair():
    lead = LeadFacts(owner=1, area_min=50)

    assert not is_broken(lead, replace(HOME, area=25))
    assert is_broken(lead, replace(HOME, area=24.99))


def test_a_deal_breaker_holds_without_weight():
    weights = replace(Weights(), rooms=0.0, property_type=0.0)

    assert np.isnan(score(LEAD, replace(HOME, rooms=4), weights))
    assert np.isnan(score(LEAD, replace(HOME, property_type="HOUSE"), weights))


@checked_on_markets
@given(markets())
def test_a_broken_pair_is_in_no_list(market_of):
    some_leads, some_properties, market, model = market_of

    lists = score_market(market, k=50)

    for row, lead in enumerate(some_leads):
        for column in lists.for_leads.row(row)[0]:
            home = some_properties[column]
            assert lead.owner != home.owner and not any(oracle.breakers(lead, home, world_of(model)))
    for column, home in enumerate(some_properties):
        for row in lists.for_properties.row(column)[0]:
            assert some_leads[row].owner != home.owner and not any(
                oracle.breakers(some_leads[row], home, world_of(model))
            )


@checked_on_markets
@given(markets(), properties())
def test_adding_a_property_changes_no_other_score(market_of, another):
    some_leads, some_properties, market, model = market_of
    before = row_scores(market.leads, market.properties)

    after = row_scores(*vectors(some_leads, [*some_properties, another], model))

    np.testing.assert_array_equal(after[:, :-1], before)


def test_unknown_counts_half_way_for_each_criterion():
    for field, criterion in (("price", "price"), ("area", "area"), ("rooms", "rooms"), ("year", "year")):
        lost = score(LEAD, HOME) - score(LEAD, replace(HOME, **{field: None}))
        weights = Weights().as_dict()
        whole = sum(weights.values()) - 0.75 * weights["wish"]  # LEAD states all but wishes
        assert lost == pytest.approx(50 * weights[criterion] / whole, abs=0.01)


@pytest.mark.parametrize("bad", [{"price": -0.1}, {"price": float("nan")}, dict.fromkeys(CRITERION_NAMES, 0.0)])
def test_useless_weights_are_refused(bad):
    with pytest.raises(InvalidInputError):
        Weights(**bad)
