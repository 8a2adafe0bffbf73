"""Curves of price and area, computed for all leads at once, are those that the formula gives for one lead."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from matching.engine.criteria import AREA_KNOTS, PRICE_KNOTS
from matching.engine.curves import area_points, area_table, price_keys, price_points, price_table
from tests.matching.synthetic import synthetic

#: Ends of a range: not stated, before the first knot, on a knot, between two, beyond the last; some are upside down.
ENDS = [np.nan, 0.4, 1.0, 47.3, float(AREA_KNOTS[100]), 5e6, 9.9e6, float(PRICE_KNOTS[420]), 1e13]
LOW, HIGH = np.array(list(product(ENDS, ENDS))).T


@pytest.fixture
def leads():
    n = len(LOW)
    points = np.linspace(0, 6000, n).round()
    ranges = {"price_min": LOW, "price_max": HIGH, "area_min": LOW, "area_max": HIGH}
    return replace(synthetic(n, 1).leads, **ranges, price_points=points, area_points=points)


@pytest.mark.parametrize("spaces", [[0], [0, 3]])
def test_a_table_of_prices_has_the_points_of_each_lead(leads, spaces):
    leads = replace(leads, price_space=np.resize(np.array(spaces, np.int32), len(leads)))
    knots = np.arange(len(PRICE_KNOTS))

    table = price_table(leads, np.concatenate([price_keys(np.int32(space), knots) for space in (0, 3, 7)]))

    space, knot = np.repeat([0, 3, 7], len(knots)), np.tile(knots, 3)
    for row in range(len(leads)):
        np.testing.assert_array_equal(table[:, row], price_points(leads.take([row]), knot, space))


def test_a_table_of_areas_has_the_points_of_each_lead(leads):
    knots = np.arange(len(AREA_KNOTS))

    table = area_table(leads, knots)

    for row in range(len(leads)):
        np.testing.assert_array_equal(table[:, row], area_points(leads.take([row]), knots))
