"""
Lower bounds for the k-th best score of a row, from the pairs that look best: true bounds, because they are
scores of real pairs.
"""

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from matching.engine.blocks import Block, PreparedMarket
from matching.engine.products import BlockProduct
from matching.engine.units import MAX_UNITS

#: Blocks looked through for each lead.
BLOCKS_PER_LEAD = 16
THRESHOLD_CHUNK = 32_768
#: Pairs of a block that are kept for a lead: leaving out some lowers a bound, and does not make it wrong.
KEPT_OF_BLOCK = 48
#: Groups into which leads are put for each rank that is looked for among them.
GROUPS_PER_RANK = 8


def row_thresholds(market: PreparedMarket, k: int, pool: Executor) -> NDArray[np.float32]:
    """
    Units that every one of a lead's k best properties reaches, (L,); 0 where fewer than k good ones were found.

    The blocks that could be best for a lead are scored in full.
    """
    n_leads, n_blocks = len(market.leads), len(market.blocks)
    thresholds = np.zeros(n_leads, np.float32)
    if n_blocks <= 2 * BLOCKS_PER_LEAD:
        return thresholds  # looking first would be half the work already

    def look(first: int) -> None:
        leads = np.arange(first, min(first + THRESHOLD_CHUNK, n_leads))
        best = market.bounds.best_blocks(slice(first, first + len(leads)), BLOCKS_PER_LEAD)
        thresholds[leads] = _kth_in_blocks(market, leads, best, k)

    list(pool.map(look, range(0, n_leads, THRESHOLD_CHUNK)))
    return thresholds


def _kth_in_blocks(
    market: PreparedMarket, leads: NDArray[np.intp], best_blocks: NDArray[np.intp], k: int
) -> NDArray[np.float32]:
    found = np.full((best_blocks.size, KEPT_OF_BLOCK), -1, np.float32)
    by_block = np.argsort(best_blocks.ravel(), kind="stable")
    block_starts = np.searchsorted(best_blocks.ravel()[by_block], np.arange(len(market.blocks) + 1))
    for number, block in enumerate(market.blocks):
        slots = by_block[block_starts[number] : block_starts[number + 1]]
        if len(slots):
            some = leads[slots // best_blocks.shape[1]]
            units = BlockProduct(market, block).units(some)
            _strike_forbidden(market, block, some, units)
            found[slots, : len(block)] = _largest_of_rows(units, KEPT_OF_BLOCK)
    return kth_best(found.reshape(len(leads), -1), k + market.excluded_for_leads.count[leads])


def _largest_of_rows(values: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """The *n* largest of each row, or all, in any order; *values* may be overwritten."""
    if values.shape[1] <= n:
        return values
    values.partition(values.shape[1] - n, axis=1)
    return values[:, -n:]


def column_thresholds(
    market: PreparedMarket, block: Block, leads: NDArray[np.intp], units: NDArray[np.float32], k: int
) -> NDArray[np.float32]:
    """Units that every one of a property's k best leads reaches, judged by some *leads*, (properties of the block,).

    *units* (leads, properties) are their products, -1 afterwards where the pair is forbidden.
    """
    _strike_forbidden(market, block, leads, units)
    ranks = k + market.excluded_for_properties.count[block.start : block.stop]
    # The best of each of many groups are some of all: their k-th best is hardly lower, and found sooner.
    groups = GROUPS_PER_RANK * int(ranks.max())
    folds = max(1, len(leads) // groups)
    if folds > 1:
        folded = units[: folds * groups].reshape(folds, groups, -1).max(axis=0)
        rest = units[folds * groups :]
        np.maximum(folded[: len(rest)], rest, out=folded[: len(rest)])
        units = folded
    return kth_best(units.T.copy(), ranks)


def _strike_forbidden(
    market: PreparedMarket, block: Block, leads: NDArray[np.intp], units: NDArray[np.float32]
) -> None:
    """-1 for forbidden pairs. Excluded pairs stay: who reads a k-th best allows for them."""
    units[market.is_forbidden(leads[:, np.newaxis], np.arange(block.start, block.stop))] = -1


def kth_best(units: NDArray[np.float32], k: NDArray[np.int64]) -> NDArray[np.float32]:
    """
    The k-th best of each row, at least 0 and at most MAX_UNITS; 0 where the row is shorter.

    *units* is overwritten. *k* differs by row because a row's excluded pairs may be among its best: so
    many more must reach the bound.
    """
    n, width = units.shape
    best = np.zeros(n, np.float32)
    if n and (k == k[0]).all() and k[0] <= width:
        units.partition(width - k[0], axis=1)
        return np.clip(units[:, width - k[0]], 0, MAX_UNITS)
    for each in np.flatnonzero(np.bincount(k[k <= width])):
        rows = np.flatnonzero(k == each)
        best[rows] = np.partition(units[rows], width - each, axis=1)[:, width - each]
    return np.clip(best, 0, MAX_UNITS)
