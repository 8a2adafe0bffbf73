"""Learning from simulated people who search real listings and weigh criteria in a way unknown to the engine."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from matching.engine.criteria import CRITERION_NAMES, DEFAULT_WEIGHTS, Weights
from matching.engine.text import TextModel
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.learning.weight_learning import (
    ActedPairs,
    criterion_values,
    has_enough_actions,
    judge,
    propensities,
    scores_of,
)
from scripts.benchmarks.evaluate.planted import BLURS, Listing, plant
from scripts.benchmarks.evaluate.rankers import Town, leadmatch

ACTIONS = (50, 200, 1000, 5000)
REPEATS = 20
#: People like the likelier the higher the score in their own mind: a tenth of the scale more than the middle makes a
#: like e**2 times as likely as not.
STEEPNESS = 20.0
#: Of how many listed pairs the people's own order is compared.
COMPARED = 20_000

_HIDDEN = {
    "as the defaults": DEFAULT_WEIGHTS,
    "location and condition first": Weights(0.08, 0.40, 0.05, 0.10, 0.10, 0.05, 0.02, 0.15, 0.05),
    "price before all": Weights(0.60, 0.05, 0.05, 0.10, 0.10, 0.03, 0.02, 0.03, 0.02),
}


@dataclass(frozen=True)
class LearningResult:
    """The average of REPEATS simulations of one kind of people and one number of actions."""

    people: str
    actions: int
    #: How often a new set was kept.
    kept: float
    #: Half the sum of absolute differences to the hidden weights: of the present set, and of the fitted one.
    distance_before: float
    distance_fitted: float
    #: Correlation, over listed pairs, of the score with the one in people's mind: before, with the rule (new if kept,
    #: else present), and with the rule in the worst simulation.
    agreement_before: float
    agreement_after: float
    agreement_worst: float


def learn(listings: list[Listing], n_leads: int, seed: int) -> list[LearningResult]:
    """Simulate every kind of people with every number of actions."""
    listed = _listed(listings, n_leads, seed)
    return [
        _learning_result(listed, people, count, np.random.default_rng([seed, index]))
        for index, (people, count) in enumerate(product(_HIDDEN, ACTIONS))
    ]


def _listed(listings: list[Listing], n_leads: int, seed: int) -> ActedPairs:
    """All pairs of the leads' stored lists with their positions; there are no actions yet."""
    leads, _ = plant(listings, BLURS[-1], n_leads, np.random.default_rng(seed))
    town = Town.of(leads, listings)
    lists = leadmatch(town).for_leads
    model = TextModel.fit(town.property_columns.text, town.lead_columns.text)
    rows = np.repeat(np.arange(len(lists)), lists.lengths)
    values, sizes = criterion_values(
        lead_vectors(town.lead_columns, model).take(rows),
        property_vectors(town.property_columns, model).take(lists.columns.astype(np.intp)),
    )
    ranks = (1.0 + np.arange(len(rows)) - lists.indptr[:-1][rows]).astype(np.float64)
    return ActedPairs(values, sizes, np.zeros(len(rows), bool), ranks, rows)


def _learning_result(listed: ActedPairs, people: str, count: int, rng: np.random.Generator) -> LearningResult:
    hidden = _HIDDEN[people]
    sample = listed.take(rng.choice(len(listed), min(COMPARED, len(listed)), replace=False))
    agreement = lambda weights: float(np.corrcoef(scores_of(sample, weights), scores_of(sample, hidden))[0, 1])
    before = agreement(DEFAULT_WEIGHTS)
    kept, distances, after = [], [], []
    for _ in range(REPEATS):
        acted = _act(listed, hidden, count, rng)
        if not has_enough_actions(acted):  # all but everything liked, or disliked
            kept.append(False)
            after.append(before)
            continue
        judgement = judge(acted, DEFAULT_WEIGHTS, DEFAULT_WEIGHTS)
        kept.append(judgement.is_better)
        distances.append(distance(judgement.weights, hidden))
        after.append(agreement(judgement.weights) if judgement.is_better else before)
    return LearningResult(
        people,
        count,
        float(np.mean(kept)),
        distance(DEFAULT_WEIGHTS, hidden),
        float(np.mean(distances)) if distances else float("nan"),
        before,
        float(np.mean(after)),
        float(np.min(after)),
    )


def _act(listed: ActedPairs, hidden: Weights, count: int, rng: np.random.Generator) -> ActedPairs:
    """Simulate *count* looks at listed pairs, upper positions more often, each ending in a like or dislike."""
    chance = propensities(listed.ranks)
    seen = listed.take(rng.choice(len(listed), count, replace=False, p=chance / chance.sum()))
    mind = scores_of(seen, hidden) / 100
    likes = rng.random(count) < 1 / (1 + np.exp(-STEEPNESS * (mind - np.median(mind))))
    return ActedPairs(seen.values, seen.sizes, likes, seen.ranks, seen.leads)


def distance(left: Weights, right: Weights) -> float:
    """The share of weight that differs, 0 to 1."""
    shares = [np.array([getattr(weights, name) for name in CRITERION_NAMES]) for weights in (left, right)]
    return float(np.abs(shares[0] / shares[0].sum() - shares[1] / shares[1].sum()).sum() / 2)


def as_markdown(results: list[LearningResult], n_leads: int) -> list[str]:
    return [
        "## Learning the weights",
        "",
        f"Simulated people behind {n_leads:,} leads (strong blur) read their stored lists, look at place *r* with",
        f"a probability proportional to 1 / log2(1 + r), and like with probability 1 / (1 + exp(-{STEEPNESS:g} (s - "
        "median))),",
        "*s* being the score (as a share) by weights of their own, which the engine does not get. "
        "`matching.learning.weight_learning`",
        f"fits, and keeps a set only if held-out actions are for it. Means over {REPEATS} simulations. Distance: share",
        "of weight that lies elsewhere than the hidden weights have it. Agreement: correlation, over listed pairs, of",
        "the score with the one in people's mind.",
        "",
        "| people weigh | actions | new set kept | distance: defaults → fitted | agreement before → after | worst |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {result.people} | {result.actions:,} | {result.kept:.0%} | {result.distance_before:.3f} → "
            f"{result.distance_fitted:.3f} | {result.agreement_before:.3f} → {result.agreement_after:.3f} | "
            f"{result.agreement_worst:.3f} |"
            for result in results
        ),
        "",
        "No lead here states a condition, because the listings name none: that weight cannot be learnt and stays in",
        "proportion to the default, which is part of the distance that is left.",
    ]
