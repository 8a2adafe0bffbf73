"""Listings with descriptions: invented rents, with leads that quote them and hand-written leads."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.facts.records import LeadFacts, PropertyFacts
from scripts.benchmarks.evaluate import handwritten, metrics, moscow, rankers
from scripts.benchmarks.evaluate.handwritten import NEAR_KM, STRETCH, Outcome, Truth
from scripts.benchmarks.evaluate.planted import BLURS, LEAD_OWNER, PROPERTY_OWNER, Blur, Listing, plant
from scripts.benchmarks.evaluate.rankers import Town
from scripts.benchmarks.evaluate.rent_leads import LEADS, NOT_BY_THE_DAY, RentLead
from scripts.benchmarks.evaluate.rents import Rent, invent
from scripts.benchmarks.evaluate.sales_table import SalesTable
from scripts.benchmarks.evaluate.truth import VIOLATED

RENTS = 1000
#: Words of a description that a lead repeats.
QUOTED = 6
THOUSAND = 1e3
#: The row of the differences, lead by lead.
DIFFERENCE = f"Leadmatch minus {rankers.CRITERIA_AND_BM25}"
METRICS = ("recall@1", "recall@10", "recall@100", "MRR")
RANKERS = {
    "Leadmatch": lambda town: rankers.leadmatch(town).for_leads,
    "Leadmatch without the words": lambda town: rankers.without_words(town).for_leads,
    rankers.CRITERIA_AND_BM25: rankers.criteria_and_bm25,
    "BM25 alone": rankers.bm25_alone,
    "TF-IDF alone": rankers.text_alone,
}


Quote = Callable[[str, np.random.Generator], str]


def _some_words(text: str, rng: np.random.Generator) -> str:
    words = text.split()
    start = int(rng.integers(0, max(1, len(words) - QUOTED + 1)))
    return " ".join(words[start : start + QUOTED])


def _whole_sentences(text: str, rng: np.random.Generator) -> str:
    """From the beginning of a sentence on, until there are enough words."""
    sentences = [one for one in _SENTENCE.split(text) if one.strip()]
    start = int(rng.integers(0, len(sentences)))
    quoted: list[str] = []
    for sentence in sentences[start:]:
        quoted += sentence.split()
        if len(quoted) >= QUOTED:
            break
    return " ".join(quoted)


_SENTENCE = re.compile(r"(?<=[.!?\n])\s+")
QUOTES: dict[str, Quote] = {
    f"{QUOTED} words in a row": _some_words,
    f"sentences of {QUOTED} words and more": _whole_sentences,
}


@dataclass(frozen=True)
class Described:
    rents: int
    #: What is quoted to blur to ranker, or DIFFERENCE, to metric to (mean, low, high).
    quoted: dict[str, dict[str, dict[str, dict[str, tuple[float, float, float]]]]]
    written: Outcome


def measure(homes: SalesTable, n_leads: int, seed: int) -> Described:
    rents = invent(homes, RENTS, seed)
    listings = [listing_of(rent, number) for number, rent in enumerate(rents)]
    quoted = {
        name: {blur.name: _found(rents, listings, blur, quote, n_leads, seed) for blur in BLURS}
        for name, quote in QUOTES.items()
    }
    lists = rankers.leadmatch(Town.of([lead_facts(lead) for lead in LEADS], listings)).for_leads
    return Described(len(rents), quoted, handwritten.measure(lists, truth(rents), LEADS))


def _found(
    rents: list[Rent], listings: list[Listing], blur: Blur, quote: Quote, n_leads: int, seed: int
) -> dict[str, dict[str, tuple[float, float, float]]]:
    words = lambda row, rng: quote(rents[row].text, rng)
    leads, sources = plant(listings, blur, min(n_leads, len(rents)), np.random.default_rng(seed), words)
    town = Town.of(leads, listings)
    gains = {name: metrics.gains(metrics.ranks_of(ranker(town), sources)) for name, ranker in RANKERS.items()}
    more = metrics.intervals_of_difference(gains["Leadmatch"], gains[rankers.CRITERIA_AND_BM25], seed)
    return {name: metrics.intervals(gain, seed) for name, gain in gains.items()} | {DIFFERENCE: more}


def listing_of(rent: Rent, number: int) -> Listing:
    year = rent.in_fields.get("year_built")
    return Listing(
        number,
        rent.okrug,
        PropertyFacts(
            owner=PROPERTY_OWNER,
            property_type="APARTMENT",
            price=rent.price,
            area=rent.area,
            rooms=rent.rooms,
            year=int(year) if year else None,
            district=rent.district,
            metro=rent.metro,
            latitude=rent.latitude,
            longitude=rent.longitude,
            facts=rent.in_fields,
            text=rent.text,
        ),
    )


def lead_facts(lead: RentLead) -> LeadFacts:
    return LeadFacts(
        owner=LEAD_OWNER,
        property_type="APARTMENT",
        price_min=lead.price[0] * THOUSAND,
        price_max=lead.price[1] * THOUSAND,
        area_min=lead.area[0] if lead.area else None,
        area_max=lead.area[1] if lead.area else None,
        rooms=lead.rooms,
        districts=lead.districts,
        text=lead.text,
    )


def truth(rents: list[Rent], leads: tuple[RentLead, ...] = LEADS) -> Truth:
    verdicts, sendable = [], []
    price, rooms, area = (np.array([getattr(rent, name) for rent in rents]) for name in ("price", "rooms", "area"))
    districts = np.array([rent.district for rent in rents])
    for lead in leads:
        judged = np.array([wish.judge(rents) for wish in lead.wishes], np.int8)
        low, high = (amount * THOUSAND for amount in lead.price)
        holds = np.isin(rooms, lead.rooms) & (price >= low * (1 - 2 * STRETCH)) & (price <= high * (1 + STRETCH))
        if lead.area:
            holds &= (area >= lead.area[0] * (1 - STRETCH)) & (area <= lead.area[1] * (1 + 2 * STRETCH))
        if lead.districts:
            holds &= moscow.distances(districts, list(lead.districts)) <= NEAR_KM
        if all(wish.kind != NOT_BY_THE_DAY.kind for wish in lead.wishes):
            holds &= NOT_BY_THE_DAY.judge(rents) != VIOLATED
        verdicts.append(judged)
        sendable.append(holds & ~(judged == VIOLATED).any(axis=0))
    return Truth(np.array(sendable), verdicts)


def as_markdown(described: Described) -> list[str]:
    return [
        "## Listings with descriptions",
        "",
        f"{described.rents:,} generated flats for rent in real houses, with descriptions of several sentences whose "
        "facts",
        "are known: what no field states stands there only. First, leads made by blurring a flat, which quote its",
        "description: words in a row, which may begin or end within «не курить» and then say the opposite, or whole",
        "sentences.",
        f"| quoted | blur | | {' | '.join(METRICS)} |",
        "| --- | --- | --- |" + " --- |" * len(METRICS),
        *(
            f"| {quote} | {blur} | {name} | {' | '.join(_cell(name, values[metric]) for metric in METRICS)} |"
            for quote, by_blur in described.quoted.items()
            for blur, by_ranker in by_blur.items()
            for name, values in by_ranker.items()
        ),
        "",
        "The following figures are for leads written by hand.",
        "",
        *handwritten.as_markdown(described.written),
    ]


def _cell(ranker: str, values: tuple[float, float, float]) -> str:
    if ranker == DIFFERENCE:
        return metrics.difference_cell(values)
    return f"{values[0]:.3f} ({values[1]:.3f}–{values[2]:.3f})"
