"""Leads and properties of one market as columns of numbers. The caller keeps the ids of the rows.

Build them from existing arrays (a market loaded by COPY) or from facts, row by row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidInputError
from matching.facts.closeness import Closeness
from matching.facts.geo import cell_of
from matching.facts.place_names import StationReading, read_stations
from matching.facts.places import PLACE_KINDS, PlaceIndex, csr_of
from matching.facts.records import LeadFacts, PropertyFacts
from matching.facts.tables import Table
from matching.facts.vocabulary import CONDITIONS, MAX_ROOMS, PROPERTY_CLASSES, PROPERTY_TYPES
from matching.facts.wanted_places import wanted_places
from matching.facts.wishes import WishTable, answer_table
from matching.reading.kinds import KINDS, walk_of_ride

__all__ = ["LeadColumns", "LeadFacts", "PlaceIndex", "PropertyColumns", "PropertyFacts"]

#: The closeness of a market without its own model: no places are near each other.
NOTHING_NEAR = Closeness.empty()

#: Limits of minutes on foot to a station, and the parts of 64 that a wanted station within each limit earns; the last
#: is for stations further away.
METRO_MINUTES = (10.0, 15.0, 20.0, 30.0)
METRO_PARTS = (64, 62, 59, 56, 52)


class _Columns(Table):
    """The common part of both tables: checks of the columns' lengths and ranges."""

    #: Columns whose numbers must not be negative.
    _NOT_NEGATIVE: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        in_lists = {name for indptr, names in self._LISTS.items() for name in (indptr, *names)}
        for column in fields(self):  # type: ignore[arg-type]
            if column.name in in_lists or column.name in self._SHARED:
                continue
            if len(getattr(self, column.name)) != len(self):
                raise InvalidInputError(
                    f"{column.name} has {len(getattr(self, column.name))} rows, owner has {len(self)}"
                )
        for name in self._NOT_NEGATIVE:
            if np.any(np.less(getattr(self, name), 0)) or np.any(np.isinf(getattr(self, name))):
                raise InvalidInputError(f"{name} must be finite and not negative (NaN where it is not given)")
        for indptr_name, names in self._LISTS.items():
            indptr = getattr(self, indptr_name)
            for name in names:
                length = len(getattr(self, name))
                if (
                    len(indptr) != len(self) + 1
                    or indptr[0] != 0
                    or indptr[-1] != length
                    or np.any(np.diff(indptr) < 0)
                ):
                    raise InvalidInputError(f"{indptr_name} does not cut {length} {name} into {len(self)} rows")


@dataclass(frozen=True)
class LeadColumns(_Columns):
    """L leads of one market. Raises InvalidInputError if columns differ in length or values are out of range."""

    owner: NDArray[np.int64]
    #: float64, the budget in the lead's own currency; NaN where not stated.
    price_min: NDArray[np.float64]
    price_max: NDArray[np.float64]
    #: int32, a code of PlaceIndex.currencies, 0 for the market's own; and the rate into that, NaN if there is none.
    currency: NDArray[np.int32]
    rate: NDArray[np.float64]
    #: float64, square metres; NaN where not stated.
    area_min: NDArray[np.float64]
    area_max: NDArray[np.float64]
    #: bool (L, 11): column r stands for r rooms, 10 for ten or more; if not stated, the whole row is False.
    rooms: NDArray[np.bool_]
    #: int8 codes of matching.facts.vocabulary; -1 if not stated; the same for the next two.
    property_type: NDArray[np.int8]
    property_class: NDArray[np.int8]
    condition: NDArray[np.int8]
    #: float64; NaN where not stated.
    year_min: NDArray[np.float64]
    #: CSR of the places of each kind that suit the lead, codes of the PlaceIndex ascending within a row, and how well
    #: each suits: 1 for a wanted place, less for a neighbour. `*_only`: every other known place breaks the pair.
    district_indptr: NDArray[np.int64]
    district_codes: NDArray[np.int32]
    district_values: NDArray[np.float32]
    district_only: NDArray[np.bool_]
    metro_indptr: NDArray[np.int64]
    metro_codes: NDArray[np.int32]
    metro_values: NDArray[np.float32]
    metro_only: NDArray[np.bool_]
    spot_indptr: NDArray[np.int64]
    spot_codes: NDArray[np.int32]
    spot_values: NDArray[np.float32]
    spot_only: NDArray[np.bool_]
    #: CSR of wishes, as codes of *wish_table*.
    wish_indptr: NDArray[np.int64]
    wish_codes: NDArray[np.int32]
    #: The wish table of the PlaceIndex with which the rows were made.
    wish_table: WishTable
    #: Free text; "" if there is none.
    text: list[str]

    _LISTS = {f"{kind}_indptr": (f"{kind}_codes", f"{kind}_values") for kind in PLACE_KINDS} | {
        "wish_indptr": ("wish_codes",)
    }
    _SHARED = ("wish_table",)
    _NOT_NEGATIVE = ("price_min", "price_max", "area_min", "area_max", "rate")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rooms.shape != (len(self), MAX_ROOMS + 1):
            raise InvalidInputError(f"rooms must be ({len(self)}, {MAX_ROOMS + 1}), not {self.rooms.shape}")
        for low, high in (("price_min", "price_max"), ("area_min", "area_max")):
            if np.any(getattr(self, low) > getattr(self, high)):
                raise InvalidInputError(f"{low} is above {high} in some row")
        _check_codes(self, (("property_type", PROPERTY_TYPES),), minimum=-1)
        _check_codes(self, (("property_class", PROPERTY_CLASSES), ("condition", CONDITIONS)), minimum=-1)

    @classmethod
    def from_facts(
        cls, leads: Sequence[LeadFacts], places: PlaceIndex, closeness: Closeness = NOTHING_NEAR
    ) -> "LeadColumns":
        """Columns of *leads*, whose names and wishes are added to *places*."""
        rooms = np.zeros((len(leads), MAX_ROOMS + 1), bool)
        for row, lead in enumerate(leads):
            rooms[row, [_room_code(count) for count in lead.rooms]] = True
        district, metro, spot = wanted_places(leads, places, closeness)
        wish_indptr, wish_codes = csr_of([places.wishes.codes(lead.wishes) for lead in leads], np.int32)
        # A maximum of 0 counts as not stated: nobody searches for homes that cost nothing.
        ceiling = lambda values: np.where(values > 0, values, np.nan)
        return cls(
            owner=np.array([lead.owner for lead in leads], np.int64),
            price_min=_numbers(leads, lambda lead: lead.price_min),
            price_max=ceiling(_numbers(leads, lambda lead: lead.price_max)),
            currency=_currencies(leads, places),
            rate=_numbers(leads, lambda lead: lead.rate),
            area_min=_numbers(leads, lambda lead: lead.area_min),
            area_max=ceiling(_numbers(leads, lambda lead: lead.area_max)),
            rooms=rooms,
            property_type=_codes([lead.property_type for lead in leads], PROPERTY_TYPES),
            property_class=_codes([lead.property_class for lead in leads], PROPERTY_CLASSES),
            condition=_codes([lead.condition for lead in leads], CONDITIONS),
            year_min=_numbers(leads, lambda lead: lead.year_min),
            district_indptr=district.indptr,
            district_codes=district.codes,
            district_values=district.values,
            district_only=district.only,
            metro_indptr=metro.indptr,
            metro_codes=metro.codes,
            metro_values=metro.values,
            metro_only=metro.only,
            spot_indptr=spot.indptr,
            spot_codes=spot.codes,
            spot_values=spot.values,
            spot_only=spot.only,
            wish_indptr=wish_indptr,
            wish_codes=wish_codes,
            wish_table=places.wishes,
            text=[lead.text or "" for lead in leads],
        )


@dataclass(frozen=True)
class PropertyColumns(_Columns):
    """P properties of one market. Raises InvalidInputError if columns differ in length or values are out of range."""

    owner: NDArray[np.int64]
    #: float64, in the property's own currency; NaN where not known.
    price: NDArray[np.float64]
    #: As for leads.
    currency: NDArray[np.int32]
    rate: NDArray[np.float64]
    #: float64, square metres; NaN where not known.
    area: NDArray[np.float64]
    #: int8, 10 for ten or more; -1 where not known.
    rooms: NDArray[np.int8]
    #: int8 codes of matching.facts.vocabulary; the type is always known, the other two may be -1.
    property_type: NDArray[np.int8]
    property_class: NDArray[np.int8]
    condition: NDArray[np.int8]
    #: int32 codes of the market's PlaceIndex; -1 where not known.
    district: NDArray[np.int32]
    #: CSR of stations, codes ascending within a row, and the parts of 64 that each earns a lead that wants it.
    metro_indptr: NDArray[np.int64]
    metro_codes: NDArray[np.int32]
    metro_parts: NDArray[np.float32]
    #: int32, the cell of the map; -1 if not known.
    spot: NDArray[np.int32]
    #: float64 degrees; NaN where not known.
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    #: float64; NaN where not known.
    year: NDArray[np.float64]
    #: int8 (P, kinds): the answer to each of matching.reading.kinds.KINDS; -1 if the property states nothing.
    answers: NDArray[np.int8]
    text: list[str]

    _LISTS = {"metro_indptr": ("metro_codes", "metro_parts")}
    _NOT_NEGATIVE = ("price", "area", "rate")

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_codes(self, (("property_type", PROPERTY_TYPES),), minimum=0)
        _check_codes(self, (("property_class", PROPERTY_CLASSES), ("condition", CONDITIONS)), minimum=-1)
        _check_codes(self, (("rooms", range(MAX_ROOMS + 1)),), minimum=-1)
        if self.answers.shape != (len(self), len(KINDS)):
            raise InvalidInputError(f"answers must be ({len(self)}, {len(KINDS)}), not {self.answers.shape}")

    @classmethod
    def from_facts(
        cls, properties: Sequence[PropertyFacts], places: PlaceIndex, closeness: Closeness = NOTHING_NEAR
    ) -> "PropertyColumns":
        """Columns of *properties*, whose names are added to *places*."""
        rooms = [-1 if listing.rooms is None else _room_code(listing.rooms) for listing in properties]
        district = places.districts.codes([listing.district for listing in properties])
        metro_indptr, metro_codes, metro_parts = _stations(properties, places)
        latitude = _numbers(properties, lambda listing: listing.latitude)
        longitude = _numbers(properties, lambda listing: listing.longitude)
        return cls(
            owner=np.array([listing.owner for listing in properties], np.int64),
            price=_numbers(properties, lambda listing: listing.price),
            currency=_currencies(properties, places),
            rate=_numbers(properties, lambda listing: listing.rate),
            area=_numbers(properties, lambda listing: listing.area),
            rooms=np.array(rooms, np.int8),
            property_type=_codes([listing.property_type for listing in properties], PROPERTY_TYPES),
            property_class=_codes([listing.property_class for listing in properties], PROPERTY_CLASSES),
            condition=_codes([listing.condition for listing in properties], CONDITIONS),
            district=district,
            metro_indptr=metro_indptr,
            metro_codes=metro_codes,
            metro_parts=metro_parts,
            spot=_spots(latitude, longitude, district, places, closeness),
            latitude=latitude,
            longitude=longitude,
            year=_numbers(properties, lambda listing: listing.year),
            answers=answer_table([listing.facts for listing in properties]),
            text=[listing.text or "" for listing in properties],
        )


def learn_closeness(properties: PropertyColumns, places: PlaceIndex) -> Closeness:
    """The closeness of a market's places, learnt from its properties."""
    return Closeness.learn(
        places,
        properties.district,
        properties.metro_indptr,
        properties.metro_codes,
        properties.latitude,
        properties.longitude,
    )


def _stations(
    properties: Sequence[PropertyFacts], places: PlaceIndex
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """
    Each station once, with the shortest stated time. The property's main station, which has no minutes, is only added
    if the list lacks it.
    """
    rows: list[list[int]] = []
    parts: list[int] = []
    for listing in properties:
        best: dict[int, int] = {}
        for name, minutes in listing.metros:
            for station in read_stations(name):
                code = places.metros.code(station.key)
                parts_of_it = _metro_parts(_minutes_on_foot(station) if minutes is None else minutes)
                best[code] = max(best.get(code, 0), parts_of_it)
        for station in read_stations(listing.metro or ""):
            best.setdefault(places.metros.code(station.key), _metro_parts(_minutes_on_foot(station)))
        best.pop(-1, None)
        rows.append(sorted(best))
        parts += [best[code] for code in rows[-1]]
    indptr, codes = csr_of(rows, np.int32)
    return indptr, codes, np.array(parts, np.float32)


def _minutes_on_foot(station: StationReading) -> float | None:
    """Minutes on foot to a station; «Сокол, 10 мин на транспорте» takes longer on foot."""
    return walk_of_ride(station.minutes) if station.minutes and station.on_foot is False else station.minutes


def _metro_parts(minutes: float | None) -> int:
    return METRO_PARTS[0 if minutes is None else int(np.searchsorted(METRO_MINUTES, minutes))]


def _spots(
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    district: NDArray[np.int32],
    places: PlaceIndex,
    closeness: Closeness,
) -> NDArray[np.int32]:
    """Codes of the cells of the map; for a property without coordinates, the cell of its district's centre."""
    near = closeness.district
    codes = places.districts.codes(near.keys)
    middles = np.full((2, len(places.districts) + 1), np.nan)
    middles[:, codes] = near.latitude, near.longitude
    missing = np.isnan(latitude) | np.isnan(longitude)
    latitude, longitude = (
        np.where(missing, middle[district], own) for own, middle in zip((latitude, longitude), middles, strict=True)
    )
    spots = np.full(len(latitude), -1, np.int32)
    known = np.flatnonzero(~np.isnan(latitude) & ~np.isnan(longitude))
    cells = cell_of(latitude[known], longitude[known])
    spots[known] = [places.spots.code(cell) for cell in zip(*(part.tolist() for part in cells), strict=True)]
    return spots


def _currencies(facts: Sequence[LeadFacts] | Sequence[PropertyFacts], places: PlaceIndex) -> NDArray[np.int32]:
    return np.fromiter((places.currencies.code(fact.currency) for fact in facts), np.int32, len(facts))


def _numbers(facts: Sequence[Any], value_of: Callable[[Any], Any]) -> NDArray[np.float64]:
    return np.array([np.nan if (value := value_of(fact)) is None else float(value) for fact in facts], np.float64)


def _codes(words: Sequence[str | None], vocabulary: Sequence[str]) -> NDArray[np.int8]:
    code_of: dict[str | None, int] = {word: code for code, word in enumerate(vocabulary)} | {None: -1}
    try:
        return np.array([code_of[word] for word in words], np.int8)
    except KeyError as error:
        raise InvalidInputError(f"{error.args[0]!r} is none of {', '.join(vocabulary)}") from None


def _room_code(count: int) -> int:
    if count < 0:
        raise InvalidInputError(f"a room count cannot be {count}")
    return min(int(count), MAX_ROOMS)


def _check_codes(table: _Columns, columns: tuple[tuple[str, Sequence], ...], minimum: int) -> None:
    for name, vocabulary in columns:
        codes = getattr(table, name)
        if len(codes) and not (minimum <= codes.min() and codes.max() < len(vocabulary)):
            raise InvalidInputError(f"{name} must hold {minimum}..{len(vocabulary) - 1}")
