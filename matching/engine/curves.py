"""Price and area: their curves at the knots, and the exact limits at which they break a pair."""

import numpy as np
from numpy.typing import NDArray

from matching.engine import criteria
from matching.engine.criteria import UNKNOWN_VALUE
from matching.engine.units import ANSWER_SCALE, BROKEN
from matching.engine.vectors import LeadVectors, PropertyVectors


def price_points(leads: LeadVectors, knot: NDArray[np.integer], space: NDArray[np.integer]) -> NDArray[np.float32]:
    """
    Points of the price knots to the leads, or BROKEN where every price that touches the knot breaks the pair.

    Args:
        leads: n leads (or 1).
        knot, space: The knots, and the currencies that they are of, as price_space. They broadcast against (n,); for a
            table pass ``knot[:, np.newaxis]`` and get (knots, n). A knot of another currency earns what an unknown
            price does.
    """
    value = criteria.price_value(criteria.PRICE_KNOTS[knot], leads.price_min, leads.price_max)
    points = np.rint(leads.price_points * value)
    # Prices that touch a knot lie above the knot before it. The margin keeps rounding on the safe side:
    # broken_by_amount is exact.
    lowest = criteria.PRICE_KNOTS[np.maximum(knot, 1) - 1]
    hopeless = lowest * 100 > leads.price_max * (criteria.PRICE_LIMIT_PERCENT * (1 + 1e-9))
    points = np.where(hopeless & (knot > 0), BROKEN, points)
    return np.where(leads.price_space == space, points, np.rint(UNKNOWN_VALUE * leads.price_points)).astype(np.float32)


def area_points(leads: LeadVectors, knot: NDArray[np.integer]) -> NDArray[np.float32]:
    """Points of the area knots to the leads; as :func:`price_points`."""
    value = criteria.area_value(criteria.AREA_KNOTS[knot], leads.area_min, leads.area_max)
    points = np.rint(leads.area_points * value).astype(np.float32)
    last = len(criteria.AREA_KNOTS) - 1
    highest = criteria.AREA_KNOTS[np.minimum(knot + 1, last)]
    hopeless = highest * 100 < leads.area_min * (criteria.AREA_LIMIT_PERCENT * (1 - 1e-9))
    return np.where(hopeless & (knot < last), np.float32(BROKEN), points)


def price_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """What the price of row *i* earns with row *i*; 0 where it is not known."""
    if len(leads) == 1 and properties.one_space is not None:
        # Knots are fewer than properties.
        knots = np.arange(properties.price_knot.max() + 2)
        points = price_points(leads, knots, np.full(len(knots), properties.one_space))
        before, after = points[properties.price_knot], points[properties.price_knot + 1]
    else:
        before, after = (price_points(leads, properties.price_knot + step, properties.price_space) for step in (0, 1))
    units = before.astype(np.float64) * properties.price_parts + after.astype(np.float64) * properties.price_next_parts
    return units - short_units(leads, properties)


def short_units(
    leads: LeadVectors,
    properties: PropertyVectors,
    lead_rows: NDArray[np.integer] | slice = slice(None),
    property_rows: NDArray[np.integer] | slice = slice(None),
) -> NDArray[np.float64]:
    """
    The units that a price under the minimum loses in addition to those of its knots: knots are too far apart to tell
    it from one within the budget. Rows as in :func:`broken_by_price`.
    """
    is_short = properties.price[property_rows] < leads.price_min[lead_rows]
    if leads.one_space is None or leads.one_space != properties.one_space:
        is_short &= properties.price_space[property_rows] == leads.price_space[lead_rows]
    return is_short * (np.rint(criteria.PRICE_SHORT * leads.price_points[lead_rows]) * ANSWER_SCALE)


def area_units(leads: LeadVectors, properties: PropertyVectors) -> NDArray[np.float64]:
    """What the area of row *i* earns with row *i*; 0 where it is not known."""
    if len(leads) == 1 and len(properties):
        points = area_points(leads, np.arange(properties.area_knot.max() + 2))
        before, after = points[properties.area_knot], points[properties.area_knot + 1]
    else:
        before, after = (area_points(leads, properties.area_knot + step) for step in (0, 1))
    return before.astype(np.float64) * properties.area_parts + after.astype(np.float64) * properties.area_next_parts


def between_knots(
    amount: NDArray[np.float64], knots: NDArray[np.floating]
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """The knot at or under each amount, by logarithm, and the parts on it and on the next; parts of 0 for NaN."""
    known = ~np.isnan(amount)
    position = np.log(np.clip(np.where(known, amount, 1.0), knots[0], knots[-1])) / np.log(knots[1])
    knot = np.minimum(position.astype(np.int32), len(knots) - 2)
    next_parts = np.rint((position - knot) * ANSWER_SCALE)
    return (
        knot,
        np.where(known, ANSWER_SCALE - next_parts, 0).astype(np.float32),
        (next_parts * known).astype(np.float32),
    )


def broken_by_price(
    leads: LeadVectors,
    properties: PropertyVectors,
    lead_rows: NDArray[np.integer] | slice = slice(None),
    property_rows: NDArray[np.integer] | slice = slice(None),
) -> NDArray[np.bool_]:
    """
    Whether the price breaks each pair of row *i* with row *i* (or one side's single row with all of the other's).

    Amounts of one currency are compared as they are, others in the market's; without a rate, nothing breaks.

    Args:
        lead_rows, property_rows: The rows to compare instead; they broadcast.
    """
    own = criteria.over_budget(properties.own_price[property_rows], leads.own_ceiling[lead_rows])
    # One currency on both sides is the rule, and needs no second look.
    if leads.one_currency is not None and leads.one_currency == properties.one_currency:
        return own
    converted = criteria.over_budget(properties.market_price[property_rows], leads.market_ceiling[lead_rows])
    return np.where(leads.currency[lead_rows] == properties.currency[property_rows], own, converted)


def broken_by_amount(
    leads: LeadVectors,
    properties: PropertyVectors,
    lead_rows: NDArray[np.integer] | slice = slice(None),
    property_rows: NDArray[np.integer] | slice = slice(None),
) -> NDArray[np.bool_]:
    """Whether price or area breaks pairs; as :func:`broken_by_price`."""
    return broken_by_price(leads, properties, lead_rows, property_rows) | criteria.far_too_small(
        properties.area[property_rows], leads.area_min[lead_rows]
    )
