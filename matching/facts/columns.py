"""Leads and properties of one market as columns of numbers. Ids stay with the caller: row 7 is whatever it calls row 7.

Build them from ready arrays (a market loaded by COPY) or, a row at a time, from facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidInputError
from matching.facts.places import PlaceIndex
from matching.facts.records import LeadFacts, PropertyFacts
from matching.facts.tables import Table
from matching.facts.vocabulary import CONDITIONS, MOST_ROOMS, PROPERTY_CLASSES, PROPERTY_TYPES

__all__ = ["LeadColumns", "LeadFacts", "PlaceIndex", "PropertyColumns", "PropertyFacts"]


class _Columns(Table):
    """What both tables share: as many values in every column, within their ranges."""

    #: Columns in which every present number must not be negative.
    _NOT_NEGATIVE: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        in_lists = {name for pair in self._LISTS for name in pair}
        for column in fields(self):
            if column.name not in in_lists and len(getattr(self, column.name)) != len(self):
                raise InvalidInputError(
                    f"{column.name} has {len(getattr(self, column.name))} rows, owner has {len(self)}"
                )
        for name in self._NOT_NEGATIVE:
            if np.any(np.less(getattr(self, name), 0)) or np.any(np.isinf(getattr(self, name))):
                raise InvalidInputError(f"{name} must be finite and not negative (NaN where it is not given)")
        for indptr_name, codes_name in self._LISTS:
            indptr, codes = getattr(self, indptr_name), getattr(self, codes_name)
            if (
                len(indptr) != len(self) + 1
                or indptr[0] != 0
                or indptr[-1] != len(codes)
                or np.any(np.diff(indptr) < 0)
            ):
                raise InvalidInputError(f"{indptr_name} does not cut {len(codes)} codes into {len(self)} rows")


@dataclass(frozen=True)
class LeadColumns(_Columns):
    """L leads of one market. Raises InvalidInputError when columns disagree in length or leave their ranges."""

    owner: NDArray[np.int64]
    #: float64, the market's currency; NaN where not stated, as in the next three.
    price_min: NDArray[np.float64]
    price_max: NDArray[np.float64]
    #: float64, square metres.
    area_min: NDArray[np.float64]
    area_max: NDArray[np.float64]
    #: bool (L, 11): column r stands for r rooms, 10 for ten or more; a row of False is not stated.
    rooms: NDArray[np.bool_]
    #: int8 codes of matching.facts.vocabulary; -1 where not stated, as in the next two.
    property_type: NDArray[np.int8]
    property_class: NDArray[np.int8]
    condition: NDArray[np.int8]
    #: float64; NaN where not stated.
    year_min: NDArray[np.float64]
    #: CSR of wanted places: row i's codes are ``codes[indptr[i]:indptr[i + 1]]``, ascending.
    district_indptr: NDArray[np.int64]
    district_codes: NDArray[np.int32]
    metro_indptr: NDArray[np.int64]
    metro_codes: NDArray[np.int32]
    #: Free words; "" where there are none.
    text: list[str]

    _LISTS = (("district_indptr", "district_codes"), ("metro_indptr", "metro_codes"))
    _NOT_NEGATIVE = ("price_min", "price_max", "area_min", "area_max")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rooms.shape != (len(self), MOST_ROOMS + 1):
            raise InvalidInputError(f"rooms must be ({len(self)}, {MOST_ROOMS + 1}), not {self.rooms.shape}")
        for least, most in (("price_min", "price_max"), ("area_min", "area_max")):
            if np.any(getattr(self, least) > getattr(self, most)):
                raise InvalidInputError(f"{least} is above {most} in some row")
        _check_codes(self, (("property_type", PROPERTY_TYPES),), least=-1)
        _check_codes(self, (("property_class", PROPERTY_CLASSES), ("condition", CONDITIONS)), least=-1)

    @classmethod
    def from_facts(cls, leads: Sequence[LeadFacts], places: PlaceIndex) -> "LeadColumns":
        """Columns of *leads*, whose place names are added to *places*."""
        rooms = np.zeros((len(leads), MOST_ROOMS + 1), bool)
        for row, lead in enumerate(leads):
            rooms[row, [_room_code(count) for count in lead.rooms]] = True
        district_indptr, district_codes = places.districts.code_lists([lead.districts for lead in leads])
        metro_indptr, metro_codes = places.metros.code_lists([lead.metros for lead in leads])
        return cls(
            owner=np.array([lead.owner for lead in leads], np.int64),
            price_min=_numbers([lead.price_min for lead in leads]),
            price_max=_numbers([lead.price_max for lead in leads]),
            area_min=_numbers([lead.area_min for lead in leads]),
            area_max=_numbers([lead.area_max for lead in leads]),
            rooms=rooms,
            property_type=_codes([lead.property_type for lead in leads], PROPERTY_TYPES),
            property_class=_codes([lead.property_class for lead in leads], PROPERTY_CLASSES),
            condition=_codes([lead.condition for lead in leads], CONDITIONS),
            year_min=_numbers([lead.year_min for lead in leads]),
            district_indptr=district_indptr,
            district_codes=district_codes,
            metro_indptr=metro_indptr,
            metro_codes=metro_codes,
            text=[lead.text or "" for lead in leads],
        )


@dataclass(frozen=True)
class PropertyColumns(_Columns):
    """P properties of one market. Raises InvalidInputError when columns disagree in length or leave their ranges."""

    owner: NDArray[np.int64]
    #: float64, the market's currency; NaN where it cannot be compared.
    price: NDArray[np.float64]
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
    metro: NDArray[np.int32]
    #: float64; NaN where not known.
    year: NDArray[np.float64]
    text: list[str]

    _NOT_NEGATIVE = ("price", "area")

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_codes(self, (("property_type", PROPERTY_TYPES),), least=0)
        _check_codes(self, (("property_class", PROPERTY_CLASSES), ("condition", CONDITIONS)), least=-1)
        _check_codes(self, (("rooms", range(MOST_ROOMS + 1)),), least=-1)

    @classmethod
    def from_facts(cls, properties: Sequence[PropertyFacts], places: PlaceIndex) -> "PropertyColumns":
        """Columns of *properties*, whose place names are added to *places*."""
        rooms = [-1 if home.rooms is None else _room_code(home.rooms) for home in properties]
        return cls(
            owner=np.array([home.owner for home in properties], np.int64),
            price=_numbers([home.price for home in properties]),
            area=_numbers([home.area for home in properties]),
            rooms=np.array(rooms, np.int8),
            property_type=_codes([home.property_type for home in properties], PROPERTY_TYPES),
            property_class=_codes([home.property_class for home in properties], PROPERTY_CLASSES),
            condition=_codes([home.condition for home in properties], CONDITIONS),
            district=places.districts.codes([home.district for home in properties]),
            metro=places.metros.codes([home.metro for home in properties]),
            year=_numbers([home.year for home in properties]),
            text=[home.text or "" for home in properties],
        )


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else float(value) for value in values], np.float64)


def _codes(words: Sequence[str | None], vocabulary: Sequence[str]) -> NDArray[np.int8]:
    code_of = {word: code for code, word in enumerate(vocabulary)} | {None: -1}
    try:
        return np.array([code_of[word] for word in words], np.int8)
    except KeyError as error:
        raise InvalidInputError(f"{error.args[0]!r} is none of {', '.join(vocabulary)}") from None


def _room_code(count: int) -> int:
    if count < 0:
        raise InvalidInputError(f"a room count cannot be {count}")
    return min(int(count), MOST_ROOMS)


def _check_codes(table: _Columns, columns: tuple[tuple[str, Sequence], ...], least: int) -> None:
    for name, vocabulary in columns:
        codes = getattr(table, name)
        if len(codes) and not (least <= codes.min() and codes.max() < len(vocabulary)):
            raise InvalidInputError(f"{name} must hold {least}..{len(vocabulary) - 1}")
