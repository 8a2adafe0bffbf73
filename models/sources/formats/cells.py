"""
Cells of tables that state several things at once: three areas, a station and the distance to it, a floor in words.
"""

import re

from models.sources.formats import offer_fields
from models.sources.formats.offer import Offer

_SIZE = r"[0-9]+(?:[.,][0-9]+)?"
_AREAS = re.compile(rf"({_SIZE})\s*/\s*({_SIZE}|-)?(?:\s*/\s*({_SIZE}|-)?)?(?:\s*(?:кв\.?\s*м\.?|м2|м²|м\.?))?")
_MONTHS = "янв|фев|мар|апр|май|мая|июн|июл|авг|сен|окт|ноя|дек|jan|feb|apr|may|jun|jul|aug|sep|oct|nov|dec"
#: Texts that a spreadsheet writes into a CSV file after converting "3/9" to a date.
_DATE = re.compile(
    rf"\d{{1,2}}[\s.\-/](?:{_MONTHS})[а-яa-z]*\.?(?:[\s.\-/]\d{{2,4}})?|(?:{_MONTHS})[а-яa-z]*\.?[\s.\-/]\d{{1,4}}"
    r"|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{4}-\d\d-\d\d(?:[ T]00:00(?::00)?)?",
    re.IGNORECASE,
)
_WAY = re.compile(
    r"(?P<name>.*?)[\s(,–—-]*(?P<minutes>\d{1,3})\s*мин\w*\.?\s*(?P<how>[^()]*)\)?",
    re.IGNORECASE,
)
_RIDES = re.compile(r"трансп|авто|машин|езд|маршрут|тролл|трамв|bus|car|drive", re.IGNORECASE)


def is_date(text: str) -> bool:
    """
    >>> is_date("03.сен"), is_date("Sep-03"), is_date("03.09.2026"), is_date("3/9"), is_date("43.2")
    (True, True, True, False, False)
    """
    return _DATE.fullmatch(text.strip()) is not None


def degrees(together: str | None, north: str | None, east: str | None) -> tuple[str | None, str | None]:
    """
    Latitude and longitude, from one cell or from two.

    >>> degrees("58.0105, 56.2502", None, None), degrees(None, "58,01", "56,25")
    (('58.0105', '56.2502'), ('58,01', '56,25'))
    """
    parts = re.findall(r"-?[0-9]{1,3}[.,][0-9]+", together or "")
    return (parts[0], parts[1]) if len(parts) == 2 and not (north or east) else (north, east)


def areas(text: str | None) -> tuple[str | None, str | None, str | None]:
    """
    (area, living area, kitchen) of a cell that states up to three.

    >>> areas("54,3/30/9"), areas("54.3 / - / 9 м²"), areas("54,3 м²")
    (('54,3', '30', '9'), ('54.3', None, '9'), ('54,3 м²', None, None))
    """
    parts = _AREAS.fullmatch(text.strip()) if text else None
    if parts is None:
        return text, None, None
    whole, living, kitchen = (None if part == "-" else part for part in parts.groups())
    return whole, living, kitchen


def add_stations(offer: Offer, text: str | None, minutes: str | None, walks: bool | None) -> None:
    """
    Add the stations in a cell, each with its stated distance; *minutes* of another column refers to the first.

    >>> offer = Offer(1); add_stations(offer, "м. Сокол, 5 мин пешком; Аэропорт (10 мин. на авто)", None, None)
    >>> [(station.name, station.minutes, station.by_transport) for station in offer.stations]
    [('Сокол', 5, False), ('Аэропорт', 10, True)]
    """
    names: list[tuple[str, str | None, bool]] = []
    for part in re.split(r"[;,|\n]", text or ""):
        match = _WAY.fullmatch(part.strip())
        if match is None:
            names.append((part, None, False))
            continue
        name, rides = match["name"].strip(" ("), _RIDES.search(match["how"]) is not None
        if name:
            names.append((name, match["minutes"], rides))
        elif names and names[-1][1] is None:  # «Сокол, 5 мин»: the part before it is the station
            names[-1] = (names[-1][0], match["minutes"], rides)
    for index, (name, own, rides) in enumerate(part for part in names if part[0].strip()):
        minutes_stated = own or (minutes if index == 0 else None)
        rides = rides if own else walks is False
        offer_fields.add_station(
            offer, " ".join(name.split()), None if rides else minutes_stated, minutes_stated if rides else None
        )
