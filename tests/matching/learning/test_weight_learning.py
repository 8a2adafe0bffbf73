"""Learning from simulated people recovers their hidden weights, and does no harm if there is little data."""

from dataclasses import replace

import numpy as np
import pytest

from matching.engine.criteria import CRITERION_NAMES, DEFAULT_WEIGHTS, Weights
from matching.engine.explain import explain_pairs
from matching.engine.text import TextModel
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.errors import InvalidInputError
from matching.facts.columns import LeadColumns, PlaceIndex, PropertyColumns
from matching.learning import weight_learning
from matching.learning.weight_learning import ActedPairs, criterion_values, fit, judge, scores_of
from tests.matching.engine.test_criteria import HOME, LEAD

#: People who care about the distance of the station and the condition, and hardly about the price.
HIDDEN = Weights(
    price=0.05,
    location=0.35,
    rooms=0.05,
    area=0.10,
    text=0.10,
    property_class=0.10,
    property_type=0.02,
    condition=0.20,
    year=0.03,
)


def pairs(rng, n, per_lead=10):
    values = rng.choice([0.0, 0.4, 0.5, 0.8, 1.0], (n, len(CRITERION_NAMES)), p=[0.1, 0.2, 0.1, 0.2, 0.4])
    values[:, CRITERION_NAMES.index("text")] = rng.uniform(0.85, 1, n)
    leads = np.arange(n) // per_lead
    stated = (rng.random((leads.max() + 1, len(CRITERION_NAMES))) < 0.8)[leads]
    return ActedPairs(values, stated, np.zeros(n, bool), np.full(n, np.nan), leads)


def acted(rng, n, hidden, steepness=15):
    """The actions of people with the *hidden* weights; the higher their own score, the likelier a like."""
    some = pairs(rng, n)
    score = scores_of(some, hidden) / 100
    likes = rng.random(n) < 1 / (1 + np.exp(-steepness * (score - np.median(score))))
    return replace(some, liked=likes)


def distance(one, other):
    """Half the sum of absolute differences: the share of weight that is on other criteria."""
    return sum(abs(a - b) for a, b in zip(weight_learning._array(one), weight_learning._array(other), strict=True)) / 2


def test_hidden_weights_are_recovered_and_more_so_with_more_actions():
    rng = np.random.default_rng(1)
    before = distance(DEFAULT_WEIGHTS, HIDDEN)
    few, many = (distance(fit(acted(rng, n, HIDDEN), DEFAULT_WEIGHTS), HIDDEN) for n in (300, 20_000))

    assert many < 0.25 * before
    assert many < few < before


def test_a_recovered_set_is_better_on_actions_it_has_not_seen():
    judgement = judge(acted(np.random.default_rng(2), 2000, HIDDEN), DEFAULT_WEIGHTS, DEFAULT_WEIGHTS)

    assert judgement.is_better
    assert judgement.fitted_loss < judgement.present_loss < np.log(2)


def agreement(weights, hidden, rng):
    """Correlation of the scores with those by the people's hidden weights."""
    fresh = pairs(rng, 4000)
    return np.corrcoef(scores_of(fresh, weights), scores_of(fresh, hidden))[0, 1]


@pytest.mark.parametrize("hidden", [DEFAULT_WEIGHTS, HIDDEN], ids=["no need to learn", "much to learn"])
def test_fifty_actions_do_no_harm(hidden):
    rng = np.random.default_rng(3)
    gains, kept = [], 0
    for _ in range(30):
        judgement = judge(acted(rng, 50, hidden), DEFAULT_WEIGHTS, DEFAULT_WEIGHTS)
        weights = judgement.weights if judgement.is_better else DEFAULT_WEIGHTS
        kept += judgement.is_better
        gains.append(agreement(weights, hidden, rng) - agreement(DEFAULT_WEIGHTS, hidden, rng))

    assert np.mean(gains) > -0.005
    assert min(gains) > -0.12
    if hidden is DEFAULT_WEIGHTS:
        assert kept <= 5


def test_random_likes_teach_nothing():
    rng = np.random.default_rng(4)
    kept = 0
    for _ in range(20):
        noise = replace(pairs(rng, 300), liked=rng.random(300) < 0.5)
        kept += judge(noise, DEFAULT_WEIGHTS, DEFAULT_WEIGHTS).is_better
    assert kept <= 3


def test_little_data_stays_nearer_to_the_prior_than_much():
    rng = np.random.default_rng(5)
    moved = lambda n: distance(fit(acted(rng, n, HIDDEN), DEFAULT_WEIGHTS), DEFAULT_WEIGHTS)
    few, many = np.mean([moved(60) for _ in range(10)]), moved(6000)

    assert few < 0.75 * many


def test_weights_are_shares():
    fitted = fit(acted(np.random.default_rng(6), 500, Weights(*[0.0] * 8, 1.0)), DEFAULT_WEIGHTS)
    values = list(fitted.as_dict().values())

    assert sum(values) == pytest.approx(1)
    assert min(values) >= 0


def test_fewer_views_of_low_places_are_compensated():
    """
    People view the lower half of lists less, and judge it by other criteria; the fit must apply to the whole list.
    """
    rng = np.random.default_rng(7)
    n = 30_000
    top, low = Weights(*[1.0 if name == "price" else 0.1 for name in CRITERION_NAMES]), HIDDEN
    some = pairs(rng, n)
    ranks = rng.integers(1, 101, n).astype(float)
    score = np.where(ranks < 50, scores_of(some, top), scores_of(some, low)) / 100
    liked = rng.random(n) < 1 / (1 + np.exp(-15 * (score - np.median(score))))
    all_seen = replace(some, liked=liked)
    looked_at = np.flatnonzero(rng.random(n) < weight_learning.propensities(ranks))
    seen = replace(all_seen, ranks=ranks).take(looked_at)

    fair = fit(all_seen, DEFAULT_WEIGHTS)
    corrected = fit(seen, DEFAULT_WEIGHTS)
    naive = fit(replace(seen, ranks=np.full(len(seen), np.nan)), DEFAULT_WEIGHTS)
    assert distance(corrected, fair) < 0.5 * distance(naive, fair)


def test_values_are_those_of_the_explanation():
    ranks, model = PlaceIndex(), TextModel.fit([LEAD.text, HOME.text])
    wishes = lead_vectors(LeadColumns.from_facts([LEAD], ranks), model)
    offers = property_vectors(PropertyColumns.from_facts([HOME], ranks), model)
    values, stated = criterion_values(wishes, offers)
    [explained] = explain_pairs([LEAD], [HOME], model)

    assert values[0] == pytest.approx([share.value for share in explained.criteria])
    assert stated[0].tolist() == [share.stated for share in explained.criteria]


def test_scores_are_the_engine_s():
    rng = np.random.default_rng(8)
    ranks, model = PlaceIndex(), TextModel.empty()
    leads = [replace(LEAD, year_min=None, property_class=None if number % 2 else "ELITE") for number in range(6)]
    homes = [replace(HOME, price=float(price)) for price in rng.uniform(9e6, 16e6, 6)]
    values, stated = criterion_values(
        lead_vectors(LeadColumns.from_facts(leads, ranks), model),
        property_vectors(PropertyColumns.from_facts(homes, ranks), model),
    )
    some = ActedPairs(values, stated, np.ones(6, bool), np.full(6, np.nan), np.arange(6))

    for weights in (DEFAULT_WEIGHTS, HIDDEN):
        engine = [pair.score for pair in explain_pairs(leads, homes, model, weights)]
        assert scores_of(some, weights) == pytest.approx(engine, abs=0.01)


@pytest.mark.parametrize(
    "broken",
    [
        {"rooms": 7},
        {"price": 40e6},
        {"price": LEAD.price_max * 1.151},  # just above the limit of 1.15
        {"area": LEAD.area_min * 0.49},  # just below the limit of 0.5
    ],
)
def test_a_broken_pair_has_no_values(broken):
    ranks, model = PlaceIndex(), TextModel.empty()
    wishes = lead_vectors(LeadColumns.from_facts([LEAD], ranks), model)
    offers = property_vectors(PropertyColumns.from_facts([replace(HOME, **broken)], ranks), model)

    assert np.isnan(criterion_values(wishes, offers)[0]).all()


def test_too_little_is_not_judged():
    with pytest.raises(InvalidInputError):
        judge(acted(np.random.default_rng(9), 49, HIDDEN), DEFAULT_WEIGHTS, DEFAULT_WEIGHTS)


def test_places_begin_at_one():
    some = pairs(np.random.default_rng(0), 10)
    with pytest.raises(InvalidInputError):
        replace(some, ranks=np.zeros(10))
