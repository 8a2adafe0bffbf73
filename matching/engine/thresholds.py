"""
Lower bounds for the k-th best score of a row, from the most promising pairs. The bounds are valid because they are
scores of existing pairs.
"""

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from matching.engine.blocks import BLOCK_SIZE, Block, PreparedMarket
from matching.engine.products import LEAD_CHUNK, BlockProduct, Workspace
from matching.engine.units import MAX_UNITS

#: The number of blocks scored for each lead: this share of all, with a minimum and a maximum. In a small market more
#: than a few blocks cost more than they save.
SHARE_OF_BLOCKS, MIN_BLOCKS, MAX_BLOCKS = 1 / 16, 5, 16
THRESHOLD_CHUNK = 32_768
#: The least number of pairs that are kept for a lead, of each block and of all together. Leaving out further pairs
#: lowers a bound but does not make it wrong.
KEPT_OF_BLOCK, KEPT_OF_ALL = 48, 480
#: Leads are divided into this many groups for each rank that is determined among them.
GROUPS_PER_RANK = 8


def row_thresholds(market: PreparedMarket, k: int, pool: Executor) -> NDArray[np.float32]:
    """
    Units that each of a lead's k best properties reaches, (L,); 0 if fewer than k permitted ones were found.

    The blocks that could be best for a lead are scored completely.
    """
    n_leads, n_blocks = len(market.leads), len(market.blocks)
    thresholds = np.zeros(n_leads, np.float32)
    n_looked_through = blocks_per_lead(n_blocks)
    if n_blocks <= 2 * n_looked_through:
        return thresholds  # computing thresholds would already be half the work

    def inspect_block(first: int) -> None:
        leads = np.arange(first, min(first + THRESHOLD_CHUNK, n_leads))
        best = market.bounds.best_blocks(slice(first, first + len(leads)), n_looked_through)
        thresholds[leads] = _kth_in_blocks(market, leads, best, k)

    list(pool.map(inspect_block, range(0, n_leads, THRESHOLD_CHUNK)))
    return thresholds


def blocks_per_lead(n_blocks: int) -> int:
    """
    How many of *n_blocks* blocks are scored for each lead to find its threshold.

    >>> [blocks_per_lead(n_blocks) for n_blocks in (20, 160, 800)]
    [5, 10, 16]
    """
    return min(max(int(SHARE_OF_BLOCKS * n_blocks), MIN_BLOCKS), MAX_BLOCKS)


def _kth_in_blocks(
    market: PreparedMarket, leads: NDArray[np.intp], best_blocks: NDArray[np.intp], k: int
) -> NDArray[np.float32]:
    kept = min(max(KEPT_OF_BLOCK, KEPT_OF_ALL // best_blocks.shape[1]), BLOCK_SIZE)
    best = np.full((best_blocks.size, kept), -1, np.float32)
    by_block = np.argsort(best_blocks.ravel(), kind="stable")
    block_starts = np.searchsorted(best_blocks.ravel()[by_block], np.arange(len(market.blocks) + 1))
    space = Workspace(market)
    for number, block in enumerate(market.blocks):
        slots = by_block[block_starts[number] : block_starts[number + 1]]
        product = BlockProduct(market, block) if len(slots) else None
        for some in (slots[start : start + LEAD_CHUNK] for start in range(0, len(slots), LEAD_CHUNK)):
            assert product is not None
            lead_rows = leads[some // best_blocks.shape[1]]
            units = product.units(lead_rows, space)
            _strike_forbidden(market, block, lead_rows, units)
            best[some, : len(block)] = _largest_of_rows(units, kept)
    return kth_best(best.reshape(len(leads), -1), k + market.excluded_for_leads.count[leads])


def _largest_of_rows(values: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """The *n* largest of each row (all, if there are no more), in any order; *values* may be overwritten."""
    if values.shape[1] <= n:
        return values
    values.partition(values.shape[1] - n, axis=1)
    return values[:, -n:]


def column_thresholds(
    market: PreparedMarket, block: Block, leads: NDArray[np.intp], units: NDArray[np.float32], k: int
) -> NDArray[np.float32]:
    """Units that each of a property's k best leads reaches, estimated from some *leads*, (properties of the block,).

    *units* (leads, properties) are their products; they become units, with -1 for forbidden pairs.
    """
    _strike_forbidden(market, block, leads, units)
    ranks = k + market.excluded_for_properties.count[block.start : block.stop]
    # The k-th best of the maxima of many groups is hardly lower than the k-th best of all, and is found faster.
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
    """
    Turn products into units: prices under the minimum lose theirs, and forbidden pairs are set to -1. Excluded pairs
    stay, because callers of :func:`kth_best` allow for them.
    """
    units -= market.short_units(leads[:, np.newaxis], np.arange(block.start, block.stop))
    units[market.is_forbidden(leads[:, np.newaxis], np.arange(block.start, block.stop))] = -1


def kth_best(units: NDArray[np.float32], k: NDArray[np.int64]) -> NDArray[np.float32]:
    """
    The k-th best of each row, at least 0 and at most MAX_UNITS; 0 where the row is shorter.

    *units* is overwritten. *k* differs by row because excluded pairs may be among a row's best, so as many more pairs
    must reach the bound.
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
