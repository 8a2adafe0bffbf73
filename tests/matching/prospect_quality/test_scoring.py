"""Quality of prospects: rules with explanations, and a model that is kept only if the outcomes support it."""

import numpy as np
import pytest

from matching.errors import InvalidInputError
from matching.prospect_quality import scoring
from matching.prospect_quality.scoring import (
    CRITERIA,
    SOURCES,
    WEIGHTS,
    Prospects,
    QualityModel,
    judge,
    rule_scores,
    score,
)


def prospects(**facts) -> Prospects:
    """One prospect; all facts that are not given are unknown."""
    unknown = {
        "known": 0.0,
        "budgets": np.nan,
        "niche_budgets": np.nan,
        "sources": "olx",
        "answer_minutes": np.nan,
        "messages": 0.0,
        "touches": 1.0,
    }
    return Prospects(**{name: np.array([value]) for name, value in (unknown | facts).items()})


def a_niche(seed: int, count: int) -> Prospects:
    chance = np.random.default_rng(seed)
    messages = chance.poisson(3, count).astype(float)
    answered = (messages > 0) & (chance.random(count) < 0.8)
    return Prospects(
        known=chance.integers(1, 5, count) / 4,
        budgets=np.where(chance.random(count) < 0.8, 50_000 * np.exp(chance.normal(0, 0.6, count)), np.nan),
        niche_budgets=np.full(count, 50_000.0),
        sources=chance.choice(list(SOURCES), count),
        answer_minutes=np.where(answered, 60 * np.exp(chance.normal(0, 1.5, count)), np.nan),
        messages=messages,
        touches=1.0 + chance.poisson(0.3, count),
    )


def outcomes(seed: int, log_odds: np.ndarray) -> np.ndarray:
    return np.random.default_rng(seed + 1000).random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))


def log_odds_of_its_own(niche: Prospects) -> np.ndarray:
    """In this niche other facts count than in the rules: the marketplace, small budgets, many messages."""
    budget = np.nan_to_num(np.log(niche.budgets / niche.niche_budgets))
    return 1.5 * (niche.sources == "olx") - 1.0 * (niche.sources == "whatsapp") - budget + np.log1p(niche.messages) - 2


def test_a_budget_of_nothing_is_a_small_one_to_the_model_and_not_a_middling_one():
    column = list(scoring.FEATURES).index("log_budget")
    seen = [scoring.features(prospects(budgets=budget, niche_budgets=100.0))[0, column] for budget in (0.0, 1.0, 100.0)]

    assert seen == [-3.0, -3.0, 0.0]


def test_weights_add_up_to_a_hundred():
    assert sum(WEIGHTS.values()) == 100


@pytest.mark.parametrize(
    ("criterion", "facts", "value"),
    [
        ("budget", {"budgets": 100.0, "niche_budgets": 100.0}, 1.0),  # at the middle
        ("budget", {"budgets": 900.0, "niche_budgets": 100.0}, 1.0),  # a larger budget earns nothing extra
        ("budget", {"budgets": 25.0, "niche_budgets": 100.0}, 0.0),  # a quarter of it
        ("budget", {"budgets": 62.5, "niche_budgets": 100.0}, 0.5),  # (0.625 - 0.25) / 0.75
        ("budget", {"niche_budgets": 100.0}, 0.5),  # unknown
        ("budget", {"budgets": 100.0}, 0.5),  # no budgets to compare with
        ("answer_speed", {"answer_minutes": 0.0}, 1.0),
        ("answer_speed", {"answer_minutes": 5.0}, 1.0),
        ("answer_speed", {"answer_minutes": 3 * 24 * 60.0}, 0.0),
        ("answer_speed", {"answer_minutes": 1e9}, 0.0),
        ("conversation", {}, 0.0),
        ("conversation", {"messages": 3.0, "touches": 2.0}, 1 - np.exp(-1)),  # 3 messages and 1 contact more
        ("source", {"sources": "whatsapp"}, 0.8),
        ("completeness", {"known": 0.75}, 0.75),
    ],
)
def test_a_criterion_is_met_as_documented(criterion, facts, value):
    [row] = scoring.criterion_values(prospects(**facts))

    assert row[CRITERIA.index(criterion)] == pytest.approx(value)


def test_points_of_the_reasons_add_up_to_the_score():
    niche = a_niche(seed=1, count=50)

    for one, exact in zip(score(niche), rule_scores(niche), strict=True):
        assert sum(reason["points"] for reason in one.reasons) == pytest.approx(exact, abs=0.3)  # five roundings
        assert one.score == round(exact)
        assert 0 <= one.score <= 100


def test_prospects_scored_together_get_what_each_gets_alone():
    niche = a_niche(seed=2, count=20)
    alone = [score(Prospects(**{k: v[index : index + 1] for k, v in vars(niche).items()}))[0] for index in range(20)]

    assert score(niche) == alone


def test_a_niche_of_its_own_kind_gets_its_model():
    niche = a_niche(seed=3, count=600)

    report = judge(niche, outcomes(3, log_odds_of_its_own(niche)))

    assert report.keep_model
    assert report.auc_model > report.auc_rules + 0.1
    assert report.calibration_model < 0.06


@pytest.mark.parametrize("seed", range(6))
def test_a_niche_of_noise_keeps_the_rules(seed):
    niche = a_niche(seed, count=400)

    assert not judge(niche, outcomes(seed, np.full(400, -1.0))).keep_model


def test_a_niche_that_the_rules_describe_keeps_them():
    niche = a_niche(seed=4, count=600)

    assert not judge(niche, outcomes(4, (rule_scores(niche) - 55) / 8)).keep_model


def test_a_model_scores_the_same_after_its_numbers_were_stored():
    niche = a_niche(seed=5, count=300)
    model = QualityModel().fit(scoring.features(niche), outcomes(5, log_odds_of_its_own(niche)))

    again = QualityModel.from_parameters(model.parameters())

    assert score(niche, again) == score(niche, model)
    assert {one.method for one in score(niche, model)} == {"model"}


def test_effects_of_a_model_add_up_to_its_log_odds():
    niche = a_niche(seed=6, count=300)
    model = QualityModel().fit(scoring.features(niche), outcomes(6, log_odds_of_its_own(niche)))

    for one, chance in zip(score(niche, model), model.chances(scoring.features(niche)), strict=True):
        log_odds = model.intercept_ + sum(reason["log_odds"] for reason in one.reasons)
        assert log_odds == pytest.approx(np.log(chance / (1 - chance)), abs=0.01)


def test_calibration_never_turns_a_score_upside_down():
    won = np.arange(100) < 30
    slope, intercept = scoring.calibration(-won.astype(float), won)

    assert (slope, intercept) == (0.0, pytest.approx(np.log(0.3 / 0.7)))


def test_a_model_of_other_features_is_refused():
    with pytest.raises(InvalidInputError, match="other features"):
        QualityModel.from_parameters({"features": ["age"], "intercept": 0, "means": [], "scales": [], "weights": []})


def test_too_few_outcomes_are_not_judged():
    with pytest.raises(InvalidInputError, match="not enough"):
        judge(a_niche(seed=7, count=100), np.arange(100) < 50)


def test_vectors_of_different_lengths_are_refused():
    with pytest.raises(InvalidInputError, match="one length"):
        Prospects(**(vars(prospects()) | {"known": np.zeros(2)}))
