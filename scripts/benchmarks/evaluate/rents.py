"""Flats for rent with descriptions of known facts: invented terms and words, in real houses of the sales."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scripts.benchmarks.evaluate import moscow
from scripts.benchmarks.evaluate.rent_words import description, sentence_of
from scripts.benchmarks.evaluate.sales_table import SalesTable

#: A month's rent as a share of the price: a flat pays for itself in about twenty years.
_YIELD = (0.0032, 0.0052)
#: Of what the owner knows, the share told in fields of the feed, and the share told in words.
_IN_FIELDS, _IN_WORDS = 0.35, 0.65
_SCATTER_DEGREES = 0.006


@dataclass(frozen=True)
class Rent:
    id: str
    okrug: str
    district: str
    metro: str
    address: str
    latitude: float
    longitude: float
    #: Roubles a month.
    price: int
    rooms: int
    area: float
    #: What fields of a feed state, what the description states, by kind. Either may lack what the other has.
    in_fields: Mapping[str, Any]
    in_words: Mapping[str, Any]
    text: str

    @property
    def stated_facts(self) -> dict[str, Any]:
        """The facts in fields and words, and those implied by the floor."""
        stated_facts = {**self.in_words, **self.in_fields}
        if "floor" in stated_facts:
            stated_facts["first_floor"] = stated_facts["floor"] <= 1
        if "floor" in stated_facts and "house_floors" in stated_facts:
            stated_facts["last_floor"] = stated_facts["floor"] >= stated_facts["house_floors"]
        return stated_facts


@dataclass(frozen=True)
class _Chances:
    """The chance that a flag is true of a flat for which it is known."""

    of: Mapping[str, float] = field(
        default_factory=lambda: {
            "pets": 0.45, "children": 0.75, "smoking": 0.2, "students": 0.5, "furnished": 0.8, "washing_machine": 0.85,
            "dishwasher": 0.45, "fridge": 0.9, "air_conditioner": 0.5, "internet": 0.8, "tv": 0.7, "balcony": 0.65,
            "concierge": 0.6, "utilities_included": 0.35,
        }
    )  # fmt: skip
    #: Said only where true.
    good: Mapping[str, float] = field(
        default_factory=lambda: {
            "guarded": 0.25, "closed_yard": 0.3, "quiet": 0.35, "park": 0.35, "school": 0.3, "kindergarten": 0.3,
            "shop": 0.4,
            "from_owner": 0.3,
        }
    )  # fmt: skip


def invent(homes: SalesTable, n: int, seed: int) -> list[Rent]:
    """*n* flats in houses of *homes*; the same *seed* gives the same flats and words."""
    rng = np.random.default_rng(seed)
    affordable = (homes.market == "resale") & (homes.price < np.nanquantile(homes.price, 0.8)) & (homes.rooms <= 4)
    placed = np.isin(homes.district, list(moscow.CENTRES)) & (homes.metro != "")
    rows = rng.choice(np.flatnonzero(affordable & placed & ~homes.apartments), n, replace=False)
    return [_rent(homes, int(row), number, rng) for number, row in enumerate(rows, 1)]


def _rent(homes: SalesTable, row: int, number: int, rng: np.random.Generator) -> Rent:
    known = _facts(homes, row, rng)
    spoken = {kind: value for kind, value in known.items() if rng.random() < _IN_WORDS and _can_be_said(kind, value)}
    fields = {kind: value for kind, value in known.items() if kind in FIELDS and rng.random() < _IN_FIELDS}
    if rng.random() < 0.9:  # the floor is a field in nearly every feed
        fields |= {kind: known[kind] for kind in ("floor", "house_floors") if kind in known}
    floors = (known["floor"], known["house_floors"])
    spoken_of = dict(spoken)
    if rng.random() < 0.4:
        spoken_of["floor_of"] = floors
        spoken |= dict(zip(("floor", "house_floors"), floors, strict=True))
    rooms = int(homes.rooms[row])
    latitude, longitude = moscow.CENTRES[str(homes.district[row])] + rng.normal(0, _SCATTER_DEGREES, 2)
    return Rent(
        id=f"R{number:05d}",
        okrug=str(homes.okrug[row]),
        district=str(homes.district[row]),
        metro=str(homes.metro[row]),
        address=f"Тестовая улица, {number}",
        latitude=round(float(latitude), 6),
        longitude=round(float(longitude), 6),
        price=int(round(homes.price[row] * rng.uniform(*_YIELD) / 1000) * 1000),
        rooms=rooms,
        area=float(homes.area[row]),
        in_fields=fields,
        in_words=spoken,
        text=description(spoken_of, _opening(rooms, rng), rng),
    )


#: Kinds that a feed has a field for.
FIELDS = frozenset(
    "floor house_floors kitchen_area year_built ceiling_height material bathroom balcony lift pets children furnished "
    "washing_machine dishwasher fridge air_conditioner internet tv utilities_included commission window_view "
    "rooms_layout renovation metro_walk".split()
)


def _can_be_said(kind: str, value: Any) -> bool:
    return sentence_of(kind, value, np.random.default_rng(0)) is not None


def _opening(rooms: int, rng: np.random.Generator) -> str:
    names = {0: ("Студия", "Квартира-студия"), 1: ("1-комнатная квартира", "Однушка", "Однокомнатная")}
    names |= {
        2: ("2-комнатная квартира", "Двушка", "Двухкомнатная"),
        3: ("3-комнатная квартира", "Трешка", "Трёхкомнатная"),
    }
    name = rng.choice(np.array(names.get(rooms, ("Многокомнатная квартира", "Большая квартира"))))
    starts = (
        f"Сдается {name.lower()}.",
        f"Сдам: {name.lower()}.",
        f"{name}.",
        f"Предлагаем в аренду: {name.lower()}.",
        f"{name} в аренду!",
    )
    return str(rng.choice(np.array(starts)))


def _facts(homes: SalesTable, row: int, rng: np.random.Generator) -> dict[str, Any]:
    """The owner's knowledge: the house from the file, the terms invented."""
    chances = _Chances()
    facts: dict[str, Any] = {"floor": float(homes.floor[row]), "house_floors": float(homes.floors_total[row])}
    for kind, column in (
        ("kitchen_area", homes.kitchen_area),
        ("ceiling_height", homes.ceiling),
        ("year_built", homes.year),
        ("bathrooms", homes.combined + homes.separate),
    ):
        if not np.isnan(column[row]):
            facts[kind] = float(column[row])
    if homes.on_foot[row] and not np.isnan(homes.metro_min[row]):
        facts["metro_walk"] = float(homes.metro_min[row])
    walls = [name for name in homes.materials[row] if name in ("brick", "monolith", "panel", "block")]
    if len(walls) == 1:
        facts["material"] = walls
    if (homes.combined[row] > 0) != (homes.separate[row] > 0):
        facts["bathroom"] = "combined" if homes.combined[row] > 0 else "separate"
    facts["lift"] = bool(homes.floors_total[row] > 5)
    facts |= {kind: bool(rng.random() < chance) for kind, chance in chances.of.items()}
    facts |= {kind: True for kind, chance in chances.good.items() if rng.random() < chance}
    if homes.rooms[row] >= 2:
        facts["rooms_layout"] = str(rng.choice(["isolated", "adjoining"], p=[0.7, 0.3]))
    facts["rent_term"] = str(rng.choice(["long", "months", "daily"], p=[0.85, 0.12, 0.03]))
    facts["renovation"] = str(rng.choice(["cosmetic", "euro", "design"], p=[0.5, 0.35, 0.15]))
    facts["stove"] = str(rng.choice(["gas", "electric"]))
    facts["deposit"] = float(rng.choice([0, 1, 2], p=[0.15, 0.75, 0.1]))
    facts["commission"] = (
        0.0 if facts.get("from_owner") else float(rng.choice([0, 30, 50, 60, 100], p=[0.2, 0.15, 0.4, 0.1, 0.15]))
    )
    views = rng.choice(
        ["yard", "street", "park", "river"], 1 + int(rng.random() < 0.25), replace=False, p=[0.5, 0.25, 0.15, 0.1]
    )
    facts["window_view"] = [str(view) for view in views]
    if rng.random() < 0.5:
        facts["parking"] = [str(rng.choice(["yard", "underground"], p=[0.75, 0.25]))]
    return facts
