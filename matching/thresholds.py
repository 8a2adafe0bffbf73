"""Lower bounds for the k-th best score of a row, from the pairs that look best: true bounds, because they are scores of real pairs."""

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from matching.blocks import Block, PreparedMarket
from matching.vectorize import MOST_UNITS

#: Blocks looked through for each lead.
BLOCKS_PER_LEAD = 4
#: Leads looked through for each property.
LEADS_PER_BLOCK = 1024
LEADS_AT_ONCE = 4096


def row_thresholds(market: PreparedMarket, k: int, pool: Executor) -> NDArray[np.float32]:
    """
    Units that every one of a lead's k best properties reaches, (L,); 0 where fewer than k good ones were found.

    The blocks whose mean property scores best with a lead are scored in full.
    """
    n_leads, n_blocks = len(market.leads), len(market.blocks)
    thresholds = np.zeros(n_leads, np.float32)
    if n_blocks <= 2 * BLOCKS_PER_LEAD:
        return thresholds  # looking first would be half the work already
    means = np.zeros((n_blocks, len(market.points)), np.float32)
    for row, block in enumerate(market.blocks):
        means[row, block.columns] = block.parts.mean(axis=0)

    def look(first: int) -> None:
        leads = np.arange(first, min(first + LEADS_AT_ONCE, n_leads))
        guess = (means @ market.points[:, first : first + LEADS_AT_ONCE]).T
        best_blocks = np.argpartition(-guess, BLOCKS_PER_LEAD - 1, axis=1)[:, :BLOCKS_PER_LEAD]
        thresholds[leads] = _kth_in_blocks(market, leads, best_blocks, k)

    list(pool.map(look, range(0, n_leads, LEADS_AT_ONCE)))
    return thresholds


def _kth_in_blocks(
    market: PreparedMarket, leads: NDArray[np.intp], best_blocks: NDArray[np.intp], k: int
) -> NDArray[np.float32]:
    size = max(map(len, market.blocks))
    found = np.full((best_blocks.size, size), -1, np.float32)
    by_block = np.argsort(best_blocks.ravel(), kind="stable")
    cuts = np.searchsorted(best_blocks.ravel()[by_block], np.arange(len(market.blocks) + 1))
    for number, block in enumerate(market.blocks):
        slots = by_block[cuts[number] : cuts[number + 1]]
        if len(slots):
            some = leads[slots // best_blocks.shape[1]]
            found[slots, : len(block)] = allowed_units(market, block, some).T
    return kth_best(found.reshape(len(leads), -1), k + market.excluded_for_leads.count[leads])


def column_thresholds(market: PreparedMarket, block: Block, leads: NDArray[np.intp], k: int) -> NDArray[np.float32]:
    """Units that every one of a property's k best leads reaches, (properties of the block,), judged by *leads*."""
    excluded = market.excluded_for_properties.count[block.start : block.stop]
    return kth_best(allowed_units(market, block, leads), k + excluded)


def allowed_units(market: PreparedMarket, block: Block, leads: NDArray[np.intp]) -> NDArray[np.float32]:
    """Units (properties, leads), -1 where the pair is forbidden. Excluded pairs are still there."""
    units = market.units(block, leads)
    units[market.is_forbidden(leads, np.arange(block.start, block.stop)[:, np.newaxis])] = -1
    return units


def kth_best(units: NDArray[np.float32], k: NDArray[np.int64]) -> NDArray[np.float32]:
    """
    The k-th best of each row, at least 0 and at most MOST_UNITS; 0 where the row is shorter.

    *k* differs by row because a row's excluded pairs may be among its best: so many more must reach the bound.
    """
    n, width = units.shape
    best = np.zeros(n, np.float32)
    for each in np.unique(k[k <= width]):
        rows = np.flatnonzero(k == each)
        best[rows] = np.partition(units[rows], width - each, axis=1)[:, width - each]
    return np.clip(best, 0, MOST_UNITS)
