"""Read a town as somebody wrote it: which town it is, or that it is unknown, with similar names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from models.core.errors import InvalidValueError
from models.market.towns.abbreviations import towns_abbreviated
from models.market.towns.countries import HOME_COUNTRIES, currencies
from models.market.towns.distinctive_parts import (
    is_province_of_another,
    towns_called_like_regions,
    without_old_names,
    without_streets,
)
from models.market.towns.gazetteer import Town, by_id, called, is_present_name, largest_in, rank, towns_with_name
from models.market.towns.likeness import nearest_names, one_error_away
from models.market.towns.regions import Region
from models.market.towns.segments import Segment, TownName, read_segment, towns_of
from models.market.towns.spelling import from_keyboard, normal
from models.market.towns.words import BETWEEN_TOWNS

#: The maximum length of a key's column. Casefolding can lengthen a name.
LONGEST_KEY = 110

_COMMAS = re.compile(r"[,;/|()\[\]{}\n\r\t+&•·]+|\s[-–—]+\s|\b(?:" + "|".join(BETWEEN_TOWNS) + r")\b", re.IGNORECASE)
#: Next to a large town, the adjective name of a small town is read as a district of the large one.
_SMALL, _LARGE = 60_000, 100_000
_ADJECTIVE = re.compile(r"(?:ый|ий|ой|ая|ое|ие|ые)$")
#: GeoNames ids of towns that are regions of their own.
_FEDERAL = {
    524901: Region("Москва", "RU", frozenset({"48"}), 524901),
    498817: Region("Санкт-Петербург", "RU", frozenset({"66"}), 498817),
}
_LETTERS_OF_OTHER_LAYER = frozenset("[];',.`")
#: A town of at least this size is meant even if another region is named.
_UNMISTAKABLE = 250_000


class TownError(InvalidValueError):
    """
    A text does not name exactly one town. `field` is "city"; callers with other fields report the reason under their
    own name.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__("city", code, **facts)


class SeveralTownsError(TownError):
    """A text names several towns; `names` are their names."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("town.several", names=tuple(names))
        self.names = tuple(names)


class NoTownError(TownError):
    """A text names a country without a town, or nothing."""


@dataclass(frozen=True, slots=True)
class TownReading:
    """
    The result of reading a town.

    `key` identifies it in markets: a GeoNames id, or the normalised name of an unknown town. `name` is the canonical
    name, or the written one. `currency` is the country's (ISO 4217), None if the country is unknown. `country` is an
    ISO 3166 code, and `region` a GeoNames code within it. `corrected` means that a typing error was corrected;
    `by_region` means that the text named only a region, and its main town is meant. `sought` is the normalised name of
    an unknown town, "" for a known one.
    """

    key: str
    name: str
    currency: str | None
    country: str | None = None
    region: str | None = None
    known: bool = True
    corrected: bool = False
    by_region: bool = False
    sought: str = ""

    @property
    def nearest(self) -> tuple[str, ...]:
        """Known towns whose names resemble an unknown one's. Few readers ask, and the search takes milliseconds."""
        return nearest_names(self.sought) if self.sought else ()


@lru_cache(maxsize=1 << 15)
def read_town(text: str) -> TownReading:
    """
    The town of a text that should name one.

    Raises:
        SeveralTownsError: It names several.
        NoTownError: It names a country and no town, or nothing.

    >>> read_town("г. Москва").key == read_town("Moscow").key == read_town("Москва и МО").key == read_town("мск").key
    True
    >>> read_town("Ленинградская область, Кировск").region, read_town("Мурманская область, Кировск").region
    ('42', '49')
    >>> read_town("Новый Зурбаган").key, read_town("Новый Зурбаган").currency, read_town("Новый Зурбаган").known
    ('name:новый зурбаган', None, False)
    """
    text = _from_other_layer(text)
    whole = read_segment(_without_brackets(text))
    if whole.towns and not whole.unknown and not _COMMAS.search(text):
        return _resolve(text, [whole])
    parts = [part for part in _COMMAS.split(text) if normal(part)]
    if not parts or not any(sign.isalpha() for sign in text):
        raise NoTownError("town.none")
    segments: list[Segment] = []
    for part in parts:
        segments.append(read_segment(part, behind=any(segment.towns for segment in segments)))
    return _resolve(text, segments)


def _without_brackets(text: str) -> str:
    return text.replace("(", " ").replace(")", " ")


def _from_other_layer(text: str) -> str:
    """
    The intended text if it was typed on a Russian keyboard in the Latin layout, which also turns letters into signs:
    «cjxb», «nfv,jd».
    """
    if text.isascii() and any(sign in _LETTERS_OF_OTHER_LAYER for sign in text):
        typed = from_keyboard(text)
        if any(town.country in HOME_COUNTRIES for town in towns_with_name(normal(typed))):
            return typed
    return text


def _resolve(text: str, segments: list[Segment]) -> TownReading:
    """Determine one town from all parts."""
    segments = towns_called_like_regions(segments)
    joined = read_segment(" ".join(segment.text for segment in segments)) if len(segments) > 1 else segments[0]
    if len(segments) > 1 and not joined.unknown and len(joined.towns) == 1 and not any(part.towns for part in segments):
        segments = [joined]  # «Санкт - Петербург»
    regions = [region for segment in segments for region in segment.regions]
    countries = [country for segment in segments for country in segment.countries]
    provinces = [segment for segment in segments if is_province_of_another(segment, segments)]
    regions += [region for segment in provinces for region in segment.bare_regions]
    naming = [segment for segment in segments if not segment.is_part and segment not in provinces]
    named = [one for segment in without_streets(naming, segments) for one in segment.towns]
    distinct = _distinct(named, regions, countries)
    if len(distinct) > 1 and "(" in text:
        distinct = without_old_names(named, distinct)
    if not any(town.country in HOME_COUNTRIES for town in distinct):
        cut_short = _cut_short(segments, regions)
        distinct = [cut_short] if cut_short else distinct
    if len(distinct) > 1:
        raise SeveralTownsError([called(town.id) for town in distinct])
    if distinct:
        return _of_town(distinct[0])
    return _unknown(text, segments, regions, countries)


def _distinct(named: list[TownName], regions: list[Region], countries: list[str]) -> list[Town]:
    """The named towns, each once, without those that are districts of another named town."""
    by_key: dict[str, tuple[TownName, Town]] = {}
    if not regions and len(named) > 1:
        regions = [_FEDERAL[town.id] for one in named for town in one.towns if town.id in _FEDERAL]
    for one in named:
        town = best_town(one.plain, one.towns, regions, countries)
        if town is not None:
            by_key.setdefault(town.key, (one, town))
    if len(by_key) > 1:
        towns = [town for _, town in by_key.values()]
        by_key = {
            key: pair
            for key, pair in by_key.items()
            if not any(_lies_in(pair[1], other) or is_province(pair[1], other) for other in towns if other != pair[1])
        } or by_key
    if len(by_key) > 1:
        for keep in (_is_marked, _is_no_district):
            kept = {key: pair for key, pair in by_key.items() if keep(pair, by_key)}
            by_key = kept or by_key
    return [town for _, town in by_key.values()]


def _is_marked(pair: tuple[TownName, Town], _: dict[str, tuple[TownName, Town]]) -> bool:
    return pair[0].marked


def _is_no_district(pair: tuple[TownName, Town], all_of_them: dict[str, tuple[TownName, Town]]) -> bool:
    one, town = pair
    larger = [other for _, other in all_of_them.values() if other is not town and other.population >= _LARGE]
    if town.population >= _SMALL or not larger:
        return True
    is_far = town.country not in HOME_COUNTRIES and all(other.country != town.country for other in larger)
    return not (is_far or _ADJECTIVE.search(one.plain))  # «Дубай, Марина»


def _lies_in(town: Town, other: Town) -> bool:
    """Whether a town is a part of another that is a region of its own, as Зеленоград is of Москва."""
    return other.id in _FEDERAL and _FEDERAL[other.id].contains(town.country, town.region)


def is_province(town: Town, other: Town) -> bool:
    """Whether the name of a town abroad is only the province of a smaller town: «Аланья, Анталья»."""
    is_one = (town.country, town.region) == (other.country, other.region) and town.country not in HOME_COUNTRIES
    return is_one and town.population > other.population


def best_town(
    plain: str, towns: Sequence[Town], regions: Sequence[Region] = (), countries: Sequence[str] = ()
) -> Town | None:
    """
    The town that a name most likely means, given the regions and countries that were named with it.

    None if all towns with this name lie elsewhere: then another place of that name is meant, unless the town is very
    large.
    """
    if not regions and not countries:
        everyday = [town for town in towns if town in towns_with_name(plain)] or list(_sounding(plain, towns))
        presently = [town for town in everyday if is_present_name(plain, town)]
        if any(town.population >= _LARGE for town in presently):
            everyday = presently  # "Samarkand" is not Temirtau, although Temirtau once had this name
        return max(everyday, key=lambda town: rank(plain, town), default=None)
    there = [town for town in towns if any(region.contains(town.country, town.region) for region in regions)]
    if not there:
        # A word may name both a country and a region (Georgia, РБ); then both readings are accepted.
        elsewhere = {region.country for region in regions}
        there = [
            town for town in towns if _is_in(town, countries) and (town.country not in elsewhere or _is_large(town))
        ]
    if not there and regions:
        there = [town for town in towns if _is_large(town) and town.country in HOME_COUNTRIES]
    return max(there, key=lambda town: rank(plain, town), default=None)


def _is_in(town: Town, countries: Sequence[str]) -> bool:
    return town.country in countries or (town.region.startswith("UA") and "UA" in countries)


def _is_large(town: Town) -> bool:
    return town.population >= _UNMISTAKABLE


def _sounding(plain: str, towns: Sequence[Town]) -> list[Town]:
    """Towns found by sound, an oblique case or look-alike letters rather than by the exact name."""
    by_name = towns_with_name(plain, abroad=True)
    return [town for town in towns if town not in by_name]


def _of_town(town: Town, *, corrected: bool = False, by_region: bool = False) -> TownReading:
    whole = by_id(town.part_of) if town.part_of else town
    return TownReading(
        key=whole.key,
        name=called(whole.id),
        currency=whole.currency,
        country=whole.country,
        region=whole.region,
        corrected=corrected,
        by_region=by_region,
    )


def _main_town(region: Region) -> Town:
    return by_id(region.main) if region.main else largest_in(region.country, region.codes)


def _unknown(text: str, segments: list[Segment], regions: list[Region], countries: list[str]) -> TownReading:
    """A town whose name is not in the gazetteer: found by correcting an error or by its region, otherwise unknown."""
    names = [segment for segment in segments if segment.unknown and not segment.is_part]
    elsewhere = [one for segment in segments for one in segment.towns]
    names.sort(key=lambda segment: not (segment.is_village or segment.is_marked))
    name = names[0].unknown if names else ""
    if not name and not elsewhere:
        if regions:
            return _of_town(_main_town(regions[0]), by_region=True)
        if countries:
            raise NoTownError("town.country")
        if not any(segment.is_part for segment in segments):
            raise NoTownError("town.none")
        name = normal(text)
    if not name:
        bare = [each for segment in segments for each in segment.bare_regions if each.country in countries]
        if bare and not regions:
            return _of_town(_main_town(bare[0]), by_region=True)  # "Ontario, Canada", not the town in California
        name = elsewhere[0].plain
    elif not names or not names[0].is_village:
        town = _joined(name, regions, countries)
        if town is not None:
            return _of_town(town)
        town = _corrected_town(name, regions, countries)
        if town is not None:
            return _of_town(town, corrected=True)
    country = countries[0] if countries else regions[0].country if regions else None
    key = name
    if towns_of(name) and regions:  # a town elsewhere has the same name
        key = f"{name} {normal(regions[0].name)}"
    return TownReading(
        key=f"name:{key}"[:LONGEST_KEY],
        name=_as_written(name, segments) or text.strip(),
        currency=currencies().get(country) if country else None,
        country=country,
        known=False,
        sought=name,
    )


def _cut_short(segments: list[Segment], regions: list[Region]) -> Town | None:
    """The only town at home whose abbreviated name is one of the parts."""
    towns = [town for segment in segments if not segment.is_part for town in towns_abbreviated(segment.text)]
    if regions:
        towns = [town for town in towns if any(region.contains(town.country, town.region) for region in regions)]
    return towns[0] if len(towns) == 1 else None


def _joined(name: str, regions: list[Region], countries: list[str]) -> Town | None:
    """The town whose name was written as two words: «Академ городок»."""
    words = name.split()
    if len(words) != 2 or min(map(len, words)) < 3:
        return None
    return best_town("".join(words), towns_with_name("".join(words)), regions, countries)


def _corrected_town(name: str, regions: list[Region], countries: list[str]) -> Town | None:
    """The only town that is one typing error away, or one typed in the wrong keyboard layout."""
    retyped = normal(from_keyboard(name))
    typed = towns_of(retyped) if name.isascii() else ()
    near = [town for town in typed if town.country in HOME_COUNTRIES] or one_error_away(name)
    if regions:
        near = [town for town in near if any(region.contains(town.country, town.region) for region in regions)]
    elif countries:
        near = [town for town in near if town.country in countries]
    if typed and near:
        return max(near, key=lambda town: rank(retyped, town))
    return near[0] if len({town.key for town in near}) == 1 else None


def _as_written(name: str, segments: list[Segment]) -> str:
    """The original spelling of the part of the text that the plain name came from."""
    return next((segment.text for segment in segments if normal(segment.text) == name), name)
