"""
All pairs of a market in one pass: the k best properties of every lead and the k best leads of every property, exactly.

A market of few pairs is scored at once (:mod:`matching.engine.all_pairs`). How a larger one is scored:

1. Properties are ordered so that neighbours are similar, and divided into blocks.
2. For every block and lead, an upper bound of the score of any property of the block for the lead is computed
   (:mod:`matching.engine.bounds`).
3. Each lead gets a threshold: the k-th best score among the properties of the blocks that could be best for it.
   Each of its k best properties scores at least that (:mod:`matching.engine.thresholds`).
4. Each block is first multiplied with the most promising leads, which gives thresholds for the block's properties; then
   only with those leads whose bound reaches a threshold of either side (:mod:`matching.engine.products`). Only pairs
   whose units reach a threshold are processed further, the *survivors*. They are checked for deal-breakers by amount,
   common owners and exclusions.
5. A block is scored with all leads, so its properties' lists are final at once. Survivors of leads wait in buckets
   until the last block. Reducing a bucket turns thresholds into *ends*, which also distinguish pairs of equal scores
   (:mod:`matching.engine.ends`). Similar rows are in the caller's order, so that the pairs that win ties come first.

Scores are whole numbers (:mod:`matching.engine.vectorize`), so thresholds and ties are exact. Memory grows with leads +
properties, and by a 64th of a byte per pair for the bounds.
"""

import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from matching.engine.all_pairs import best_of_units, units_of_all_pairs
from matching.engine.blocks import BLOCK_SIZE, MIN_BLOCKS_FOR_BOUNDS, Block, PreparedMarket, prepare
from matching.engine.buckets import SLACK, Bucket
from matching.engine.ends import NOTHING, Ends, ends_at, ranked_within, units_of_ends
from matching.engine.incremental import NO_PAIRS
from matching.engine.products import LEAD_CHUNK, BlockProduct, Workspace
from matching.engine.ranking import MAX_COLUMNS, RankedLists, pack, unpack
from matching.engine.thresholds import column_thresholds, row_thresholds
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.errors import InvalidInputError, ScoringStoppedError

#: A market of at most so many pairs is scored at once. With 200 leads and 200 properties that takes a quarter of the
#: CPU time of blocks, with 1,000 of each half, and with 2,000 of each as much.
MAX_PAIRS_AT_ONCE = 1 << 20
_SHIFT = BLOCK_SIZE.bit_length() - 1
#: Leads whose survivors share a bucket.
BUCKET_SIZE = 1024
#: The slack (see :mod:`matching.engine.buckets`) of a block's properties after the most promising leads: they are
#: reduced earlier than others, because all other leads are compared with their ends.
FIRST_SLACK = 2
#: If more than this share of the pairs survive, there are many ties, and pairs are compared by rank before selection.
MANY = 1 / 4
#: Leads scored with a block before the others, to find thresholds for its properties: this share of all, at least the
#: minimum, but at most the maximum share.
FIRST_SHARE, MIN_FIRST, MAX_FIRST_SHARE = 0.04, 1024, 0.125


@dataclass(frozen=True)
class Market:
    """
    All leads and properties of one city and deal type.

    *excluded_for_leads* and *excluded_for_properties* are (n, 2) pairs (lead row, property row) that the lead's or the
    property's list leaves out, because that side has acted on the pair.
    """

    leads: LeadVectors
    properties: PropertyVectors
    excluded_for_leads: NDArray[np.int64] = field(default_factory=lambda: NO_PAIRS)
    excluded_for_properties: NDArray[np.int64] = field(default_factory=lambda: NO_PAIRS)

    def __post_init__(self) -> None:
        for name in ("excluded_for_leads", "excluded_for_properties"):
            pairs = np.asarray(getattr(self, name))
            if pairs.ndim != 2 or pairs.shape[1] != 2:
                raise InvalidInputError(f"{name} must be (n, 2), not {pairs.shape}")
            if len(pairs) and (pairs.min() < 0 or (pairs.max(axis=0) >= (len(self.leads), len(self.properties))).any()):
                raise InvalidInputError(f"{name} names rows that the market does not have")
        if max(len(self.leads), len(self.properties)) > MAX_COLUMNS:
            raise InvalidInputError(f"a side of a market holds at most {MAX_COLUMNS} rows; score it in tiles")


@dataclass(frozen=True)
class MarketLists:
    """The ranked properties of every lead, and the ranked leads of every property."""

    for_leads: RankedLists
    for_properties: RankedLists
    #: Pairs that no bound could rule out; all other pairs were skipped.
    pairs_scored: int = 0
    #: Entries that were put into buckets; ties must not make them many more than the lists contain.
    entries_waited: int = 0


def score_market(
    market: Market,
    k: int = 100,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    for_leads: bool = True,
    for_properties: bool = True,
) -> MarketLists:
    """
    The *k* best on the other side for every row of *market*, without broken and excluded pairs.

    Args:
        threads: The number of threads for a large market; 0: one per core.
        progress: Called after each block of properties, or after a small market, with the pairs done since the call
            before.
        should_stop: Called before each block, and before a small market.
        for_leads, for_properties: Whether the lists of that side are wanted; if not, they are empty, and pairs that
            matter only to them are not scored.
    Raises:
        ScoringStoppedError: *should_stop* returned true.
    """
    if k < 1:
        raise InvalidInputError(f"lists of {k} entries make no sense")
    if not len(market.leads) or not len(market.properties):
        return MarketLists(RankedLists.empty(len(market.leads)), RankedLists.empty(len(market.properties)))
    n_pairs = len(market.leads) * len(market.properties)
    if n_pairs > MAX_PAIRS_AT_ONCE:
        return score_in_blocks(
            market, k, threads, progress, should_stop, for_leads=for_leads, for_properties=for_properties
        )
    if should_stop is not None and should_stop():
        raise ScoringStoppedError("stopped by the caller")
    lists = score_at_once(market, k, for_leads=for_leads, for_properties=for_properties)
    if progress is not None:
        progress(n_pairs)
    return lists


def score_at_once(market: Market, k: int, *, for_leads: bool = True, for_properties: bool = True) -> MarketLists:
    """:func:`score_market` by a table of all pairs. Neither side may be empty."""
    with _loaded_libraries().limit(limits=1, user_api="blas"):  # more threads cost more than they save
        units = units_of_all_pairs(market.leads, market.properties)
    by_property, by_lead = market.excluded_for_properties[:, ::-1], market.excluded_for_leads
    return MarketLists(
        best_of_units(units.T, by_lead, k) if for_leads else RankedLists.empty(len(market.leads)),
        best_of_units(units, by_property, k) if for_properties else RankedLists.empty(len(market.properties)),
        units.size,
    )


def score_in_blocks(
    market: Market,
    k: int,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    for_leads: bool = True,
    for_properties: bool = True,
) -> MarketLists:
    """:func:`score_market` by blocks of properties. Neither side may be empty."""
    # One BLAS thread for each of our threads, which keep the cores busy also between products.
    with (
        _loaded_libraries().limit(limits=1, user_api="blas"),
        ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool,
    ):
        prepared = prepare(
            market.leads, market.properties, market.excluded_for_leads, market.excluded_for_properties, pool
        )
        nothing = np.full(len(prepared.leads), NOTHING, np.int64)
        ends = ends_at(row_thresholds(prepared, k, pool)) if for_leads else nothing
        scoring = _Scoring(prepared, k, ends, for_properties)
        del prepared  # `scoring` releases it before it makes the lists

        def score(number: int) -> None:
            if should_stop is not None and should_stop():
                raise ScoringStoppedError("stopped by the caller")
            scoring.score_block(number)
            if progress is not None:
                progress(len(scoring.market.blocks[number]) * len(scoring.market.leads))

        futures = [pool.submit(score, number) for number in range(len(scoring.market.blocks))]
        try:
            for future in futures:
                future.result()
        finally:
            for future in futures:
                future.cancel()
        return scoring.lists(pool)


@cache
def _loaded_libraries() -> ThreadpoolController:
    """Cached, as finding the process's BLAS takes longer than a small market; numpy and scipy have loaded it by now."""
    return ThreadpoolController()


class _Scoring:
    """The state of one pass: the leads' ends, which improve, buckets of survivors, finished lists of properties."""

    def __init__(self, market: PreparedMarket, k: int, lead_ends: NDArray[np.int64], for_properties: bool) -> None:
        self.market = market
        self.k = k
        self.for_properties = for_properties
        # Written by the thread that reduces a bucket and read by the others without a lock: an older end only admits
        # more pairs.
        self.lead_ends = lead_ends
        n_leads = len(market.leads)
        self.buckets = [Bucket(min(BUCKET_SIZE, n_leads - first), k) for first in range(0, n_leads, BUCKET_SIZE)]
        self.pairs_scored = np.zeros(len(market.blocks), np.int64)
        self.entries_waited = np.zeros(len(market.blocks), np.int64)
        self._local = threading.local()
        self.property_lists: list[RankedLists] = [RankedLists.empty(0)] * len(market.blocks)

    def score_block(self, number: int) -> None:
        """Score one block with all leads in reach."""
        market, block = self.market, self.market.blocks[number]
        product = BlockProduct(market, block)
        best = Bucket(len(block), self.k)
        first, ends = self._score_first(number, product, best)
        minimum = np.minimum(units_of_ends(self.lead_ends), units_of_ends(ends).min())
        later = market.bounds.reaching(number, minimum, first)
        self.pairs_scored[number] = (len(first) + len(later)) * len(block)
        for start in range(0, len(later), LEAD_CHUNK):
            chunk = later[start : start + LEAD_CHUNK]
            self._take(block, chunk, product.units(chunk, self._workspace()), ends, best, are_products=True)
        self.property_lists[number] = unpack(*best.finish())
        self.entries_waited[number] = best.taken

    def _score_first(
        self, number: int, product: BlockProduct, best: Bucket
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Score the most promising leads; returns them and the ends of the block's properties."""
        block, n_leads = self.market.blocks[number], len(self.market.leads)
        if not self.for_properties:
            return np.zeros(0, np.intp), np.full(len(block), NOTHING, np.int64)
        n_first = max(FIRST_SHARE * n_leads, min(MIN_FIRST, MAX_FIRST_SHARE * n_leads))
        if len(self.market.blocks) < MIN_BLOCKS_FOR_BOUNDS and n_leads <= MIN_FIRST:
            n_first = n_leads  # no bound will skip any lead: one product instead of two
        first = self.market.bounds.most_promising(number, math.ceil(n_first))
        units = product.units(first, self._workspace())
        ends = ends_at(column_thresholds(self.market, block, first, units, self.k))
        self._take(block, first, units, ends, best, FIRST_SLACK)
        return first, ends

    def _take(
        self,
        block: Block,
        leads: NDArray[np.intp],
        units: NDArray[np.float32],
        property_ends: NDArray[np.int64],
        best: Bucket,
        slack: float = SLACK,
        *,
        are_products: bool = False,
    ) -> None:
        """
        Put pairs ranking no worse than an end of either side into buckets.

        Args:
            units: (leads, block's properties).
            are_products: They still contain what prices under the minimum lose.
        """
        market = self.market
        of_leads, of_properties = Ends.of(self.lead_ends[leads]), Ends.of(property_ends)
        lead_numbers, numbers = market.lead_order[leads], market.property_order[block.start : block.stop]
        # Comparing with both thresholds admits a tenth of the pairs that comparing with the smaller one admits.
        reaches = units >= of_leads.min_units(numbers.min())[:, np.newaxis]
        reaches |= units >= of_properties.min_units(lead_numbers.min())
        if np.count_nonzero(reaches) > MANY * reaches.size:
            reaches = ranked_within(units, of_leads, of_properties, lead_numbers, numbers)
        flat = np.flatnonzero(reaches)
        # Most block sizes are powers of two: quotient and remainder need no division.
        row, column = (
            (flat >> _SHIFT, flat & (BLOCK_SIZE - 1)) if len(block) == BLOCK_SIZE else divmod(flat, len(block))
        )
        units, lead, listing = units.ravel()[flat], leads[row], column + block.start
        if are_products:
            units = units - market.short_units(lead, listing)
        allowed = ~market.is_forbidden(lead, listing)
        if not allowed.all():
            units, lead, listing, row, column = (
                units[allowed],
                lead[allowed],
                listing[allowed],
                row[allowed],
                column[allowed],
            )

        wanted = of_properties.ranks_within(column, units, lead_numbers[row])
        wanted &= ~market.excluded_for_properties.contains(lead, listing)
        best.add(pack(column[wanted], units[wanted], lead_numbers[row[wanted]]), property_ends, slack)

        wanted = of_leads.ranks_within(row, units, numbers[column]) & ~market.excluded_for_leads.contains(lead, listing)
        self._keep_for_leads(lead[wanted], units[wanted], numbers[column[wanted]])

    def _keep_for_leads(self, lead: NDArray[np.intp], units: NDArray[np.float32], numbers: NDArray[np.intp]) -> None:
        """Add survivors, which are grouped by lead, to their leads' buckets."""
        keys = pack(lead % BUCKET_SIZE, units, numbers)
        bucket_starts = np.searchsorted(lead, np.arange(len(self.buckets) + 1) * BUCKET_SIZE)
        for number in np.flatnonzero(np.diff(bucket_starts)):
            span = slice(number * BUCKET_SIZE, (number + 1) * BUCKET_SIZE)
            self.buckets[number].add(keys[bucket_starts[number] : bucket_starts[number + 1]], self.lead_ends[span])

    def _workspace(self) -> Workspace:
        if not hasattr(self._local, "space"):
            self._local.space = Workspace(self.market)
        return self._local.space

    def lists(self, pool: Executor) -> MarketLists:
        """All lists in the caller's order; to be called once, when all blocks are done."""
        lead_order, property_order = self.market.lead_order, self.market.property_order
        del self.market  # larger than the lists
        waited = int(self.entries_waited.sum()) + sum(bucket.taken for bucket in self.buckets)
        of_leads = list(pool.map(lambda bucket: unpack(*bucket.finish()), self.buckets))
        return MarketLists(
            RankedLists.from_parts(of_leads, lead_order),
            RankedLists.from_parts(self.property_lists, property_order),
            int(self.pairs_scored.sum()),
            waited,
        )
