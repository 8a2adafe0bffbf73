"""An offer as columns of a property: the town is recognised, texts are joined, and lengths are limited."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from models.core.enums import PropertyType
from models.core.errors import Fault
from models.market.places import NO_CURRENCY, City, city_of, city_of_address
from models.market.properties import Property
from models.market.towns.reading import TownError, TownReading, read_town
from models.sources.formats.offer import Offer
from models.sources.formats.offer_fields import LARGEST_AREA

LONGEST_CITY, LONGEST_DESCRIPTION, MAX_PHOTOS, MAX_STATIONS = 100, 50_000, 100, 10
MARKETS = {"new": "новостройка", "resale": "вторичное жильё"}
#: Facts that are also words of a text, for the engine's text channel.
FACT_WORDS = {
    "balcony": "балкон",
    "lift": "лифт",
    "furnished": "мебель",
    "washing_machine": "стиральная машина",
    "dishwasher": "посудомоечная машина",
    "air_conditioner": "кондиционер",
    "fridge": "холодильник",
    "internet": "интернет",
    "concierge": "консьерж",
    "closed_yard": "закрытый двор",
}


def columns_of(offer: Offer, default_city: str | None = None) -> dict[str, Any]:
    """
    Columns of :class:`models.market.properties.Property`, without owner, source and status.

    Reasons to refuse the offer are added to its faults; the columns are then unusable.
    """
    # An unreadable row is not reported as incomplete.
    name, city = ("", None) if any(fault.field == "row" for fault in offer.faults) else _town(offer, default_city)
    for field in ("deal_type", "property_type", "price"):
        if getattr(offer, field) is None and not offer.faults:
            offer.refuse(field, "import.missing")
    nearest = min(offer.stations, key=lambda each: each.minutes if each.minutes is not None else 10_000, default=None)
    return {
        "deal_type": offer.deal_type,
        "city": name,
        "city_key": city.key if city else "",
        "district": _cut(offer.district, 100),
        "metro_station": _cut(nearest.name if nearest else None, 100),
        "street": _cut(offer.street, 200),
        "house_number": _cut(offer.house_number, 50),
        "location": _cut(offer.address, 500),
        "title": _cut(offer.title, 300),
        "description": _cut(offer.description, LONGEST_DESCRIPTION),
        "property_type": offer.property_type,
        "property_class": offer.property_class,
        "condition": offer.condition,
        "price": offer.price,
        "currency": offer.currency or (city.currency if city else NO_CURRENCY),
        "area": offer.area,
        "rooms": offer.rooms,
        "floor": offer.floor,
        "total_floors": offer.total_floors,
        "year_built": offer.year_built,
        "photos": [photo.url for photo in offer.photos[:MAX_PHOTOS]],
        "photo_kinds": {photo.url: photo.kind for photo in offer.photos[:MAX_PHOTOS] if photo.kind != "photo"},
        "stations": [
            {"name": station.name, "minutes": station.minutes, "by_transport": station.by_transport}
            for station in offer.stations[:MAX_STATIONS]
        ],
        "latitude": offer.latitude,
        "longitude": offer.longitude,
        "facts": _facts(offer),
        "attributes": _attributes(offer),
        "search_text": _search_text(offer),
    }


def content_hash(columns: Mapping[str, Any]) -> bytes:
    """16 bytes that differ when the columns do."""
    serialized = orjson.dumps(columns, default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(serialized, digest_size=16).digest()


def _town(offer: Offer, default: str | None) -> tuple[str, City | None]:
    """The town that the offer names, or that of its source."""
    if offer.city:
        name = offer.city
    elif offer.region and (in_region := _reading(offer.region)) and not in_region.by_region and in_region.known:
        name = offer.region  # Moscow and St Petersburg are regions of their own
    else:
        name = _town_in(offer.address) or default or ""
    name = name.strip()
    if not name:
        offer.refuse("city", "import.no_town", offer.address or "")
        return "", None
    if len(name) > LONGEST_CITY:
        offer.refuse("city", Fault("import.too_long", max=LONGEST_CITY), name)
        return "", None
    for candidate in (f"{offer.region}, {name}" if offer.region else name, name):
        try:
            return name, city_of(candidate)
        except TownError as error:
            reason = error.fault
    offer.refuse("city", reason, name)
    return "", None


def _reading(text: str) -> TownReading | None:
    try:
        return read_town(text)
    except TownError:
        return None


def _town_in(address: str | None) -> str | None:
    """The part of an address with a known town; None if it names none."""
    name = city_of_address(address) if address else ""
    reading = _reading(name) if name else None
    return name if reading is not None and reading.known and not reading.corrected else None


def _facts(offer: Offer) -> dict[str, Any]:
    facts = dict(offer.facts)
    for name in ("kitchen_area", "living_area"):
        value = getattr(offer, name)
        if value is not None and value < LARGEST_AREA:
            facts[name] = float(value)
    if offer.market:
        facts["new_building"] = offer.market == "new"
    for station in offer.stations:
        kind = "metro_transport" if station.by_transport else "metro_walk"
        if station.minutes is not None:
            facts[kind] = min(station.minutes, facts.get(kind, station.minutes))
    if offer.property_type is PropertyType.APARTMENTS:
        facts["apartments"] = True
    return facts


def _attributes(offer: Offer) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: float(value)
        for name in ("living_area", "kitchen_area", "land_area")
        if (value := getattr(offer, name)) is not None
    }
    if "ceiling_height" in offer.facts:
        kept["ceiling_m"] = offer.facts["ceiling_height"]
    if offer.stations and offer.stations[0].minutes is not None:
        kept["metro_min"] = float(offer.stations[0].minutes)
        if not offer.stations[0].by_transport:
            kept["metro_walk"] = True
    if offer.market:
        kept["market"] = offer.market
    if offer.per_day:
        kept["per_day"] = True
    return kept | offer.attributes


def _search_text(offer: Offer) -> str:
    """Text for the engine that has no column of its own."""
    kept, facts = offer.attributes, offer.facts
    words = [
        MARKETS.get(offer.market or "", ""),
        "пентхаус" if kept.get("is_penthouse") else "",
        f"{kept['house_type'].lower()} дом" if kept.get("house_type") else "",
        f"санузел {kept['wc']}" if kept.get("wc") else "",
        f"потолки {facts['ceiling_height']:g} м" if "ceiling_height" in facts else "",
        f"кухня {offer.kitchen_area:f} м²" if offer.kitchen_area is not None else "",
        f"ЖК {kept['building']}" if kept.get("building") else "",
        *(word for kind, word in FACT_WORDS.items() if facts.get(kind) is True),
    ]
    return ", ".join(filter(None, words))


def _cut(text: str | None, length: int) -> str | None:
    return text[:length] if text else None


#: Columns that an import writes for an existing listing.
CONTENT = tuple(columns_of(Offer(0)))
assert set(CONTENT) <= set(Property.__table__.columns.keys())
