"""What each group of criteria costs: the scoring time of a market, and of the same market without the group."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
import numpy as np

from matching.engine.topk import score_market
from matching.facts.columns import LeadColumns
from matching.facts.places import PLACE_KINDS
from scripts.benchmarks.bench.contestants import market_of, text_model_of
from scripts.benchmarks.bench.market import SyntheticMarket, synthetic_market

WHOLE = "all criteria"


def _without_wishes(leads: LeadColumns) -> LeadColumns:
    return replace(leads, wish_indptr=np.zeros(len(leads) + 1, np.int64), wish_codes=leads.wish_codes[:0])


def _without_places(leads: LeadColumns) -> LeadColumns:
    none: dict[str, Any] = {}
    for kind in PLACE_KINDS:
        none[f"{kind}_indptr"] = np.zeros(len(leads) + 1, np.int64)
        none |= {f"{kind}_{name}": getattr(leads, f"{kind}_{name}")[:0] for name in ("codes", "values")}
        none[f"{kind}_only"] = np.zeros(len(leads), bool)
    return replace(leads, **none)


def _without_amounts(leads: LeadColumns) -> LeadColumns:
    nothing = np.full(len(leads), np.nan)
    return replace(leads, price_min=nothing, price_max=nothing, area_min=nothing, area_max=nothing)


def _without_scales(leads: LeadColumns) -> LeadColumns:
    unstated = np.full(len(leads), -1, np.int8)
    return replace(
        leads,
        rooms=np.zeros_like(leads.rooms),
        property_type=unstated,
        property_class=unstated,
        condition=unstated,
        year_min=np.full(len(leads), np.nan),
    )


#: The name of a group to a function that takes its requirements from all leads.
GROUPS: dict[str, Callable[[LeadColumns], LeadColumns]] = {
    "wishes in words": _without_wishes,
    "free text": lambda leads: replace(leads, text=[""] * len(leads)),
    "districts and stations": _without_places,
    "price and area": _without_amounts,
    "rooms, type, class, condition, year": _without_scales,
}


def measure(size: int, k: int, threads: int, repeats: int) -> list[str]:
    """
    A table in Markdown: the median CPU seconds of scoring a usual market, whole and without each group, in turns.

    A group's own cost and its effect on the bounds add up: criteria that tell pairs apart let more blocks be skipped.
    """
    made = synthetic_market(size, size)
    model = text_model_of(made)
    markets = {WHOLE: market_of(made, model)}
    for name, without in GROUPS.items():
        markets[f"without {name}"] = market_of(SyntheticMarket(without(made.leads), made.properties), model)
    del made
    seconds: dict[str, list[float]] = {name: [] for name in markets}
    scored: dict[str, int] = {}
    for turn in range(repeats):
        for name, market in markets.items():
            started = time.process_time()
            scored[name] = score_market(market, k, threads).pairs_scored
            seconds[name].append(time.process_time() - started)
            click.echo(f"  round {turn + 1} of {repeats}: {name:45} CPU {seconds[name][-1]:.2f} s")
    whole = statistics.median(seconds[WHOLE])
    rows = [f"| {size:,} x {size:,} | CPU s | of the whole | pairs skipped |", "| --- | --- | --- | --- |"]
    for name in markets:
        middle = statistics.median(seconds[name])
        rows.append(f"| {name} | {middle:.2f} | {middle / whole:.2f} | {1 - scored[name] / size**2:.1%} |")
    return rows
