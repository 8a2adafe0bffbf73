import numpy as np
import pytest

from scripts.benchmarks.soak import Trend, trend, trends

HOURS = np.linspace(0, 0.5, 120)


@pytest.mark.parametrize(
    ("an_hour", "verdict"),
    [
        (0, "flat"),
        (1, "flat"),  # below 5% of 100
        (40, "GROWS"),
        (-40, "flat"),
    ],
)
def test_a_leak_is_distinguished_from_noise(an_hour, verdict):
    noise = np.random.default_rng(0).normal(0, 1, len(HOURS))

    found = trend(HOURS, 100 + an_hour * HOURS + noise)

    assert abs(found.slope - an_hour) <= 2 * found.margin
    assert found.verdict == verdict


def test_a_constant_measure_is_flat_and_one_with_few_samples_is_not_reported():
    assert trend(HOURS, np.full(len(HOURS), 7.0)).verdict == "flat"
    assert Trend(mean=100, slope=30, margin=10, hours=0.05).verdict == "too short to tell"
    assert Trend(mean=100, slope=0, margin=30, hours=0.5).verdict == "too short to tell"


def test_processes_that_came_or_went_while_it_was_measured_have_no_trend():
    samples = [(60.0 * n, {"web, MB": 1.0} | ({"web 1, MB": 1.0} if n < 30 else {})) for n in range(40)]

    assert set(trends(samples)) == {"web, MB"}
