"""The product of a block of properties with leads: the units of their pairs."""

import numpy as np
from numpy.typing import NDArray

from matching.engine.blocks import BLOCK_SIZE, Block, PreparedMarket
from matching.facts.places import PLACE_KINDS

#: Leads multiplied with a block at once.
LEAD_CHUNK = 4096


class Workspace:
    """Buffers that one thread reuses, because newly allocated pages cost more than the arithmetic on them."""

    def __init__(self, market: PreparedMarket, max_leads: int = LEAD_CHUNK) -> None:
        self.max_leads = max_leads
        self.points = np.empty(max_leads * max(block.parts.shape[1] for block in market.blocks), np.float32)
        self.units = np.empty(max_leads * BLOCK_SIZE, np.float32)


class BlockProduct:
    """One block, ready to be multiplied with any leads."""

    def __init__(self, market: PreparedMarket, block: Block) -> None:
        self._market = market
        self._block = block
        self._terms = market.terms.of_block(block.answers.places, block.answers.words, block.start)

    def units(self, leads: NDArray[np.intp], space: Workspace | None = None) -> NDArray[np.float32]:
        """
        The units of all pairs of some distinct leads with the block, (leads, properties); negative where broken.

        Args:
            space: Buffers to use if they are large enough; the result is then valid until they are used again.
        """
        market, block, n = self._market, self._block, len(leads)
        if space is None or space.max_leads < n:
            space = Workspace(market, n)
        points = space.points[: n * block.parts.shape[1]].reshape(n, -1)
        first = 0
        for run in block.runs:
            points[:, first : first + run.stop - run.start] = market.points[:, run][leads]
            first += run.stop - run.start
        units = np.matmul(points, block.parts.T, out=space.units[: n * len(block)].reshape(n, -1))
        self._terms.add_to(units, leads)
        for kind in PLACE_KINDS:
            market.places[kind].add_to(units, block.answers.places[kind], leads)
        return units
