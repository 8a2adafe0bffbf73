"""Planted truth: leads made by blurring some real listings. A good ranking returns the listing.

The blur is unknown to the engine and not tuned to it: every stated wish is drawn around the listing's own value.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from matching.facts.columns import LeadFacts, PropertyFacts
from models.sources.formats.offer import FeedError
from scripts.benchmarks.evaluate.sales_table import read_table
from scripts.benchmarks.evaluate.table_facts import table_facts

CLASSES = {"Комфорт": "COMFORT", "Бизнес": "BUSINESS", "Премиум": "ELITE"}
#: Leads and properties belong to different realtors.
LEAD_OWNER, PROPERTY_OWNER = 1, 2


@dataclass(frozen=True)
class Listing:
    """A property with the file's further columns."""

    #: Grows with time on the portal, and so stands for the date.
    id: int
    okrug: str
    facts: PropertyFacts


@dataclass(frozen=True)
class Blur:
    """The distance of a lead from the listing that it was made of."""

    name: str
    #: Half-width of the budget and of the area, and how far their middles may lie from the listing's, as a share.
    spread: float
    #: Chance that a neighbouring district (of the same okrug) stands beside the listing's own, and that it stands
    #: instead.
    district_beside: float
    district_instead: float
    #: How many of the stated wishes are dropped.
    dropped: int
    #: Share of the listing's words that the lead's text repeats, in a piece.
    phrase: float


BLURS = (
    Blur("light", 0.05, district_beside=0.2, district_instead=0.0, dropped=0, phrase=0.6),
    Blur("medium", 0.10, district_beside=0.4, district_instead=0.1, dropped=1, phrase=0.4),
    Blur("strong", 0.20, district_beside=0.4, district_instead=0.3, dropped=2, phrase=0.25),
)
_MAY_BE_DROPPED = ("area", "rooms", "districts", "metros", "property_class", "year_min", "text")


def read_listings(path: Path) -> list[Listing]:
    """
    Listings with a price, in the file's order. Columns as in the file of sales that `told` reads; empty means unknown.

    Raises:
        FeedError: A column is missing, or holds what it cannot.
    """
    try:
        return _read(path)
    except KeyError as error:
        raise FeedError(f"{path} has no column {error.args[0]} in its first line") from None
    except ValueError as error:
        raise FeedError(f"{path} does not hold listings: {error}") from None


def _read(path: Path) -> list[Listing]:
    number = lambda text: float(text) if text else None
    whole = lambda text: int(float(text)) if text else None
    facts_of_rows = table_facts(read_table(path))
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["price"]]
        return [
            Listing(
                int(row["id"]),
                row["okrug"],
                PropertyFacts(
                    owner=PROPERTY_OWNER,
                    property_type="APARTMENTS" if row["is_apartments"] == "1" else "APARTMENT",
                    price=float(row["price"]),
                    area=number(row["area"]),
                    rooms=whole(row["rooms"]),
                    property_class=CLASSES.get(row["declared_class"]),
                    year=whole(row["year_built"]),
                    district=row["district"] or None,
                    metro=row["metro"] or None,
                    facts=facts,
                    text=" ".join(filter(None, (row["street"], row["headline"], row["house_type"], row["wc"]))),
                ),
            )
            for row, facts in zip(rows, facts_of_rows, strict=True)
        ]


#: What a lead made of the listing at a position writes.
Words = Callable[[int, np.random.Generator], str]


def plant(
    listings: list[Listing], blur: Blur, n: int, rng: np.random.Generator, words: Words | None = None
) -> tuple[list[LeadFacts], np.ndarray]:
    """
    *n* leads, and for each the position of the listing that it was made of.

    Without *words* a lead's text is a piece of the listing's, and may be dropped as any wish; else it is what *words*
    gives.
    """
    neighbours: dict[str, list[str]] = {}
    for listing in listings:
        if listing.facts.district:
            neighbours.setdefault(listing.okrug, []).append(listing.facts.district)
    neighbours = {okrug: sorted(set(names)) for okrug, names in neighbours.items()}
    sources = rng.choice(len(listings), n, replace=False)
    leads = []
    for source in sources:
        text = words(int(source), rng) if words else None
        leads.append(_blurred(listings[source], blur, neighbours, rng, text))
    return leads, sources


def _blurred(
    listing: Listing, blur: Blur, neighbours: dict[str, list[str]], rng: np.random.Generator, words: str | None
) -> LeadFacts:
    facts = listing.facts
    wishes: dict[str, Any] = {"property_type": facts.property_type}
    wishes["price_min"], wishes["price_max"] = _around(facts.price, blur.spread, rng)
    optional: dict[str, Any] = {
        "area": _around(facts.area, blur.spread, rng) if facts.area else None,
        "rooms": [facts.rooms] if facts.rooms is not None else None,
        "districts": _districts(listing, blur, neighbours, rng),
        "metros": [facts.metro] if facts.metro and rng.random() < 0.5 else None,
        "property_class": facts.property_class if rng.random() < 0.5 else None,
        "year_min": facts.year - int(rng.integers(0, 6)) if facts.year and rng.random() < 0.3 else None,
        "text": _phrase(facts.text, blur.phrase, rng) if words is None else words,
    }
    stated = [name for name in _MAY_BE_DROPPED if optional[name]]
    for name in rng.permutation(stated)[: blur.dropped]:
        optional[name] = None
    # The same fields go as from a lead that quotes, so that levels compare; but what is asked for in words stays.
    if words is not None:
        optional["text"] = words
    area = optional.pop("area")
    if area:
        wishes["area_min"], wishes["area_max"] = area
    return LeadFacts(owner=LEAD_OWNER, **wishes, **{name: value for name, value in optional.items() if value})


def _around(amount: float | Decimal | None, spread: float, rng: np.random.Generator) -> tuple[float, float]:
    if amount is None:
        raise ValueError("the table's listings all state their price")
    middle = float(amount) * (1 + rng.uniform(-spread, spread))
    return middle * (1 - spread), middle * (1 + spread)


def _districts(
    listing: Listing, blur: Blur, neighbours: dict[str, list[str]], rng: np.random.Generator
) -> list[str] | None:
    own = listing.facts.district
    if not own:
        return None
    another = str(rng.choice(neighbours[listing.okrug]))
    chance = rng.random()
    if chance < blur.district_instead:
        return [another]
    return [own, another] if chance < blur.district_instead + blur.district_beside else [own]


def _phrase(text: str, share: float, rng: np.random.Generator) -> str:
    words = text.split()
    length = max(1, round(share * len(words)))
    start = int(rng.integers(0, len(words) - length + 1)) if words else 0
    return " ".join(words[start : start + length])
