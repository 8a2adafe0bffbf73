"""How promising a prospect is, 0 to 100: at first by rules, later by a model of the niche's own outcomes.

Rows are prospects. Both scores are sums over criteria, so each can be explained by criterion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidInputError

Floats = NDArray[np.float64]

#: The points of 100 that each criterion adds if it is fully met.
WEIGHTS = {"completeness": 25, "budget": 20, "source": 10, "answer_speed": 20, "conversation": 25}
CRITERIA = tuple(WEIGHTS)

#: How direct a contact is: messengers lead to a person, marketplaces to an account. Assumed until a model is fitted.
SOURCE_VALUES = {"whatsapp": 0.8, "telegram": 0.7, "kaspi": 0.6, "olx": 0.5, "vk": 0.6, "cian": 0.6, "yandex": 0.5}
SOURCE_VALUES["avito"] = 0.5
SOURCES = tuple(SOURCE_VALUES)
MODEL_SOURCES = SOURCES[:4]  #: Sources with their own feature in a model; stored models have a number for each.

UNKNOWN = 0.5  #: The value of an unknown fact, neither good nor bad.
#: An answer within the first has the best value, one after the second the worst; between them it falls logarithmically.
FAST_MINUTES, SLOW_MINUTES = 5.0, 3 * 24 * 60.0
#: Messages and repeated contacts after which about two thirds of the conversation's value are reached.
CONVERSATION_SCALE = 4.0
#: The share of the niche's median budget at which a budget is worth nothing.
POOR_BUDGET = 0.25

#: The numbers of outcomes, and of outcomes of each kind, needed to fit and judge a model.
MIN_OUTCOMES, MIN_OF_A_KIND = 150, 30
FOLDS = 5
#: The model must be better than the rules by this many standard errors. At 2, about 1 in 40 models of pure noise would
#: pass, but a model must also beat the base rate.
MIN_ADVANTAGE = 2.0  # standard errors
PENALTY_C = 0.3  #: Inverse strength of the L2 penalty on standardised features.


@dataclass(frozen=True)
class Prospects:
    """
    Facts about n prospects, all arrays of length n.

    Missing numbers are nan: no budget, no median budget of the niche, never answered.
    """

    known: Floats  #: Share of phone, account, budget and notes that is known, 0 to 1.
    budgets: Floats  #: Not below 0.
    niche_budgets: Floats  #: The median budget of the prospect's niche, above 0.
    sources: NDArray[np.str_]  #: Words of :data:`SOURCES`.
    answer_minutes: Floats  #: Median wait for the prospect's answers.
    messages: Floats  #: Written by the prospect.
    touches: Floats  #: Contacts, including the first.

    def __post_init__(self) -> None:
        shapes = {name: np.shape(values) for name, values in vars(self).items()}
        if len(set(shapes.values())) != 1 or np.ndim(self.known) != 1:
            raise InvalidInputError(f"expected vectors of one length, got {shapes}")
        if not set(np.unique(self.sources)) <= set(SOURCES):
            raise InvalidInputError(f"unknown sources: {sorted(set(np.unique(self.sources)) - set(SOURCES))}")

    def __len__(self) -> int:
        return len(self.known)


@dataclass(frozen=True)
class Score:
    """A score, how it was computed, and the contribution of each criterion."""

    score: int
    method: str
    reasons: list[dict[str, Any]]


# -- Rules -------------------------------------------------------------------------------------------------------------


def criterion_values(prospects: Prospects) -> Floats:
    """
    How well every prospect meets every criterion.

    completeness   share of phone, account, budget and notes that is known
    budget         1 at the niche's median budget or above; below, falling linearly to 0 at a quarter of it
    source         :data:`SOURCE_VALUES`
    answer_speed   1 up to 5 minutes, 0 from 3 days, in between falling with the logarithm of the wait
    conversation   1 - exp(-(messages + repeated contacts) / 4)

    Returns:
        (n, 5), 0 to 1, columns as :data:`CRITERIA`; 0.5 where a fact is missing.
    """
    with np.errstate(invalid="ignore"):
        budget = np.clip((prospects.budgets / prospects.niche_budgets - POOR_BUDGET) / (1 - POOR_BUDGET), 0, 1)
        waits = np.maximum(prospects.answer_minutes, FAST_MINUTES)
        speed = np.clip(np.log(SLOW_MINUTES / waits) / np.log(SLOW_MINUTES / FAST_MINUTES), 0, 1)
    source = np.array([SOURCE_VALUES[str(word)] for word in prospects.sources], dtype=float)
    conversation = 1 - np.exp(-(prospects.messages + prospects.touches - 1) / CONVERSATION_SCALE)
    values = np.column_stack([prospects.known, budget, source, speed, conversation])
    return np.where(np.isnan(values), UNKNOWN, values)


def rule_scores(prospects: Prospects) -> Floats:
    """The rules' scores, (n,), 0 to 100: the criteria's values weighted by :data:`WEIGHTS`."""
    return criterion_values(prospects) @ np.array(list(WEIGHTS.values()), dtype=float)


# -- The fitted model --------------------------------------------------------------------------------------------------

#: Columns of :func:`features`, each with the criterion to which it belongs.
FEATURES = {
    "known": "completeness",
    "budget_known": "budget",
    "log_budget": "budget",
    **{f"source_{word}": "source" for word in MODEL_SOURCES},
    "answered": "answer_speed",
    "speed": "answer_speed",
    "messages": "conversation",
    "touches": "conversation",
}


def features(prospects: Prospects) -> Floats:
    """
    The model's input, (n, 11), columns as :data:`FEATURES`; a missing fact is 0 and has a flag in another column.

    A budget of 0 is not missing: it counts as the smallest, ``exp(-3)`` of the niche's median.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        log_budget = np.clip(np.log(prospects.budgets / prospects.niche_budgets), -3, 3)
        waits = np.clip(prospects.answer_minutes, FAST_MINUTES, SLOW_MINUTES)
        speed = np.log(SLOW_MINUTES / waits) / np.log(SLOW_MINUTES / FAST_MINUTES)
    columns = [
        prospects.known,
        ~np.isnan(prospects.budgets),
        np.nan_to_num(log_budget),
        *(prospects.sources == word for word in MODEL_SOURCES),
        ~np.isnan(prospects.answer_minutes),
        np.nan_to_num(speed),
        np.log1p(prospects.messages),
        np.log(prospects.touches),
    ]
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


class QualityModel:
    """
    The probability of being won, by logistic regression on standardised features, calibrated on held-out predictions.

    p = 1 / (1 + exp(-(b + sum_j w_j (x_j - m_j) / s_j)))

    The penalty that prevents overfitting to few outcomes also pulls probabilities to the middle. So the outcomes held
    out of the fit are regressed on the log-odds that the model predicts for them (Platt 1999, "Probabilistic outputs
    for support vector machines"). Slope and intercept are multiplied into w and b, so the calibrated model is linear
    too.
    """

    def __init__(self, penalty_c: float = PENALTY_C, folds: int = FOLDS, seed: int = 0) -> None:
        self.penalty_c = penalty_c
        self.folds = folds
        self.seed = seed

    def fit(self, x: Floats, won: NDArray[np.bool_]) -> "QualityModel":
        """Learn from features (n, k) and outcomes (n,); of each kind there must be as many outcomes as folds."""
        from sklearn.linear_model import LogisticRegression  # late: it takes half a second, and most workers never fit
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        self.means_ = x.mean(axis=0)
        spread = x.std(axis=0)
        self.scales_ = np.where(spread > 1e-9, spread, 1.0)
        z = self._standard(x)
        regression = LogisticRegression(C=self.penalty_c, max_iter=1000)
        folds = StratifiedKFold(self.folds, shuffle=True, random_state=self.seed)
        held_out = cross_val_predict(regression, z, won, cv=folds, method="decision_function")
        slope, intercept = calibration(held_out, won)
        regression.fit(z, won)
        self.weights_ = slope * regression.coef_[0]
        self.intercept_ = slope * float(regression.intercept_[0]) + intercept
        return self

    def contributions(self, x: Floats) -> Floats:
        """What each feature adds to the log-odds, (n, k); 0 for an average value."""
        return self._standard(x) * self.weights_

    def chances(self, x: Floats) -> Floats:
        """Probabilities of being won, (n,), 0 to 1."""
        return 1 / (1 + np.exp(-(self.intercept_ + self.contributions(x).sum(axis=1))))

    def _standard(self, x: Floats) -> Floats:
        return (x - self.means_) / self.scales_

    def parameters(self) -> dict[str, Any]:
        """The fitted numbers, ready for JSON."""
        arrays = {"means": self.means_, "scales": self.scales_, "weights": self.weights_}
        rounded = {name: [round(float(value), 9) for value in values] for name, values in arrays.items()}
        return {"features": list(FEATURES), "intercept": round(self.intercept_, 9), **rounded}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "QualityModel":
        """A model that was fitted before; raises InvalidInputError if it was fitted on other features."""
        if parameters["features"] != list(FEATURES):
            raise InvalidInputError("the model was fitted on other features; fit it again")
        model = cls()
        model.intercept_ = parameters["intercept"]
        model.means_, model.scales_, model.weights_ = (np.array(parameters[k]) for k in ("means", "scales", "weights"))
        return model


def calibration(log_odds: Floats, won: NDArray[np.bool_]) -> tuple[float, float]:
    """
    Slope and intercept that calibrate log-odds or any score: p = 1 / (1 + exp(-(slope * log_odds + intercept))).

    A slope below 0 would reverse the order of a useless score, so it is replaced by 0, which gives the base rate.
    """
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression(C=1e6, max_iter=1000).fit(log_odds[:, np.newaxis], won)
    slope, intercept = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    if slope <= 0:
        rate = np.mean(won)
        return 0.0, float(np.log(rate / (1 - rate)))
    return slope, intercept


# -- Judging -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """The results of rules and model on held-out outcomes."""

    outcomes: int
    won: int
    auc_rules: float
    auc_model: float
    log_loss_rules: float
    log_loss_model: float
    log_loss_base_rate: float
    calibration_rules: float  #: Expected calibration error, 0 to 1: see :func:`calibration_error`.
    calibration_model: float
    advantage: float  #: Over the rules, in standard errors of the mean difference of log losses.
    keep_model: bool


def has_enough_outcomes(won: NDArray[np.bool_]) -> bool:
    """Whether there are enough outcomes to fit a model and to judge it."""
    wins = int(np.sum(won))
    return len(won) >= MIN_OUTCOMES and min(wins, len(won) - wins) >= MIN_OF_A_KIND


def judge(prospects: Prospects, won: NDArray[np.bool_], seed: int = 0) -> Report:
    """
    Hold out each fifth of the outcomes in turn, and compare the predictions of rules and model, fitted on the rest.

    The rules give scores, not probabilities; they are calibrated on the same four fifths, which is the best possible
    for a score. The model is kept if its log loss is better than the rules' and the base rate's by two standard errors
    each, and its AUC is better than the rules'.
    """
    from sklearn.metrics import log_loss, roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    if len(won) != len(prospects) or not has_enough_outcomes(won):
        raise InvalidInputError(f"{len(won)} outcomes of {len(prospects)} prospects are not enough to judge a model")
    x, scores = features(prospects), rule_scores(prospects) / 10
    p_model, p_rules, p_base = (np.empty(len(won)) for _ in range(3))
    for rest, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, won):
        p_model[held] = QualityModel(seed=seed).fit(x[rest], won[rest]).chances(x[held])
        slope, intercept = calibration(scores[rest], won[rest])
        p_rules[held] = 1 / (1 + np.exp(-(slope * scores[held] + intercept)))
        p_base[held] = won[rest].mean()
    over_rules = _advantage(p_model, p_rules, won)
    auc_rules, auc_model = float(roc_auc_score(won, scores)), float(roc_auc_score(won, p_model))
    better = min(over_rules, _advantage(p_model, p_base, won)) > MIN_ADVANTAGE and auc_model > auc_rules
    return Report(
        outcomes=len(won),
        won=int(won.sum()),
        auc_rules=auc_rules,
        auc_model=auc_model,
        log_loss_rules=float(log_loss(won, p_rules)),
        log_loss_model=float(log_loss(won, p_model)),
        log_loss_base_rate=float(log_loss(won, p_base)),
        calibration_rules=calibration_error(p_rules, won),
        calibration_model=calibration_error(p_model, won),
        advantage=over_rules,
        keep_model=bool(better),
    )


def calibration_error(chances: Floats, won: NDArray[np.bool_], bins: int = 10) -> float:
    """
    The mean difference between predicted and actual shares over *bins* equally large groups, ordered by prediction.

    >>> calibration_error(np.array([0.25] * 4), np.array([True, False, False, False]), bins=1)
    0.0
    """
    groups = np.array_split(np.argsort(chances, kind="stable"), bins)
    return float(sum(len(g) * abs(chances[g].mean() - won[g].mean()) for g in groups if len(g)) / len(won))


def _advantage(ours: Floats, theirs: Floats, won: NDArray[np.bool_]) -> float:
    """By how many standard errors the log loss of the first probabilities is below that of the second."""
    gain = np.log(np.where(won, ours, 1 - ours)) - np.log(np.where(won, theirs, 1 - theirs))
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    return float(gain.mean() / error) if error > 0 else 0.0


# -- Scores with reasons -----------------------------------------------------------------------------------------------


def score(prospects: Prospects, model: QualityModel | None = None) -> list[Score]:
    """
    The score of every prospect, with its reasons.

    By rules, the `points` of all reasons, each out of `of`, add up to the score before rounding. By a model, the score
    is the probability of being won in per cent, and `log_odds` is what a criterion adds to the log-odds of the niche's
    average prospect.
    """
    values = criterion_values(prospects)
    if model is None:
        totals = rule_scores(prospects)
        return [
            Score(int(round(total)), "rules", [_points(name, value) for name, value in zip(CRITERIA, row, strict=True)])
            for total, row in zip(totals, values, strict=True)
        ]
    x = features(prospects)
    shares = model.contributions(x) @ _criterion_of_feature()
    return [
        Score(int(round(100 * chance)), "model", _effects(row, effects))
        for chance, row, effects in zip(model.chances(x), values, shares, strict=True)
    ]


def _points(name: str, value: float) -> dict[str, Any]:
    points = round(WEIGHTS[name] * float(value), 1)
    return {"criterion": name, "value": round(float(value), 3), "points": points, "of": WEIGHTS[name]}


def _effects(values: Sequence[float], effects: Sequence[float]) -> list[dict[str, Any]]:
    return [
        {"criterion": name, "value": round(float(value), 3), "log_odds": round(float(effect), 3)}
        for name, value, effect in zip(CRITERIA, values, effects, strict=True)
    ]


def _criterion_of_feature() -> Floats:
    """(features, criteria): 1 where the feature belongs to the criterion."""
    return np.array([[float(criterion == name) for name in CRITERIA] for criterion in FEATURES.values()])
