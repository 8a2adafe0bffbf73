"""Leads and properties as vectors of whole numbers; :mod:`matching.engine.vectorize` computes them.

A lead's vector contains *points*, which each possible answer of a property earns. A property's vector contains *parts*:
:data:`units.ANSWER_SCALE` for its own answer and 0 for others; between two knots of a sampled criterion the parts are
divided between both. The product of the two vectors is the pair's units (:mod:`matching.engine.units`).

Only criteria with few answers have dense columns. Prices, areas, places, wishes and words stay symbolic: their points
are computed where they are needed (:mod:`matching.engine.curves`, :mod:`matching.engine.sparse`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.engine import criteria
from matching.facts.places import PLACE_KINDS, rows_of
from matching.facts.tables import Table
from matching.facts.vocabulary import CONDITIONS, MAX_ROOMS, PROPERTY_CLASSES, PROPERTY_TYPES
from matching.facts.wishes import IMPLIED_KINDS, WishTable


def _slices(**widths: int) -> tuple[dict[str, slice], int]:
    ends = np.cumsum(list(widths.values())).tolist()
    starts = [0, *ends[:-1]]
    return {name: slice(start, end) for name, start, end in zip(widths, starts, ends, strict=True)}, ends[-1]


#: Columns of the dense part, by criterion. The last column of rooms, class, condition and year, and all `*_unknown`
#: columns, are for properties that do not state the fact. `always` is for every property, `implied` for properties that
#: violate an implied refusal.
DENSE, DENSE_WIDTH = _slices(
    rooms=MAX_ROOMS + 2,
    property_type=len(PROPERTY_TYPES),
    property_class=len(PROPERTY_CLASSES) + 1,
    condition=len(CONDITIONS) + 1,
    year=len(criteria.YEAR_KNOTS) + 1,
    always=1,
    price_unknown=1,
    area_unknown=1,
    district_unknown=1,
    metro_unknown=1,
    spot_unknown=1,
    implied=len(IMPLIED_KINDS),
)


@dataclass(frozen=True)
class LeadVectors(Table):
    """Points of L leads."""

    owner: NDArray[np.int64]
    #: float32 (L, DENSE_WIDTH), whole numbers.
    dense: NDArray[np.float32]
    #: float64 (L,): the budget in the market's currency, or in the lead's own if that has no rate; NaN if not stated.
    price_min: NDArray[np.float64]
    price_max: NDArray[np.float64]
    #: int32 (L,): 0 for the market's currency, otherwise the code of the lead's own.
    price_space: NDArray[np.int32]
    #: float64 (L,): 0 if no budget is stated.
    price_points: NDArray[np.float64]
    #: int32 (L,), and the ceiling in whole hundredths of the lead's own currency and of the market's, NaN where there
    #: is none.
    currency: NDArray[np.int32]
    own_ceiling: NDArray[np.float64]
    market_ceiling: NDArray[np.float64]
    area_min: NDArray[np.float64]
    area_max: NDArray[np.float64]
    area_points: NDArray[np.float64]
    #: CSR of the places of each kind that suit the lead, codes ascending within a row, and the points of each (whole
    #: numbers). Any other known place earns `*_elsewhere`: 0, or BROKEN.
    district_indptr: NDArray[np.int64]
    district_codes: NDArray[np.int32]
    district_points: NDArray[np.float32]
    district_elsewhere: NDArray[np.float32]
    metro_indptr: NDArray[np.int64]
    metro_codes: NDArray[np.int32]
    metro_points: NDArray[np.float32]
    metro_elsewhere: NDArray[np.float32]
    spot_indptr: NDArray[np.int64]
    spot_codes: NDArray[np.int32]
    spot_points: NDArray[np.float32]
    spot_elsewhere: NDArray[np.float32]
    #: CSR of wishes: codes of *wish_table*, ascending, and the points that each earns if it is met (whole numbers).
    wish_indptr: NDArray[np.int64]
    wish_codes: NDArray[np.int32]
    wish_points: NDArray[np.float32]
    wish_table: WishTable
    #: CSR of the words of the text: codes of the text model, ascending, and the points of each (whole numbers, not
    #: below 0).
    word_indptr: NDArray[np.int64]
    word_codes: NDArray[np.int32]
    word_points: NDArray[np.float32]
    #: float64 (L, criteria), in the order of CRITERION_NAMES: the points that each criterion can earn, stated or not;
    #: they add up to POINTS_PER_100.
    whole_points: NDArray[np.float64]
    #: float64 (L, criteria): 1 if a criterion is stated, otherwise 0; for wishes, their number (a soft one is half).
    sizes: NDArray[np.float64]
    #: float64 (L, criteria): the points that each criterion earns with every property.
    always: NDArray[np.float64]

    _LISTS = {f"{kind}_indptr": (f"{kind}_codes", f"{kind}_points") for kind in (*PLACE_KINDS, "wish", "word")}
    _SHARED = ("wish_table",)

    @property
    def stated(self) -> NDArray[np.bool_]:
        """bool (L, criteria)."""
        return self.sizes > 0

    @cached_property
    def wish_rows(self) -> NDArray[np.int64]:
        """The lead of each wish."""
        return rows_of(self.wish_indptr)

    @cached_property
    def one_currency(self) -> int | None:
        """The currency of all leads; None if there are several, or no lead."""
        return _one_of(self.currency)

    @cached_property
    def one_space(self) -> int | None:
        """The *price_space* of all leads; None if there are several, or no lead."""
        return _one_of(self.price_space)


@dataclass(frozen=True)
class PropertyVectors(Table):
    """Parts of P properties."""

    owner: NDArray[np.int64]
    #: float32 (P, DENSE_WIDTH), whole numbers.
    dense: NDArray[np.float32]
    #: As for leads; *price* is NaN if not known.
    price: NDArray[np.float64]
    price_space: NDArray[np.int32]
    currency: NDArray[np.int32]
    own_price: NDArray[np.float64]
    market_price: NDArray[np.float64]
    area: NDArray[np.float64]
    #: The knot at or below the price, and the parts (float32) at it and at the next; both 0 if the price is not known.
    price_knot: NDArray[np.int32]
    price_parts: NDArray[np.float32]
    price_next_parts: NDArray[np.float32]
    area_knot: NDArray[np.int32]
    area_parts: NDArray[np.float32]
    area_next_parts: NDArray[np.float32]
    #: CSR of the places of each kind, codes ascending within a row, and the parts of each. Only the best place counts.
    district_indptr: NDArray[np.int64]
    district_codes: NDArray[np.int32]
    district_parts: NDArray[np.float32]
    metro_indptr: NDArray[np.int64]
    metro_codes: NDArray[np.int32]
    metro_parts: NDArray[np.float32]
    spot_indptr: NDArray[np.int64]
    spot_codes: NDArray[np.int32]
    spot_parts: NDArray[np.float32]
    #: int8 (P, kinds): answers, -1 if the property states nothing.
    answers: NDArray[np.int8]
    #: CSR of the words of the text, and their parts.
    word_indptr: NDArray[np.int64]
    word_codes: NDArray[np.int32]
    word_parts: NDArray[np.float32]

    _LISTS = {f"{kind}_indptr": (f"{kind}_codes", f"{kind}_parts") for kind in (*PLACE_KINDS, "word")}

    @cached_property
    def one_currency(self) -> int | None:
        """As for leads."""
        return _one_of(self.currency)

    @cached_property
    def one_space(self) -> int | None:
        """The *price_space* of all properties; None if there are several, or no property."""
        return _one_of(self.price_space)


def _one_of(codes: NDArray[np.int32]) -> int | None:
    return int(codes[0]) if len(codes) and (codes == codes[0]).all() else None
