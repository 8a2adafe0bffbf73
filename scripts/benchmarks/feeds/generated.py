"""A feed of any size with the demo's homes, with texts, photos and coordinates like real feeds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from random import Random

from models.core.enums import DealType, Role
from models.market.properties import Property
from models.sources.formats.yrl_writer import NAMESPACE, Seller, offer_of
from scripts.demo.cities import MOSCOW
from scripts.demo.properties import property_rows

#: Homes that are generated; a larger feed contains each of them several times, with other prices and sizes.
GENERATED_HOMES = 20_000
_SELLER = Seller("Ирина", "Агентство «Ключ»", "+79990000000", Role.AGENCY)
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_BASE = "https://photos.example.com"
#: Further sentences, because the demo's descriptions have one sentence and real ones are longer.
_MORE = (
    " Предлагаем вашему вниманию отличный вариант для тех, кто ценит уют и комфорт. Рядом поликлиника, школа, детский"
    " сад, магазины и парк, до метро {minutes} минут пешком. Один взрослый собственник, обременений нет, подходит под"
    " ипотеку. Звоните, покажем в любое удобное время."
)


def write_feed(path: Path, offers: int) -> None:
    """Write *offers* sales in one town as YRL to *path*, the same ones each time."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<realty-feed xmlns="{NAMESPACE}">\n')
        file.writelines(_offers(offers))
        file.write("</realty-feed>\n")


def _offers(offers: int) -> Iterator[str]:
    drawn = homes(min(offers, GENERATED_HOMES))
    for number in range(offers):
        home = drawn[number % len(drawn)]
        if number >= len(drawn):
            home.price += 30_000
            home.area = home.area and home.area + Decimal("0.1")
        home.id = number + 1
        yield offer(home)


def offer(home: Property) -> str:
    """One `<offer>`."""
    return offer_of(home, _SELLER, _BASE)


def homes(count: int) -> list[Property]:
    """*count* sales in one town, not added to any session, the same ones each time."""
    rng = Random("large feed")
    rows = property_rows(rng, MOSCOW, max(2 * count, 1_000), [0])  # among few, all may be for rent
    sales = islice((row for row in rows if row["deal_type"] is DealType.SALE), count)
    return [_home(rng, number, row) for number, row in enumerate(sales)]


def _home(rng: Random, number: int, row: dict) -> Property:
    description = row["description"] and row["description"] + _MORE.format(minutes=rng.randint(3, 25))
    area = row["area"] and Decimal(str(row["area"]))
    more = {
        "photos": [f"https://photos.example.com/{number}/{index}.jpg" for index in range(rng.randint(2, 8))],
        "photo_kinds": {},
        "stations": [{"name": row["metro_station"], "minutes": rng.randint(3, 25)}] if row["metro_station"] else [],
        "latitude": round(Decimal(str(rng.uniform(55.60, 55.90))), 6),
        "longitude": round(Decimal(str(rng.uniform(37.40, 37.80))), 6),
        "facts": {"new_building": row["condition"] == "ROUGH", "balcony": rng.random() < 0.7, "lift": True},
        "attributes": {"house_type": rng.choice(("Панельный", "Монолитный", "Кирпичный")), "country": "Россия"},
        "location": ", ".join(("Москва", row["street"], row["house_number"])),
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    }
    return Property(**row | more | {"description": description, "area": area})
