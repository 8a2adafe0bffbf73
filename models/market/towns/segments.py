"""Parts of a written place: which words name a town, a region or a country, and which name none of these."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from models.market.towns.countries import HOME_COUNTRIES, NEAR_COUNTRIES, country_of
from models.market.towns.gazetteer import Town, in_oblique_case, is_own, rank, sounding_like, towns_with_name
from models.market.towns.regions import REGION_WORDS, Region, bare_region_of, region_of
from models.market.towns.spelling import looks_cyrillic, normal
from models.market.towns.words import FILLERS, PARTS_OF_TOWNS, STREET_WORDS, TOWN_KINDS, VILLAGE_KINDS

#: The maximum number of words in the name of a town or region.
_LONGEST_NAME = 6
#: The minimum number of letters of a name among other words.
_SHORTEST_NAME = 3
#: One-letter kinds that also count after a name: «Алматы г», «Алматы қ».
_BEHIND = frozenset({"г", "қ", "с", "п", "д"})
#: A town of at least this size is recognised by its name even if unknown words follow: «Алматы Бостандык».
_WELL_KNOWN = 300_000
_ADJECTIVE = re.compile(r"[а-яәіңғүұқөһ]+(?:ская|цкая|ский|цкий)")
#: Words for a region whose adjective ends in «-ская»; the adjectives of the others end in «-ский».
_FEMININE = frozenset({"область", "обл", "обласьт", "республика", "респ", "автономная", "провинция", "губерния"})
_ADJECTIVE_NAME = re.compile(r"(?:ый|ий|ой|ая|ое|ие|ые)$")
_MASCULINE = re.compile(r"(?:ый|ий)$")
_FEMININE_STREETS = frozenset({"ул", "улица", "ulitsa"})
#: The name beside such a word is a district, even if the gazetteer has a town with the complete name.
_DISTRICTS = frozenset({"район", "ауданы", "аудан", "raion", "rayon", "district"})


#: «М.О.»; otherwise its «м» would be read as an underground station.
_MOSCOW_REGION = re.compile(r"\bм о\b")
#: Words for "town" that consist of several words.
_KINDS_OF_WORDS = re.compile(
    r"\b(?:городской округ|городского округа|муниципальный округ|муниципальное образование|городское поселение|г о)\b"
)


@dataclass(frozen=True)
class TownName:
    """Some words that are a name of towns. `marked` if a word for "town" accompanies them."""

    plain: str
    towns: tuple[Town, ...]
    marked: bool = False


@dataclass
class Segment:
    """The reading of one part of a written place."""

    text: str
    towns: list[TownName] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    #: Regions that are named only by their adjective.
    bare_regions: list[Region] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    #: The words left over, as one plain name; empty if all were understood.
    unknown: str = ""
    is_village: bool = False
    is_marked: bool = False
    #: A district, a street or a house number: not a town, whatever its name.
    is_part: bool = False

    @property
    def names_place(self) -> bool:
        return bool(self.towns or self.regions or self.countries)


def read_segment(text: str, *, behind: bool = False) -> Segment:
    """
    Read one part of a written place.

    Args:
        text: A part without commas or brackets.
        behind: Whether an earlier part names a town. Then this part may be the code of a state, and a name of both a
            region or country and a town means the region or country.
    """
    plain = _KINDS_OF_WORDS.sub(" ", _MOSCOW_REGION.sub("мо", normal(text))).strip() or normal(text)
    segment = Segment(text.strip())
    words = _without_street(_without_kinds(plain.split(), segment))
    if _is_part(words, segment, behind):
        segment.is_part = True
        segment.unknown = " ".join(words)
        return segment
    if (bare := bare_region_of(" ".join(words))) is not None:
        segment.bare_regions.append(bare)
    left = _take_names(words, segment, behind)
    segment.unknown = " ".join(left)
    if not left and segment.is_marked:
        segment.towns = [TownName(one.plain, one.towns, True) for one in segment.towns]
    if left and segment.names_place:
        _classify_left_over(words, left, segment)
    return segment


@lru_cache(maxsize=1 << 14)
def towns_of(plain: str) -> tuple[Town, ...]:
    """All towns that this plain name can mean, directly or as a transliteration."""
    towns = towns_with_name(plain, abroad=True)
    if towns and not any(town.country in HOME_COUNTRIES or town.country in NEAR_COUNTRIES for town in towns):
        if not any(town.population >= _WELL_KNOWN for town in towns):
            towns = [town for town in in_oblique_case(plain) if town.country in HOME_COUNTRIES] or towns
    if not towns and (cyrillic := looks_cyrillic(plain.upper())):
        towns = towns_with_name(normal(cyrillic), abroad=True)
    return tuple(towns or in_oblique_case(plain) or sounding_like(plain))


def _without_kinds(words: list[str], segment: Segment) -> list[str]:
    """The words without words for "town" or "village" around them, which are recorded in the segment."""
    if len(words) > 1 and towns_of(" ".join(words)):
        return words  # «Старый Город», «Сергиев Посад»: the word is part of the name
    while len(words) > 1 and words[0] in TOWN_KINDS | VILLAGE_KINDS | {"в", "во", "in", "of", "о"}:
        if words[0] in ("с", "п") and towns_of(" ".join(words)):
            break
        segment.is_marked |= words[0] in TOWN_KINDS
        segment.is_village |= words[0] in VILLAGE_KINDS
        words = words[1:]
        if len(words) > 1 and words[-1] in VILLAGE_KINDS and towns_with_name(" ".join(words)):
            return words  # «г. Красное Село»
    while len(words) > 1 and words[-1] in TOWN_KINDS | VILLAGE_KINDS and (len(words[-1]) > 1 or words[-1] in _BEHIND):
        segment.is_marked |= words[-1] in TOWN_KINDS
        segment.is_village |= words[-1] in VILLAGE_KINDS
        words = words[:-1]
        if towns_with_name(" ".join(words)):
            return words
    return words


def _without_street(words: list[str]) -> list[str]:
    """
    The words of a town's name before a street or a district: «Караганда ул. Ленина 5», but not «Октябрьский пр-т».
    """
    for place in range(1, min(len(words), _LONGEST_NAME)):
        if len(words[place]) > 1 and words[place] in PARTS_OF_TOWNS | STREET_WORDS:
            name = " ".join(words[:place])
            # «Октябрьский проспект» is a street, «Октябрьский улица Ленина» a town and a street.
            is_street = _ADJECTIVE_NAME.search(name) and not (
                _MASCULINE.search(name) and words[place] in _FEMININE_STREETS
            )
            if is_street or not any(town.country in HOME_COUNTRIES for town in towns_with_name(name)):
                return words
            return words[:place] if place + 1 < len(words) else words
    return words


def _without_regions(words: list[str]) -> list[str]:
    """The words without the names of regions, some of whose words also denote districts: «автономный округ»."""
    for length in range(min(len(words), _LONGEST_NAME), 1, -1):
        for place in range(len(words) - length + 1):
            if region_of(" ".join(words[place : place + length])):
                return _without_regions(words[:place] + words[place + length :])
    return words


def _is_part(words: list[str], segment: Segment, behind: bool) -> bool:
    """Whether the words are a district, a street or a number rather than a place."""
    named = words and (towns_of(" ".join(words)) or region_of(" ".join(words)))
    if not words or (named and not (behind and words[-1] in _DISTRICTS)):
        return False
    words = _without_regions(words)
    if any(word.isdigit() for word in words):
        return True
    # «Город Шахты, ш.» is rare; the plain form splits «р-н» into two words.
    joined = " ".join(words)
    hyphened = bool(re.search(r"\b(?:р н|р он|мк р н|пр т|пр кт|б р|пр д|м н|ж м|к т)\b", joined))
    part_words = [word for word in words if word in PARTS_OF_TOWNS or word in STREET_WORDS]
    return (hyphened or bool(part_words)) and not segment.is_marked and not _starts_with_town(words)


def _starts_with_town(words: list[str]) -> bool:
    return any(
        town.population >= _WELL_KNOWN and town.part_of is None
        for length in range(1, min(len(words), _LONGEST_NAME))
        for town in towns_of(" ".join(words[:length]))
    )


def _take_names(words: list[str], segment: Segment, behind: bool) -> list[str]:
    """Move the longest known names from the words into the segment; returns the words left over."""
    left: list[str] = []
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST_NAME, len(words) - place), 0, -1):
            if _take(words[place : place + length], segment, behind, alone=length == len(words)):
                place += length
                break
        else:
            word = words[place]
            if word in TOWN_KINDS and place + 1 < len(words):
                segment.is_marked = True
            elif word not in FILLERS or left:
                left.append(word)
            place += 1
    while left and left[-1] in FILLERS:
        left.pop()
    return left


def _take(words: list[str], segment: Segment, behind: bool, alone: bool) -> bool:
    plain = " ".join(words)
    region, country, towns = region_of(plain), country_of(plain), towns_of(plain)
    if behind and alone and region is None and len(plain) == 2 and plain.isascii():
        region = region_of(f"us {plain}")
    if region is None and len(words) == 2 and not REGION_WORDS.isdisjoint(words):
        region = _region_by_town(words)
    if len(words) == 1 and not alone and region is None and country is None and _is_too_unspecific(plain, segment):
        return False
    if segment.is_marked and alone and any(town.country in HOME_COUNTRIES for town in towns):
        region = country = None  # «г. Алтай»
    is_area = behind or _is_region_first(plain, region, country) or not REGION_WORDS.isdisjoint(words)
    if towns and not ((region or country) and (is_area or not alone)):
        segment.towns.append(TownName(plain, towns))
    elif region or country:
        segment.regions.extend([region] if region else [])
        segment.countries.extend([country] if country else [])
    else:
        return False
    return True


def _is_too_unspecific(plain: str, segment: Segment) -> bool:
    """Whether a word among others is too short or too common for a town's name; «г. Шу» is long enough."""
    if plain in FILLERS:
        return True
    return (
        len(plain) < _SHORTEST_NAME
        and not segment.is_marked
        and not any(is_own(plain, at) for at in towns_with_name(plain))
    )


def _is_region_first(plain: str, region: Region | None, country: str | None) -> bool:
    """
    Whether a name shared by a region or country and a distant town means the region or country: «Россия», «Татарстан».
    """
    if not region and not country:
        return False
    of_it = (country, region.country if region else None)
    return not any(town.country in of_it and (is_own(plain, town) or not country) for town in towns_of(plain))


def _region_by_town(words: list[str]) -> Region | None:
    """A region that is named after its town and is in no table: «Ташкентская область»."""
    for word in words:
        if word in REGION_WORDS or not _ADJECTIVE.fullmatch(word):
            continue
        if word.endswith("ий") != _FEMININE.isdisjoint(words):
            continue  # «Октябрьский Республика Башкортостан»
        stem = word[:-4]
        for name in (word[:-2], stem, f"{stem}а", f"{stem}ь", f"{stem}ы", f"{stem}и", f"{stem}о"):
            towns = [town for town in towns_of(name) if town.part_of is None]
            if towns:
                town = max(towns, key=lambda each: rank(name, each))
                return Region(" ".join(words), town.country, frozenset(), town.id)
    return None


def _classify_left_over(words: list[str], left: list[str], segment: Segment) -> None:
    """A name with some unknown words is another name, unless it begins with a well-known town."""
    first = segment.towns[0] if segment.towns else None
    begins = first is not None and " ".join(words).startswith(first.plain)
    if segment.is_marked and first is not None and any(town.country in HOME_COUNTRIES for town in first.towns):
        segment.towns = [TownName(one.plain, one.towns, True) for one in segment.towns]
        segment.unknown = ""
    elif begins and first is not None and any(town.population >= _WELL_KNOWN for town in first.towns):
        segment.towns, segment.unknown = [first], ""
    elif segment.towns:
        segment.towns = []
        taken = {word for region in (*segment.regions,) for word in normal(region.name).split()}
        segment.unknown = " ".join(word for word in words if word not in taken and word not in REGION_WORDS)
