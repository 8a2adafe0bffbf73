"""How far scores move when the text model is fitted again: on real listings, with a fifth more of them than before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.pairs import pair_scores
from matching.engine.ranking import RankedLists
from matching.engine.text import TextModel
from matching.engine.topk import Market, score_market
from matching.engine.vectorize import lead_vectors, property_vectors
from scripts.benchmarks.evaluate.planted import BLURS, Listing, plant
from scripts.benchmarks.evaluate.rankers import K, Town

#: How many texts come, as a share of those before: with more of them a run fits a new model
#: (worker/market/text_models.py).
GROWTH = 0.2
TOP = 10
#: Pairs drawn from all of the market, beside those that stand in lists.
SAMPLED_PAIRS = 200_000


@dataclass(frozen=True)
class Drift:
    """The effect of a new model on scores and lists of unchanged leads and listings."""

    leads: int
    #: Listings before and after; the scores compared are of those before.
    before: int
    after: int
    #: |change of score| of pairs in leads' lists: median, 99th percentile, maximum.
    listed: tuple[float, float, float]
    #: The same of pairs drawn from all that are not broken.
    drawn: tuple[float, float, float]
    #: Leads of whose text the first model knew no word and the new one does: text counts as stated now. Their share,
    #: and the same three figures over their drawn pairs.
    first_understood: float
    understood: tuple[float, float, float]
    #: Shares of leads whose first TOP name another set of listings, or another first one.
    tops_changed: float
    firsts_changed: float
    #: Mean share of a lead's first TOP that stay.
    tops_kept: float


def measure(listings: list[Listing], n_leads: int, seed: int) -> Drift:
    """The newest listings come on top of the others; leads of medium blur were made of those."""
    rng = np.random.default_rng(seed)
    by_age = sorted(listings, key=lambda listing: listing.id)
    old = by_age[: round(len(by_age) / (1 + GROWTH))]
    leads, _ = plant(old, BLURS[1], min(n_leads, len(old)), rng)
    town = Town.of(leads, old)
    wishes = town.lead_columns.text
    kept = TextModel.fit(town.property_columns.text, wishes)
    fitted = TextModel.fit([listing.facts.text for listing in by_age], wishes)
    markets = [
        Market(
            lead_vectors(town.lead_columns, model),
            property_vectors(town.property_columns, model),
        )
        for model in (kept, fitted)
    ]
    before, after = (score_market(market, K).for_leads for market in markets)
    listed = np.repeat(np.arange(len(before)), before.lengths), before.columns.astype(np.intp)
    drawn = rng.integers(0, len(leads), SAMPLED_PAIRS), rng.integers(0, len(old), SAMPLED_PAIRS)
    understood = (markets[0].leads.stated != markets[1].leads.stated).any(axis=1)
    tops = [_first(lists, TOP) for lists in (before, after)]
    shares = np.array([len(a & b) / max(len(a), len(b), 1) for a, b in zip(*tops, strict=True)])
    firsts = [_first(lists, 1) for lists in (before, after)]
    return Drift(
        len(leads),
        len(old),
        len(by_age),
        _changes(markets, *_of(~understood, *listed)),
        _changes(markets, *_of(~understood, *drawn)),
        float(understood.mean()),
        _changes(markets, *_of(understood, *drawn)),
        tops_changed=float(np.mean([a != b for a, b in zip(*tops, strict=True)])),
        firsts_changed=float(np.mean([a != b for a, b in zip(*firsts, strict=True)])),
        tops_kept=float(shares.mean()),
    )


def _of(
    chosen: NDArray[np.bool_], leads: NDArray[np.intp], homes: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pairs whose lead is chosen."""
    return leads[chosen[leads]], homes[chosen[leads]]


def _changes(markets: list[Market], leads: NDArray[np.intp], homes: NDArray[np.intp]) -> tuple[float, float, float]:
    before, after = (pair_scores(market.leads.take(leads), market.properties.take(homes)) for market in markets)
    change = np.abs(after - before)
    change = change[~np.isnan(change)]
    return tuple(np.quantile(change, [0.5, 0.99, 1]).tolist()) if len(change) else (0.0, 0.0, 0.0)


def _first(lists: RankedLists, n: int) -> list[set[int]]:
    return [set(lists.row(row)[0][:n].tolist()) for row in range(len(lists))]


def as_markdown(drift: Drift) -> list[str]:
    row = lambda name, figures: f"| {name} | {figures[0]:.3f} | {figures[1]:.3f} | {figures[2]:.3f} |"
    return [
        "## Drift of a new text model",
        "",
        "Between two fits the score of an unchanged pair does not change at all, as a test checks to the last bit. "
        "A new model is",
        "fitted when the texts have changed by more than a fifth, or after a week. Here it is fitted after the newest",
        f"{drift.after - drift.before:,} listings have come on top of {drift.before:,}, with {drift.leads:,} leads of "
        "medium blur, and the pairs",
        "that were there before are scored with both models. Points of 100.",
        "",
        "| pairs | median change | 99 % below | largest |",
        "| --- | --- | --- | --- |",
        row("in leads' lists", drift.listed),
        row("drawn from all", drift.drawn),
        row("drawn, of leads none of whose words the older model knew", drift.understood),
        "",
        f"Leads whose first {TOP} name another set of listings: {drift.tops_changed:.1%}; of a lead's first {TOP} stay "
        f"{drift.tops_kept:.1%}",
        f"on average. Leads with another first listing: {drift.firsts_changed:.1%}. Listings of one building with "
        "almost the same text",
        "change places among each other after the slightest difference. The last row is of "
        f"{drift.first_understood:.1%} of leads: their text did not count",
        "before and does now.",
    ]
