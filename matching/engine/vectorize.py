"""
Turning leads and properties into vectors (:mod:`matching.engine.vectors`): weights, formulas and the text model become
whole numbers.

Deal-breakers by category (type, rooms, a must, an implied refusal, another place than the only ones wanted) are BROKEN
points, which make the whole product negative. The same applies to deal-breakers by amount (price, area) if both knots
around a property are beyond the limit; close to the limit :func:`matching.engine.curves.broken_by_amount` decides.
"""

import numpy as np
from numpy.typing import NDArray

from matching.engine import criteria
from matching.engine.criteria import CRITERION_NAMES, DEFAULT_WEIGHTS, PRIOR, UNKNOWN_VALUE, UNSTATED_SHARE, Weights
from matching.engine.curves import between_knots
from matching.engine.sparse import unknown_points
from matching.engine.text import TextModel, Words
from matching.engine.units import ANSWER_SCALE, BROKEN, MAX_TIERS, POINTS_PER_100, TIER_POINTS
from matching.engine.vectors import DENSE, DENSE_WIDTH, LeadVectors, PropertyVectors
from matching.facts.columns import LeadColumns, PropertyColumns
from matching.facts.places import PLACE_KINDS, rows_of, sum_by_row
from matching.facts.vocabulary import PROPERTY_TYPES
from matching.facts.wishes import IMPLIED_KINDS, implied_contradictions
from matching.reading.kinds import KINDS

__all__ = ["LeadVectors", "PropertyVectors", "lead_vectors", "property_vectors"]

_ROOM_TYPE = PROPERTY_TYPES.index("ROOM")


def lead_vectors(leads: LeadColumns, text_model: TextModel, weights: Weights = DEFAULT_WEIGHTS) -> LeadVectors:
    """Vectors of *leads*; a row depends only on its own lead, the model and the weights."""
    words = text_model.lead_words(leads.text)
    sizes = _sizes(leads, words)
    weight = weights.ratios()
    # A learnt set may put all weight on a single criterion; Weights ensures that the sum is never 0.
    effective = np.where(sizes > 0, sizes * weight, UNSTATED_SHARE * weight)
    shares = effective / effective.sum(axis=1, keepdims=True)
    # Rounding the cumulative sum, not each share, makes every lead's points add up to POINTS_PER_100, so a perfect pair
    # scores 100, not 99.999.
    whole_points = np.diff(np.rint(np.cumsum(shares, axis=1) * POINTS_PER_100), axis=1, prepend=0.0)
    stated = sizes > 0
    points = {
        name: np.where(stated[:, column], whole_points[:, column], 0.0) for column, name in enumerate(CRITERION_NAMES)
    }
    dense = np.zeros((len(leads), DENSE_WIDTH), np.float32)
    _fill_categories(dense, leads, points)
    _fill_implied(dense, leads)
    hits = _place_hits(leads, points["location"])
    for kind in PLACE_KINDS:
        dense[:, DENSE[f"{kind}_unknown"].start] = np.rint(UNKNOWN_VALUE * hits[kind])
    for name in ("price", "area"):
        dense[:, DENSE[f"{name}_unknown"].start] = np.rint(UNKNOWN_VALUE * points[name])
    wish_points = _wish_points(leads, points["wish"])
    text_base = np.rint(criteria.TEXT_BASE * points["text"])
    always = _always(
        whole_points, stated, np.sum(list(hits.values()), axis=0), leads.wish_indptr, wish_points, text_base
    )
    dense[:, DENSE["always"].start] = always.sum(axis=1) + MAX_TIERS * TIER_POINTS
    unstated_as_nan = lambda bound: np.where(bound > 0, bound, np.nan)
    space, factor = _space(leads)
    return LeadVectors(
        owner=leads.owner,
        dense=dense,
        price_min=unstated_as_nan(leads.price_min) * factor,
        price_max=leads.price_max * factor,
        price_space=space,
        price_points=points["price"],
        currency=leads.currency,
        own_ceiling=criteria.hundredths(leads.price_max),
        market_ceiling=criteria.hundredths(leads.price_max * leads.rate),
        area_min=unstated_as_nan(leads.area_min),
        area_max=leads.area_max,
        area_points=points["area"],
        **_place_columns(leads, hits),
        wish_indptr=leads.wish_indptr,
        wish_codes=leads.wish_codes,
        wish_points=wish_points,
        wish_table=leads.wish_table,
        word_indptr=words.indptr,
        word_codes=words.codes,
        word_points=_apportioned(words.indptr, words.worth, points["text"] - text_base),
        whole_points=whole_points,
        sizes=sizes,
        always=always,
    )


def property_vectors(properties: PropertyColumns, text_model: TextModel) -> PropertyVectors:
    """
    Vectors of *properties*; a row depends only on its own property and the model, so weights may change later.
    """
    dense = np.zeros((len(properties), DENSE_WIDTH), np.float32)
    rows = np.arange(len(properties))
    for name in ("rooms", "property_type", "property_class", "condition"):
        # Code -1, not known, selects the slice's last column.
        codes = getattr(properties, name).astype(np.intp)
        dense[rows, np.where(codes < 0, DENSE[name].stop - 1, DENSE[name].start + codes)] = ANSWER_SCALE
    _fill_years(dense, properties.year)
    dense[:, DENSE["always"]] = ANSWER_SCALE
    dense[:, DENSE["implied"]] = ANSWER_SCALE * implied_contradictions(properties.answers)
    space, factor = _space(properties)
    price = properties.price * factor
    price_knot, price_parts, price_next_parts = between_knots(price, criteria.PRICE_KNOTS)
    area_knot, area_parts, area_next_parts = between_knots(properties.area, criteria.AREA_KNOTS)
    district_indptr, district_codes = _single(properties.district)
    spot_indptr, spot_codes = _single(properties.spot)
    words = text_model.property_words(properties.text)
    for name, missing in (
        ("price_unknown", np.isnan(price)),
        ("area_unknown", np.isnan(properties.area)),
        ("district_unknown", properties.district < 0),
        ("metro_unknown", np.diff(properties.metro_indptr) == 0),
        ("spot_unknown", properties.spot < 0),
    ):
        dense[:, DENSE[name].start] = np.where(missing, ANSWER_SCALE, 0)
    return PropertyVectors(
        owner=properties.owner,
        dense=dense,
        price=price,
        price_space=space,
        currency=properties.currency,
        own_price=criteria.hundredths(properties.price),
        market_price=criteria.hundredths(properties.price * properties.rate),
        area=properties.area,
        price_knot=price_knot,
        price_parts=price_parts,
        price_next_parts=price_next_parts,
        area_knot=area_knot,
        area_parts=area_parts,
        area_next_parts=area_next_parts,
        district_indptr=district_indptr,
        district_codes=district_codes,
        district_parts=np.full(len(district_codes), ANSWER_SCALE, np.float32),
        metro_indptr=properties.metro_indptr,
        metro_codes=properties.metro_codes,
        metro_parts=properties.metro_parts,
        spot_indptr=spot_indptr,
        spot_codes=spot_codes,
        spot_parts=np.full(len(spot_codes), ANSWER_SCALE, np.float32),
        answers=properties.answers,
        word_indptr=words.indptr,
        word_codes=words.codes,
        word_parts=words.worth,
    )


def _space(columns: LeadColumns | PropertyColumns) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The currency in which each row's amounts are compared with others, and the conversion factor."""
    has_rate = ~np.isnan(columns.rate)
    return np.where(has_rate, 0, columns.currency).astype(np.int32), np.where(has_rate, columns.rate, 1.0)


def _sizes(leads: LeadColumns, words: Words) -> NDArray[np.float64]:
    """(L, criteria). A minimum of 0 states nothing; nor does a text without a word that the model knows."""
    names_place = [np.diff(getattr(leads, f"{kind}_indptr")) > 0 for kind in PLACE_KINDS]
    by_name = {
        "price": (leads.price_min > 0) | ~np.isnan(leads.price_max),
        "location": np.any(names_place, axis=0),
        "rooms": leads.rooms.any(axis=1),
        "area": (leads.area_min > 0) | ~np.isnan(leads.area_max),
        "text": np.diff(words.indptr) > 0,
        "property_class": leads.property_class >= 0,
        "property_type": leads.property_type >= 0,
        "condition": leads.condition >= 0,
        "year": ~np.isnan(leads.year_min),
        "wish": sum_by_row(leads.wish_indptr, leads.wish_table.arrays().size[leads.wish_codes]),
    }
    return np.stack([np.asarray(by_name[name], np.float64) for name in CRITERION_NAMES], axis=1)


def _place_hits(leads: LeadColumns, location: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """For each kind of place, the points that location earns the lead there; 0 if the lead names no such place."""
    parts = {kind: criteria.PLACE_PARTS[kind] * (np.diff(getattr(leads, f"{kind}_indptr")) > 0) for kind in PLACE_KINDS}
    total = np.maximum(np.sum(list(parts.values()), axis=0), 1e-9)
    return {
        kind: np.rint(location * (1 - criteria.LOCATION_BASE) * part / total).astype(np.float64)
        for kind, part in parts.items()
    }


def _place_columns(leads: LeadColumns, hits: dict[str, NDArray[np.float64]]) -> dict[str, NDArray]:
    columns = {}
    for kind in PLACE_KINDS:
        indptr, values = getattr(leads, f"{kind}_indptr"), getattr(leads, f"{kind}_values")
        columns[f"{kind}_indptr"], columns[f"{kind}_codes"] = indptr, getattr(leads, f"{kind}_codes")
        columns[f"{kind}_points"] = np.rint(hits[kind][rows_of(indptr)] * values).astype(np.float32)
        columns[f"{kind}_elsewhere"] = np.where(getattr(leads, f"{kind}_only"), BROKEN, 0).astype(np.float32)
    return columns


def _wish_points(leads: LeadColumns, whole: NDArray[np.float64]) -> NDArray[np.float32]:
    """The points that each wish earns if it is met: the points of all wishes divided by size."""
    table, rows = leads.wish_table.arrays(), rows_of(leads.wish_indptr)
    size = table.size[leads.wish_codes]
    shares = size / sum_by_row(leads.wish_indptr, size)[rows]
    # Which wish gets the rest of the rounding must not depend on codes: they depend on the leads that were met before.
    order = np.lexsort((table.rank[leads.wish_codes], rows))
    points = np.zeros(len(order), np.float32)
    points[order] = _apportioned(leads.wish_indptr, shares[order], whole)
    return points


def _apportioned(indptr: NDArray[np.int64], shares: NDArray, whole: NDArray[np.float64]) -> NDArray[np.float32]:
    """Whole numbers that add up to each row's *whole*, in proportion to the entries' *shares*, which add up to 1."""
    lengths = np.diff(indptr)
    running, reached = np.zeros(len(lengths)), np.zeros(len(shares))
    # Position by position, for all rows at once: a cumulative sum over the whole table would include earlier rows.
    for rank in range(lengths.max(initial=0)):
        rows = np.flatnonzero(lengths > rank)
        entries = indptr[rows] + rank
        running[rows] += shares[entries]
        reached[entries] = np.rint(running[rows] * whole[rows])
    filled = np.flatnonzero(lengths)
    reached[indptr[filled + 1] - 1] = whole[filled]
    shared = np.diff(reached, prepend=0.0)
    shared[indptr[filled]] = reached[indptr[filled]]
    return shared.astype(np.float32)


def _always(
    whole_points: NDArray[np.float64],
    stated: NDArray[np.bool_],
    place_hits: NDArray[np.float64],
    wish_indptr: NDArray[np.int64],
    wish_points: NDArray[np.float32],
    text_base: NDArray[np.float64],
) -> NDArray[np.float64]:
    """
    The priors of unstated criteria, and the part of location, text and wishes that every property gets. Each is rounded
    separately, so that an explanation by criterion adds up to the score exactly.
    """
    earned = np.where(stated, 0.0, np.rint(PRIOR * whole_points))
    for name, whatever in (
        ("location", whole_points[:, CRITERION_NAMES.index("location")] - place_hits),
        ("text", text_base),
        ("wish", sum_by_row(wish_indptr, unknown_points(wish_points))),
    ):
        column = CRITERION_NAMES.index(name)
        earned[:, column] = np.where(stated[:, column], whatever, earned[:, column])
    return earned


def _fill_categories(dense: NDArray[np.float32], leads: LeadColumns, points: dict[str, NDArray[np.float64]]) -> None:
    """Rooms, type, class, condition and year: points of every answer, and half of them for no answer."""
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
    # A deal-breaker applies even if the criterion's weight is 0.
    for name, values, given in (
        ("property_type", criteria.TYPE_VALUES[leads.property_type], leads.property_type >= 0),
        ("rooms", criteria.room_values(leads.rooms), leads.rooms.any(axis=1)),
    ):
        part = dense[:, DENSE[name]][:, : values.shape[1]]
        part[np.isnan(values) & np.reshape(given, (-1, 1))] = BROKEN


def _fill_implied(dense: NDArray[np.float32], leads: LeadColumns) -> None:
    """BROKEN for implied refusals (features refused unless requested). A lead with the type room requests a room."""
    implied = np.full((len(leads), len(IMPLIED_KINDS)), BROKEN, np.float32)
    kinds, rows = leads.wish_table.arrays().kind[leads.wish_codes], rows_of(leads.wish_indptr)
    for column, kind in enumerate(IMPLIED_KINDS):
        implied[rows[kinds == kind], column] = 0
        if KINDS[kind].name == "room":
            implied[leads.property_type == _ROOM_TYPE, column] = 0
    dense[:, DENSE["implied"]] = implied


def _fill_years(dense: NDArray[np.float32], year: NDArray[np.float64]) -> None:
    knots = criteria.YEAR_KNOTS
    column, rows = DENSE["year"], np.flatnonzero(~np.isnan(year))
    dense[np.isnan(year), column.stop - 1] = ANSWER_SCALE
    position = (np.clip(year[rows], knots[0], knots[-1]) - knots[0]) / (knots[1] - knots[0])
    knot = np.minimum(position.astype(np.intp), len(knots) - 2)
    next_parts = np.rint((position - knot) * ANSWER_SCALE)
    dense[rows, column.start + knot] = ANSWER_SCALE - next_parts
    dense[rows, column.start + knot + 1] = next_parts


def _single(codes: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """One code per row, -1 for none, as CSR."""
    is_known = codes >= 0
    return np.concatenate([[0], np.cumsum(is_known)]).astype(np.int64), codes[is_known]
