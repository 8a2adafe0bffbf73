"""Ratios of the engine: scoring to the dense product of the same vectors, reading to counting words."""

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from matching.engine.incremental import column_scores, score_leads_against
from matching.reading.lead_text import read_wishes
from matching.reading.listing_text import read_facts
from scripts.benchmarks.bench import contestants, shapes
from scripts.benchmarks.bench.contestants import Vectors
from scripts.benchmarks.bench.market import synthetic_market
from scripts.benchmarks.bench.timings import timed
from scripts.benchmarks.perf.figures import Figure
from scripts.benchmarks.reading_speed import cpu_seconds, texts

#: Length of a list.
K = 100
#: The number of small towns, and of leads (and of properties) of each.
TOWNS, TOWN_ROWS = 40, 200
#: Rows that are scored alone, in one round.
SINGLE_ROWS = 11


def measure(size: int, n_texts: int, rounds: int, threads: int) -> dict[str, Figure]:
    """
    The engine's figures, all methods in turns.

    Args:
        size: Leads, and properties, of the big market.
        n_texts: Descriptions that are read in each round.
        rounds: Turns of each method.
        threads: Threads of scoring and of the dense product.
    """
    made = synthetic_market(size, size)
    vectors = contestants.vectors_of(contestants.market_of(made, contestants.text_model_of(made)), threads)
    del made
    descriptions = texts(n_texts)
    read_facts(descriptions[0])  # builds the grammar
    read_wishes(descriptions[0])
    ratios: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)

    def note(name: str, ours: float, other: float) -> None:
        ratios[name].append(ours / other)
        seconds[name].append(ours)

    for _ in range(rounds):
        floor = contestants.floor(vectors.leads, vectors.properties, threads, 1)
        took, _lists = contestants.ours(vectors, K, threads)
        note(f"scoring {size:,} x {size:,}, clock", took.seconds, floor.seconds)
        note(f"scoring {size:,} x {size:,}, CPU", took.cpu_seconds, floor.cpu_seconds)
        small = shapes.Shape("towns")
        for town in shapes.usual(TOWN_ROWS, TOWN_ROWS, TOWNS):
            small.add(town, K, threads)
        note(
            f"scoring {TOWNS} towns of {TOWN_ROWS} x {TOWN_ROWS}, CPU", small.ours.cpu_seconds, small.floor.cpu_seconds
        )
        for name, ours, other in _single_rows(vectors):
            note(name, ours, other)
        spent = cpu_seconds(read_facts, descriptions)
        note("reading a description, CPU", spent / n_texts, cpu_seconds(_count_words, descriptions) / n_texts)
    units = {"reading": "times counting its words"}
    return {
        name: Figure(
            tuple(values),
            units.get(name.partition(" ")[0], "of the dense product"),
            f"{1000 * statistics.median(seconds[name]):,.3g} ms",
        )
        for name, values in ratios.items()
    }


def _single_rows(vectors: Vectors) -> list[tuple[str, float, float]]:
    """(name, the engine's CPU seconds, those of the dense product of one row), for one lead and for one property."""
    market = vectors.market
    rows = np.linspace(0, len(market.leads) - 1, SINGLE_ROWS).astype(int)
    methods: tuple[tuple[str, Callable[[int], object], Callable[[int], object]], ...] = (
        (
            "scoring one lead, CPU",
            lambda row: score_leads_against(market.leads.take([row]), market.properties, K),
            lambda row: vectors.properties @ vectors.leads[row],
        ),
        (
            "scoring one property, CPU",
            lambda row: column_scores(market.leads, market.properties.take([row])),
            lambda row: vectors.leads @ vectors.properties[row],
        ),
    )
    measured = []
    with threadpool_limits(1, "blas"):
        for name, ours, dense in methods:
            took = [
                statistics.median(timed(partial(method, row)).cpu_seconds for row in rows) for method in (ours, dense)
            ]
            measured.append((name, took[0], took[1]))
    return measured


def _count_words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))
