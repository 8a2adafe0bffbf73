"""The sections of the evaluation. Each takes about two minutes of CPU or less."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.benchmarks.evaluate import (
    balanced,
    closeness,
    described,
    drift,
    duplicates,
    exploring,
    handwritten,
    learning,
    planted_wishes,
    rankers,
    reading,
    report,
)
from scripts.benchmarks.evaluate.planted import Listing, read_listings
from scripts.benchmarks.evaluate.rankers import Town
from scripts.benchmarks.evaluate.sales_table import SalesTable, read_table


@dataclass(frozen=True)
class Inputs:
    """The data that sections are measured on."""

    path: Path
    n_leads: int
    seed: int
    #: Where plots go.
    out: Path

    @cached_property
    def listings(self) -> list[Listing]:
        return read_listings(self.path)

    @cached_property
    def homes(self) -> SalesTable:
        """The rows of *listings*, in the same order."""
        return read_table(self.path)


def intro(inputs: Inputs) -> list[str]:
    return [
        "# How good the ranking is",
        "",
        f"Written by `leadmatch evaluate {inputs.path.name} --leads {inputs.n_leads} --seed {inputs.seed}`; do not",
        f"edit by hand. With names of sections after the file's name, only these are measured again: "
        f"{', '.join(SECTIONS)}.",
        "",
        f"{len(inputs.listings):,} real listings (Moscow, sale, 2023). Lists are ranked against the whole market, not",
        "against sampled negatives. The file holds many near-duplicate units of one building, which no ranking can",
        "distinguish by the contents of a lead. In brackets: 95 % bootstrap interval over leads.",
    ]


def _wishes(inputs: Inputs) -> list[str]:
    leads = [handwritten.lead_facts(lead) for lead in handwritten.LEADS]
    lists = rankers.leadmatch(Town.of(leads, inputs.listings)).for_leads
    outcome = handwritten.measure(lists, handwritten.truth(inputs.homes))
    return [
        "## Leads as realtors write them",
        "",
        "Leads on the same sales, written by hand, with fields and additional words. The file's columns decide,",
        "independently of the engine, whether a home meets these words. A realtor would send a home that is known to",
        f"violate none of them, has a wanted number of rooms, is at most {handwritten.STRETCH:.0%} over the budget, "
        "and",
        f"lies in a wanted district or within {handwritten.NEAR_KM:g} km.",
        "",
        *handwritten.as_markdown(outcome),
        "",
        *handwritten.meaning(outcome),
    ]


def _duplicates(inputs: Inputs) -> list[str]:
    return duplicates.as_markdown(inputs.path, inputs.seed)


def _reading(inputs: Inputs) -> list[str]:
    return reading.as_markdown()


def _asked(inputs: Inputs) -> list[str]:
    levels = planted_wishes.measure(inputs.listings, inputs.homes, inputs.n_leads, inputs.seed)
    return planted_wishes.as_markdown(levels, inputs.n_leads)


def _quoted(inputs: Inputs) -> list[str]:
    outcomes = report.evaluate(inputs.listings, inputs.n_leads, inputs.seed)
    report.plot_recall(outcomes, inputs.out / "evaluation-recall.svg")
    return report.as_markdown(outcomes, inputs.n_leads)


def _rents(inputs: Inputs) -> list[str]:
    return described.as_markdown(described.measure(inputs.homes, inputs.n_leads, inputs.seed))


def _nearness(inputs: Inputs) -> list[str]:
    return closeness.as_markdown(closeness.measure(inputs.listings, inputs.n_leads, inputs.seed))


def _order(inputs: Inputs) -> list[str]:
    return balanced.as_markdown(balanced.compare(inputs.listings, inputs.n_leads, inputs.seed))


def _exploration(inputs: Inputs) -> list[str]:
    return exploring.as_markdown(exploring.compare(inputs.listings, inputs.n_leads, inputs.seed), len(inputs.listings))


def _learning(inputs: Inputs) -> list[str]:
    return learning.as_markdown(learning.learn(inputs.listings, inputs.n_leads, inputs.seed), inputs.n_leads)


def _drift(inputs: Inputs) -> list[str]:
    return drift.as_markdown(drift.measure(inputs.listings, inputs.n_leads, inputs.seed))


#: In the order of the page.
SECTIONS: dict[str, Callable[[Inputs], list[str]]] = {
    "reading": _reading,
    "wishes": _wishes,
    "asked": _asked,
    "quoted": _quoted,
    "rents": _rents,
    "nearness": _nearness,
    "order": _order,
    "exploration": _exploration,
    "learning": _learning,
    "drift": _drift,
    "duplicates": _duplicates,
}
