"""Why a pair scores what it scores, in words: what the lead wants, what the property has, how well that fits."""

from dataclasses import dataclass

from api.console.shapes import grade, money, number, place_of, span
from api.console.speech import say, word
from models.leads import Lead
from models.properties import Property

NAMES = {
    "price": "Price",
    "location": "Place",
    "rooms": "Rooms",
    "area": "Area",
    "text": "Description",
    "property_class": "Class",
    "property_type": "Type",
    "condition": "Condition",
    "year": "Year built",
}
VERDICTS = {"good": "fits", "fair": "fits in part", "poor": "does not fit"}


@dataclass(frozen=True)
class Reason:
    """One criterion that the lead states, ready to be shown."""

    name: str
    percent: float
    kind: str  #: good, fair, poor or unknown
    verdict: str
    wish: str
    fact: str
    points: float


@dataclass(frozen=True)
class Why:
    """All of a pair's criteria, the weightiest first, and what the lead leaves open."""

    reasons: list[Reason]
    open: list[str]


def why(lead: Lead, found: Property, criteria: list[dict]) -> Why:
    """The reasons behind the score of *lead* with *found*, from the engine's shares (api.explanations)."""
    stated = sorted((share for share in criteria if share["stated"]), key=lambda share: -share["weight"])
    left = [say(NAMES[share["criterion"]]) for share in criteria if not share["stated"]]
    return Why([_reason(lead, found, share) for share in stated], left)


def _reason(lead: Lead, found: Property, share: dict) -> Reason:
    name, percent = share["criterion"], 100 * share["value"]
    kind = grade(percent) if share["known"] else "unknown"
    return Reason(
        name=say(NAMES[name]),
        percent=percent,
        kind=kind,
        verdict=say(VERDICTS[kind]) if share["known"] else say("not told"),
        wish=_wish(name, lead),
        fact=_fact(name, found) if share["known"] else say("not told"),
        points=share["points"],
    )


def _wish(name: str, lead: Lead) -> str:
    match name:
        case "price":
            return span(lead.budget_min, lead.budget_max, lambda value: money(value, lead.currency, short=True))
        case "location":
            metros = [say("metro {name}", name=station) for station in lead.metro_stations]
            return _few([*lead.districts, *metros]) or lead.city
        case "rooms":
            return rooms_of(lead.rooms)
        case "area":
            return f"{span(lead.area_min, lead.area_max, lambda value: number(value, 1))} {say('m²')}"
        case "text":
            return _short(lead.additional_requirements or "")
        case "year":
            return say("from {value}", value=lead.year_min)
    return word(getattr(lead, name))


def _fact(name: str, found: Property) -> str:
    match name:
        case "price":
            return money(found.price, found.currency, short=True)
        case "location":
            metro = say("metro {name}", name=found.metro_station) if found.metro_station else None
            return ", ".join(filter(None, (found.district, metro))) or place_of(found)
        case "rooms":
            return rooms_of([found.rooms])
        case "area":
            return f"{number(found.area, 1)} {say('m²')}"
        case "text":
            return say("by its description")
        case "year":
            return str(found.year_built)
    return word(getattr(found, name))


def rooms_of(counts: list[int]) -> str:
    """Wanted numbers of rooms in a few signs: ``studio, 1, 2``."""
    return ", ".join(say("studio") if count == 0 else str(count) for count in sorted(counts)) or "—"


def _few(names: list[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} +{len(names) - most}" if len(names) > most else shown


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
