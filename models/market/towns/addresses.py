"""Which part of a free-text address names the town."""

import re

from models.market.towns.gazetteer import Town, rank
from models.market.towns.reading import best_town, is_province
from models.market.towns.regions import Region
from models.market.towns.segments import Segment, TownName, read_segment, towns_of
from models.market.towns.spelling import normal
from models.market.towns.words import TOWN_KINDS

_PARTS = re.compile(r"[,;()\n\r\t]+|\s[-–—]+\s")
_MARKED = re.compile(r"(?:^|[\s,.(])(?:г|гор|город|қ|city of)[.\s]\s*(?=[^\W\d_])", re.IGNORECASE)
_LONGEST_NAME = 5


def town_in_address(address: str) -> str:
    """
    The part of a free-text address that names the town, ready for :func:`reading.read_town`.

    A part with a word for "town" wins; then a part without a house number after it, because a street may have a town's
    name; then the larger town. If no town is known, it is the part with a word for "village", then the first part
    without a digit, then the whole text.

    >>> town_in_address("ул. Абая, 7, Алматы"), town_in_address("Мирный, 3, Самара")
    ('Алматы', 'Самара')
    >>> town_in_address("123 Main St, Anytown")
    'Anytown'
    """
    texts = [part.strip() for part in _PARTS.split(address) if normal(part)]
    parts = [read_segment(text, behind=place > 0) for place, text in enumerate(texts)]
    regions = [region for part in parts for region in part.regions]
    countries = [country for part in parts for country in part.countries]
    candidates = [
        (town, place, named)
        for place, part in enumerate(parts)
        for named in (() if part.is_part else part.towns)
        if (town := best_town(named.plain, named.towns, regions, countries)) is not None
    ]
    candidates = [each for each in candidates if not any(is_province(each[0], other) for other, *_ in candidates)]
    if candidates:
        _, place, named = max(
            candidates,
            key=lambda each: (each[2].marked, not _is_number(texts, each[1] + 1), _size(each[2], each[0]), -each[1]),
        )
        return _with_region(texts[place], parts[place], named, regions)
    return _inside(address) or _without_town(parts, regions) or address.strip()


def _size(named: TownName, town: Town) -> int:
    """A town's rank among others of one address: towns at home before those abroad, then by population."""
    at_home, near, *_ = rank(named.plain, town)
    return town.population + (10**9 if at_home else 10**8 if near else 0)


def _is_number(texts: list[str], place: int) -> bool:
    """Whether the part at this position is a house number; then the part before it is a street."""
    return place < len(texts) and bool(re.match(r"(?:д|дом|house|№)?[.\s№]*\d", texts[place].strip(), re.IGNORECASE))


def _with_region(text: str, part: Segment, named: TownName, regions: list[Region]) -> str:
    """The part, together with its region if the name alone would be read as another town."""
    name = text if not part.unknown else named.plain
    plain = best_town(named.plain, named.towns)
    in_regions = best_town(named.plain, named.towns, regions)
    return name if plain == in_regions or part.regions or not regions else f"{name}, {regions[0].name}"


def _inside(address: str) -> str | None:
    """A town in a text without commas: behind a word for "town", or the text's first or last words."""
    marked = _MARKED.search(address)
    if marked:
        words = re.findall(r"[\w\-’']+", address[marked.end() :])
        for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
            name = " ".join(words[:length])
            if towns_of(normal(name)):
                return name
        return words[0] if words else None
    words = re.findall(r"[\w\-’']+", address)
    for length in range(min(_LONGEST_NAME, len(words) - 1), 0, -1):
        for name in (" ".join(words[-length:]), " ".join(words[:length])):
            if best_town(normal(name), towns_of(normal(name))) is not None and normal(name) not in TOWN_KINDS:
                return name
    return None


def _without_town(parts: list[Segment], regions: list[Region]) -> str | None:
    """The name of an unknown town in an address."""
    naming = [part for part in parts if not any(sign.isdigit() for sign in part.text)]
    places = [part for part in naming if not part.is_part and (part.unknown or not part.names_place)]
    best = next((part for part in places if part.is_marked or part.is_village), None) or next(
        iter(places or naming), None
    )
    if best is None:
        return None
    return f"{best.text}, {regions[0].name}" if regions and not best.regions else best.text
