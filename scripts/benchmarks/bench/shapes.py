"""
The engine on other kinds of markets than a large, varied one: its skip rates, and its time compared with the dense
product of the same vectors in the same run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import click
import numpy as np

from matching.engine.topk import score_market
from matching.facts.places import PLACE_KINDS
from scripts.benchmarks.bench.contestants import floor, market_of, text_model_of
from scripts.benchmarks.bench.market import SyntheticMarket, synthetic_market
from scripts.benchmarks.bench.timings import Elapsed, timed
from scripts.benchmarks.bench.written_out import written_out

#: The most rows of each side on which the dense product is timed; more are extrapolated.
DENSE_ROWS = 10_000
#: The default number of leads, and of properties, of a shape's market.
USUAL = 20_000
#: The number of homes of which the market of near-duplicates consists.
ORIGINALS = 500


def usual(n_leads: int = 0, n_properties: int = 0, markets: int = 1) -> Iterator[SyntheticMarket]:
    """Several different *markets* of the usual kind, one after another; of USUAL rows by default."""
    for seed in range(1, markets + 1):
        yield synthetic_market(n_leads or USUAL, n_properties or USUAL, seed)


def same_wish() -> Iterator[SyntheticMarket]:
    """All leads have the same requirements."""
    for market in usual():
        leads = market.leads.take(np.full(USUAL, _of_many_wishes(market)))
        yield SyntheticMarket(replace(leads, owner=market.leads.owner), market.properties)


def near_duplicates() -> Iterator[SyntheticMarket]:
    """Few homes, each advertised several times at slightly different prices."""
    rng = np.random.default_rng(1)
    for market in usual():
        homes = market.properties.take(rng.integers(0, ORIGINALS, USUAL))
        price = homes.price * rng.choice([0.99, 1, 1, 1, 1.01], USUAL)
        yield SyntheticMarket(market.leads, replace(homes, price=price, owner=market.properties.owner))


def all_unknown() -> Iterator[SyntheticMarket]:
    """Properties of which only the type is known."""
    for market in usual():
        homes = market.properties
        untold = {name: np.full(USUAL, np.nan) for name in ("price", "area", "year")}
        untold |= {name: np.full_like(getattr(homes, name), -1) for name in ("rooms", "property_class", "condition")}
        untold |= {"district": np.full_like(homes.district, -1), "answers": np.full_like(homes.answers, -1)}
        untold |= {"metro_indptr": np.zeros(USUAL + 1, np.int64), "metro_codes": homes.metro_codes[:0]}
        untold |= {"metro_parts": homes.metro_parts[:0]}
        yield SyntheticMarket(market.leads, replace(homes, **untold, text=[""] * USUAL))


def _of_many_wishes(market: SyntheticMarket) -> int:
    """A lead with many wishes."""
    leads = market.leads
    asked = sum(np.minimum(np.diff(getattr(leads, f"{kind}_indptr")), 1) for kind in (*PLACE_KINDS, "wish"))
    return int(np.argmax(asked + ~np.isnan(leads.price_max) + ~np.isnan(leads.area_min)))


SHAPES: dict[str, Callable[[], Iterator[SyntheticMarket]]] = {
    "usual": usual,
    "twenty-markets": lambda: usual(10_000, 10_000, 20),
    "thousand-towns": lambda: usual(200, 200, 1000),
    "many-properties": lambda: usual(2_000, 300_000),
    "many-leads": lambda: usual(300_000, 2_000),
    "same-wish": same_wish,
    "near-duplicates": near_duplicates,
    "all-unknown": all_unknown,
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


def measure(names: tuple[str, ...], k: int, threads: int) -> list[str]:
    """A table in Markdown; each shape's row is reported as soon as it is known."""
    rows = [
        "| shape | pairs skipped | Leadmatch, CPU s | dense product, CPU s | ratio of CPU | of the clock |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in names:
        shape = Shape(name)
        for made in SHAPES[name]():
            shape.add(made, k, threads)
        rows.append(shape.as_row())
        click.echo(rows[-1])
    return rows
