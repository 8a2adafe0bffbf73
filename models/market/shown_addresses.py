"""Where a home is, as precisely as its owner lets strangers see it."""

import re
from typing import Any

from models.core.enums import AddressPrecision

EXACT, STREET, DISTRICT = AddressPrecision.EXACT, AddressPrecision.STREET, AddressPrecision.DISTRICT

#: A house, a block or a flat at the end of a part of an address: «д. 7», «7к2», «корп. 1», «12/3».
_HOUSE = re.compile(
    r"(?<![\s,])[\s,]*\b(?:(?:д|дом|корп|корпус|к|стр|строение|вл|влд|владение|кв|квартира|уч|участок|үй|house|apt|flat|bldg)\b\.?)?"
    r"\s*(?:№\s*)?\d+(?:[/-]\d+)*\s*[а-яa-z]?(?:\s*(?:к|корп|с|стр)\.?\s*\d+)*\s*$",
    re.IGNORECASE,
)
#: Coordinates of a home whose house is not shown are those of the middle of a square of this size, in degrees north.
SQUARE = 0.006  # about 670 m


def precision_of(listing: Any, usual: AddressPrecision) -> AddressPrecision:
    """How precisely a stranger sees a property's address: as its owner chose, or else the *usual* of the page."""
    return listing.address_precision or usual


def shown_address(listing: Any, precision: AddressPrecision | None = None) -> list[str]:
    """
    The parts of a property's address, the widest first, without the station.

    An address that came as one text loses the parts that name a house or a flat, and but for the town all of them
    where only the district may be known: it cannot be told which part is one.

    Args:
        listing: A property, or a row with its columns of places.
        precision: How much of it; None: what the public sees.
    """
    precision = precision or precision_of(listing, STREET)
    parts = [listing.city, listing.district, shown_street(listing, precision)]
    if not any(parts[1:]):
        parts += shown_location(listing, precision)
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
    Degrees north and east as they may be known: those of the home, or of the middle of the square that it lies in; None
    where only the district may be known, or nothing is.

    Squares are fixed, so that no number of homes or of looks tells more than the square.
    """
    if listing.latitude is None or listing.longitude is None or precision is DISTRICT:
        return None
    latitude, longitude = float(listing.latitude), float(listing.longitude)
    if precision is EXACT:
        return latitude, longitude
    # Twice as many degrees east: in our latitudes one is 0.5 to 0.8 times as long as one north.
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
