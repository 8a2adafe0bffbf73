"""
All pairs of a market in one pass: the k best properties of every lead and the k best leads of every property, exactly.

How it works:

1. Properties are ordered so that neighbours are alike, and cut into blocks.
2. For every block and lead, an upper bound of what any property of the block could be to the lead
   (:mod:`matching.engine.bounds`).
3. Each lead gets a threshold: the k-th best score among the properties of the blocks that could be best for it.
   Whatever ranks among its k best scores at least that (:mod:`matching.engine.thresholds`).
4. Block by block: a product with the leads that promise most, from which come thresholds for the block's properties;
   then with those leads only whose bound reaches a threshold of either side (:mod:`matching.engine.products`). From
   the products, only what itself reaches a threshold is looked at again, the *survivors*. Deal-breakers by amount,
   common owners and excluded pairs are checked on them.
5. A block sees all leads, so its properties' lists are final at once. Survivors of leads wait in buckets of
   leads until the last block. A bucket that is cut back turns thresholds into *ends*, which also tell pairs of equal
   scores apart (:mod:`matching.engine.ends`). Alike rows stand in the caller's order, so that those which win ties come
   first.

Scores are whole numbers (:mod:`matching.engine.vectorize`), so thresholds and ties are exact. Memory grows with leads +
properties, and by a 64th of a byte for each pair: the bounds.
"""

import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from matching.engine.blocks import BLOCK_SIZE, Block, PreparedMarket, prepare
from matching.engine.buckets import SLACK, Bucket
from matching.engine.ends import NOTHING, Ends, ends_at, ranked_within, units_of_ends
from matching.engine.incremental import NO_PAIRS
from matching.engine.products import LEAD_CHUNK, BlockProduct, Workspace
from matching.engine.ranking import MAX_COLUMNS, RankedLists, pack, unpack
from matching.engine.thresholds import column_thresholds, row_thresholds
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.errors import InvalidInputError, ScoringStoppedError

_SHIFT = BLOCK_SIZE.bit_length() - 1
#: Leads whose survivors wait together.
BUCKET_SIZE = 1024
#: How full (see :mod:`matching.engine.buckets`) the lists of a block's properties may be after the leads that promise
#: most: sooner cut than others, for the ends are for all other leads.
FIRST_SLACK = 2
#: Survivors among this share of the pairs come of ties, and are told apart before they are picked out.
MANY = 1 / 4
#: Leads scored with a block before the others, to learn what its properties can get: this share, at least so many, but
#: of few leads this share at most.
FIRST_SHARE, MIN_FIRST, MAX_FIRST_SHARE = 0.04, 1024, 0.125


@dataclass(frozen=True)
class Market:
    """
    All leads and properties of one city and deal type.

    *excluded_for_leads* and *excluded_for_properties* are (n, 2) pairs (lead row, property row) that the
    lead's list, or the property's, leaves out: the pairs acted on from that side.
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
    #: Pairs that no bound could rule out; the rest of leads x properties was skipped.
    pairs_scored: int = 0
    #: Entries that waited for a place in a list; ties must not make them many more than the lists hold.
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
    The *k* best on the other side for every row of *market*, broken and excluded pairs left out.

    Args:
        threads: How many to use; 0: one a core.
        progress: Called after each block of properties with the pairs done since the call before.
        should_stop: Asked before each block.
        for_leads, for_properties: Whose lists are wanted; those of the other side come out empty, and pairs that only
            they could use are not scored.
    Raises:
        ScoringStoppedError: *should_stop* said so.
    """
    if k < 1:
        raise InvalidInputError(f"lists of {k} entries make no sense")
    if not len(market.leads) or not len(market.properties):
        return MarketLists(RankedLists.empty(len(market.leads)), RankedLists.empty(len(market.properties)))
    # One BLAS thread each: our threads keep the cores busy, and between products too.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        prepared = prepare(
            market.leads, market.properties, market.excluded_for_leads, market.excluded_for_properties, pool
        )
        nothing = np.full(len(prepared.leads), NOTHING, np.int64)
        ends = ends_at(row_thresholds(prepared, k, pool)) if for_leads else nothing
        scoring = _Scoring(prepared, k, ends, for_properties)

        def score(number: int) -> None:
            if should_stop is not None and should_stop():
                raise ScoringStoppedError("stopped by the caller")
            scoring.score_block(number)
            if progress is not None:
                progress(len(prepared.blocks[number]) * len(prepared.leads))

        futures = [pool.submit(score, number) for number in range(len(prepared.blocks))]
        try:
            for future in futures:
                future.result()
        finally:
            for future in futures:
                future.cancel()
        return scoring.lists(pool)


class _Scoring:
    """The state of one pass: ends of leads that rise, buckets of survivors, finished lists of properties."""

    def __init__(self, market: PreparedMarket, k: int, lead_ends: NDArray[np.int64], for_properties: bool) -> None:
        self.market = market
        self.k = k
        self.for_properties = for_properties
        # Moved by whichever thread cuts a bucket back, read by the others as it stands: an older one only lets more
        # through.
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
        least = np.minimum(units_of_ends(self.lead_ends), units_of_ends(ends).min())
        later = market.bounds.reaching(number, least, first)
        self.pairs_scored[number] = (len(first) + len(later)) * len(block)
        for at in range(0, len(later), LEAD_CHUNK):
            chunk = later[at : at + LEAD_CHUNK]
            self._take(block, chunk, product.units(chunk, self._workspace()), ends, best)
        self.property_lists[number] = unpack(*best.finish())
        self.entries_waited[number] = best.taken

    def _score_first(
        self, number: int, product: BlockProduct, best: Bucket
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Score the leads that promise most. They come back with ends of the block's properties."""
        block, n_leads = self.market.blocks[number], len(self.market.leads)
        if not self.for_properties:
            return np.zeros(0, np.intp), np.full(len(block), NOTHING, np.int64)
        n_first = max(FIRST_SHARE * n_leads, min(MIN_FIRST, MAX_FIRST_SHARE * n_leads))
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
    ) -> None:
        """Hand on what ranks no worse than an end of either side; *units* are (leads, properties of the block)."""
        market = self.market
        of_leads, of_properties = Ends.of(self.lead_ends[leads]), Ends.of(property_ends)
        lead_numbers, numbers = market.lead_order[leads], market.property_order[block.start : block.stop]
        # Two compares joined let a tenth through of what one compare with the smaller threshold does.
        reaches = units >= of_leads.least_units(numbers.min())[:, np.newaxis]
        reaches |= units >= of_properties.least_units(lead_numbers.min())
        if np.count_nonzero(reaches) > MANY * reaches.size:
            reaches = ranked_within(units, of_leads, of_properties, lead_numbers, numbers)
        flat = np.flatnonzero(reaches)
        # Most blocks are of a power of two: quotient and remainder without a division.
        row, column = (
            (flat >> _SHIFT, flat & (BLOCK_SIZE - 1)) if len(block) == BLOCK_SIZE else divmod(flat, len(block))
        )
        units, lead, listing = units.ravel()[flat], leads[row], column + block.start
        allowed = ~market.is_forbidden(lead, listing)
        if not allowed.all():
            units, lead, listing, row, column = (
                units[allowed],
                lead[allowed],
                listing[allowed],
                row[allowed],
                column[allowed],
            )

        wanted = of_properties.let_through(column, units, lead_numbers[row])
        wanted &= ~market.excluded_for_properties.holds(lead, listing)
        best.add(pack(column[wanted], units[wanted], lead_numbers[row[wanted]]), property_ends, slack)

        wanted = of_leads.let_through(row, units, numbers[column]) & ~market.excluded_for_leads.holds(lead, listing)
        self._keep_for_leads(lead[wanted], units[wanted], numbers[column[wanted]])

    def _keep_for_leads(self, lead: NDArray[np.intp], units: NDArray[np.float32], numbers: NDArray[np.intp]) -> None:
        """Give survivors to their leads' buckets; they come lead by lead."""
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
        """Everything in the caller's order; to be called once, when all blocks are done."""
        market = self.market
        for_leads = RankedLists.concat(list(pool.map(lambda bucket: unpack(*bucket.finish()), self.buckets)))
        for_properties = RankedLists.concat(self.property_lists)
        return MarketLists(
            for_leads.take(np.argsort(market.lead_order)),
            for_properties.take(np.argsort(market.property_order)),
            int(self.pairs_scored.sum()),
            int(self.entries_waited.sum()) + sum(bucket.taken for bucket in self.buckets),
        )
