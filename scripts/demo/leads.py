"""Generate the demo's leads from the properties in the database, generated or imported.

A lead's requirements are those of a randomly chosen property, widened to a budget, a range of areas and places around
it. So the demand for prices, places and rooms has the same distribution as the supply.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import DealType, Origin, Status
from models.market.properties import Property
from scripts.demo.properties import pick, zipf
from scripts.demo.texts import INSIDE, NEARBY, RENT_TERMS, VIEWS, YARD, person, phrases_of, sentence

#: The newest properties, at most this many, serve as examples.
MAX_EXAMPLES = 30_000

#: Probability that a client states a requirement -> how common such clients are.
STATING_PROBABILITIES = {0.25: 1, 0.6: 3, 0.85: 5, 1.0: 1}


@dataclass(frozen=True)
class Supply:
    """The properties and places of a market from which leads are generated."""

    city: str
    city_key: str
    deal_type: DealType
    listings: list[Row]
    #: District -> districts that share a metro station with it, itself excluded.
    neighbours: dict[str, list[str]]
    #: District -> its stations.
    stations: dict[str, list[str]]


def supply_of(session: Session, city: str, city_key: str, deal_type: DealType) -> Supply:
    """Return the supply of a market: the newest active properties of active owners."""
    query = (
        select(
            Property.price,
            Property.currency,
            Property.area,
            Property.rooms,
            Property.property_type,
            Property.property_class,
            Property.condition,
            Property.year_built,
            Property.district,
            Property.metro_station,
        )
        .join(User, User.id == Property.owner_id)
        .where(
            Property.city_key == city_key,
            Property.deal_type == deal_type,
            Property.status == Status.ACTIVE,
            Property.price > 0,
            User.is_active,
        )
        .order_by(Property.id.desc())
        .limit(MAX_EXAMPLES)
    )
    listings = list(session.execute(query))
    districts_at: dict[str, set[str]] = defaultdict(set)
    stations: dict[str, set[str]] = defaultdict(set)
    for listing in listings:
        if listing.district and listing.metro_station:
            districts_at[listing.metro_station].add(listing.district)
            stations[listing.district].add(listing.metro_station)
    neighbours = {
        district: sorted({other for station in mine for other in districts_at[station]} - {district})
        for district, mine in stations.items()
    }
    # Sorted, because the order of a set differs between processes, and only the seed must decide.
    return Supply(
        city,
        city_key,
        deal_type,
        listings,
        neighbours,
        {district: sorted(names) for district, names in stations.items()},
    )


def lead_rows(rng: Random, supply: Supply, count: int, owners: list[int]) -> Iterator[dict[str, Any]]:
    """Yield *count* rows of the table `leads`; the first states every requirement and belongs to the first owner."""
    if not supply.listings:
        return
    shares = zipf(len(owners), 0.5)
    for number in range(count):
        listing = rng.choice(supply.listings)
        for _ in range(100):
            # The lead that is shown first must be an ordinary case.
            if number or (listing.property_type == "APARTMENT" and listing.rooms and listing.area and listing.district):
                break
            listing = rng.choice(supply.listings)
        row = _lead_row(rng, supply, listing, 1.0 if number == 0 else pick(rng, STATING_PROBABILITIES))
        owner = owners[0] if number == 0 else rng.choices(owners, shares)[0]
        yield {**row, "owner_id": owner}


def _lead_row(rng: Random, supply: Supply, listing: Row, care: float) -> dict[str, Any]:
    """Return a row without its owner; *care* is the probability that a requirement is stated."""
    states = lambda factor=1.0: rng.random() < care * factor or care == 1.0
    low, high = _budget(rng, listing.price)
    areas = _areas(rng, float(listing.area)) if listing.area and states() else (None, None)
    districts, stations = _places(rng, supply, listing, both=care == 1.0) if states(0.9) else ([], [])
    payment = rng.choices(("CASH", "MORTGAGE", "EXCHANGE", None), (30, 45, 5, 20))[0]
    return {
        "origin": Origin.DEMO,
        "status": Status.ACTIVE,
        "deal_type": supply.deal_type,
        "client_name": person(rng),
        "client_contacts": f"+7000{rng.randrange(10**7):07}",
        "notes": rng.choice(("Звонить после шести.", "Торопится: аванс готов.", None, None, None)),
        "city": supply.city,
        "city_key": supply.city_key,
        "districts": districts,
        "metro_stations": stations,
        "budget_min": low if states(0.4) else None,
        "budget_max": high if care == 1.0 or rng.random() < 0.95 else None,
        "currency": listing.currency,
        "area_min": areas[0],
        "area_max": areas[1] if states(0.6) else None,
        "rooms": _rooms(rng, listing.rooms) if listing.rooms is not None and states() else [],
        "property_type": listing.property_type if states() else None,
        "property_class": listing.property_class if states(0.5) else None,
        "condition": listing.condition if states(0.5) else None,
        "year_min": _year_min(rng, listing.year_built) if listing.year_built and states(0.4) else None,
        "payment_method": payment if supply.deal_type is DealType.SALE else None,
        "additional_requirements": _free_text(rng, supply.deal_type) if states() else None,
    }


def _budget(rng: Random, price: Decimal) -> tuple[Decimal, Decimal]:
    """Return a (minimum, maximum) around *price*, rounded to half of the second digit as people do."""
    high = float(price) * rng.lognormvariate(0.06, 0.09)
    step = 10 ** max(len(str(int(high))) - 2, 0) / 2
    high = max(round(high / step), 2) * step
    low = round(high * rng.uniform(0.55, 0.85) / step) * step
    return Decimal(int(min(low, high))), Decimal(int(high))


def _areas(rng: Random, area: float) -> tuple[int, int]:
    area_min = max(int(area * rng.uniform(0.75, 0.98)), 1)
    return area_min, max(area_min, int(area * rng.uniform(1.1, 1.6)))


def _year_min(rng: Random, year_built: int) -> int:
    return max(year_built - rng.choice((0, 3, 5, 10)), 1900)


def _rooms(rng: Random, rooms: int) -> list[int]:
    around = rng.choices(([rooms], [rooms, rooms + 1], [max(rooms - 1, 0), rooms]), (60, 28, 12))[0]
    return sorted(set(around))


def _places(rng: Random, supply: Supply, listing: Row, *, both: bool) -> tuple[list[str], list[str]]:
    """Return districts and stations: the property's own and some near it that the market has."""
    districts = [listing.district] if listing.district else []
    near = supply.neighbours.get(listing.district, [])
    districts += rng.sample(near, min(len(near), rng.choice((0, 0, 1, 2))))
    stations = [listing.metro_station] if listing.metro_station else []
    more = [name for name in supply.stations.get(listing.district, []) if name not in stations]
    stations += rng.sample(more, min(len(more), rng.choice((0, 0, 1, 1, 2))))
    kind = rng.random()
    if both or 0.45 <= kind < 0.7:
        return districts, stations
    return (districts, []) if kind < 0.45 or not stations else ([], stations)


def _free_text(rng: Random, deal_type: DealType) -> str | None:
    terms = phrases_of(rng, RENT_TERMS, 1) if deal_type is DealType.RENT else []
    return sentence(
        phrases_of(rng, INSIDE, 2)
        + phrases_of(rng, YARD, 2)
        + phrases_of(rng, NEARBY, 2)
        + phrases_of(rng, VIEWS, 1)
        + terms
    )
