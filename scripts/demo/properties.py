"""Generate the demo's properties: buildings in districts, units in buildings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from models.core.enums import DealType, Origin, Status
from models.market.places import city_of
from scripts.demo.cities import DemoCity, District
from scripts.demo.texts import (
    CONDITIONS,
    INSIDE,
    NEARBY,
    RENT_TERMS,
    SALE_TERMS,
    VIEWS,
    YARD,
    phrases_of,
    sentence,
    title_of,
)

#: Units in a building on average; a few buildings have very many (Zipf).
UNITS_PER_BUILDING = 12
RENT_SHARE = 0.12
#: A month's rent as a share of the price.
RENT_RATIO = 0.0045

#: Class -> (how common, price of a metre as a multiple).
CLASSES = {"ECONOMY": (30, 0.85), "COMFORT": (42, 1.0), "BUSINESS": (21, 1.4), "ELITE": (7, 2.3)}
KINDS = {"APARTMENT": 84, "APARTMENTS": 8, "HOUSE": 3, "TOWNHOUSE": 1.5, "ROOM": 2, "COMMERCIAL": 1.5}
#: Rooms -> (how common, usual area).
ROOMS = {0: (8, 26), 1: (30, 39), 2: (32, 58), 3: (21, 82), 4: (7, 120), 5: (2, 180)}
#: Condition -> how common it is.
STATES = {"ROUGH": 15, "PRE_FINISHING": 15, "FINISHING": 45, "DESIGN": 25}


Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Building:
    kind: str
    district: District
    metro: str | None
    street: str
    house: str
    property_class: str
    year: int
    floors: int
    price_of_metre: float
    features: tuple[str, ...]
    #: Areas as multiples of the usual one; units of one layout are almost equal.
    layouts: tuple[float, ...]
    condition: str | None
    deal_type: DealType


def property_rows(rng: Random, city: DemoCity, count: int, owners: list[int]) -> Iterator[dict[str, Any]]:
    """Yield *count* rows of the table `properties`."""
    if not count:
        return
    buildings = [_building(rng, city) for _ in range(max(1, count // UNITS_PER_BUILDING))]
    # Two owners share a building's units; the first owners have the most buildings.
    sellers = [rng.choices(owners, zipf(len(owners), 0.7), k=2) for _ in buildings]
    weights = zipf(len(buildings), 0.6)
    city_key = city_of(city.name).key
    for index in rng.choices(range(len(buildings)), weights, k=count):
        unit = _unit(rng, city, buildings[index])
        yield {**unit, "owner_id": rng.choice(sellers[index]), "city_key": city_key}


def zipf(count: int, exponent: float) -> list[float]:
    """Return weights that decrease with the rank: 1, 1/2^e, 1/3^e, ..."""
    return [(index + 1) ** -exponent for index in range(count)]


def pick(rng: Random, shares: Mapping[Choice, float]) -> Choice:
    """Draw a key with a probability proportional to its share."""
    return rng.choices(list(shares), list(shares.values()))[0]


def _building(rng: Random, city: DemoCity) -> Building:
    district = rng.choices(city.districts, zipf(len(city.districts), 0.8))[0]
    # Expensive districts have more buildings of the expensive classes.
    share = {name: common * (district.level**2 if factor > 1 else 1) for name, (common, factor) in CLASSES.items()}
    property_class = pick(rng, share)
    is_new = rng.random() < 0.4
    kind = pick(rng, KINDS)
    low = kind in ("HOUSE", "TOWNHOUSE")
    spread = rng.lognormvariate(0, 0.12)
    return Building(
        kind=kind,
        district=district,
        metro=rng.choice(district.metros) if district.metros and rng.random() < 0.93 else None,
        street=f"ЖК «{rng.choice(city.complexes)}»" if is_new and not low else rng.choice(city.streets),
        house=f"к{rng.randint(1, 9)}" if is_new and not low else str(rng.randint(1, 160)),
        property_class=property_class,
        year=rng.randint(2019, 2027) if is_new else int(rng.triangular(1935, 2018, 1985)),
        floors=rng.randint(1, 3) if low else rng.choice((5, 9, 9, 12, 14, 17, 17, 22, 25, 33)),
        price_of_metre=city.price_of_metre * district.level * CLASSES[property_class][1] * spread,
        features=tuple(phrases_of(rng, YARD, 3) + phrases_of(rng, NEARBY, 2)),
        layouts=tuple(rng.lognormvariate(0, 0.1) for _ in range(3)),
        condition=pick(rng, STATES) if is_new else None,
        deal_type=DealType.RENT if rng.random() < RENT_SHARE else DealType.SALE,
    )


def _unit(rng: Random, city: DemoCity, building: Building) -> dict[str, Any]:
    rooms = 1 if building.kind == "ROOM" else pick(rng, {count: common for count, (common, _) in ROOMS.items()})
    if building.kind in ("HOUSE", "TOWNHOUSE"):
        rooms = max(rooms, 3)
    usual = 16 if building.kind == "ROOM" else ROOMS[rooms][1] * (1.4 if building.kind == "HOUSE" else 1)
    area = round(usual * rng.choice(building.layouts), 1)
    floor = rng.randint(1, building.floors)
    condition = building.condition or pick(rng, STATES)
    condition_factor = {"ROUGH": 0.93, "PRE_FINISHING": 0.96, "FINISHING": 1.0, "DESIGN": 1.12}[condition]
    height = 1 + 0.05 * floor / building.floors - (0.04 if floor == 1 and building.floors > 3 else 0)
    # Small homes cost more per metre; the last factor is the owner's deviation from the market price.
    price = (
        building.price_of_metre * area * (50 / area) ** 0.08 * condition_factor * height * rng.lognormvariate(0, 0.07)
    )
    step: float = city.step
    terms = SALE_TERMS
    if building.deal_type is DealType.RENT:
        price, step, terms = price * RENT_RATIO, city.step / 20, RENT_TERMS
    inside = phrases_of(rng, INSIDE, 3) + phrases_of(rng, VIEWS, 1)
    filled = lambda share: rng.random() < share  # owners leave some fields empty
    has_rooms, has_area = building.kind != "COMMERCIAL", filled(0.98)
    stated_rooms, stated_area = (rooms if has_rooms and filled(0.97) else None), (area if has_area else None)
    description = sentence([CONDITIONS[condition], *inside, *building.features, *phrases_of(rng, terms, 2)])
    return {
        "origin": Origin.DEMO,
        "status": Status.ACTIVE,
        "deal_type": building.deal_type,
        "city": city.name,
        "district": building.district.name if filled(0.97) else None,
        "metro_station": building.metro,
        "street": building.street,
        "house_number": building.house,
        "title": title_of(building.kind, stated_rooms, stated_area),
        "description": description if filled(0.9) else None,
        "property_type": building.kind,
        "property_class": building.property_class if filled(0.6) else None,
        "condition": condition if filled(0.7) else None,
        "price": Decimal(max(round(price / step), 1) * int(step)),
        "currency": city.currency,
        "area": stated_area,
        "rooms": stated_rooms,
        "floor": floor if filled(0.95) else None,
        "total_floors": building.floors if filled(0.9) else None,
        "year_built": building.year if filled(0.8) else None,
        "commission_share": rng.choice((1, 1.5, 2, 2, 2.5, 3, 50)) if filled(0.85) else None,
        "search_text": " ".join(building.features),
    }
