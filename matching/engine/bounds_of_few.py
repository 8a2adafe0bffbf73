"""
Upper bounds of the units of all pairs of a few rows of one side with the whole other side, by one product.

The bounds are exact except that pairs that are forbidden by amount or owner are not recognised, and that for a few
properties wishes are rounded up and several stations earn their sum. This only raises bounds, so every pair whose units
reach a limit has a bound that reaches it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.curves import area_table, price_keys, price_table
from matching.engine.ranking import spans
from matching.engine.sparse import answer_points
from matching.engine.sparse_product import add_product
from matching.engine.units import ANSWER_SCALE
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.facts.places import PLACE_KINDS, rows_of
from matching.facts.wishes import NOT_STATED

#: The most pairs, and the most rows of the large side, that are processed at once: the products fit into the cache.
PORTION, MAX_ROWS = 1 << 17, 1 << 13
#: More units than the rounding error of float32 sums that contain one BROKEN.
ROUNDING = 64


class Bounded(NamedTuple):
    """Some rows of the large side (ascending) and float32 (these rows, few side), negative where a pair is broken."""

    rows: NDArray[np.int64]
    units: NDArray[np.float32]


class Terms:
    """The terms of the large side as sparse rows, and what each term earns with each of the few, (terms, few)."""

    def __init__(
        self, indptr: NDArray[np.int64], columns: NDArray[np.integer], values: NDArray, table: NDArray
    ) -> None:
        self._indptr = indptr
        self._columns = columns.astype(np.int32)
        self._values = values.astype(np.float32)
        self._table = np.ascontiguousarray(table, np.float32)

    def add_to(self, units: NDArray[np.float32], first: int) -> None:
        """Add the units of the rows from *first* on to *units*, (rows, few)."""
        indptr = self._indptr[first : first + len(units) + 1]
        span = slice(indptr[0], indptr[-1])
        add_product(units, indptr - indptr[0], self._columns[span], self._values[span], self._table)


def max_units_of_leads(leads: LeadVectors, properties: PropertyVectors) -> Iterator[Bounded]:
    """Upper bounds of the units of a few *leads* with all *properties*, some properties at a time."""
    points = np.ascontiguousarray(leads.dense.T)
    size = _portion_of(len(leads))
    # For a single portion, each term is computed when it is added, while the units are in the processor's cache.
    terms: Iterable[Terms | _BestPlaces] = _terms_of_properties(leads, properties)
    if len(properties) > size:
        terms = list(terms)
    for first in range(0, len(properties), size):
        units = properties.dense[first : first + size] @ points
        for each in terms:
            each.add_to(units, first)
        yield Bounded(np.arange(first, first + len(units)), units)


def _terms_of_properties(leads: LeadVectors, properties: PropertyVectors) -> "Iterator[Terms | _BestPlaces]":
    yield _amounts(leads, properties)
    yield _words(leads, properties)
    if len(leads.wish_codes):
        yield _answers(leads, properties)
    for kind in PLACE_KINDS:
        if len(getattr(properties, f"{kind}_codes")):
            yield from _places(kind, leads, properties)


def _portion_of(n_few: int) -> int:
    """How many rows of the large side are bounded at once."""
    return min(max(PORTION // n_few, 256), MAX_ROWS)


def _amounts(leads: LeadVectors, properties: PropertyVectors) -> Terms:
    """Prices and areas: the knots below and above each. An unknown amount has no parts at any knot."""
    keys = price_keys(properties.price_space, properties.price_knot)
    keys, prices = _numbered(np.stack([keys, keys + 1]))
    by_price = price_table(leads, keys)
    keys, areas = _numbered(np.stack([properties.area_knot, properties.area_knot + 1]))
    by_area = area_table(leads, keys)
    columns = np.concatenate([prices, len(by_price) + areas])
    values = np.stack(
        [properties.price_parts, properties.price_next_parts, properties.area_parts, properties.area_next_parts]
    )
    return Terms(
        np.arange(0, columns.size + 1, len(columns)),
        columns.T.ravel(),
        values.T.ravel(),
        np.concatenate([by_price, by_area]),
    )


def _numbered(keys: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct *keys* (small numbers), ascending, and the index of each of *keys* among them."""
    occurs = np.zeros(int(keys.max(initial=-1)) + 1, bool)
    occurs[keys] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[keys]


def _words(leads: LeadVectors, properties: PropertyVectors) -> Terms:
    """The words that some of a few leads has."""
    few = _Words(leads.word_indptr, leads.word_codes, leads.word_points)
    return _shared_words(few, _Words(properties.word_indptr, properties.word_codes, properties.word_parts))


class _Words(NamedTuple):
    """The words of one side as sparse rows."""

    indptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    values: NDArray[np.float32]


def _shared_words(few: _Words, many: _Words) -> Terms:
    """The words of the large side that some of the few has."""
    codes, columns = np.unique(few.codes, return_inverse=True)
    table = np.zeros((len(codes) + 1, len(few.indptr) - 1), np.float32)
    table[columns, rows_of(few.indptr)] = few.values
    number = np.full(max(codes.max(initial=-1), many.codes.max(initial=-1)) + 1, -1, np.int32)
    number[codes] = np.arange(len(codes))
    known = number[many.codes]
    kept = np.flatnonzero(known >= 0)
    return Terms(np.searchsorted(kept, many.indptr), known[kept], many.values[kept], table)


def _answers(leads: LeadVectors, properties: PropertyVectors) -> Terms:
    """Answers to the kinds of wishes that some lead has; there must be one."""
    wishes = leads.wish_table.arrays()
    kind_of_entry = wishes.kind[leads.wish_codes]
    kinds = np.unique(kind_of_entry)
    given = np.take(properties.answers, kinds, axis=1)
    n_answers = given.max(axis=0, initial=NOT_STATED).astype(np.int64) + 1
    firsts = np.cumsum([0, *n_answers])
    # Every wish with every answer to its kind.
    kind = np.searchsorted(kinds, kind_of_entry)
    entry = np.repeat(np.arange(len(kind)), n_answers[kind])
    answer, _ = spans(np.zeros(len(kind), np.int64), n_answers[kind])
    earned, lost = answer_points(wishes, leads.wish_codes[entry], leads.wish_points[entry], answer)
    cell = (firsts[kind[entry]] + answer) * len(leads) + leads.wish_rows[entry]
    table = np.zeros((firsts[-1] + 1, len(leads)), np.float32)
    np.add.at(table.reshape(-1), cell, (earned - lost).astype(np.float32))
    stated = np.flatnonzero(given != NOT_STATED)
    row, place = np.divmod(stated.astype(np.int32), len(kinds))
    columns = given.ravel()[stated] + firsts[place]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(properties)))])
    return Terms(indptr, columns, np.full(len(columns), ANSWER_SCALE), table)


def _places(kind: str, leads: LeadVectors, properties: PropertyVectors) -> "Iterator[Terms | _BestPlaces]":
    """Places of one kind: of properties with one place, and of properties with several."""
    l_indptr, l_codes, points, elsewhere = (
        getattr(leads, f"{kind}_{part}") for part in ("indptr", "codes", "points", "elsewhere")
    )
    p_indptr, p_codes, parts = (getattr(properties, f"{kind}_{part}") for part in ("indptr", "codes", "parts"))
    codes, columns = _numbered(l_codes)
    table = np.tile(elsewhere, (len(codes) + 1, 1))  # the first row is any other place
    table[1 + columns, rows_of(l_indptr)] = points
    number = np.zeros(max(codes.max(initial=-1), p_codes.max(initial=-1)) + 1, np.int64)
    number[codes] = 1 + np.arange(len(codes))
    counts = p_indptr[1:] - p_indptr[:-1]
    has_one = counts == 1
    single = p_indptr[:-1][has_one]
    yield Terms(np.concatenate([[0], np.cumsum(has_one)]), number[p_codes[single]], parts[single], table)
    if counts.max() > 1:
        yield _BestPlaces(p_indptr, number[p_codes], parts, table)


class _BestPlaces:
    """Places of properties with several places of a kind, of which only the best counts."""

    def __init__(
        self, indptr: NDArray[np.int64], places: NDArray[np.int64], parts: NDArray[np.float32], table: NDArray
    ) -> None:
        """*indptr*, *places* and *parts* are the CSR table of all properties; *table*: as in :class:`Terms`."""
        lengths = np.diff(indptr)
        self._rows = np.flatnonzero(lengths > 1)
        self._starts, self._lengths = indptr[self._rows], lengths[self._rows]
        self._places, self._parts, self._table = places, parts, table

    def add_to(self, units: NDArray[np.float32], first: int) -> None:
        """As :meth:`Terms.add_to`."""
        some = slice(*np.searchsorted(self._rows, [first, first + len(units)]))
        rows = self._rows[some]
        if len(rows):
            entries, indptr = spans(self._starts[some], self._lengths[some])
            earned = self._table[self._places[entries]] * self._parts[entries, np.newaxis]
            units[rows - first] += np.maximum.reduceat(earned, indptr[:-1])


def max_units_of_properties(
    leads: LeadVectors, properties: PropertyVectors, minimum: Callable[[], NDArray[np.float32]]
) -> Iterator[Bounded]:
    """
    Upper bounds of the units of a few *properties* with *leads*, some leads at a time.

    Args:
        minimum: Called before each portion; returns the units (properties,) that pairs must reach. Leads without any
            pair that can reach them are left out before their prices are computed, which takes longest.
    """
    terms = [_words_of_leads(leads, properties), *_wishes_of_leads(leads, properties)]
    terms += [each for kind in PLACE_KINDS for each in _places_of_leads(kind, leads, properties)]
    elsewhere = [_elsewhere(kind, leads, properties) for kind in PLACE_KINDS]
    elsewhere = [(points, parts) for points, parts in elsewhere if points.any() and parts.any()]
    parts = np.ascontiguousarray(properties.dense.T)
    amounts = _AmountsOfProperties(properties)
    max_by_amounts = ((leads.price_points + leads.area_points) * ANSWER_SCALE).astype(np.float32)
    size = _portion_of(len(properties))
    for first in range(0, len(leads), size):
        units = leads.dense[first : first + size] @ parts
        for each in terms:
            each.add_to(units, first)
        for points, place_parts in elsewhere:
            of_portion = points[first : first + size, np.newaxis]
            units += of_portion * place_parts
            units += (of_portion < 0) * np.float32(ROUNDING)
        needed = minimum() - max_by_amounts[first : first + size, np.newaxis]
        rows = np.flatnonzero((units >= needed).any(axis=1))
        units = units[rows]
        units += amounts.of(leads.take(first + rows))
        yield Bounded(first + rows, units)


class _AmountsOfProperties:
    """Prices and areas of a few properties, for any leads."""

    def __init__(self, properties: PropertyVectors) -> None:
        keys = price_keys(properties.price_space, properties.price_knot)
        self._price_keys, prices = _numbered(np.stack([keys, keys + 1]))
        self._area_knots, areas = _numbered(np.stack([properties.area_knot, properties.area_knot + 1]))
        n = np.arange(len(properties))
        n_prices = len(self._price_keys)
        self._table = np.zeros((n_prices + len(self._area_knots), len(properties)), np.float32)
        for at, parts in (
            (prices[0], properties.price_parts),
            (prices[1], properties.price_next_parts),
            (n_prices + areas[0], properties.area_parts),
            (n_prices + areas[1], properties.area_next_parts),
        ):
            self._table[at, n] = parts

    def of(self, leads: LeadVectors) -> NDArray[np.float32]:
        """(leads, properties)."""
        by_price = price_table(leads, self._price_keys)
        by_area = area_table(leads, self._area_knots)
        return np.concatenate([by_price, by_area]).T @ self._table


def _words_of_leads(leads: LeadVectors, properties: PropertyVectors) -> Terms:
    """The words that some of a few properties has."""
    few = _Words(properties.word_indptr, properties.word_codes, properties.word_parts)
    return _shared_words(few, _Words(leads.word_indptr, leads.word_codes, leads.word_points))


def _wishes_of_leads(leads: LeadVectors, properties: PropertyVectors) -> list[Terms]:
    """
    Wishes by the properties' answers. The exact points are rounded for each lead; here they are proportional to the
    wish's points, plus one point for each of two roundings.
    """
    if not len(leads.wish_codes):
        return []
    wishes = leads.wish_table.arrays()
    codes = np.arange(len(wishes.kind))[:, np.newaxis]
    given = properties.answers[:, wishes.kind].T.astype(np.int64)
    is_stated = given != NOT_STATED
    value = wishes.values[np.where(is_stated, wishes.first[:, np.newaxis] + given, 0)]
    _, lost = answer_points(wishes, codes, np.zeros(1), given)
    by_points = np.where(is_stated, value - 0.5, 0) * ANSWER_SCALE
    whatever = is_stated * (2.0 * ANSWER_SCALE) - lost * ANSWER_SCALE
    indptr = leads.wish_indptr
    return [
        Terms(indptr, leads.wish_codes, leads.wish_points, by_points),
        Terms(indptr, leads.wish_codes, np.ones(len(leads.wish_codes)), whatever),
    ]


def _places_of_leads(kind: str, leads: LeadVectors, properties: PropertyVectors) -> list[Terms]:
    """Wanted places of one kind; for a property with one place, in addition to the points of :func:`_elsewhere`."""
    l_indptr, l_codes, points, elsewhere = (
        getattr(leads, f"{kind}_{part}") for part in ("indptr", "codes", "points", "elsewhere")
    )
    p_indptr, p_codes, parts = (getattr(properties, f"{kind}_{part}") for part in ("indptr", "codes", "parts"))
    codes, columns = np.unique(p_codes, return_inverse=True)
    table = np.zeros((len(codes) + 1, len(properties)), np.float32)  # the first row is any other place
    table[1 + columns, rows_of(p_indptr)] = parts
    number = np.zeros(max(codes.max(initial=-1), l_codes.max(initial=-1)) + 1, np.int64)
    number[codes] = 1 + np.arange(len(codes))
    if not elsewhere.any():
        return [Terms(l_indptr, number[l_codes], points, table)]
    has_one = np.diff(p_indptr) == 1
    beyond = points - elsewhere[rows_of(l_indptr)]
    return [
        Terms(l_indptr, number[l_codes], beyond, table * has_one),
        Terms(l_indptr, number[l_codes], points, table * ~has_one),
    ]


def _elsewhere(
    kind: str, leads: LeadVectors, properties: PropertyVectors
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """
    The points of an unwanted place for each lead, 0 or BROKEN, and its parts for each property.

    A property with several places has none, because one of them may be wanted, and then the others do not count.
    """
    indptr = getattr(properties, f"{kind}_indptr")
    parts = np.bincount(rows_of(indptr), getattr(properties, f"{kind}_parts"), minlength=len(properties))
    return getattr(leads, f"{kind}_elsewhere"), (parts * (np.diff(indptr) == 1)).astype(np.float32)
