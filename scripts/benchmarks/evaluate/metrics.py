"""Quality of a set of lists: the rank of the planted listing, and how evenly the market is served."""

import numpy as np
from numpy.typing import NDArray

from matching.engine.ranking import RankedLists

RECALL_AT = (1, 10, 100)
METRICS = (*(f"recall@{n}" for n in RECALL_AT), "MRR", "NDCG@100")
RESAMPLES = 1000


def ranks_of(lists: RankedLists, truth: NDArray[np.integer]) -> NDArray[np.float64]:
    """Rank (1 is best) of each row's true column, ``inf`` where it is not listed."""
    ranks = np.full(len(lists), np.inf)
    rows = np.repeat(np.arange(len(lists)), lists.lengths)
    listed_ranks = np.arange(len(lists.columns)) - lists.indptr[:-1][rows] + 1
    hit = lists.columns == np.asarray(truth)[rows]
    ranks[rows[hit]] = listed_ranks[hit]
    return ranks


def gains(ranks: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """
    Each metric's value for each row: recall@n is 0 or 1, MRR 1 / rank, NDCG of one relevant item 1 / log2(1 + rank).
    """
    by_metric = {f"recall@{n}": (ranks <= n).astype(float) for n in RECALL_AT}
    return by_metric | {"MRR": 1 / ranks, "NDCG@100": 1 / np.log2(1 + ranks)}


def interval(values: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean, and the middle 95 % of the means of RESAMPLES draws with replacement."""
    draws = rng.integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def intervals(gain: dict[str, NDArray[np.float64]], seed: int) -> dict[str, tuple[float, float, float]]:
    """The :func:`interval` of each metric; every call with the same seed draws the same rows."""
    return {name: interval(values, np.random.default_rng(seed)) for name, values in gain.items()}


def intervals_of_difference(
    ours: dict[str, NDArray[np.float64]], theirs: dict[str, NDArray[np.float64]], seed: int
) -> dict[str, tuple[float, float, float]]:
    """
    The :func:`intervals` of what each row of *ours* has more than the same row of *theirs*.

    Much narrower than the distance between two intervals, because rows are difficult for both alike.
    """
    return intervals({name: ours[name] - theirs[name] for name in ours}, seed)


def difference_cell(values: tuple[float, float, float]) -> str:
    """
    >>> difference_cell((-0.0012, -0.005, 0.0026))
    '-0.001 (-0.005 to +0.003)'
    """
    mean, low, high = values
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"


def exposure(lists: RankedLists, n_columns: int, top: int = 10) -> dict[str, float]:
    """How evenly the columns are shown in the first *top* positions.

    Returns: ``coverage``: share of columns in any top; ``gini`` of their frequencies, 0 even, 1 one takes all;
    ``empty``: share of rows without a list.
    """
    ranks = np.arange(len(lists.columns)) - np.repeat(lists.indptr[:-1], lists.lengths)
    shown = np.sort(np.bincount(lists.columns[ranks < top], minlength=n_columns))
    weight = np.arange(1, n_columns + 1)
    total = shown.sum()
    gini = (2 * (weight * shown).sum() / (n_columns * total) - (n_columns + 1) / n_columns) if total else 0.0
    return {
        "coverage": float((shown > 0).mean()),
        "gini": float(gini),
        "empty": float((lists.lengths == 0).mean()),
    }


def expected_matches(for_leads: RankedLists, for_properties: RankedLists) -> float:
    """Mutual likes to expect when attention falls as 1 / rank and a look turns into a like with chance score / 100.

    The sum over pairs in both lists of ``(score / 100)**2 / (rank in one * rank in the other)``.
    """
    keys, values = [], []
    for lists, by_lead in ((for_leads, True), (for_properties, False)):
        rows = np.repeat(np.arange(len(lists)), lists.lengths)
        ranks = np.arange(len(lists.columns)) - lists.indptr[:-1][rows] + 1
        lead, listing = (rows, lists.columns) if by_lead else (lists.columns, rows)
        keys.append(lead.astype(np.int64) << 32 | listing.astype(np.int64))
        values.append(lists.scores / 100 / ranks)
    _, one, other = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    return float((values[0][one] * values[1][other]).sum())
