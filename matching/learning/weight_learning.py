"""Weights of the criteria learnt from likes and dislikes, and whether they are better than the present ones.

**Model.** The probability of a like is a logistic function of the score. Because unstated criteria enter the score with
the prior 0.9, a score is ``90 + 100 * sum_c w_c x_c`` with::

    x_c = n_c * (s_c - 0.9) / D,      D = sum_stated n_c w_c + sum_unstated w_c / 4

where n_c is 1 for a stated criterion and 0 for an unstated one, and s_c is its value. For wishes, n_c is their number
(a soft one is half a wish) and s_c their mean value. The deductions for contradicted wishes do not depend on weights
and are left out.

So the fit is a logistic regression on *x*. *D* depends slightly on the weights: the fit is done three times, each time
with *D* from the weights of the previous fit.

**Shrinkage.** With the prior weights *w0* (those of the global fit for a market, the defaults for the global fit), the
coefficients are written as ``b * w0 + b0 * (w0 + 0.02) * g``, where *b0* is the slope of the prior's own score. *b* is
free; *g* has the penalty ``sum g**2 / 2``, against a sum of losses that grows with the data. So with enough evidence
each weight can differ from the prior's by about its own size, and with few actions it stays close to it. A criterion
whose coefficient becomes negative is fixed at 0 and the rest are fitted again. The weights are the coefficients divided
by their sum.

**Position bias.** Lower entries of a list are viewed less often, so acted pairs are not a fair sample of the listed
ones. The probability that rank *r* is viewed is assumed to be ``1 / log2(1 + r)``; an action from there counts with
its inverse (inverse propensity weighting), which is 6.7 at rank 100. An action whose rank is not known, or that came
from a page showing one listing at a time, counts once. The weights of the actions are then scaled to add up to their
effective number ``(sum v)**2 / sum v**2``, so that re-weighting does not make the data seem larger than it is.

**Judgement.** Five-fold cross-validation; all actions of a lead are in one fold. For each fold, a set is fitted on the
other folds, and slope and offset are fitted there for the scores of both sets. The sets are compared on the held-out
actions: a new set is kept if its mean loss is below the present set's by more than :data:`ONE_SIDED_95` standard errors
(clustered by lead).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.criteria import CRITERION_NAMES, PRIOR, UNSTATED_SHARE, Weights
from matching.engine.curves import broken_by_amount
from matching.engine.explain import criterion_units
from matching.engine.sparse import wish_units
from matching.engine.units import ANSWER_SCALE, TIERS_UNITS
from matching.engine.vectors import DENSE, LeadVectors, PropertyVectors
from matching.errors import InvalidInputError
from matching.learning.logistic import fit_logistic

#: Nothing is fitted with fewer actions, fewer likes or dislikes, or fewer leads than this.
MIN_ACTIONS, MIN_OF_A_KIND, MIN_LEADS = 50, 10, 5
FOLDS = 5
#: One-sided 95 %: a set that is not better than the present one is kept at most one time in twenty.
ONE_SIDED_95 = 1.645
#: Allows a criterion with almost no weight to gain weight.
MIN_REACH = 0.02
_REWEIGHTINGS = 3
#: Makes the penalty on the free slope too small to matter.
_FREE = 10.0


@dataclass(frozen=True)
class ActedPairs:
    """n pairs that a side has liked or disliked."""

    #: float (n, criteria), 0 to 1, in the order of CRITERION_NAMES.
    values: NDArray[np.float64]
    #: float (n, criteria): 1 if the lead states the criterion, otherwise 0; for wishes, their number.
    sizes: NDArray[np.float64]
    #: bool (n,)
    liked: NDArray[np.bool_]
    #: float (n,): rank in the list at the time of the action, 1 is best; NaN if not known.
    ranks: NDArray[np.float64]
    #: int (n,): the lead; actions of one lead are not independent.
    leads: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.liked)
        if self.values.shape != (n, len(CRITERION_NAMES)) or self.sizes.shape != self.values.shape:
            raise InvalidInputError(f"{n} actions with values {self.values.shape} and sizes {self.sizes.shape}")
        if not len(self.ranks) == len(self.leads) == n or (self.ranks < 1).any():
            raise InvalidInputError("every action needs a lead and a rank from 1, or NaN")

    def __len__(self) -> int:
        return len(self.liked)

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The given actions."""
        return type(self)(self.values[rows], self.sizes[rows], self.liked[rows], self.ranks[rows], self.leads[rows])


@dataclass(frozen=True)
class Judgement:
    """A new set of weights compared with the present one. Losses are held-out log losses per (weighted) action."""

    weights: Weights
    actions: int
    present_loss: float
    fitted_loss: float
    #: The standard error of the difference of the two losses.
    standard_error: float

    @property
    def is_better(self) -> bool:
        return self.present_loss - self.fitted_loss > ONE_SIDED_95 * self.standard_error


def criterion_values(
    leads: LeadVectors, properties: PropertyVectors
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    The value of each criterion for row *i* with row *i*: (n, criteria), 0 to 1, NaN in the rows of broken pairs; and
    the sizes of the criteria, as in ActedPairs. Vectors must be made with weights above 0, such as the defaults.
    """
    values = criterion_units(leads, properties) / (leads.whole_points * ANSWER_SCALE)
    # Just beyond a limit, the knot before the limit still earns something, so broken_by_amount has to decide.
    refused = (leads.dense[:, DENSE["implied"]] * properties.dense[:, DENSE["implied"]]).min(axis=1) < 0
    refused |= wish_units(leads, properties).lost > TIERS_UNITS
    values[(values < 0).any(axis=1) | refused | broken_by_amount(leads, properties)] = np.nan
    return np.minimum(values, 1.0), leads.sizes


def propensities(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    The probability that a rank is viewed; 1 if the rank is not known.

    >>> propensities(np.array([1.0, 3.0, np.nan]))
    array([1. , 0.5, 1. ])
    """
    return np.where(np.isnan(ranks), 1.0, 1 / np.log2(1 + np.where(np.isnan(ranks), 1.0, ranks)))


def scores_of(acted: ActedPairs, weights: Weights) -> NDArray[np.float64]:
    """Each pair's score with *weights*, 0 to 100, without the engine's rounding."""
    weight = _array(weights)
    return 100 * (PRIOR + _inputs(acted, weight) @ weight)


def has_enough_actions(acted: ActedPairs) -> bool:
    """Whether there are enough actions to fit and judge."""
    likes = int(acted.liked.sum())
    return (
        len(acted) >= MIN_ACTIONS
        and min(likes, len(acted) - likes) >= MIN_OF_A_KIND
        and len(np.unique(acted.leads)) >= MIN_LEADS
    )


def fit(acted: ActedPairs, prior: Weights) -> Weights:
    """
    The weights that explain the actions best, shrunk towards *prior*; they add up to 1. There must be likes and
    dislikes.

    If the prior's own score does not increase with liking, there is no scale to learn on, and the result has the ratios
    of *prior*.
    """
    start = _array(prior)
    counts = _counts(acted)
    weight = start
    for _ in range(_REWEIGHTINGS):
        inputs = _inputs(acted, weight)
        slope = _slope(inputs @ start, acted.liked, counts)[0]
        fitted = _fit_round(inputs, acted.liked, counts, start, slope) if slope > 0 else None
        if fitted is None:
            weight = start
            break
        weight = fitted
    return Weights(**dict(zip(CRITERION_NAMES, weight.tolist(), strict=True)))


def judge(acted: ActedPairs, prior: Weights, current: Weights) -> Judgement:
    """
    Fit a new set and compare it with the *current* one on held-out actions.

    Raises:
        InvalidInputError: There are not enough actions (:func:`has_enough_actions`).
    """
    from sklearn.model_selection import GroupKFold  # late: it takes half a second, and most workers never fit

    if not has_enough_actions(acted):
        raise InvalidInputError(f"{len(acted)} actions are not enough to judge on")
    counts = _counts(acted)
    losses = np.zeros((2, len(acted)))
    for train, test in GroupKFold(FOLDS).split(acted.values, groups=acted.leads):
        seen, held_out = acted.take(train), acted.take(test)
        if seen.liked.all() or not seen.liked.any():
            continue  # both losses stay 0: nothing distinguishes the sets
        for row, weights in enumerate((current, fit(seen, prior))):
            slope, offset = _slope(scores_of(seen, weights) / 100 - PRIOR, seen.liked, counts[train])
            logit = slope * (scores_of(held_out, weights) / 100 - PRIOR) + offset
            losses[row, test] = np.logaddexp(0, np.where(held_out.liked, -logit, logit))
    total = counts.sum()
    present_loss, fitted_loss = (losses @ counts / total).tolist()
    misses = counts * (losses[0] - losses[1] - (present_loss - fitted_loss))
    by_lead = np.bincount(np.unique(acted.leads, return_inverse=True)[1], misses)
    return Judgement(
        fit(acted, prior), len(acted), present_loss, fitted_loss, float(np.sqrt((by_lead**2).sum()) / total)
    )


def _array(weights: Weights) -> NDArray[np.float64]:
    weight = weights.ratios()
    return weight / weight.sum()


def _inputs(acted: ActedPairs, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """x of the module's docstring, (n, criteria)."""
    stated = acted.sizes > 0
    whole = np.where(stated, acted.sizes * weight, UNSTATED_SHARE * weight).sum(axis=1)
    return np.where(stated, acted.sizes * (acted.values - PRIOR), 0.0) / whole[:, np.newaxis]


def _counts(acted: ActedPairs) -> NDArray[np.float64]:
    """The weight of each action; the weights add up to the effective number of actions."""
    inverse = 1 / propensities(acted.ranks)
    return inverse * (inverse.sum() / (inverse**2).sum()) if len(acted) else inverse


def _slope(score: NDArray[np.float64], liked: NDArray[np.bool_], counts: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset of the logistic regression of liking on one score. Scores are hundredths, slopes about 20."""
    if np.ptp(score) == 0:
        return 0.0, float(np.log(counts[liked].sum() / counts[~liked].sum()))
    [slope], offset = fit_logistic(_FREE * score[:, np.newaxis], liked, counts, penalty=0.01)
    return _FREE * float(slope), offset


def _fit_round(
    inputs: NDArray[np.float64],
    liked: NDArray[np.bool_],
    counts: NDArray[np.float64],
    start: NDArray[np.float64],
    slope: float,
) -> NDArray[np.float64] | None:
    """The weights at fixed D; None if every coefficient would be negative."""
    reach = slope * (start + MIN_REACH)
    kept = np.ones(len(start), bool)
    while kept.any():
        line = _FREE * slope * inputs[:, kept] @ start[kept]
        (along, *own), _ = fit_logistic(
            np.column_stack([line, inputs[:, kept] * reach[kept]]), liked, counts, penalty=1.0
        )
        coefficients = _FREE * slope * along * start[kept] + reach[kept] * np.array(own)
        if (coefficients >= 0).all():
            weights = np.zeros(len(start))
            weights[kept] = coefficients
            return weights / weights.sum() if weights.sum() > 0 else None
        kept[np.flatnonzero(kept)[coefficients < 0]] = False
    return None
