"""Where a home is, as a stranger may know it: the street, never the house."""

import re

from models.market.properties import Property

#: A house, a block or a flat at the end of a part of an address: «д. 7», «7к2», «корп. 1», «12/3».
_HOUSE = re.compile(
    r"[\s,]*\b(?:(?:д|дом|корп|корпус|к|стр|строение|вл|влд|владение|кв|квартира|уч|участок|үй|house|apt|flat|bldg)\b\.?)?"
    r"\s*№?\s*\d+(?:[/-]?\d+)*\s*[а-яa-z]?(?:\s*(?:к|корп|с|стр)\.?\s*\d+)*\s*$",
    re.IGNORECASE,
)


def rough_address(listing: Property) -> list[str]:
    """
    The parts of a property's address without its house, the widest first, without the station.

    An address that came as one text loses the parts that name a house or a flat.
    """
    parts = [listing.city, listing.district, listing.street and without_house(listing.street)]
    if not any(parts[1:]) and listing.location:
        parts += [without_house(part) for part in listing.location.split(",")]
    return list(dict.fromkeys(filter(None, parts)))


def without_house(part: str) -> str:
    """
    A part of an address without a house at its end.

    >>> without_house("Новый Арбат, 7к2"), without_house("ул. 8 Марта, д. 12 корп. 1"), without_house("д. 7")
    ('Новый Арбат', 'ул. 8 Марта', '')
    """
    before = None
    while before != part:
        before, part = part, _HOUSE.sub("", part).strip(" ,")
    return part
