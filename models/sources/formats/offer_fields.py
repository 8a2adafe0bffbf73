"""
Read values into an offer: readable values are set, unreadable ones are reported, and placeholders for "unknown" are
counted.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from models.core.errors import Fault
from models.sources.formats import values
from models.sources.formats.offer import Offer, Photo, Station
from models.sources.formats.vocabulary import entry, fold

#: The exclusive limits of numeric(17, 2) and numeric(10, 2).
LARGEST_PRICE, LARGEST_AREA = Decimal(10) ** 15, Decimal(10) ** 8
FLOORS, HOUSE_FLOORS, ROOMS, YEARS = range(-10, 301), range(1, 301), range(101), range(1500, 2101)
LONGEST_ID = 100  # characters
#: Words with a floor's number: «3 эт.», «3-й этаж», «9 этажей».
_FLOOR_WORDS = re.compile(r"(?<=\d)(?:-?(?:й|ый|ой|ий)\b)?(?:\s*(?:эт(?:аж\w*)?\b\.?|floors?\b))?", re.IGNORECASE)
#: A basement and an attic have no number.
_NO_FLOOR = re.compile(r"цок|подвал|полуподвал|мансард|антресол|basement|attic", re.IGNORECASE)
_YEAR_WORD = re.compile(r"(?<=\d)\s*(?:г(?:од|ода)?\b\.?|year)\Z", re.IGNORECASE)
#: Years that generators write for "unknown" (the epoch of their clocks).
NO_YEARS = frozenset({0, 1, 1970, -1})
#: Beginnings of a unit of land -> its square metres.
LAND_UNITS = {
    "сот": Decimal(100),
    "sot": Decimal(100),
    "га": Decimal(10_000),
    "гек": Decimal(10_000),
    "hec": Decimal(10_000),
}
_WITH_UNIT = re.compile(r"([0-9\s.,]+?)\s*([^\W\d_].*)")
#: A plot in sotkas above this size was in fact measured in square metres: most plots of dachas have 400, 600 or 1,000
#: square metres, and hardly any house has three hectares.
LARGEST_SOTKAS = 299


def set_id(offer: Offer, text: str | None) -> None:
    """Set the listing's own id; an offer without one is refused, because it cannot be recognised again."""
    offer.external_id = (text or "").strip()
    if not offer.external_id:
        offer.refuse("id", "import.missing")
    elif len(offer.external_id) > LONGEST_ID:
        offer.refuse("id", Fault("import.too_long", max=LONGEST_ID), offer.external_id)
    elif "\0" in offer.external_id:
        offer.refuse("id", "import.zero_byte")


def read(offer: Offer, name: str, text: str | None, reader: Callable[[str | None], Any], *, core: bool = False) -> Any:
    """
    The result of *reader* for the text. An unreadable text refuses the offer if *core*, otherwise the value is unknown.
    """
    if text is None:
        return None
    try:
        return reader(text)
    except ValueError as error:
        if core:
            offer.refuse(name, error.args[0], text)
        else:
            offer.guess(name, Fault("import.taken_as_unknown", reason=error.args[0]), text)
        return None


def area(offer: Offer, name: str, text: str | None, *, core: bool = False) -> Decimal | None:
    """Square metres above 0; 0 and less mean unknown."""
    value: Decimal | None = read(offer, name, text, values.number, core=core)
    if value is None:
        return None
    if value <= 0:
        offer.guess(name, "import.unknown", text)
        return None
    # Rounded like the column: an area of 0.001 would become 0 there.
    if not Decimal("0.005") <= value < LARGEST_AREA:
        note = offer.refuse if core else offer.guess
        note(name, Fault("import.below_max", max=int(LARGEST_AREA)), text)
        return None
    return value


def whole(offer: Offer, name: str, text: str | None, allowed: range, *, core: bool = False) -> int | None:
    """A whole number; below the allowed ones it means unknown."""
    value: Decimal | None = read(offer, name, text, values.number, core=core)
    if value is None:
        return None
    if value < allowed[0] or (value == -1 and allowed is FLOORS) or (value == 0 and 0 in allowed and allowed is FLOORS):
        offer.guess(name, "import.unknown", text)
        return None
    # The limits are checked first: converting 1e9999999 to an integer would take hours.
    if value > allowed[-1] or value != value.to_integral_value():
        note = offer.refuse if core else offer.guess
        note(name, Fault("import.not_whole_between", min=allowed[0], max=allowed[-1]), text)
        return None
    return int(value)


def year(offer: Offer, text: str | None) -> int | None:
    """The year a house was built in; the epoch of a computer's clock means unknown."""
    value: Decimal | None = read(offer, "year_built", text, _year)
    if value is None:
        return None
    if value in NO_YEARS or not YEARS[0] <= value <= YEARS[-1] or value != value.to_integral_value():
        offer.guess("year_built", "import.unknown", text)
        return None
    return int(value)


def _year(text: str | None) -> Decimal | None:
    """The number of a year, with or without the word: «1987 г.»."""
    return values.number(text if text is None or text.isdecimal() else _YEAR_WORD.sub("", text.strip()))


def floors(offer: Offer, floor: str | None, total: str | None) -> None:
    """The floor and the house's floors; `3/9` in the first states both."""
    floor, total = (_FLOOR_WORDS.sub("", each) if each and not each.isdecimal() else each for each in (floor, total))
    if floor and "/" in floor and not total:
        floor, _, total = floor.partition("/")
    elif floor and " из " in floor:
        floor, _, rest = floor.partition(" из ")
        total = total or rest
    if floor and _NO_FLOOR.match(floor.strip()):
        offer.guess("floor", "import.unknown", floor)
        floor = None
    offer.floor = whole(offer, "floor", floor, FLOORS, core=True)
    offer.total_floors = whole(offer, "total_floors", total, HOUSE_FLOORS, core=True)
    if offer.floor is not None and offer.total_floors is not None and offer.floor > offer.total_floors:
        offer.refuse(
            "floor", Fault("import.floor_above_house", floor=offer.floor, floors=offer.total_floors), f"{floor}/{total}"
        )


def coordinates(offer: Offer, latitude: str | None, longitude: str | None) -> None:
    """Degrees; 0/0 is a place in the ocean that means unknown."""
    north = read(offer, "latitude", latitude, _degrees)
    east = read(offer, "longitude", longitude, _degrees)
    if north is None or east is None:
        if (north is None) != (east is None):
            offer.guess("latitude", "import.one_coordinate", f"{latitude or ''} {longitude or ''}")
        return
    if (north == 0 and east == 0) or not (-90 <= north <= 90 and -180 <= east <= 180):
        offer.guess("latitude", "import.unknown", f"{latitude} {longitude}")
        return
    offer.latitude, offer.longitude = round(north, 7), round(east, 7)


def _degrees(text: str | None) -> Decimal | None:
    """Degrees, whose comma is a decimal one however many digits follow."""
    return values.number(text.replace(",", ".") if text and text.count(",") == 1 and "." not in text else text)


def land_area(offer: Offer, text: str | None, unit: str | None) -> None:
    """
    A plot in square metres. Some generators write square metres but label them as sotkas; such plots are implausibly
    large.
    """
    together = _WITH_UNIT.fullmatch(text.strip()) if text else None
    if together:
        text, unit = together[1], together[2]
    value = area(offer, "land_area", text)
    if value is None:
        return
    low = fold(unit or "")
    times = next((size for word, size in LAND_UNITS.items() if low.startswith(word)), None)
    if times is None and not unit:
        times = Decimal(100) if value <= 100 else Decimal(1)
        offer.guess("land_area", "import.taken_for_sotkas" if times == 100 else "import.taken_for_metres", text)
    elif times == 100 and value > LARGEST_SOTKAS:
        times = Decimal(1)
        offer.guess("land_area", "import.too_large_for_sotkas", f"{text} {unit}")
    offer.land_area = value * (times or 1)


def word(offer: Offer, name: str, table: Mapping[str, Any], text: str | None) -> Any:
    """A word of a table; a word that is not in it is noted and counts as unknown."""
    value = entry(table, text)
    if value is None and text is not None:
        offer.guess(name, "import.unknown_word", text)
    return value


def minutes(text: str | None) -> int | None:
    """Minutes of a distance; None if they are missing or implausible."""
    try:
        value = values.number(text)
    except ValueError:
        return None
    return int(value) if value is not None and 0 < value <= 600 else None


def add_station(offer: Offer, name: str | None, on_foot: str | None, by_transport: str | None) -> None:
    """Add a station of the home unless it is already there."""
    if not name:
        return
    name = name.strip(" \"'«»")
    name = name[2:].strip() if name.casefold().startswith("м.") else name
    if not name or len(name) > 100 or any(station.name == name for station in offer.stations):
        return
    foot, ride = minutes(on_foot), minutes(by_transport)
    offer.stations.append(Station(name, foot if foot is not None else ride, foot is None and ride is not None))


def add_photos(offer: Offer, addresses: Iterable[tuple[str | None, str]]) -> None:
    """
    Add (address, kind) pairs; two concatenated addresses are separated, and texts that are not web addresses are noted.
    """
    known = {photo.url for photo in offer.photos}
    for text, kind in addresses:
        for url in _split_urls(text or ""):
            if not url.casefold().startswith(("http://", "https://")) or len(url) > 2000 or " " in url:
                offer.guess("photos", "import.not_web_address", url)
            elif url not in known:
                known.add(url)
                offer.photos.append(Photo(url, kind))


def _split_urls(text: str) -> list[str]:
    """
    >>> _split_urls("https://a.ru/1.jpghttps://a.ru/2.jpg"), _split_urls(" https://a.ru/?to=http%3A//b.ru ")
    (['https://a.ru/1.jpg', 'https://a.ru/2.jpg'], ['https://a.ru/?to=http%3A//b.ru'])
    """
    parts: list[str] = []
    for word_ in text.replace("http", " http").split():
        # An address inside another one's query is a part of it.
        if parts and word_.startswith("http") and parts[-1][-1:] in "=/?&":
            parts[-1] += word_
        else:
            parts.append(word_.strip(",;|"))
    return [part for part in parts if part]
