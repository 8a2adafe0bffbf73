"""Adverts of one home: copies of real sales must be recognised, and near-identical units must not be joined."""

import csv
import io
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from matching.homes.addresses import house_key
from matching.homes.adverts import AdvertFacts
from matching.homes.groups import groups
from matching.homes.photos import SIDE, photo_hash

MARKET = ("geo:524901", "SALE")
COPIED = 0.25  # share of homes that are advertised a second time
AGENCIES = 50  # who post the copies

_OPENINGS = (
    "Продаётся {rooms}-комнатная квартира площадью {area} метров на {floor} этаже",
    "Предлагаем вашему вниманию светлую квартиру, {rooms} комнаты, общая площадь {area}",
    "Срочная продажа! Квартира {area} кв. м, этаж {floor}, комнат {rooms}",
)
_SENTENCES = (
    (
        "Рядом со станцией {metro}, пешком не более {minutes} минут.",
        "До метро {metro} минут {minutes} пешком.",
    ),
    ("Дом {year} года постройки, тихий зелёный двор.", "Двор тихий и зелёный, дом построили в {year} году."),
    ("Кухня {kitchen} метров, окна выходят на две стороны.", "Окна на обе стороны дома, кухня просторная."),
    ("Юридически чистая сделка, один взрослый собственник.", "Собственник один, документы готовы к сделке."),
    ("В шаговой доступности школы, сады и магазины.", "Магазины, детские сады и школы находятся рядом с домом."),
    ("Показ в любое удобное время по договорённости.", "Звоните, покажем квартиру, когда вам удобно."),
)


@dataclass(frozen=True)
class Sale:
    """One advert with the id of its home."""

    facts: AdvertFacts
    home: int
    is_copy: bool = False


def sales(path: Path, rng: random.Random) -> list[Sale]:
    """
    The sales that state house, floor, rooms and area, and copies of a quarter of them.

    Units of a new building belong to one developer. Of resales that may be adverts of one home
    (same house, floor and rooms, areas less than 1 m² apart) one is kept: nobody knows what they are.
    """
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["street"] and row["house"] and row["floor"] and row["area"]]
    rows = _without_natural_copies([row for row in rows if row["rooms"]])
    developers: dict[tuple[str, str], int] = {}
    all_sales = []
    for number, row in enumerate(rows):
        owner = 1_000_000 + number
        if row["market"] == "new":
            owner = developers.setdefault((row["street"], row["house"]), 2_000_000 + len(developers))
        all_sales.append(Sale(_facts(row, number, owner, rng), number))
    pictures = np.random.default_rng(rng.getrandbits(32))
    for sale, row in zip(list(all_sales), rows, strict=True):
        if rng.random() < COPIED:
            original, copy = _copied(sale.facts, row, len(all_sales), rng, pictures)
            all_sales[sale.home] = replace(sale, facts=original)
            all_sales.append(Sale(copy, sale.home, is_copy=True))
    return _with_renders_of_buildings(all_sales, rng)


def _without_natural_copies(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    kept: list[dict[str, str]] = []
    at: dict[tuple[str, ...], list[float]] = {}
    for row in rows:
        if row["market"] != "new":
            areas = at.setdefault((row["street"], row["house"], row["floor"], str(max(int(row["rooms"]), 1))), [])
            area = float(row["area"])
            if any(abs(area - other) < 1.01 for other in areas):
                continue
            areas.append(area)
        kept.append(row)
    return kept


def _number(text: str) -> float | None:
    return float(text) if text else None


def _facts(row: dict[str, str], number: int, owner: int, rng: random.Random) -> AdvertFacts:
    year, floors = _number(row["year_built"]), _number(row["floors_total"])
    return AdvertFacts(
        id=number,
        owner=owner,
        is_active=True,
        market=MARKET,
        property_type="APARTMENTS" if row["is_apartments"] == "1" else "APARTMENT",
        area=float(row["area"]),
        rooms=int(row["rooms"]),
        floor=int(row["floor"]),
        price=float(row["price"]),
        currency="RUB",
        house=house_key(row["street"], row["house"]),
        total_floors=None if floors is None else int(floors),
        year=None if year is None else int(year),
        kitchen=_number(row["kitchen_area"]),
        living=_number(row["living_area"]),
        is_new=row["market"] == "new",
        text=_text(row, 0, 0, rng),
        photos=tuple(rng.getrandbits(63) for _ in range(3)),
    )


def _text(row: dict[str, str], opening: int, wording: int, rng: random.Random) -> str:
    facts = {
        "rooms": row["rooms"],
        "area": row["area"],
        "floor": row["floor"],
        "metro": row["metro"],
        "minutes": row["metro_min"],
        "year": row["year_built"],
        "kitchen": row["kitchen_area"],
    }
    sentences = [pair[wording].format(**facts) for pair in _SENTENCES]
    if wording:
        rng.shuffle(sentences)
    return " ".join([row["headline"] if not opening else "", _OPENINGS[opening].format(**facts) + ".", *sentences])


def _copied(
    facts: AdvertFacts, row: dict[str, str], number: int, rng: random.Random, pictures: np.random.Generator
) -> tuple[AdvertFacts, AdvertFacts]:
    """The advert with photographs of its own, and another agency's advert of the home."""
    # Those of a new building are replaced by the building's own in the end.
    photos = [] if facts.is_new else [_picture(pictures) for _ in range(3)]
    original = replace(facts, photos=tuple(_hash(photo) for photo in photos))
    assert facts.area is not None
    again = photos[: rng.randint(1, 3)]
    copy = replace(
        facts,
        id=number,
        owner=rng.randrange(AGENCIES),
        price=facts.price if rng.random() < 0.3 else round(facts.price * rng.uniform(0.93, 1.07), -4),
        area=float(round(facts.area)) if rng.random() < 0.5 else round(facts.area, 1),
        house=house_key(*_address_again(row["street"], row["house"], rng)),
        total_floors=None if rng.random() < 0.1 else facts.total_floors,
        year=None if rng.random() < 0.3 else facts.year,
        kitchen=None if rng.random() < 0.3 else facts.kitchen,
        living=None if rng.random() < 0.3 else facts.living,
        text=_text(row, rng.choice((1, 2)), rng.randint(0, 1), rng),
        photos=tuple(_hash(_compressed(photo, rng)) for photo in again),
    )
    return original, copy


def _address_again(street: str, house: str, rng: random.Random) -> tuple[str, str]:
    """The address as another agency writes it."""
    short = street
    for word, shortened in (("улица", "ул."), ("проспект", "пр-т"), ("переулок", "пер."), ("шоссе", "ш.")):
        short = short.replace(word, shortened)
    words = re.sub(r"(?<=\d)[кК](?=\d)", ", корп. ", house)
    return rng.choice((street, short)), rng.choice((house, house.lower(), f"д. {words}"))


def _picture(rng: np.random.Generator) -> Image.Image:
    """A picture with surfaces, edges and grain, like one of a room."""
    coarse = Image.fromarray(rng.integers(0, 256, (5, 6, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize((160, 120), Image.Resampling.BICUBIC)).astype(np.float64)
    for _ in range(6):
        top, left = rng.integers(0, 100), rng.integers(0, 140)
        pixels[top : top + rng.integers(10, 40), left : left + rng.integers(10, 40)] += rng.integers(-90, 90, 3)
    pixels = pixels + rng.normal(0, 6, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _compressed(photo: Image.Image, rng: random.Random) -> Image.Image:
    """The photograph as another portal keeps it: scaled, a little brighter or darker, compressed again."""
    scale = rng.uniform(0.5, 0.9)
    photo = photo.resize((int(photo.width * scale), int(photo.height * scale)))
    gain = rng.uniform(0.9, 1.1)
    photo = photo.point(lambda value: min(255, int(value * gain)))
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=rng.randint(35, 70))
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def _hash(photo: Image.Image) -> int:
    grey = photo.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return photo_hash(np.asarray(grey, dtype=np.float64))


def _with_renders_of_buildings(all_sales: list[Sale], rng: random.Random) -> list[Sale]:
    """Units of one new building are advertised with the same pictures of it, copies too."""
    renders: dict[str, tuple[int, ...]] = {}
    shown = []
    for sale in all_sales:
        facts = sale.facts
        if facts.is_new and facts.house:
            of_house = renders.setdefault(facts.house, tuple(rng.getrandbits(63) for _ in range(4)))
            facts = replace(facts, photos=of_house)
        shown.append(replace(sale, facts=facts))
    return shown


@dataclass(frozen=True)
class Found:
    """The joined pairs of adverts compared with the true ones."""

    name: str
    joined: int
    right: int
    true: int
    recalled: int

    @property
    def precision(self) -> float:
        return self.right / self.joined if self.joined else 1.0

    @property
    def recall(self) -> float:
        return self.recalled / self.true if self.true else 1.0


def measure(name: str, adverts: Sequence[Sale]) -> list[Found]:
    """Measure all, and resales and new buildings separately."""
    home_of = {sale.facts.id: sale.home for sale in adverts}
    is_new = {sale.facts.id: sale.facts.is_new for sale in adverts}
    joined = [pair for group in groups([sale.facts for sale in adverts]) for pair in itertools.combinations(group, 2)]
    true = [(sale.home, sale.facts.id) for sale in adverts if sale.is_copy]
    outcomes = []
    for part, wanted in (("all", (True, False)), ("resale", (False,)), ("new buildings", (True,))):
        keys = [pair for pair in joined if is_new[pair[0]] in wanted]
        right = sum(home_of[left] == home_of[other] for left, other in keys)
        of_part = {pair for pair in true if is_new[pair[0]] in wanted}
        outcomes.append(Found(f"{name}, {part}", len(keys), right, len(of_part), len(of_part & set(keys))))
    return outcomes


def natural_pairs(path: Path, rng: random.Random) -> Counter[str]:
    """The file's own resales joined by the rule, every row with its own owner: pairs by the ratio of their prices."""
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["house"] and row["floor"] and row["rooms"] and row["area"]]
    facts = [replace(_facts(row, number, number, rng), text="") for number, row in enumerate(rows)]
    by_id = {each.id: each for each in facts}
    counts: Counter[str] = Counter()
    for group in groups(facts):
        for left, right in itertools.combinations(group, 2):
            kind = "new buildings" if by_id[left].is_new else "resale"
            prices = "the same price" if by_id[left].price == by_id[right].price else "two prices"
            counts[f"{kind}, {prices}"] += 1
    return counts


def as_markdown(path: Path, seed: int) -> list[str]:
    made = sales(path, random.Random(seed))
    bare = [replace(sale, facts=replace(sale.facts, photos=(), text="")) for sale in made]
    separate_owners = [
        each if each.is_copy else replace(each, facts=replace(each.facts, owner=-each.home - 1)) for each in made
    ]
    outcomes = (
        measure("photos and texts", made) + measure("neither", bare) + measure("an owner for each row", separate_owners)
    )
    natural = natural_pairs(path, random.Random(seed))
    return [
        "## Adverts of one home",
        "",
        f"{sum(not sale.is_copy for sale in made):,} sales that state house, floor, rooms and area, and copies of a",
        "quarter of them by other agencies: price changed by up to 7 % (in 7 of 10), area rounded to the metre or the",
        "tenth, text reworded, address spelt differently, details left out, photographs scaled and compressed again "
        "(they are",
        "made, the file has none). Units of a new building belong to its developer and share its pictures; their",
        "near-identical neighbours are the hard negatives. Of resales that may already be one home one is kept, "
        "because",
        "nobody knows the truth about them; so confusing mirror-image flats of one floor is not measured here.",
        "Pairs of adverts:",
        "",
        "| what is stated, homes | pairs joined | precision | recall |",
        "| --- | --- | --- | --- |",
        *(f"| {each.name} | {each.joined:,} | {each.precision:.4f} | {each.recall:.3f} |" for each in outcomes),
        "",
        '"An owner for each row" removes the developers: then no unit is known to differ from its neighbour.',
        "",
        "The file's own rows, all of them, each with an owner of its own and no text: "
        + _listed(f"{count:,} pairs joined of {kind}" for kind, count in sorted(natural.items()))
        + ".",
    ]


def _listed(parts: Iterable[str]) -> str:
    return "; ".join(parts)
