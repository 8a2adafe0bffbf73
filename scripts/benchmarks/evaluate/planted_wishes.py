"""Planted truth with a text of two or three true wishes in a realtor's words, which the listing does not contain."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from scripts.benchmarks.evaluate import metrics, rankers
from scripts.benchmarks.evaluate.planted import BLURS, Listing, plant
from scripts.benchmarks.evaluate.rankers import Town
from scripts.benchmarks.evaluate.sales_table import SalesTable
from scripts.benchmarks.evaluate.wish_words import words_of

METRICS = ("recall@1", "recall@10", "recall@100", "MRR")
RANKERS = {
    "Leadmatch": lambda town: rankers.leadmatch(town).for_leads,
    "Leadmatch without the words": lambda town: rankers.without_words(town).for_leads,
    "criteria + 5 x BM25 / max": rankers.criteria_and_bm25,
}


@dataclass(frozen=True)
class Level:
    blur: str
    #: Ranker to metric to (mean, low, high).
    found: dict[str, dict[str, tuple[float, float, float]]]


def measure(listings: list[Listing], homes: SalesTable, n_leads: int, seed: int) -> list[Level]:
    """The same leads for every ranker; *homes* holds the rows of *listings* in the same order."""
    words = partial(_two_or_three, homes)
    levels = []
    for blur in BLURS:
        leads, sources = plant(listings, blur, n_leads, np.random.default_rng(seed), words)
        town = Town.of(leads, listings)
        intervals = {}
        for name, ranker in RANKERS.items():
            values = metrics.gains(metrics.ranks_of(ranker(town), sources))
            intervals[name] = {
                metric: metrics.interval(values[metric], np.random.default_rng(seed)) for metric in METRICS
            }
        levels.append(Level(blur.name, intervals))
    return levels


def _two_or_three(homes: SalesTable, row: int, rng: np.random.Generator) -> str:
    return words_of(homes, row, int(rng.integers(2, 4)), rng).text


def as_markdown(levels: list[Level], n_leads: int) -> list[str]:
    cell = lambda values: f"{values[0]:.3f} ({values[1]:.3f}–{values[2]:.3f})"
    return [
        "## Wishes in a realtor's words",
        "",
        f"The same blur, {n_leads:,} leads per level, but the text states two or three facts of the listing",
        "as a realtor would ask for them («этаж не крайний, кухня хотя бы 9 м»), in words that do not occur in the",
        "listing.",
        f"| blur | | {' | '.join(METRICS)} |",
        "| --- | --- |" + " --- |" * len(METRICS),
        *(
            f"| {level.blur} | {name} | {' | '.join(cell(measured[metric]) for metric in METRICS)} |"
            for level in levels
            for name, measured in level.found.items()
        ),
    ]
