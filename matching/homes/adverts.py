"""What is compared of an advert, and by which keys adverts of one home are looked for."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Side of the squares by which coordinates are looked up, in degrees of latitude: 220 m.
CELL = 0.002


@dataclass(frozen=True)
class AdvertFacts:
    """One advert as it is compared. None and "" mean that it does not tell."""

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
    Signed 64-bit numbers; adverts that can be of one home have at least one in common.

    A key is a place, the floor, the rooms and a step of the area (two rows of steps of 2 m², so that areas less than
    1 m² apart share one). Places are the house, the flat in it, and squares of 220 m (two grids each way, so that
    neighbours within 110 m share one). An advert that tells no place or no area has none: it is the only one of its
    home.
    """
    if advert.area is None or advert.rooms is None:
        return []
    steps = [f"a{math.floor(advert.area / 2)}", f"b{math.floor((advert.area + 1) / 2)}"]
    common = (*advert.market, advert.floor, max(advert.rooms, 1))
    return sorted({_hash(f"{common}|{place}|{step}") for place in _places(advert) for step in steps})


def _places(advert: AdvertFacts) -> Iterator[str]:
    if advert.house:
        yield advert.house
        if advert.flat:  # few share it, even where a developer's feed fills the house
            yield f"{advert.house}|{advert.flat}"
    if advert.latitude is not None and advert.longitude is not None:
        for grid, (down, right) in enumerate(((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5))):
            row = math.floor(advert.latitude / CELL + down)
            # A row's squares are as wide as they are high; all of a row are cut at the same longitudes.
            shrink = max(math.cos(math.radians(row * CELL)), 0.05)
            yield f"{grid}:{row}:{math.floor(advert.longitude * shrink / CELL + right)}"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
