"""The facts of adverts that are compared, and the keys by which adverts of one home are found."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

#: The side of the squares used to find coordinates, in degrees of latitude: 220 m.
CELL = 0.002


@dataclass(frozen=True)
class AdvertFacts:
    """The facts of one advert that are compared. None and "" mean: not stated."""

    id: int
    owner: int
    is_active: bool
    market: tuple[str, str]  #: Town key and deal type.
    property_type: str
    area: float | None  #: Square metres.
    rooms: int | None  #: 0: a studio.
    floor: int | None
    price: float
    currency: str
    house: str | None = None  #: :func:`matching.homes.addresses.house_key`
    flat: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    total_floors: int | None = None
    year: int | None = None
    kitchen: float | None = None  #: Square metres.
    living: float | None = None
    is_new: bool = False  #: In a new building, where many units are alike.
    text: str = field(default="", repr=False)
    photos: tuple[int, ...] = ()  #: :func:`matching.homes.photos.photo_hash`; plans and façades left out.


def keys(advert: AdvertFacts) -> list[int]:
    """
    Keys, as signed 64-bit numbers; adverts that can describe the same home have at least one in common.

    A key combines a place, the floor, the rooms and a step of the area. There are two series of steps of 2 m², so that
    areas less than 1 m² apart share one. Places are the house, the flat in it, and squares of 220 m, in two grids in
    each direction, so that points within 110 m share one. An advert without a place or an area has no keys and is the
    only one of its home.
    """
    if advert.area is None or advert.rooms is None:
        return []
    steps = [f"a{math.floor(advert.area / 2)}", f"b{math.floor((advert.area + 1) / 2)}"]
    common = (*advert.market, advert.floor, max(advert.rooms, 1))
    return sorted({_hash(f"{common}|{place}|{step}") for place in _places(advert) for step in steps})


def _places(advert: AdvertFacts) -> Iterator[str]:
    if advert.house:
        yield advert.house
        if advert.flat:  # few adverts share it, even if a developer's feed contains the whole house
            yield f"{advert.house}|{advert.flat}"
    if advert.latitude is not None and advert.longitude is not None:
        for grid, (down, right) in enumerate(((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5))):
            row = math.floor(advert.latitude / CELL + down)
            # A row's squares are as wide as they are high, and all begin at multiples of this width.
            shrink = max(math.cos(math.radians(row * CELL)), 0.05)
            yield f"{grid}:{row}:{math.floor(advert.longitude * shrink / CELL + right)}"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
