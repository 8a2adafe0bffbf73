"""
The engine on other kinds of markets than a large, varied one: its skip rates, and its time compared with the dense
product of the same vectors in the same run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import click
import numpy as np

from matching.engine.topk import score_market
from matching.facts.places import PLACE_KINDS
from scripts.benchmarks.bench.contestants import floor, market_of, text_model_of
from scripts.benchmarks.bench.growth import exponent
from scripts.benchmarks.bench.market import SyntheticMarket, synthetic_market
from scripts.benchmarks.bench.timings import Elapsed, timed
from scripts.benchmarks.bench.written_out import written_out

#: The most rows of each side on which the dense product is timed; more are extrapolated.
DENSE_ROWS = 10_000
#: The number of homes of which the market of near-duplicates consists.
ORIGINALS = 500
#: The sizes at which growth is measured, as shares of the shape's own.
GROWTH = (0.25, 0.5, 1.0)


def usual(n_leads: int, n_properties: int, markets: int = 1) -> Iterator[SyntheticMarket]:
    """Several different *markets* of the usual kind, one after another."""
    for seed in range(1, markets + 1):
        yield synthetic_market(n_leads, n_properties, seed)


def same_wish(n_leads: int, n_properties: int, markets: int = 1) -> Iterator[SyntheticMarket]:
    """All leads have the same requirements."""
    for market in usual(n_leads, n_properties, markets):
        leads = market.leads.take(np.full(n_leads, _of_many_wishes(market)))
        yield SyntheticMarket(replace(leads, owner=market.leads.owner), market.properties)


def near_duplicates(n_leads: int, n_properties: int, markets: int = 1) -> Iterator[SyntheticMarket]:
    """Few homes, each advertised several times at slightly different prices."""
    rng = np.random.default_rng(1)
    for market in usual(n_leads, n_properties, markets):
        homes = market.properties.take(rng.integers(0, min(ORIGINALS, n_properties), n_properties))
        price = homes.price * rng.choice([0.99, 1, 1, 1, 1.01], n_properties)
        yield SyntheticMarket(market.leads, replace(homes, price=price, owner=market.properties.owner))


def all_unknown(n_leads: int, n_properties: int, markets: int = 1) -> Iterator[SyntheticMarket]:
    """Properties of which only the type is known."""
    for market in usual(n_leads, n_properties, markets):
        homes = market.properties
        untold = {name: np.full(n_properties, np.nan) for name in ("price", "area", "year")}
        untold |= {name: np.full_like(getattr(homes, name), -1) for name in ("rooms", "property_class", "condition")}
        untold |= {"district": np.full_like(homes.district, -1), "answers": np.full_like(homes.answers, -1)}
        untold |= {"metro_indptr": np.zeros(n_properties + 1, np.int64), "metro_codes": homes.metro_codes[:0]}
        untold |= {"metro_parts": homes.metro_parts[:0]}
        yield SyntheticMarket(market.leads, replace(homes, **untold, text=[""] * n_properties))


def _of_many_wishes(market: SyntheticMarket) -> int:
    """A lead with many wishes."""
    leads = market.leads
    asked = sum(np.minimum(np.diff(getattr(leads, f"{kind}_indptr")), 1) for kind in (*PLACE_KINDS, "wish"))
    return int(np.argmax(asked + ~np.isnan(leads.price_max) + ~np.isnan(leads.area_min)))


class Kind(NamedTuple):
    """How a shape's markets are made: the function, the leads and properties of each market, and their number."""

    make: Callable[[int, int, int], Iterator[SyntheticMarket]]
    leads: int = 20_000
    properties: int = 20_000
    markets: int = 1


SHAPES = {
    "usual": Kind(usual),
    "twenty-markets": Kind(usual, 10_000, 10_000, 20),
    "thousand-towns": Kind(usual, 200, 200, 1000),
    "many-properties": Kind(usual, 2_000, 300_000),
    "many-leads": Kind(usual, 300_000, 2_000),
    "same-wish": Kind(same_wish),
    "near-duplicates": Kind(near_duplicates),
    "all-unknown": Kind(all_unknown),
}


@dataclass
class Shape:
    """The total of all markets of one shape."""

    name: str
    ours: Elapsed = Elapsed(0.0, 0.0)
    floor: Elapsed = Elapsed(0.0, 0.0)
    pairs: int = 0
    scored: int = 0

    def add(self, made: SyntheticMarket, k: int, threads: int) -> None:
        """Time the engine and the dense product on one market."""
        market = market_of(made, text_model_of(made))
        n_leads, n_properties = len(market.leads), len(market.properties)
        fewer = SyntheticMarket(
            made.leads.take(np.arange(min(n_leads, DENSE_ROWS))),
            made.properties.take(np.arange(min(n_properties, DENSE_ROWS))),
        )
        few = market_of(fewer, text_model_of(made))
        dense = written_out(few.leads, few.properties, threads)
        factor = n_leads * n_properties / (len(dense[0]) * len(dense[1]))
        self.floor = self.floor.plus(floor(*dense, threads, 1).times(factor))
        del dense
        rows = []
        self.ours = self.ours.plus(timed(lambda: rows.append(score_market(market, k, threads).pairs_scored)))
        self.scored += rows[0]
        self.pairs += n_leads * n_properties

    def as_row(self) -> str:
        cells = (
            self.name,
            f"{1 - self.scored / self.pairs:.1%}",
            f"{self.ours.cpu_seconds:.1f}",
            f"{self.floor.cpu_seconds:.1f}",
            f"{self.ours.cpu_seconds / self.floor.cpu_seconds:.2f}",
            f"{self.ours.seconds / self.floor.seconds:.2f}",
        )
        return f"| {' | '.join(cells)} |"


def measure(names: tuple[str, ...], k: int, threads: int, shares: tuple[float, ...] = (1.0,)) -> list[str]:
    """
    A table in Markdown; each row is reported as soon as it is known.

    Args:
        shares: The sizes to measure, ascending: shares of the shape's leads and properties. With several, a line for
            each shape states how the engine's CPU time grows with the number of rows.
    """
    rows = [
        "| shape | pairs skipped | Leadmatch, CPU s | dense product, CPU s | ratio of CPU | of the clock |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    growth = []
    for name in names:
        kind, seconds = SHAPES[name], []
        for share in shares:
            leads, properties = round(kind.leads * share), round(kind.properties * share)
            shape = Shape(f"{name}, {leads:,} x {properties:,}")
            for made in kind.make(leads, properties, kind.markets):
                shape.add(made, k, threads)
            rows.append(shape.as_row())
            click.echo(rows[-1])
            seconds.append(shape.ours.cpu_seconds)
        if len(shares) > 1:
            growth.append(f"{name}: CPU time grows as N^{exponent(shares, seconds):.2f}.")
    return [*rows, *([""] if growth else []), *growth]
