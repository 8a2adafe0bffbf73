"""An order of lists that spreads attention over a whole market, instead of concentrating it on a few properties.

Transferable-utility matching (Choo and Siow 2006; Tomita et al., RecSys 2023). Let *u_ij* be the worth of the pair to
both sides together. In the market's equilibrium the mass of meetings is::

    m_ij = a_i * K_ij * b_j,      K_ij = exp(u_ij / (2 * temperature))
    a_i**2 + a_i * sum_j K_ij b_j = 1      every lead has attention 1; a_i**2 of it stays unused
    b_j**2 + b_j * sum_i K_ij a_i = 1      the same for every property

Alternately solving one line for *a* and the other for *b* (each is a quadratic with one positive root) converges to
the only solution. A property in high demand gets a small *b_j* and so moves down the lists of leads that have
alternatives. Lists are ordered by *m*; the scores of the entries do not change. A small temperature keeps the order
close to the order by score, a large one spreads attention more.

On stored lists *u_ij* is twice the score divided by 100, because both sides share one score. Pairs that are in no list
are left out, so an iteration costs two sparse matrix-vector products.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from matching.engine.ranking import RankedLists
from matching.errors import InvalidInputError

#: How far the attention of any lead or property may be from 1 at the end.
TOLERANCE = 1e-6
MAX_ITERATIONS = 10_000
#: The tolerance for orders, which stop changing long before the factors do.
ORDER_TOLERANCE = 1e-4
#: About the difference of the scores within one list, as a share. docs/evaluation.md compares values.
TEMPERATURE = 0.03


@dataclass(frozen=True)
class Balance:
    """
    The factors *a* (n,) and *b* (m,) of the equilibrium, after this many *iterations*.

    *residual* is the largest distance of any attention from 1. It is above the requested tolerance if the limit of
    iterations was reached.
    """

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    iterations: int
    residual: float


def balance(
    kernel: NDArray[np.float64] | sparse.csr_array,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> Balance:
    """
    Solve the market with *kernel* K, (n, m), dense or sparse, not negative; 0 means that there is no pair.

    Raises:
        InvalidInputError: An entry is negative or not finite.
    """
    entries = kernel if isinstance(kernel, np.ndarray) else kernel.data
    if not np.isfinite(entries).all() or (entries < 0).any():
        raise InvalidInputError("a kernel must be finite and not negative")
    turned = kernel.T if isinstance(kernel, np.ndarray) else kernel.T.tocsr()
    a, b = np.ones(kernel.shape[0]), np.ones(kernel.shape[1])
    pull, residual = kernel @ b, np.inf
    iterations = 0
    while residual >= tolerance and iterations < max_iterations:
        iterations += 1
        a = _root(pull)
        b = _root(turned @ a)
        # The properties' equations now hold exactly; the residual of the leads' equations measures the convergence.
        pull = kernel @ b
        residual = float(np.abs(a * a + a * pull - 1).max(initial=0.0))
    return Balance(a, b, iterations, residual)


def balanced_order(
    for_leads: RankedLists,
    for_properties: RankedLists,
    temperature: float = TEMPERATURE,
    tolerance: float = ORDER_TOLERANCE,
) -> tuple[RankedLists, RankedLists]:
    """
    The same lists, each ordered by the mass of meetings in equilibrium; every score stays with its entry.

    Args:
        for_leads: Row *i* lists columns of *for_properties*.
        for_properties: Row *j* lists columns of *for_leads*.
        temperature: Above 0. Scores that differ by less than 100 x this count as close.
        tolerance: As for :func:`balance`.
    Returns:
        Lists of the same entries. Entries with equal masses keep their former order.
    Raises:
        InvalidInputError: The temperature is not above 0, or so small that the kernel overflows.
    """
    shifts = score_shifts(for_leads, for_properties, temperature, tolerance)
    # Within a list the owner's factor is the same for all entries, so the other side's factor and the score decide.
    return _reordered(for_leads, shifts[1]), _reordered(for_properties, shifts[0])


def score_shifts(
    for_leads: RankedLists,
    for_properties: RankedLists,
    temperature: float = TEMPERATURE,
    tolerance: float = ORDER_TOLERANCE,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    The same order as shifts of scores: lists are ordered by an entry's score plus the shift of its lead or property.

    Arguments as for :func:`balanced_order`.

    Returns:
        (n,) for leads and (m,) for properties, ``100 * temperature * ln`` of their factors: 0 or less.
    Raises:
        InvalidInputError: The temperature is not above 0, or so small that the kernel overflows.
    """
    if not temperature > 0:
        raise InvalidInputError(f"the temperature must be above 0, not {temperature}")
    rows, columns, scores = _pairs(for_leads, for_properties)
    shape = (len(for_leads), len(for_properties))
    with np.errstate(over="ignore"):
        kernel = sparse.csr_array((np.exp(scores / 100 / temperature), (rows, columns)), shape=shape)
    shifts = balance(kernel, tolerance)
    return 100 * temperature * np.log(shifts.a), 100 * temperature * np.log(shifts.b)


def _root(pull: NDArray[np.float64]) -> NDArray[np.float64]:
    """The positive x with x**2 + x * pull = 1, in a form without cancellation for large *pull*."""
    half = pull / 2
    return 1 / (half + np.sqrt(1 + half * half))


def _pairs(
    for_leads: RankedLists, for_properties: RankedLists
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Lead row, property row and score of every pair that is in the list of either side, without duplicates."""
    width = len(for_properties)
    lead = np.repeat(np.arange(len(for_leads)), for_leads.lengths)
    home = np.repeat(np.arange(width), for_properties.lengths)
    keys = np.concatenate([lead * width + for_leads.columns, for_properties.columns.astype(np.int64) * width + home])
    keys, first = np.unique(keys, return_index=True)
    scores = np.concatenate([for_leads.scores, for_properties.scores]).astype(np.float64)[first]
    return keys // max(width, 1), keys % max(width, 1), scores


def _reordered(lists: RankedLists, shifts: NDArray[np.float64]) -> RankedLists:
    rows = np.repeat(np.arange(len(lists)), lists.lengths)
    order = np.lexsort((-(lists.scores + shifts[lists.columns]), rows))
    return RankedLists(lists.indptr, lists.columns[order], lists.scores[order])
