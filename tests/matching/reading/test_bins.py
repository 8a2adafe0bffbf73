"""Numbers are rounded to bins: the number that a wish names never contradicts it."""

import numpy as np
import pytest

from matching.reading.kinds import KIND_OF, KINDS, complete_facts

NUMBERS = [kind for kind in KINDS if kind.form == "number" and not kind.period]


@pytest.mark.parametrize("kind", NUMBERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("side", ["min", "max"])
def test_the_very_value_that_a_wish_names_meets_it(kind, side):
    top = kind.bins[-1] * 1.2
    for named in [*kind.bins, *np.linspace(kind.bins[0], top, 200).round(2).tolist()]:
        value, contradicts = kind.judge({side: named})
        answer = kind.answer_of(named)
        assert value[answer] == 1 and not contradicts[answer], (side, named)


def test_a_number_in_another_bin_still_contradicts():
    _, contradicts = KIND_OF["floor"].judge({"min": 3})

    assert contradicts[KIND_OF["floor"].answer_of(2)] and not contradicts[KIND_OF["floor"].answer_of(3)]


def test_a_ride_to_the_station_counts_as_a_long_walk_unless_the_walk_is_stated():
    assert complete_facts({"metro_transport": 6})["metro_walk"] == 30
    assert complete_facts({"metro_transport": 1})["metro_walk"] == 20
    assert complete_facts({"metro_transport": 6, "metro_walk": 12})["metro_walk"] == 12
