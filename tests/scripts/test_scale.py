"""The resources for a country follow from measured constants, and the page shows the computed values."""

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.benchmarks.scale import needs
from scripts.benchmarks.scale.command import with_tables
from scripts.benchmarks.scale.constants import CONSTANTS, SCORING
from scripts.benchmarks.scale.needs import Country, scoring_seconds

PAGE = Path(__file__).parents[2] / "docs/scale.md"


def amounts(country):
    return {need.name: need.amount for need in needs.needs(country)}


def test_the_page_shows_what_the_computation_gives():
    page = PAGE.read_text()

    assert page == with_tables(page, Country()), "run: leadmatch scale --page docs/scale.md"


def test_scoring_takes_what_was_measured_and_a_power_law_between():
    for size, seconds, *_ in SCORING:
        assert scoring_seconds(size, size) == pytest.approx(seconds)
    (small, low, *_), (large, high, *_) = SCORING[-2:]
    middle = (small * large) ** 0.5
    assert scoring_seconds(middle, middle) == pytest.approx((low * high) ** 0.5)
    assert scoring_seconds(2 * middle, middle / 2) == pytest.approx(scoring_seconds(middle, middle))
    assert scoring_seconds(10 * large, 10 * large) > 10 * high
    assert scoring_seconds(1, 1) == SCORING[0][1]  # the minimum cost of a market


def test_all_markets_together_are_the_country():
    country = Country(towns=1_500)

    assert sum(country.shares()) == pytest.approx(1)
    assert len(country.shares()) == 3_000


@pytest.mark.parametrize(
    ("change", "name", "times"),
    [
        ({"writes": 100.0}, "processors for changes", 2),
        ({"writes": 100.0}, "PostgreSQL's log", 2),
        ({"pages": 4_000.0}, "pages to clients", 2),
        ({"leads": 2_000_000, "properties": 4_000_000}, "PostgreSQL on disk", 2),
        ({"towns": 750}, "a full run: markets", 0.5),
    ],
)
def test_needs_grow_with_the_country(change, name, times):
    assert amounts(replace(Country(), **change))[name] == pytest.approx(times * amounts(Country())[name])


def test_new_constants_give_new_results_and_replicas_when_one_server_is_too_small(monkeypatch):
    before = amounts(Country())["processors for PostgreSQL"]
    assert not needs.replicas_needed(Country(pages=100))
    monkeypatch.setitem(CONSTANTS, "page_postgres", replace(CONSTANTS["page_postgres"], value=1.0))

    assert amounts(Country())["processors for PostgreSQL"] > before
    assert needs.replicas_needed(Country(pages=100))
