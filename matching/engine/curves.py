"""Price and area: their curves at the knots, and the exact limits at which they break a pair."""

import numpy as np
from numpy.typing import NDArray

from matching.engine import criteria
from matching.engine.criteria import UNKNOWN_VALUE
from matching.engine.ranking import spans
from matching.engine.units import ANSWER_SCALE, BROKEN
from matching.engine.vectors import LeadVectors, PropertyVectors

#: Price knots of different currencies are separated by multiples of this.
_KNOTS = 1024
#: Hundredths of the ceiling, and of the minimum, beyond which every price or area that touches a knot breaks the pair.
#: The margin keeps rounding on the safe side: broken_by_amount is exact.
_HOPELESS_PRICE = criteria.PRICE_LIMIT_PERCENT * (1 + 1e-9)
_HOPELESS_AREA = criteria.AREA_LIMIT_PERCENT * (1 - 1e-9)


def price_points(leads: LeadVectors, knot: NDArray[np.integer], space: NDArray[np.integer]) -> NDArray[np.float32]:
    """
    Points of the price knots to the leads, or BROKEN where every price that touches the knot breaks the pair.

    Args:
        leads: n leads (or 1).
        knot, space: The knots, (n,) or one, and the currencies that they are of, as price_space. A knot of another
            currency earns what an unknown price does.
    """
    value = criteria.price_value(criteria.PRICE_KNOTS[knot], leads.price_min, leads.price_max)
    points = np.rint(leads.price_points * value)
    points = np.where(_least_prices(knot) > leads.price_max * _HOPELESS_PRICE, BROKEN, points)
    return np.where(leads.price_space == space, points, np.rint(UNKNOWN_VALUE * leads.price_points)).astype(np.float32)


def area_points(leads: LeadVectors, knot: NDArray[np.integer]) -> NDArray[np.float32]:
    """Points of the area knots to the leads; as :func:`price_points`."""
    value = criteria.area_value(criteria.AREA_KNOTS[knot], leads.area_min, leads.area_max)
    points = np.rint(leads.area_points * value).astype(np.float32)
    return np.where(_most_areas(knot) < leads.area_min * _HOPELESS_AREA, np.float32(BROKEN), points)


def _least_prices(knot: NDArray[np.integer]) -> NDArray[np.float64]:
    """What prices that touch each knot are above, in hundredths: the knot before it."""
    return np.where(knot > 0, criteria.PRICE_KNOTS[knot - 1] * 100, -np.inf)


def _most_areas(knot: NDArray[np.integer]) -> NDArray[np.float64]:
    """What areas that touch each knot are below, in hundredths: the knot after it."""
    last = len(criteria.AREA_KNOTS) - 1
    return np.where(knot < last, criteria.AREA_KNOTS[np.minimum(knot + 1, last)] * 100, np.inf)


def price_keys(space: NDArray[np.integer] | int, knot: NDArray[np.integer]) -> NDArray[np.int64]:
    """A price knot of a currency (as price_space) as one number."""
    return space * np.int64(_KNOTS) + knot


def price_table(leads: LeadVectors, keys: NDArray[np.int64]) -> NDArray[np.float32]:
    """
    :func:`price_points` of all leads at the knots *keys* (:func:`price_keys`), which ascend, (keys, leads).

    Most of a curve is level. The rest is found by binary search, and only there is the formula evaluated.
    """
    space, knot = np.divmod(keys, _KNOTS)
    if (space == leads.one_space).all():
        return _price_table_of_space(leads, knot)
    table = np.empty((len(keys), len(leads)), np.float32)
    table[:] = np.rint(UNKNOWN_VALUE * leads.price_points)
    for each in np.unique(space).tolist():
        rows, own = np.flatnonzero(space == each), np.flatnonzero(leads.price_space == each)
        table[rows[:, np.newaxis], own] = _price_table_of_space(leads.take(own), knot[rows])
    return table


def _price_table_of_space(leads: LeadVectors, knot: NDArray[np.int64]) -> NDArray[np.float32]:
    low, high, points = leads.price_min, leads.price_max, leads.price_points
    price, middle = criteria.PRICE_KNOTS[knot], criteria.middle_of_budget(low, high)
    hopeless = np.searchsorted(_least_prices(knot), high * _HOPELESS_PRICE, side="right")
    is_hopeless = np.arange(len(knot))[:, np.newaxis] >= hopeless
    table = np.where(is_hopeless, np.float32(BROKEN), points.astype(np.float32))
    row, lead = _ranges(np.searchsorted(price, middle, side="right"), hopeless)
    table[row, lead] = np.rint(points[lead] * criteria.price_value_above(price[row], middle[lead], high[lead]))
    row, lead = _ranges(0, np.minimum(_how_many_below(low, price * criteria.PRICE_RATIO), hopeless))
    table[row, lead] = np.rint(points[lead] * criteria.price_value_below(price[row], low[lead]))
    return table


def area_table(leads: LeadVectors, knot: NDArray[np.int64]) -> NDArray[np.float32]:
    """:func:`area_points` of all leads at knots, which ascend, (knots, leads); as :func:`price_table`."""
    low, high, points = leads.area_min, leads.area_max, leads.area_points
    area = criteria.AREA_KNOTS[knot]
    hopeless = _how_many_below(low * _HOPELESS_AREA, _most_areas(knot))
    is_hopeless = np.arange(len(knot))[:, np.newaxis] < hopeless
    table = np.where(is_hopeless, np.float32(BROKEN), points.astype(np.float32))
    large = np.searchsorted(area, criteria.AREA_RATIO * high, side="right")
    for first, end in ((hopeless, _how_many_below(low, area)), (np.maximum(hopeless, large), len(area))):
        row, lead = _ranges(first, end)
        table[row, lead] = np.rint(points[lead] * criteria.area_value(area[row], low[lead], high[lead]))
    return table


def _how_many_below(limits: NDArray[np.float64], ascending: NDArray[np.floating]) -> NDArray[np.intp]:
    """How many of *ascending* are below each limit; none below NaN."""
    return np.where(np.isnan(limits), 0, np.searchsorted(ascending, limits))


def _ranges(
    starts: NDArray[np.intp] | int, stops: NDArray[np.intp] | int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows ``start .. stop - 1`` of a table for each of its columns: rows and columns of all items."""
    starts, stops = np.broadcast_arrays(starts, stops)
    lengths = np.maximum(stops - starts, 0)
    return spans(starts, lengths)[0], np.repeat(np.arange(len(lengths)), lengths)


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
) -> NDArray[np.float32]:
    """
    The units that a price under the minimum loses in addition to those of its knots: knots are too far apart to tell
    it from one within the budget. Rows as in :func:`broken_by_price`.
    """
    is_short = properties.price[property_rows] < leads.price_min[lead_rows]
    if leads.one_space is None or leads.one_space != properties.one_space:
        is_short &= properties.price_space[property_rows] == leads.price_space[lead_rows]
    lost = np.rint(criteria.PRICE_SHORT * leads.price_points[lead_rows]) * ANSWER_SCALE
    return np.multiply(is_short, lost.astype(np.float32))


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
