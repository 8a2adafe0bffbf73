"""The demo's demand: leads that resemble the properties that the database holds, made or imported.

A lead is a property blurred: somebody who would take that one, looked for with a budget, a range of areas and places
around it. So prices, places and rooms are wanted in the shares in which they exist, and popular ones more.
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
from scripts.demo.texts import INSIDE, NEARBY, RENT_TERMS, VIEWS, YARD, person, sentence, some

#: Properties that leads are made after, at most; the newest.
MODELS_TAKEN = 30_000

#: How many wishes somebody states: many know what they want, some say hardly anything.
CARE = {0.25: 1, 0.6: 3, 0.85: 5, 1.0: 1}


@dataclass(frozen=True)
class Supply:
    """What a market offers, as far as leads are made after it."""

    city: str
    city_key: str
    deal_type: DealType
    homes: list[Row]
    #: District -> districts that share a metro station with it, itself excluded.
    neighbours: dict[str, list[str]]
    #: District -> its stations.
    stations: dict[str, list[str]]


def supply_of(session: Session, city: str, city_key: str, deal_type: DealType) -> Supply:
    """What the database offers in a market."""
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
        .limit(MODELS_TAKEN)
    )
    homes = list(session.execute(query))
    districts_at: dict[str, set[str]] = defaultdict(set)
    stations: dict[str, set[str]] = defaultdict(set)
    for home in homes:
        if home.district and home.metro_station:
            districts_at[home.metro_station].add(home.district)
            stations[home.district].add(home.metro_station)
    neighbours = {
        district: sorted({other for station in mine for other in districts_at[station]} - {district})
        for district, mine in stations.items()
    }
    # Sorted: the order of a set differs from process to process, and the seed is to decide alone.
    return Supply(
        city, city_key, deal_type, homes, neighbours, {name: sorted(found) for name, found in stations.items()}
    )


def lead_rows(rng: Random, supply: Supply, count: int, owners: list[int]) -> Iterator[dict[str, Any]]:
    """*count* rows of the table `leads`; the first is one that states every wish, of the first owner."""
    if not supply.homes:
        return
    shares = zipf(len(owners), 0.5)
    for number in range(count):
        home = rng.choice(supply.homes)
        for _ in range(100):
            # The one that is shown first should be an ordinary case.
            if number or (home.property_type == "APARTMENT" and home.rooms and home.area and home.district):
                break
            home = rng.choice(supply.homes)
        wishes = _wishes(rng, supply, home, 1.0 if number == 0 else pick(rng, CARE))
        owner = owners[0] if number == 0 else rng.choices(owners, shares)[0]
        yield {**wishes, "owner_id": owner}


def _wishes(rng: Random, supply: Supply, home: Row, care: float) -> dict[str, Any]:
    """A row without its owner; *care* is the chance that a wish is stated."""
    states = lambda factor=1.0: rng.random() < care * factor or care == 1.0
    low, high = _budget(rng, home.price)
    areas = _areas(rng, float(home.area)) if home.area and states() else (None, None)
    districts, stations = _places(rng, supply, home, both=care == 1.0) if states(0.9) else ([], [])
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
        "currency": home.currency,
        "area_min": areas[0],
        "area_max": areas[1] if states(0.6) else None,
        "rooms": _rooms(rng, home.rooms) if home.rooms is not None and states() else [],
        "property_type": home.property_type if states() else None,
        "property_class": home.property_class if states(0.5) else None,
        "condition": home.condition if states(0.5) else None,
        "year_min": max(home.year_built - rng.choice((0, 3, 5, 10)), 1900) if home.year_built and states(0.4) else None,
        "payment_method": rng.choices(("CASH", "MORTGAGE", "EXCHANGE", None), (30, 45, 5, 20))[0],
        "additional_requirements": _free_words(rng, supply.deal_type) if states() else None,
    }


def _budget(rng: Random, price: Decimal) -> tuple[Decimal, Decimal]:
    """People round: to two digits and a half. The ceiling is mostly a little above what they will take in the end."""
    high = float(price) * rng.lognormvariate(0.06, 0.09)
    step = 10 ** max(len(str(int(high))) - 2, 0) / 2
    high = max(round(high / step), 2) * step
    low = round(high * rng.uniform(0.55, 0.85) / step) * step
    return Decimal(int(min(low, high))), Decimal(int(high))


def _areas(rng: Random, area: float) -> tuple[int, int]:
    least = max(int(area * rng.uniform(0.75, 0.98)), 1)
    return least, max(least, int(area * rng.uniform(1.1, 1.6)))


def _rooms(rng: Random, rooms: int) -> list[int]:
    around = rng.choices(([rooms], [rooms, rooms + 1], [max(rooms - 1, 0), rooms]), (60, 28, 12))[0]
    return sorted(set(around))


def _places(rng: Random, supply: Supply, home: Row, *, both: bool) -> tuple[list[str], list[str]]:
    """Districts and stations: the property's own and some next to it that exist."""
    districts = [home.district] if home.district else []
    near = supply.neighbours.get(home.district, [])
    districts += rng.sample(near, min(len(near), rng.choice((0, 0, 1, 2))))
    stations = [home.metro_station] if home.metro_station else []
    more = [name for name in supply.stations.get(home.district, []) if name not in stations]
    stations += rng.sample(more, min(len(more), rng.choice((0, 0, 1, 1, 2))))
    kind = rng.random()
    if both or 0.45 <= kind < 0.7:
        return districts, stations
    return (districts, []) if kind < 0.45 or not stations else ([], stations)


def _free_words(rng: Random, deal_type: DealType) -> str | None:
    terms = some(rng, RENT_TERMS, 1) if deal_type is DealType.RENT else []
    return sentence(some(rng, INSIDE, 2) + some(rng, YARD, 2) + some(rng, NEARBY, 2) + some(rng, VIEWS, 1) + terms)
