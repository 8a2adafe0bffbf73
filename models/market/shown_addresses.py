"""The place of a home, as precisely as its owner lets others see it."""

import re
from typing import Any

from models.core.enums import AddressPrecision
from models.market.town_names import town_name

EXACT, STREET, DISTRICT = AddressPrecision.EXACT, AddressPrecision.STREET, AddressPrecision.DISTRICT

#: A house, block or flat number at the end of a part of an address: «д. 7», «7к2», «корп. 1», «12/3».
_HOUSE = re.compile(
    r"(?<![\s,])[\s,]*\b(?:(?:д|дом|корп|корпус|к|стр|строение|вл|влд|владение|кв|квартира|уч|участок|үй|house|apt|flat|bldg)\b\.?)?"
    r"\s*(?:№\s*)?\d+(?:[/-]\d+)*\s*[а-яa-z]?(?:\s*(?:к|корп|с|стр)\.?\s*\d+)*\s*$",
    re.IGNORECASE,
)
#: If the house is not shown, the coordinates of a home are those of the middle of a square with this side, in degrees
#: north.
SQUARE = 0.006  # about 670 m


def precision_of(listing: Any, usual: AddressPrecision) -> AddressPrecision:
    """
    How precisely others see a property's address: as its owner chose, otherwise with the page's *usual* precision.
    """
    return listing.address_precision or usual


def shown_address(listing: Any, precision: AddressPrecision | None = None, language: str | None = None) -> list[str]:
    """
    The parts of a property's address, the widest first, without the station.

    An address that was given as one text loses the parts with a house or flat. If only the district may be shown, it
    loses all parts except the town, because it is unknown which part is the district.

    Args:
        listing: A property, or a row with its columns of places.
        precision: How much of it is shown; None: as much as the public sees.
        language: The language of the town's name; None: the name as written.
    """
    precision = precision or precision_of(listing, STREET)
    town = town_name(listing.city, listing.city_key, language) if language else listing.city
    parts = [town, listing.district, shown_street(listing, precision)]
    if not any(parts[1:]):
        parts += [town if part == listing.city else part for part in shown_location(listing, precision)]
    return list(dict.fromkeys(filter(None, parts)))


def shown_street(listing: Any, precision: AddressPrecision) -> str:
    """The street, with the house number if that may be shown; empty if neither may."""
    if precision is EXACT:
        return " ".join(filter(None, (listing.street, listing.house_number)))
    return without_house(listing.street) if precision is STREET and listing.street else ""


def shown_location(listing: Any, precision: AddressPrecision) -> list[str]:
    """The parts of a one-text address that may be shown."""
    parts = [part.strip() for part in (listing.location or "").split(",")]
    if precision is DISTRICT:
        return []
    return [part for part in parts if part] if precision is EXACT else [*filter(None, map(without_house, parts))]


def shown_point(listing: Any, precision: AddressPrecision) -> tuple[float, float] | None:
    """
    The degrees north and east that may be shown: those of the home, or of the middle of its square. None if only the
    district may be shown, or if the coordinates are unknown.

    The squares are fixed, so that many homes or many views reveal no more than the square.
    """
    if listing.latitude is None or listing.longitude is None or precision is DISTRICT:
        return None
    latitude, longitude = float(listing.latitude), float(listing.longitude)
    if precision is EXACT:
        return latitude, longitude
    # Twice as many degrees east: in our latitudes a degree east is 0.5 to 0.8 times as long as a degree north.
    return (latitude // SQUARE + 0.5) * SQUARE, (longitude // (2 * SQUARE) + 0.5) * 2 * SQUARE


def without_house(part: str) -> str:
    """A part of an address without a house number at its end.

    >>> without_house("Новый Арбат, 7к2"), without_house("ул. 8 Марта, д. 12 корп. 1"), without_house("д. 7")
    ('Новый Арбат', 'ул. 8 Марта', '')
    """
    before = None
    while before != part:
        before, part = part, _HOUSE.sub("", part).strip(" ,")
    return part
