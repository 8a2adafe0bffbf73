"""
Lower bounds for the k-th best score of a row, from the pairs that look best: true bounds, because they are
scores of real pairs.
"""

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matching.engine.blocks import Block, PreparedMarket
from matching.engine.units import MAX_UNITS
from matching.facts.places import PLACE_KINDS, max_by_row

#: Blocks looked through for each lead.
BLOCKS_PER_LEAD = 8
THRESHOLD_CHUNK = 16_384


def row_thresholds(market: PreparedMarket, k: int, pool: Executor) -> NDArray[np.float32]:
    """Units that every one of a lead's k best properties reaches, (L,); 0 where fewer than k good ones were found.

    The blocks whose mean property scores best with a lead are scored in full.
    """
    n_leads, n_blocks = len(market.leads), len(market.blocks)
    thresholds = np.zeros(n_leads, np.float32)
    if n_blocks <= 2 * BLOCKS_PER_LEAD:
        return thresholds  # looking first would be half the work already
    # Pairs of neighbouring blocks have one mean: half the products, and the choice is hardly worse.
    pairs = np.arange(n_blocks) // 2
    means = np.zeros((pairs[-1] + 1, len(market.points)), np.float32)
    for pair, block in zip(pairs, market.blocks, strict=True):
        means[pair, block.columns] += block.parts[:, : len(block.columns)].mean(axis=0)
    means[-1] *= 2 if n_blocks % 2 else 1
    place_guesses = [_place_guess(market, kind, pairs) for kind in PLACE_KINDS]
    looked = BLOCKS_PER_LEAD // 2

    def look(first: int) -> None:
        leads = np.arange(first, min(first + THRESHOLD_CHUNK, n_leads))
        best = np.empty((len(leads), looked), np.intp)
        for start in range(0, len(leads), 2048):
            some = leads[start : start + 2048]
            guess = (means @ market.points[:, some]).T
            for wanted, place_means in place_guesses:
                guess += wanted[some] @ place_means
            best[start : start + 2048] = np.argpartition(guess, -looked, axis=1)[:, -looked:]
        # An odd last block has no neighbour; block n_blocks does not exist and finds nothing.
        both = np.stack([2 * best, 2 * best + 1], axis=2)
        thresholds[leads] = _kth_in_blocks(market, leads, both.reshape(len(leads), -1), k)

    list(pool.map(look, range(0, n_leads, THRESHOLD_CHUNK)))
    return thresholds


def _place_guess(market: PreparedMarket, kind: str, pairs: NDArray[np.intp]) -> tuple[csr_matrix, NDArray[np.float32]]:
    """
    What the wanted places (not their neighbours) earn each lead, (leads, places), and the mean parts of each pair of
    blocks there.
    """
    indptr, codes, points = (getattr(market.leads, f"{kind}_{part}") for part in ("indptr", "codes", "points"))
    width = max(codes.max(initial=-1), getattr(market.properties, f"{kind}_codes").max(initial=-1)) + 1
    best = max_by_row(indptr, points, 0.0)
    kept = points >= 0.9 * np.repeat(best, np.diff(indptr))
    kept_indptr = np.concatenate([[0], np.cumsum(kept)])[indptr]
    means = np.zeros((width, pairs[-1] + 1), np.float32)
    for pair, block in zip(pairs, market.blocks, strict=True):
        places = block.answers.places[kind]
        means[places.codes, pair] += places.parts[:, : len(places.codes)].mean(axis=0)
    return csr_matrix((points[kept], codes[kept], kept_indptr), (len(market.leads), width)), means


def _kth_in_blocks(
    market: PreparedMarket, leads: NDArray[np.intp], best_blocks: NDArray[np.intp], k: int
) -> NDArray[np.float32]:
    size = max(map(len, market.blocks))
    found = np.full((best_blocks.size, size), -1, np.float32)
    by_block = np.argsort(best_blocks.ravel(), kind="stable")
    block_starts = np.searchsorted(best_blocks.ravel()[by_block], np.arange(len(market.blocks) + 1))
    for number, block in enumerate(market.blocks):
        slots = by_block[block_starts[number] : block_starts[number + 1]]
        if len(slots):
            some = leads[slots // best_blocks.shape[1]]
            units = market.units(block, some)
            _strike_forbidden(market, block, some, units)
            found[slots, : len(block)] = units.T
    return kth_best(found.reshape(len(leads), -1), k + market.excluded_for_leads.count[leads])


def column_thresholds(
    market: PreparedMarket, block: Block, leads: NDArray[np.intp], units: NDArray[np.float32], k: int
) -> NDArray[np.float32]:
    """Units that every one of a property's k best leads reaches, judged by some *leads*, (properties of the block,).

    *units* (properties, leads) are their products; overwritten.
    """
    _strike_forbidden(market, block, leads, units)
    return kth_best(units, k + market.excluded_for_properties.count[block.start : block.stop])


def _strike_forbidden(
    market: PreparedMarket, block: Block, leads: NDArray[np.intp], units: NDArray[np.float32]
) -> None:
    """-1 for forbidden pairs. Excluded pairs stay: who reads a k-th best allows for them."""
    units[market.is_forbidden(leads, np.arange(block.start, block.stop)[:, np.newaxis])] = -1


def kth_best(units: NDArray[np.float32], k: NDArray[np.int64]) -> NDArray[np.float32]:
    """
    The k-th best of each row, at least 0 and at most MAX_UNITS; 0 where the row is shorter.

    *units* may be overwritten. *k* differs by row because a row's excluded pairs may be among its best: so
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
