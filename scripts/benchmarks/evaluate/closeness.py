"""
The effect of closeness: the entries outside a wanted district, and whether a home is found by a neighbouring district's
name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.engine.ranking import RankedLists
from matching.facts.records import LeadFacts
from scripts.benchmarks.evaluate import metrics, moscow, rankers
from scripts.benchmarks.evaluate.planted import Blur, Listing, plant
from scripts.benchmarks.evaluate.rankers import Town

#: Entries of a list that are looked at.
FIRST = 30
#: A lead names one of so many districts whose middles lie nearest to its own listing's.
NEAREST = 3
METRICS = ("recall@10", "recall@100", "MRR")
_BLUR = Blur("one district", 0.10, district_beside=0.0, district_instead=0.0, dropped=0, phrase=0.4)

Interval = tuple[float, float, float]


@dataclass(frozen=True)
class Closeness:
    leads: int
    #: Entries among the first FIRST that lie outside the wanted district: their share, and how far away the median one
    #: is, in km between the middles of the districts.
    outside: float
    median_km: float
    #: The same of homes drawn by chance.
    chance_km: float
    #: Whom the lead names, "its own district" or "a neighbouring one", to metric to (mean, low, high).
    found: dict[str, dict[str, Interval]]


def measure(listings: list[Listing], n_leads: int, seed: int) -> Closeness:
    """Measure with leads that name exactly one district and no station."""
    rng = np.random.default_rng(seed)
    known = [listing for listing in listings if listing.facts.district in moscow.CENTRES]
    planted, sources = plant(known, _BLUR, min(n_leads, len(known)), rng, lambda row, rng: "")
    own = [
        replace(lead, metros=(), districts=[known[index].facts.district])
        for lead, index in zip(planted, sources, strict=True)
    ]
    near = [replace(lead, districts=[_neighbour(lead.districts[0], rng)]) for lead in own]
    lists = {name: rankers.leadmatch(Town.of(leads, known)).for_leads for name, leads in (("own", own), ("near", near))}
    intervals = {}
    for name, of in (("its own district", "own"), ("a neighbouring one", "near")):
        values = metrics.gains(metrics.ranks_of(lists[of], sources))
        intervals[name] = {metric: metrics.interval(values[metric], np.random.default_rng(seed)) for metric in METRICS}
    share, away = _outside(lists["own"], own, known)
    anywhere = _distances(own, rng.integers(0, len(known), (len(own), FIRST)), known)
    return Closeness(len(own), share, float(np.nanmedian(away)), float(np.nanmedian(anywhere[anywhere > 0])), intervals)


def _neighbour(district: str, rng: np.random.Generator) -> str:
    names = [name for name in moscow.CENTRES if name != district and not name.startswith(("м. ", "пос. "))]
    away = moscow.distances(np.array(names), [district])
    return names[int(rng.choice(np.argsort(away)[:NEAREST]))]


def _outside(lists: RankedLists, leads: Sequence[LeadFacts], homes: list[Listing]) -> tuple[float, np.ndarray]:
    """The share of the first entries outside the district, and their distances."""
    tops = [lists.row(row)[0][:FIRST] for row in range(len(lists))]
    away = np.concatenate([_distances([lead], top[None], homes)[0] for lead, top in zip(leads, tops, strict=True)])
    outside = np.concatenate(
        [
            [homes[index].facts.district != lead.districts[0] for index in top]
            for lead, top in zip(leads, tops, strict=True)
        ]
    ).astype(bool)
    return float(outside.mean()), away[outside]


def _distances(leads: Sequence[LeadFacts], rows: np.ndarray, homes: list[Listing]) -> np.ndarray:
    """Kilometres (leads, rows) from the wanted district to those homes."""
    return np.array(
        [
            moscow.distances(np.array([homes[index].facts.district for index in row], dtype=str), list(lead.districts))
            for lead, row in zip(leads, rows, strict=True)
        ]
    )


def as_markdown(one: Closeness) -> list[str]:
    cell = lambda values: f"{values[0]:.3f} ({values[1]:.3f}–{values[2]:.3f})"
    return [
        "## Nearness",
        "",
        f"{one.leads:,} leads of medium blur that name one district, no station and no words. Of the first {FIRST}",
        f"entries of their lists {one.outside:.0%} lie outside that district; the median one is {one.median_km:.1f} km "
        f"away (by chance {one.chance_km:.1f} km), middle to middle.",
        f"Then the same leads name, in place of the district, one of the {NEAREST} nearest to it.",
        "",
        f"| the lead names | {' | '.join(METRICS)} |",
        "| --- |" + " --- |" * len(METRICS),
        *(
            f"| {name} | {' | '.join(cell(measured[metric]) for metric in METRICS)} |"
            for name, measured in one.found.items()
        ),
        "",
        "[tuning.md](tuning.md) explains how closeness is learnt and what else was tried, under "
        '"Closeness without coordinates".',
    ]
