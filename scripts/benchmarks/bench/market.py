"""Generating a plausible market of any size as arrays, within seconds: skewed prices and districts, realistic wishes.

Each lead is generated from a property that would suit it: budget and area around the property's, its district or
neighbouring ones, some of the words of its text, a few wishes that it mostly meets. Nothing here is tuned to the
engine: the shares of stated fields are those of a classifieds site.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.facts.columns import LeadColumns, PropertyColumns, learn_closeness
from matching.facts.places import PlaceIndex
from matching.facts.wanted_places import grade
from scripts.benchmarks.bench import wishes

N_DISTRICTS, N_METROS, N_ZONES = 158, 335, 12
#: Square metres of a typical home of 0, 1, 2, ... rooms.
TYPICAL_AREA = np.array([26, 38, 56, 78, 105, 150, 190])
#: How a type's area compares with an apartment's: house, apartments, townhouse, room, commercial.
AREA_OF_TYPE = np.array([1, 2.2, 0.9, 1.7, 0.4, 1.6])
PRICE_OF_CLASS = np.array([0.85, 1, 1.4, 2.2])
PRICE_OF_CONDITION = np.array([0.9, 0.95, 1, 1.12])
STEPS_OF_PRICE = 50_000  # roubles

FEATURES = """балкон лоджия панорамные окна евроремонт свежий ремонт тихий двор парковка подземный паркинг
школа рядом детский сад парк метро пешком вид на реку кухня гостиная раздельный санузел мебель техника
кондиционер высокие потолки закрытая территория консьерж новостройка вторичка сталинка монолит кирпич панель
ипотека рассрочка срочно торг собственник документы готовы без обременений гардеробная терраса угловая светлая
теплая уютная просторная евродвушка изолированные комнаты лифт мусоропровод домофон видеонаблюдение охрана
фитнес магазин поликлиника остановка электричка бульвар набережная центр переулок зеленый район инфраструктура
двор без машин не первый этаж можно с животными без животных""".split()


@dataclass(frozen=True)
class SyntheticMarket:
    leads: LeadColumns
    properties: PropertyColumns


def synthetic_market(n_leads: int, n_properties: int, seed: int = 1) -> SyntheticMarket:
    """The same sizes and seed give the same market."""
    rng = np.random.default_rng(seed)
    city = _City(rng)
    names = PlaceIndex([f"d{code}" for code in range(N_DISTRICTS)], [f"m{code}" for code in range(N_METROS)])
    properties, style = _properties(rng, city, n_properties)
    return SyntheticMarket(_leads(rng, city, n_leads, properties, style, names), properties)


class _City:
    """Districts in zones, stations in districts, and each district's price level."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.zone = np.sort(rng.integers(0, N_ZONES, N_DISTRICTS))
        self.first_metro = np.searchsorted(np.sort(rng.integers(0, N_DISTRICTS, N_METROS)), np.arange(N_DISTRICTS + 1))
        popularity = rng.permutation(1 / np.arange(1, N_DISTRICTS + 1) ** 0.8)
        self.popularity = popularity / popularity.sum()
        self.dearness = np.exp(rng.normal(0, 0.25, N_DISTRICTS))
        self.first_of_zone = np.searchsorted(self.zone, np.arange(N_ZONES + 1))

    def metro_in(self, rng: np.random.Generator, district: NDArray[np.int64]) -> NDArray[np.int32]:
        """A station of each district, -1 without one."""
        first, after = self.first_metro[district], self.first_metro[district + 1]
        return np.where(after > first, first + (rng.random(len(district)) * (after - first)).astype(int), -1).astype(
            np.int32
        )

    def neighbour(self, rng: np.random.Generator, district: NDArray[np.int64]) -> NDArray[np.int64]:
        """A district of the same zone."""
        first, after = self.first_of_zone[self.zone[district]], self.first_of_zone[self.zone[district] + 1]
        return first + (rng.random(len(district)) * (after - first)).astype(int)


def _properties(rng: np.random.Generator, city: _City, n: int) -> tuple[PropertyColumns, NDArray[np.int64]]:
    kind = rng.choice(6, n, p=[0.72, 0.08, 0.1, 0.03, 0.05, 0.02])
    rooms = np.where(kind == 4, 1, rng.choice(7, n, p=[0.1, 0.32, 0.32, 0.17, 0.06, 0.02, 0.01]))
    area = np.clip(TYPICAL_AREA[rooms] * AREA_OF_TYPE[kind] * np.exp(rng.normal(0, 0.18, n)), 9, 800).round(1)
    district = rng.choice(N_DISTRICTS, n, p=city.popularity)
    level, condition = rng.choice(4, n, p=[0.35, 0.4, 0.18, 0.07]), rng.choice(4, n, p=[0.15, 0.25, 0.4, 0.2])
    metre = 190e3 * city.dearness[district] * PRICE_OF_CLASS[level] * PRICE_OF_CONDITION[condition]
    price = area * metre * np.exp(rng.normal(0, 0.15, n))
    # A quarter of the homes are nearer to a station of the next district; closeness is learnt from such pairs.
    by_metro = np.where(rng.random(n) < 0.25, np.clip(district + rng.choice([-1, 1], n), 0, N_DISTRICTS - 1), district)
    metro = _known(rng, 0.88, city.metro_in(rng, by_metro))
    style = rng.integers(0, 60, n)
    columns = PropertyColumns(
        owner=rng.integers(0, max(n // 20, 2), n),
        price=np.maximum(np.round(price / STEPS_OF_PRICE), 10) * STEPS_OF_PRICE,
        currency=np.zeros(n, np.int32),
        rate=np.ones(n),
        area=_known(rng, 0.98, area),
        rooms=_known(rng, 0.97, rooms.astype(np.int8)),
        property_type=kind.astype(np.int8),
        property_class=_known(rng, 0.6, level.astype(np.int8)),
        condition=_known(rng, 0.8, condition.astype(np.int8)),
        district=_known(rng, 0.97, district.astype(np.int32)),
        metro_indptr=np.concatenate([[0], np.cumsum(metro >= 0)]).astype(np.int64),
        metro_codes=metro[metro >= 0],
        metro_parts=rng.choice(np.array([64, 62, 59], np.float32), int((metro >= 0).sum()), p=[0.6, 0.25, 0.15]),
        spot=np.full(n, -1, np.int32),
        latitude=np.full(n, np.nan),
        longitude=np.full(n, np.nan),
        year=_known(rng, 0.7, rng.choice(np.arange(1950.0, 2026.0), n)),
        answers=wishes.answers(rng, n),
        text=_texts(rng, style, 8, 24, empty=0.05),
    )
    return columns, style


def _leads(
    rng: np.random.Generator,
    city: _City,
    n: int,
    properties: PropertyColumns,
    style: NDArray[np.int64],
    names: PlaceIndex,
) -> LeadColumns:
    source = rng.integers(0, len(properties), n)
    wish = properties.take(source)
    budget = wish.price * np.exp(rng.normal(0, 0.1, n))
    stated = rng.random(n) < 0.92
    area = np.nan_to_num(wish.area, nan=50)
    stated_area = rng.random(n) < 0.6
    rooms = np.zeros((n, 11), bool)
    wants_rooms = np.flatnonzero((rng.random(n) < 0.88) & (wish.rooms >= 0))
    rooms[wants_rooms, wish.rooms[wants_rooms]] = True
    one_more = wants_rooms[rng.random(len(wants_rooms)) < 0.4]
    rooms[one_more, wish.rooms[one_more] + 1] = True
    closeness = learn_closeness(properties, names)
    districts = _places_around(rng, wish.district, city.neighbour, [0.25, 0.3, 0.2, 0.15, 0.1])
    near = lambda generator, district: city.metro_in(generator, city.neighbour(generator, district))
    metros = _places_around(rng, wish.district, near, [0.5, 0.25, 0.15, 0.1])
    radius, only = np.where(rng.random(n) < 0.05, np.inf, np.nan), rng.random(n) < 0.03
    district_indptr, district_codes, district_values = grade(
        *districts, radius, only, closeness.district, names.districts
    )
    metro_indptr, metro_codes, metro_values = grade(*metros, radius, only, closeness.metro, names.metros)
    wish_indptr, wish_codes = wishes.wishes(rng, wish.answers, names.wishes)
    return LeadColumns(
        owner=rng.integers(0, max(n // 20, 2), n),
        price_min=np.where(stated & (rng.random(n) < 0.55), budget * rng.uniform(0.65, 0.95, n), np.nan).round(-4),
        price_max=np.where(stated, budget * rng.uniform(1.02, 1.25, n), np.nan).round(-4),
        currency=np.zeros(n, np.int32),
        rate=np.ones(n),
        area_min=np.where(stated_area, area * rng.uniform(0.75, 0.98, n), np.nan).round(),
        area_max=np.where(stated_area & (rng.random(n) < 0.5), area * rng.uniform(1.05, 1.4, n), np.nan).round(),
        rooms=rooms,
        property_type=_known(rng, 0.95, wish.property_type),
        property_class=_known(rng, 0.35, wish.property_class),
        condition=_known(rng, 0.4, wish.condition),
        year_min=_known(rng, 0.15, wish.year),
        district_indptr=district_indptr,
        district_codes=district_codes,
        district_values=district_values,
        district_only=only & (np.diff(district_indptr) > 0),
        metro_indptr=metro_indptr,
        metro_codes=metro_codes,
        metro_values=metro_values,
        metro_only=only & (np.diff(metro_indptr) > 0) & (np.diff(district_indptr) == 0),
        spot_indptr=np.zeros(n + 1, np.int64),
        spot_codes=np.zeros(0, np.int32),
        spot_values=np.zeros(0, np.float32),
        spot_only=np.zeros(n, bool),
        wish_indptr=wish_indptr,
        wish_codes=wish_codes,
        wish_table=names.wishes,
        text=_texts(rng, style[source], 2, 10, empty=0.3),
    )


def _known(rng: np.random.Generator, share: float, values: NDArray) -> NDArray:
    """A random *share* of *values*; the others become NaN or -1."""
    return np.where(rng.random(len(values)) < share, values, np.nan if values.dtype.kind == "f" else -1).astype(
        values.dtype
    )


def _places_around(
    rng: np.random.Generator,
    home: NDArray[np.integer],
    near: Callable[[np.random.Generator, NDArray[np.int64]], NDArray[np.integer]],
    chances: Sequence[float],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """CSR of 0, 1, 2, ... places around each home with the given probabilities, ascending and without duplicates."""
    count = np.where(home < 0, 0, rng.choice(len(chances), len(home), p=chances))
    rows = np.repeat(np.arange(len(home)), count)
    codes = near(rng, home[rows].astype(np.int64)).astype(np.int64)
    pairs = np.unique(rows[codes >= 0] << 32 | codes[codes >= 0])
    indptr = np.searchsorted(pairs >> 32, np.arange(len(home) + 1))
    return indptr.astype(np.int64), (pairs & 0xFFFFFFFF).astype(np.int32)


def _texts(rng: np.random.Generator, style: NDArray[np.int64], minimum: int, maximum: int, empty: float) -> list[str]:
    """Words by popularity, a third of them from the text's style, some rare ones."""
    words = np.array([*FEATURES, *(f"жк{number}" for number in range(2000))])
    chance = 1 / np.arange(1, len(words) + 1) ** 0.7
    liked = np.random.default_rng(5).integers(0, len(FEATURES), (60, 8))
    picked = rng.choice(len(words), (len(style), maximum), p=chance / chance.sum())
    of_style = liked[style[:, np.newaxis], rng.integers(0, 8, picked.shape)]
    table = words[np.where(rng.random(picked.shape) < 0.35, of_style, picked)]
    counts = np.where(rng.random(len(style)) < empty, 0, rng.integers(minimum, maximum, len(style)))
    return [" ".join(row[:count]) for row, count in zip(table.tolist(), counts.tolist(), strict=True)]
