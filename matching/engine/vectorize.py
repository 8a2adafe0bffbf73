"""Leads and properties as vectors of whole numbers whose dot product is the score.

A lead's vector holds *points*: what each possible answer of a property earns, :data:`WHOLE_SCORE` points
being 100. A property's holds *parts*: :data:`PARTS` where an answer is its own, 0 elsewhere, and where it
lies between two knots of a sampled criterion the parts are split between them. So one unit of the dot product
is ``100 / (WHOLE_SCORE * PARTS) = 2**-17`` of a score.

Why whole numbers: float32 adds whole numbers below 2**24 exactly, in any order. A score is therefore the same to the last
bit from a matrix product, a vector product or a sum over criteria, whatever the tile, the thread or the processor; equal
scores are equal, thresholds need no tolerance, and ``units * 2**-17`` is exact in float32 again. The price is a rounding of
each criterion to 1 / WHOLE_SCORE of 100, and of each number of a text vector: at most 0.006 of 100 in all.

Deal-breakers by category (type, rooms) are :data:`BROKEN` points, which leave the whole product negative.
Those by amount (price, area) are so too wherever both knots around a property are beyond the limit; right at
the limit only :func:`broken_by_amount` tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matching.engine import criteria
from matching.engine.criteria import CRITERION_NAMES, DEFAULT_WEIGHTS, PRIOR, UNKNOWN_VALUE, UNSTATED_SHARE, Weights
from matching.engine.text import TEXT_DIMENSIONS, TextModel
from matching.facts.columns import LeadColumns, PropertyColumns
from matching.facts.places import concat_lists, take_lists
from matching.facts.tables import Table
from matching.facts.vocabulary import CONDITIONS, MOST_ROOMS, PROPERTY_CLASSES, PROPERTY_TYPES

#: Lead-side points that make 100.
WHOLE_SCORE = 204_800
#: Property-side parts that make one answer; also how finely a place between two knots is told.
PARTS = 64
#: Property-side parts of a text vector of length 1: finer, because each of its 32 numbers is rounded.
TEXT_PARTS = 512
#: Units of a full score. Rounded text vectors may be a hair longer than 1, so a product may end a hair above:
#: it counts as this.
MOST_UNITS = WHOLE_SCORE * PARTS
#: A score is its units times this.
SCORE_OF_UNIT = np.float32(100 / MOST_UNITS)
#: Points of an answer that breaks the pair: times PARTS it outweighs every score twice over.
BROKEN = -(2**19)


def _slices(**widths: int) -> tuple[dict[str, slice], int]:
    ends = np.cumsum(list(widths.values())).tolist()
    starts = [0, *ends[:-1]]
    return {name: slice(start, end) for name, start, end in zip(widths, starts, ends, strict=True)}, ends[-1]


#: Columns of the dense part, by criterion. The last column of rooms, class, condition, year, and the whole of
#: the *_unknown ones, are for properties that do not tell. `always` is 1 for every property.
DENSE, DENSE_WIDTH = _slices(
    rooms=MOST_ROOMS + 2,
    property_type=len(PROPERTY_TYPES),
    property_class=len(PROPERTY_CLASSES) + 1,
    condition=len(CONDITIONS) + 1,
    year=len(criteria.YEAR_KNOTS) + 1,
    text=TEXT_DIMENSIONS,
    always=1,
    price_unknown=1,
    area_unknown=1,
    district_unknown=1,
    metro_unknown=1,
)


class _Vectors(Table):
    def put(self, rows: NDArray[np.intp] | Sequence[int], vectors: Self) -> Self:
        """These vectors with *rows* replaced by *vectors*, in that order; self stays as it is."""
        rows = np.asarray(rows, np.intp)
        source = np.arange(len(self))
        source[rows] = len(self) + np.arange(len(vectors))
        changed = {}
        for indptr, codes in self._LISTS:
            both = concat_lists([(getattr(table, indptr), getattr(table, codes)) for table in (self, vectors)])
            changed[indptr], changed[codes] = take_lists(*both, source)
        for column in fields(self):
            if column.name not in changed:
                # One copy and a few assignments: gathering all rows anew would cost several times that.
                changed[column.name] = getattr(self, column.name).copy()
                changed[column.name][rows] = getattr(vectors, column.name)
        return replace(self, **changed)


@dataclass(frozen=True)
class LeadVectors(_Vectors):
    """Points of L leads. Sampled criteria and places stay symbolic, for their columns are too many to fill for everybody."""

    owner: NDArray[np.int64]
    #: float32 (L, DENSE_WIDTH), whole numbers.
    dense: NDArray[np.float32]
    #: float64 (L,), NaN where not stated; the points of each are 0 where neither end is stated.
    price_min: NDArray[np.float64]
    price_max: NDArray[np.float64]
    price_points: NDArray[np.float64]
    area_min: NDArray[np.float64]
    area_max: NDArray[np.float64]
    area_points: NDArray[np.float64]
    #: float32 (L,): what a hit earns.
    district_points: NDArray[np.float32]
    metro_points: NDArray[np.float32]
    #: CSR of wanted places, as in LeadColumns.
    district_indptr: NDArray[np.int64]
    district_codes: NDArray[np.int32]
    metro_indptr: NDArray[np.int64]
    metro_codes: NDArray[np.int32]
    #: float64 (L, criteria), in the order of CRITERION_NAMES: what each criterion can earn, stated or not; WHOLE_SCORE in all.
    whole_points: NDArray[np.float64]
    #: bool (L, criteria).
    stated: NDArray[np.bool_]
    #: float64 (L, criteria): the points that each criterion earns whatever the property is.
    always: NDArray[np.float64]

    _LISTS = (("district_indptr", "district_codes"), ("metro_indptr", "metro_codes"))


@dataclass(frozen=True)
class PropertyVectors(_Vectors):
    """Parts of P properties."""

    owner: NDArray[np.int64]
    #: float32 (P, DENSE_WIDTH), whole numbers.
    dense: NDArray[np.float32]
    #: float64 (P,), NaN where not known.
    price: NDArray[np.float64]
    area: NDArray[np.float64]
    #: The knot at or under the price, and the parts (float32) on it and on the next; both 0 where the price is not known.
    price_knot: NDArray[np.int32]
    price_parts: NDArray[np.float32]
    price_next_parts: NDArray[np.float32]
    area_knot: NDArray[np.int32]
    area_parts: NDArray[np.float32]
    area_next_parts: NDArray[np.float32]
    #: int32 (P,), -1 where not known.
    district: NDArray[np.int32]
    metro: NDArray[np.int32]


def lead_vectors(leads: LeadColumns, text_model: TextModel, weights: Weights = DEFAULT_WEIGHTS) -> LeadVectors:
    """Vectors of *leads*; a row depends on nothing but its own lead, the model and the weights."""
    text = text_model.transform(leads.text)
    stated = _stated(leads, text)
    weight = np.array([getattr(weights, name) for name in CRITERION_NAMES])
    effective = np.where(stated, weight, UNSTATED_SHARE * weight)
    # All weight may lie on a single criterion (a learnt set may do so), hence never on nothing: Weights sees to that.
    shares = effective / effective.sum(axis=1, keepdims=True)
    # Rounding the running sum, not each share, makes every lead's points WHOLE_SCORE in all: a perfect pair
    # scores 100, not 99.999.
    whole_points = np.diff(np.rint(np.cumsum(shares, axis=1) * WHOLE_SCORE), axis=1, prepend=0.0)
    points = {
        name: np.where(stated[:, column], whole_points[:, column], 0.0) for column, name in enumerate(CRITERION_NAMES)
    }
    dense = np.zeros((len(leads), DENSE_WIDTH), np.float32)
    _fill_categories(dense, leads, points)
    dense[:, DENSE["text"]] = np.rint((points["text"] * criteria.TEXT_REACH * PARTS / TEXT_PARTS)[:, np.newaxis] * text)
    wants_district = np.diff(leads.district_indptr) > 0
    wants_metro = np.diff(leads.metro_indptr) > 0
    whole_part = criteria.DISTRICT_PART + criteria.METRO_PART
    district_part = np.where(wants_metro, criteria.DISTRICT_PART, whole_part) * wants_district
    metro_part = np.where(wants_district, criteria.METRO_PART, whole_part) * wants_metro
    unknown = {
        "price_unknown": points["price"],
        "area_unknown": points["area"],
        "district_unknown": points["location"] * district_part,
        "metro_unknown": points["location"] * metro_part,
    }
    for name, whole in unknown.items():
        dense[:, DENSE[name].start] = np.rint(UNKNOWN_VALUE * whole)
    hits = {
        name: np.rint(points["location"] * part) for name, part in (("district", district_part), ("metro", metro_part))
    }
    always = _always(whole_points, stated, hits["district"] + hits["metro"])
    dense[:, DENSE["always"].start] = always.sum(axis=1)
    unstated_as_nan = lambda bound: np.where(bound > 0, bound, np.nan)
    return LeadVectors(
        owner=leads.owner,
        dense=dense,
        price_min=unstated_as_nan(leads.price_min),
        price_max=leads.price_max,
        price_points=points["price"],
        area_min=unstated_as_nan(leads.area_min),
        area_max=leads.area_max,
        area_points=points["area"],
        district_points=hits["district"].astype(np.float32),
        metro_points=hits["metro"].astype(np.float32),
        district_indptr=leads.district_indptr,
        district_codes=leads.district_codes,
        metro_indptr=leads.metro_indptr,
        metro_codes=leads.metro_codes,
        whole_points=whole_points,
        stated=stated,
        always=always,
    )


def property_vectors(properties: PropertyColumns, text_model: TextModel) -> PropertyVectors:
    """Vectors of *properties*; a row depends on nothing but its own property and the model, so weights may change later."""
    dense = np.zeros((len(properties), DENSE_WIDTH), np.float32)
    rows = np.arange(len(properties))
    for name in ("rooms", "property_type", "property_class", "condition"):
        # Code -1, not known, is the slice's last column.
        codes = getattr(properties, name).astype(np.intp)
        dense[rows, np.where(codes < 0, DENSE[name].stop - 1, DENSE[name].start + codes)] = PARTS
    _fill_years(dense, properties.year)
    dense[:, DENSE["text"]] = np.rint(text_model.transform(properties.text) * TEXT_PARTS)
    dense[:, DENSE["always"]] = PARTS
    price_knot, price_parts, price_next_parts = _between_knots(properties.price, criteria.PRICE_KNOTS)
    area_knot, area_parts, area_next_parts = _between_knots(properties.area, criteria.AREA_KNOTS)
    for name, missing in (
        ("price_unknown", np.isnan(properties.price)),
        ("area_unknown", np.isnan(properties.area)),
        ("district_unknown", properties.district < 0),
        ("metro_unknown", properties.metro < 0),
    ):
        dense[:, DENSE[name].start] = np.where(missing, PARTS, 0)
    return PropertyVectors(
        owner=properties.owner,
        dense=dense,
        price=properties.price,
        area=properties.area,
        price_knot=price_knot,
        price_parts=price_parts,
        price_next_parts=price_next_parts,
        area_knot=area_knot,
        area_parts=area_parts,
        area_next_parts=area_next_parts,
        district=properties.district,
        metro=properties.metro,
    )


def price_points(leads: LeadVectors, knot: NDArray[np.integer]) -> NDArray[np.float32]:
    """
    Points of the price knots to the leads, or BROKEN where every price that touches the knot breaks the pair.

    Args:
        leads: n leads (or 1).
        knot: Broadcasts against (n,); for a table pass ``knot[:, np.newaxis]`` and get (knots, n).
    """
    value = criteria.price_value(criteria.PRICE_KNOTS[knot], leads.price_min, leads.price_max)
    points = np.rint(leads.price_points * value).astype(np.float32)
    # Prices that touch a knot lie above the knot before it. The margin keeps rounding on the safe side:
    # broken_by_amount is exact.
    lowest = criteria.PRICE_KNOTS[np.maximum(knot, 1) - 1]
    hopeless = lowest * 100 > leads.price_max * (criteria.PRICE_LIMIT_PERCENT * (1 + 1e-9))
    return np.where(hopeless & (knot > 0), np.float32(BROKEN), points)


def area_points(leads: LeadVectors, knot: NDArray[np.integer]) -> NDArray[np.float32]:
    """Points of the area knots to the leads; as :func:`price_points`."""
    value = criteria.area_value(criteria.AREA_KNOTS[knot], leads.area_min, leads.area_max)
    points = np.rint(leads.area_points * value).astype(np.float32)
    last = len(criteria.AREA_KNOTS) - 1
    highest = criteria.AREA_KNOTS[np.minimum(knot + 1, last)]
    hopeless = highest * 100 < leads.area_min * (criteria.AREA_LIMIT_PERCENT * (1 - 1e-9))
    return np.where(hopeless & (knot < last), np.float32(BROKEN), points)


def _always(
    whole_points: NDArray[np.float64], stated: NDArray[np.bool_], location_hits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Priors of what is not stated, and the part of location and text that every property gets; each rounded by
    itself, so that an explanation by criterion adds up to the score exactly.
    """
    earned = np.where(stated, 0.0, np.rint(PRIOR * whole_points))
    location, text = CRITERION_NAMES.index("location"), CRITERION_NAMES.index("text")
    earned[:, location] = np.where(stated[:, location], whole_points[:, location] - location_hits, earned[:, location])
    earned[:, text] = np.where(stated[:, text], np.rint(criteria.TEXT_BASE * whole_points[:, text]), earned[:, text])
    return earned


def _stated(leads: LeadColumns, text: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(L, criteria). A minimum of 0 says nothing; nor does a text of which the model knows no word."""
    by_name = {
        "price": (leads.price_min > 0) | ~np.isnan(leads.price_max),
        "location": (np.diff(leads.district_indptr) > 0) | (np.diff(leads.metro_indptr) > 0),
        "rooms": leads.rooms.any(axis=1),
        "area": (leads.area_min > 0) | ~np.isnan(leads.area_max),
        "text": text.any(axis=1),
        "property_class": leads.property_class >= 0,
        "property_type": leads.property_type >= 0,
        "condition": leads.condition >= 0,
        "year": ~np.isnan(leads.year_min),
    }
    return np.stack([by_name[name] for name in CRITERION_NAMES], axis=1)


def _fill_categories(dense: NDArray[np.float32], leads: LeadColumns, points: dict[str, NDArray[np.float64]]) -> None:
    """Rooms, type, class, condition and year: points of every answer, and half of them for not telling."""
    scales = (
        ("property_type", criteria.TYPE_VALUES[leads.property_type], False),
        ("property_class", criteria.CLASS_VALUES[leads.property_class], True),
        ("condition", criteria.CONDITION_VALUES[leads.condition], True),
        ("rooms", criteria.room_values(leads.rooms), True),
        ("year", criteria.year_value(criteria.YEAR_KNOTS, leads.year_min[:, np.newaxis]), True),
    )
    for name, values, may_be_unknown in scales:
        stated = points[name] > 0
        if may_be_unknown:
            values = np.pad(values, ((0, 0), (0, 1)), constant_values=UNKNOWN_VALUE)
        whole = np.rint(np.nan_to_num(values) * points[name][:, np.newaxis])
        dense[:, DENSE[name]] = np.where(stated[:, np.newaxis], whole, 0)
    # A deal-breaker holds even where the criterion's weight is 0.
    for name, values, given in (
        ("property_type", criteria.TYPE_VALUES[leads.property_type], leads.property_type >= 0),
        ("rooms", criteria.room_values(leads.rooms), leads.rooms.any(axis=1)),
    ):
        part = dense[:, DENSE[name]][:, : values.shape[1]]
        part[np.isnan(values) & given[:, np.newaxis]] = BROKEN


def _fill_years(dense: NDArray[np.float32], year: NDArray[np.float64]) -> None:
    knots = criteria.YEAR_KNOTS
    column, rows = DENSE["year"], np.flatnonzero(~np.isnan(year))
    dense[np.isnan(year), column.stop - 1] = PARTS
    place = (np.clip(year[rows], knots[0], knots[-1]) - knots[0]) / (knots[1] - knots[0])
    knot = np.minimum(place.astype(np.intp), len(knots) - 2)
    next_parts = np.rint((place - knot) * PARTS)
    dense[rows, column.start + knot] = PARTS - next_parts
    dense[rows, column.start + knot + 1] = next_parts


def _between_knots(
    amount: NDArray[np.float64], knots: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """The knot at or under each amount, by logarithm, and the parts on it and on the next; parts of 0 for NaN."""
    known = ~np.isnan(amount)
    place = np.log(np.clip(np.where(known, amount, 1.0), knots[0], knots[-1])) / np.log(knots[1])
    knot = np.minimum(place.astype(np.int32), len(knots) - 2)
    next_parts = np.rint((place - knot) * PARTS)
    return (
        knot,
        np.where(known, PARTS - next_parts, 0).astype(np.float32),
        (next_parts * known).astype(np.float32),
    )


def broken_by_amount(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.bool_]:
    """Whether price or area breaks each pair of row *i* with row *i* (or one side's single row with all of the other's)."""
    return criteria.over_budget(properties.price, leads.price_max) | criteria.far_too_small(
        properties.area, leads.area_min
    )
