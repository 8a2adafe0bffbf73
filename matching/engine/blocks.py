"""Preparing a market for scoring: similar properties are put together in blocks, and both sides become matrices."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.block_places import LeadPlaces, block_places, lead_places
from matching.engine.block_terms import LeadTerms
from matching.engine.bounds import Answers, Bounder, Bounds, answers_of, levels_of
from matching.engine.curves import broken_by_amount, short_units
from matching.engine.matrices import MatrixColumns, lead_matrix, property_matrix
from matching.engine.vectors import DENSE, LeadVectors, PropertyVectors
from matching.facts.places import PLACE_KINDS
from matching.facts.wishes import IMPLIED_KINDS

#: Properties in a block: enough for an efficient matrix product, few enough to be similar.
BLOCK_SIZE = 128
#: In a smaller market computing bounds costs more than it saves (200 leads and 200 properties: 2 of 12 ms).
MIN_BLOCKS_FOR_BOUNDS = 3
#: Blocks whose matrices are computed at a time.
BLOCKS_AT_ONCE = 16
#: Up to this many adjacent columns that no property of a block uses are multiplied as well: selecting a lead's points
#: run by run would cost more.
MAX_GAP = 8
#: Price bands for each number of rooms; within a band properties are ordered by place.
PRICE_BANDS = 3
#: Budget bands; within a band leads are ordered by place.
LEAD_BANDS = 8


@dataclass(frozen=True)
class Block:
    """Properties ``start .. stop - 1`` of the prepared order."""

    start: int
    stop: int
    #: The matrix columns in which some property of the block is not 0, as few runs, including gaps of at most MAX_GAP.
    runs: tuple[slice, ...]
    #: These columns of the properties' matrix, float32 (stop - start, columns).
    parts: NDArray[np.float32]
    answers: Answers

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Exclusions:
    """Pairs that one side's lists leave out, in prepared positions."""

    #: ``lead * n_properties + property``, ascending.
    keys: NDArray[np.int64]
    n_properties: int
    #: How many pairs each row of this side leaves out.
    count: NDArray[np.int64]

    def contains(self, leads: NDArray[np.integer], properties: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each pair is left out."""
        if not len(self.keys):
            return np.zeros(len(leads), bool)
        keys = leads.astype(np.int64) * self.n_properties + properties
        return self.keys[np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)] == keys


@dataclass(frozen=True)
class PreparedMarket:
    """
    Both sides ordered by similarity. A *position* is a row in that order; ``*_order[position]`` is the caller's row.
    """

    lead_order: NDArray[np.intp]
    property_order: NDArray[np.intp]
    leads: LeadVectors
    properties: PropertyVectors
    blocks: Sequence[Block]
    #: float32 (leads, matrix columns).
    points: NDArray[np.float32]
    places: dict[str, LeadPlaces]
    terms: LeadTerms
    bounds: Bounds
    excluded_for_leads: Exclusions
    excluded_for_properties: Exclusions

    def is_forbidden(self, leads: NDArray[np.intp], properties: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether price, area or a common owner forbids each pair. Arguments broadcast."""
        return broken_by_amount(self.leads, self.properties, leads, properties) | (
            self.leads.owner[leads] == self.properties.owner[properties]
        )

    def short_units(self, leads: NDArray[np.intp], properties: NDArray[np.intp]) -> NDArray[np.float32]:
        """What prices under the minimum take from the product of each pair. Arguments broadcast."""
        return short_units(self.leads, self.properties, leads, properties)


def prepare(
    leads: LeadVectors,
    properties: PropertyVectors,
    excluded_for_leads: NDArray[np.int64],
    excluded_for_properties: NDArray[np.int64],
    pool: Executor,
) -> PreparedMarket:
    """Order a market of at least one lead and one property, divide it into blocks and compute the matrices."""
    property_order, lead_order = order_properties(properties), order_leads(leads)
    leads, properties = leads.take(lead_order), properties.take(property_order)
    columns = MatrixColumns.of(properties)
    terms = LeadTerms(leads, properties)
    blocks = _blocks_of(properties, columns, terms)
    points = lead_matrix(leads, columns, pool)
    places_of_leads = lead_places(leads)
    levels = np.full((len(blocks), len(leads)), np.iinfo(np.uint16).max, np.uint16)
    if len(blocks) >= MIN_BLOCKS_FOR_BOUNDS:
        bounder = Bounder(leads, properties, points, places_of_leads, terms.words)

        def bound(number: int) -> None:
            levels[number] = levels_of(bounder.of_block(blocks[number].answers))

        list(pool.map(bound, range(len(blocks))))
    return PreparedMarket(
        lead_order=lead_order,
        property_order=property_order,
        leads=leads,
        properties=properties,
        blocks=blocks,
        points=np.ascontiguousarray(points.T),
        places=places_of_leads,
        terms=terms,
        bounds=Bounds(levels),
        excluded_for_leads=_exclusions(excluded_for_leads, lead_order, property_order, by_lead=True),
        excluded_for_properties=_exclusions(excluded_for_properties, lead_order, property_order, by_lead=False),
    )


def _blocks_of(properties: PropertyVectors, columns: MatrixColumns, terms: LeadTerms) -> list[Block]:
    blocks = []
    for first in range(0, len(properties), BLOCKS_AT_ONCE * BLOCK_SIZE):
        last = min(first + BLOCKS_AT_ONCE * BLOCK_SIZE, len(properties))
        matrix = property_matrix(properties.take(np.arange(first, last)), columns)
        for start in range(first, last, BLOCK_SIZE):
            stop = min(start + BLOCK_SIZE, last)
            parts = matrix[start - first : stop - first]
            used = np.flatnonzero(parts.any(axis=0))
            runs = _runs(used)
            places = {kind: block_places(kind, properties, start, stop) for kind in PLACE_KINDS}
            answers = answers_of(columns, parts, used, places, terms.words.of_block(properties, start, stop))
            blocks.append(Block(start, stop, runs, np.concatenate([parts[:, run] for run in runs], axis=1), answers))
    return blocks


def _runs(used: NDArray[np.intp]) -> tuple[slice, ...]:
    """
    Ascending columns as runs.

    >>> _runs(np.array([0, 1, 5, 30, 31]))
    (slice(0, 6, None), slice(30, 32, None))
    """
    breaks = np.flatnonzero(np.diff(used) > MAX_GAP + 1)
    firsts, lasts = used[np.append(0, breaks + 1)], used[np.append(breaks, -1)]
    return tuple(slice(int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True))


def order_properties(properties: PropertyVectors) -> NDArray[np.intp]:
    """
    An order in which neighbours have the same type, room count and district, and about the same price.

    Bounds of a block are tight if it has few places and few prices; ordering by place within price bands achieves both.
    """
    kind, rooms = _category(properties, "property_type"), _category(properties, "rooms")
    band = np.zeros(len(properties), np.intp)
    for number in np.unique(rooms):
        alike = rooms == number
        band[alike] = _bands(properties.price[alike], PRICE_BANDS)
    # A property without a station gives every lead half the points, which loosens its block's bound. Keep such
    # properties together.
    metro, district = _first_place(properties, "metro"), _first_place(properties, "district")
    # Hardly any lead is offered a share of a flat. Properties that are refused unless requested must not be among
    # others, or the blocks would be scored with all leads just to find leads for these properties.
    refused = (properties.dense[:, DENSE["implied"]] > 0) @ (1 << np.arange(len(IMPLIED_KINDS)))
    return np.lexsort((properties.price, metro, district, metro >= 0, band, rooms, kind, refused))


def order_leads(leads: LeadVectors) -> NDArray[np.intp]:
    """An order in which neighbours want the same type and rooms, and have about the same budget."""
    kind, rooms = _category(leads, "property_type"), _category(leads, "rooms")
    first_district = _first_place(leads, "district")
    return np.lexsort((leads.price_max, first_district, _bands(leads.price_max, LEAD_BANDS), rooms, kind))


def _bands(amount: NDArray[np.float64], bands: int) -> NDArray[np.intp]:
    """Which of *bands* equally full bands each amount belongs to; the last for NaN."""
    known = amount[~np.isnan(amount)]
    edges = np.quantile(known, np.linspace(0, 1, bands + 1)[1:-1]) if len(known) else np.zeros(0)
    return np.searchsorted(edges, amount)


def _first_place(vectors: LeadVectors | PropertyVectors, kind: str) -> NDArray[np.intp]:
    """The first place of a kind, by code; -1 where there is none."""
    indptr, codes = getattr(vectors, f"{kind}_indptr"), getattr(vectors, f"{kind}_codes")
    first = np.full(len(vectors), -1)
    named = np.diff(indptr) > 0
    first[named] = codes[indptr[:-1][named]]
    return first


def _category(vectors: LeadVectors | PropertyVectors, name: str) -> NDArray[np.intp]:
    """The answer that a lead likes best, or that a property gives."""
    return vectors.dense[:, DENSE[name]].argmax(axis=1)


def _exclusions(
    pairs: NDArray[np.int64], lead_order: NDArray[np.intp], property_order: NDArray[np.intp], by_lead: bool
) -> Exclusions:
    position_of_lead, position_of_property = (_inverse(order) for order in (lead_order, property_order))
    pairs = np.unique(np.asarray(pairs, np.int64).reshape(-1, 2), axis=0)
    leads, properties = position_of_lead[pairs[:, 0]], position_of_property[pairs[:, 1]]
    side, size = (leads, len(lead_order)) if by_lead else (properties, len(property_order))
    return Exclusions(
        np.sort(leads * len(property_order) + properties),
        len(property_order),
        np.bincount(side, minlength=size),
    )


def _inverse(order: NDArray[np.intp]) -> NDArray[np.int64]:
    inverse = np.empty(len(order), np.int64)
    inverse[order] = np.arange(len(order))
    return inverse
