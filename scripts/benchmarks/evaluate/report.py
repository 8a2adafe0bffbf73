"""Planted truth that quotes the listing's own words, at three levels of blur, against every baseline."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.engine.ranking import RankedLists
from matching.engine.topk import MarketLists
from scripts.benchmarks.evaluate import metrics, rankers
from scripts.benchmarks.evaluate.planted import BLURS, Blur, Listing, plant
from scripts.benchmarks.evaluate.rankers import BASELINES, Town

OURS, OURS_WITHOUT_TEXT, OURS_REVERSE = "Leadmatch", "Leadmatch without text", "Leadmatch, property to lead"
METRICS = (*(f"recall@{n}" for n in metrics.RECALL_AT), "MRR", "NDCG@100")


@dataclass(frozen=True)
class Outcome:
    """The results of one blur level."""

    blur: Blur
    #: Ranker to metric to (mean, low, high).
    found: dict[str, dict[str, tuple[float, float, float]]]
    #: Ranker to coverage, gini, empty.
    exposure: dict[str, dict[str, float]]
    expected_matches: float
    #: Share of leads whose own listing breaks one of their deal-breakers as blurred.
    broken_truth: float


def evaluate(listings: list[Listing], n_leads: int, seed: int) -> list[Outcome]:
    return [_outcome(listings, blur, n_leads, seed) for blur in BLURS]


def _outcome(listings: list[Listing], blur: Blur, n_leads: int, seed: int) -> Outcome:
    leads, sources = plant(listings, blur, n_leads, np.random.default_rng(seed))
    town = Town.of(leads, listings)
    both = rankers.leadmatch(town)
    lists: dict[str, RankedLists] = {
        OURS: both.for_leads,
        OURS_WITHOUT_TEXT: rankers.without_words(town).for_leads,
    }
    for name, ranker in BASELINES.items():
        lists[name] = ranker(town)
    intervals = {name: _found(ranked, sources, seed) for name, ranked in lists.items()}
    intervals[OURS_REVERSE] = _found_in_reverse(both, sources, seed)
    return Outcome(
        blur,
        intervals,
        {name: metrics.exposure(ranked, len(listings)) for name, ranked in lists.items()},
        metrics.expected_matches(both.for_leads, both.for_properties),
        _broken_truth(town, sources),
    )


def _found(lists: RankedLists, truth: NDArray[np.integer], seed: int) -> dict[str, tuple[float, float, float]]:
    values = metrics.gains(metrics.ranks_of(lists, truth))
    return {name: metrics.interval(values[name], np.random.default_rng(seed)) for name in METRICS}


def _found_in_reverse(both: MarketLists, sources: NDArray[np.intp], seed: int) -> dict[str, tuple[float, float, float]]:
    """The lead in its listing's list of leads."""
    return _found(both.for_properties.take(sources), np.arange(len(sources)), seed)


def _broken_truth(town: Town, sources: NDArray[np.intp]) -> float:
    listing = town.property_columns.take(sources)
    return float((listing.price * 100 > town.lead_columns.price_max * 115).mean())


def beaten_everywhere(outcomes: list[Outcome]) -> list[str]:
    """Cases in which our interval is not wholly above a baseline's, for MRR and recall@10."""
    return [
        f"{outcome.blur.name}: {metric} against {name}"
        for outcome in outcomes
        for name in BASELINES
        for metric in ("MRR", "recall@10")
        if outcome.found[OURS][metric][1] <= outcome.found[name][metric][2]
    ]


def as_markdown(outcomes: list[Outcome], n_leads: int) -> list[str]:
    """The section of leads that quote."""
    return [
        "## Words quoted from the listing",
        "",
        f"A lead is made by blurring a listing; a good ranking brings it back. {n_leads:,} leads a level. The lead's",
        "text is a piece of the listing's: its street, headline, material and bathrooms, for this file has no",
        "descriptions.",
        *_blur_table(outcomes),
        "",
        *(line for outcome in outcomes for line in _found_table(outcome)),
        "![Recall by blur level](evaluation-recall.svg)",
        "",
        *_text_verdict(outcomes),
        "",
        *_health_table(outcomes),
        "",
        *_verdict(outcomes),
    ]


def _blur_table(outcomes: list[Outcome]) -> list[str]:
    return [
        "| level | budget and area | neighbour district beside / instead | wishes dropped | words repeated |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {blur.name} | ±{blur.spread:.0%}, middle off by up to {blur.spread:.0%} | "
            f"{blur.district_beside:.0%} / {blur.district_instead:.0%} | {blur.dropped} | {blur.phrase:.0%} |"
            for blur in (outcome.blur for outcome in outcomes)
        ),
    ]


def _found_table(outcome: Outcome) -> list[str]:
    cell = lambda values: f"{values[0]:.3f} ({values[1]:.3f}–{values[2]:.3f})"
    return [
        f"### {outcome.blur.name.capitalize()} blur",
        "",
        f"| | {' | '.join(METRICS)} |",
        "| --- |" + " --- |" * len(METRICS),
        *(
            f"| {name} | {' | '.join(cell(intervals[metric]) for metric in METRICS)} |"
            for name, intervals in outcome.found.items()
        ),
        "",
    ]


def _text_verdict(outcomes: list[Outcome]) -> list[str]:
    parts = [
        f"{outcome.blur.name} {without['MRR'][0]:.3f} → {outcome.found[OURS]['MRR'][0]:.3f}"
        for outcome in outcomes
        for without in [outcome.found[OURS_WITHOUT_TEXT]]
    ]
    return ["### What text adds", "", f"MRR without and with it: {'; '.join(parts)}."]


def _health_table(outcomes: list[Outcome]) -> list[str]:
    lines = [
        "### Health of the market",
        "",
        "Coverage: share of listings in somebody's first ten. Gini of that exposure: 0 even, 1 one takes",
        "all. Expected mutual likes: attention 1 / rank on both sides, a look becomes a like with chance",
        "score / 100.",
        "",
        "| level | ranker | coverage | Gini | leads with an empty list | expected mutual likes |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for outcome in outcomes:
        for name, health in outcome.exposure.items():
            likes = f"{outcome.expected_matches:.1f}" if name == OURS else ""
            lines.append(
                f"| {outcome.blur.name} | {name} | {health['coverage']:.3f} | {health['gini']:.3f} | "
                f"{health['empty']:.3f} | {likes} |"
            )
    return lines


def _verdict(outcomes: list[Outcome]) -> list[str]:
    missed = beaten_everywhere(outcomes)
    lines = ["### Verdict", ""]
    if not missed:
        return [*lines, "Above every baseline in MRR and recall@10 at every level, intervals apart."]
    return [*lines, "Not above the baseline with intervals apart:", "", *(f"- {miss}" for miss in missed)]


def plot_recall(outcomes: list[Outcome], path: Path) -> None:
    """Recall@1, 10, 100 of every ranker, a panel for each blur level."""
    import matplotlib

    matplotlib.use("svg")
    # The same run writes the same file.
    matplotlib.rcParams["svg.hashsalt"] = "leadmatch"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(outcomes), figsize=(11, 3.6), sharey=True)
    for panel, outcome in zip(panels, outcomes, strict=True):
        for name, intervals in outcome.found.items():
            if name == OURS_REVERSE:
                continue
            means, lows, highs = zip(*(intervals[f"recall@{n}"] for n in metrics.RECALL_AT), strict=True)
            panel.plot(metrics.RECALL_AT, means, marker="o", label=name)
            panel.fill_between(metrics.RECALL_AT, lows, highs, alpha=0.2)
        panel.set(title=f"{outcome.blur.name} blur", xscale="log", xlabel="first n of the list", ylim=(0, 1))
    panels[0].set_ylabel("share of leads whose listing is there")
    panels[-1].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
