"""
Methods to compute the best k of every row in a market, all on the same vectors. Each returns the time for the whole
market.

The dense methods use dense vectors: with districts, stations, price knots and answers to wishes, but without words,
which would need thousands of columns (so they do less work than the engine). Their work is proportional to the number
of requested rows, so at sizes where they would take minutes they are timed on every n-th row and the time is multiplied
by n.
The SQL query is in :mod:`scripts.benchmarks.bench.sql`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from matching.engine.curves import broken_by_amount, short_units
from matching.engine.incremental import best_of_scores
from matching.engine.sparse import word_units
from matching.engine.text import TextModel
from matching.engine.topk import Market, MarketLists, score_market
from matching.engine.units import MAX_UNITS, score_of_units
from matching.engine.vectorize import lead_vectors, property_vectors
from scripts.benchmarks.bench.market import SyntheticMarket
from scripts.benchmarks.bench.timings import Elapsed, timed
from scripts.benchmarks.bench.written_out import written_out

#: The tile size of the floor: the fastest that was found for a plain blocked product.
FLOOR_ROWS, FLOOR_COLUMNS = 512, 1024
#: Rows of each side for which our lists are compared with brute force.
CHECKED_ROWS = 300


@dataclass(frozen=True)
class Vectors:
    """A market as sparse vectors for the engine and as dense ones for the others."""

    market: Market
    #: float32 (leads, width) and (properties, width).
    leads: NDArray[np.float32]
    properties: NDArray[np.float32]


def market_of(market: SyntheticMarket, model: TextModel) -> Market:
    return Market(lead_vectors(market.leads, model), property_vectors(market.properties, model))


def text_model_of(market: SyntheticMarket) -> TextModel:
    return TextModel.fit(market.properties.text, market.leads.text)


def vectors_of(market: Market, threads: int) -> Vectors:
    return Vectors(market, *written_out(market.leads, market.properties, threads))


def floor(leads: NDArray[np.float32], properties: NDArray[np.float32], threads: int, share: int) -> Elapsed:
    """The product alone, tile by tile, without keeping anything: a lower bound of dense methods."""
    transposed = np.ascontiguousarray(properties.T)
    rows = range(0, len(leads), FLOOR_ROWS)[::share]

    def multiply(first: int) -> None:
        tile = leads[first : first + FLOOR_ROWS]
        for column in range(0, len(properties), FLOOR_COLUMNS):
            np.matmul(tile, transposed[:, column : column + FLOOR_COLUMNS])

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        done = sum(len(leads[first : first + FLOOR_ROWS]) for first in rows)
        return timed(lambda: list(pool.map(multiply, rows))).times(len(leads) / done)


def ours(vectors: Vectors, k: int, threads: int) -> tuple[Elapsed, MarketLists]:
    lists: list[MarketLists] = []
    took = timed(lambda: lists.append(score_market(vectors.market, k, threads)))
    return took, lists[0]


def faiss_flat(vectors: Vectors, k: int, threads: int, share: int) -> Elapsed:
    """faiss-cpu's exact index, searched once from each side. It ignores owners and limits of price and area."""
    import faiss

    faiss.omp_set_num_threads(threads)

    def search(queries: NDArray[np.float32], base: NDArray[np.float32]) -> None:
        index = faiss.IndexFlatIP(base.shape[1])
        index.add(base)
        index.search(queries, k)

    return _both_ways(search, vectors, share)


def sklearn_brute(vectors: Vectors, k: int, threads: int, share: int) -> Elapsed:
    """scikit-learn's brute-force neighbours by Euclidean distance, after the usual conversion of products to distances:
    an additional column gives all rows of the base the same length, so that the nearest row has the largest product.
    """
    from sklearn.neighbors import NearestNeighbors

    def search(queries: NDArray[np.float32], base: NDArray[np.float32]) -> None:
        squares = np.einsum("ij,ij->i", base, base)
        augmented = np.column_stack([base, np.sqrt(np.maximum(squares.max() - squares, 0))])
        padded = np.column_stack([queries, np.zeros(len(queries), np.float32)])
        NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=threads).fit(augmented).kneighbors(padded)

    return _both_ways(search, vectors, share)


def implicit_topk(vectors: Vectors, k: int, threads: int, share: int) -> Elapsed:
    """The top-k of the implicit library, called once from each side."""
    from implicit.cpu.topk import topk

    return _both_ways(lambda queries, base: topk(base, queries, k, num_threads=threads), vectors, share)


@dataclass(frozen=True)
class Comparator:
    """Another method; skipped if its *package* is not installed, or above *largest* rows per side."""

    package: str
    measure: Callable[[Vectors, int, int, int], Elapsed]
    largest: int


COMPARATORS = {
    "faiss IndexFlatIP, each way": Comparator("faiss", faiss_flat, 1_000_000),
    "scikit-learn brute, each way": Comparator("sklearn", sklearn_brute, 25_000),
    "implicit topk, each way": Comparator("implicit", implicit_topk, 25_000),
}


def installed(package: str) -> bool:
    return find_spec(package) is not None


def rows_that_differ(vectors: Vectors, lists: MarketLists, k: int) -> int:
    """The number of checked rows of both sides that differ, in ids or scores, from brute force over all pairs."""
    market, wrong = vectors.market, 0
    for row in np.linspace(0, len(market.leads) - 1, CHECKED_ROWS).astype(int):
        scores = _scores(vectors.properties @ vectors.leads[row], market, leads=[row])
        wrong += not _same(lists.for_leads.row(row), best_of_scores(scores[np.newaxis], k).row(0))
    for row in np.linspace(0, len(market.properties) - 1, CHECKED_ROWS).astype(int):
        scores = _scores(vectors.leads @ vectors.properties[row], market, properties=[row])
        wrong += not _same(lists.for_properties.row(row), best_of_scores(scores[np.newaxis], k).row(0))
    return wrong


def _scores(
    units: NDArray[np.float32],
    market: Market,
    leads: Sequence[int] | None = None,
    properties: Sequence[int] | None = None,
) -> NDArray[np.float32]:
    some_leads = market.leads if leads is None else market.leads.take(leads)
    some_properties = market.properties if properties is None else market.properties.take(properties)
    summed = units + word_units(some_leads, some_properties) - short_units(some_leads, some_properties)
    forbidden = broken_by_amount(some_leads, some_properties) | (some_leads.owner == some_properties.owner)
    return np.where(forbidden | (summed < 0), np.nan, score_of_units(np.clip(summed, 0, MAX_UNITS)))


def _same(left: tuple[NDArray, NDArray], right: tuple[NDArray, NDArray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def _both_ways(search: Callable[[NDArray, NDArray], None], vectors: Vectors, share: int) -> Elapsed:
    """The time for all rows of both sides, from every *share*-th."""
    total = Elapsed(0.0, 0.0)
    for queries, base in ((vectors.leads, vectors.properties), (vectors.properties, vectors.leads)):
        sample = np.ascontiguousarray(queries[::share])
        took = timed(partial(search, sample, base)).times(len(queries) / len(sample))
        total = total.plus(took)
    return total
