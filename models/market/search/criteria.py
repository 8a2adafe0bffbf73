"""The criteria of a public search, and their form in a saved search."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from models.core.enums import DealType, PropertyType

#: This number of rooms means this many or more.
MANY_ROOMS = 5

#: Wishes with a checkbox: kinds of facts (matching/reading/kinds.py) that a listing must affirm.
WISHES = (
    "pets",
    "children",
    "furnished",
    "washing_machine",
    "dishwasher",
    "air_conditioner",
    "balcony",
    "lift",
    "closed_yard",
    "new_building",
    "from_owner",
    "mortgage",
)


class HomeOrder(StrEnum):
    """Ties are ordered by id, so that pages never overlap."""

    NEWEST = "newest"
    CHEAPEST = "price"
    DEAREST = "-price"
    LARGEST = "-area"
    CHEAPEST_PER_METRE = "price_per_metre"


@dataclass(frozen=True)
class SearchCriteria:
    """
    None, empty and False set no condition.

    Prices are in the currency of the town, or in roubles without a town. *city* is the town's displayed name;
    *city_key* is used for the search. A home meets *wishes* only if its listing states them.
    """

    words: str = ""
    city: str = ""
    city_key: str | None = None
    deal_type: DealType | None = None
    property_types: tuple[PropertyType, ...] = ()
    rooms: tuple[int, ...] = ()  #: 0 is a studio; see :data:`MANY_ROOMS`.
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    area_min: Decimal | None = None  #: Square metres.
    area_max: Decimal | None = None
    floor_min: int | None = None
    floor_max: int | None = None
    not_first_floor: bool = False
    not_last_floor: bool = False
    districts: tuple[str, ...] = ()
    metro_stations: tuple[str, ...] = ()
    near_metro: bool = False  #: The listing names a station.
    wishes: tuple[str, ...] = ()
    order: HomeOrder = HomeOrder.NEWEST

    @property
    def has_filters(self) -> bool:
        """Whether there are conditions besides the words, the town and the deal."""
        return replace(self, words="", city="", city_key=None, deal_type=None, order=HomeOrder.NEWEST) != _NO_CRITERIA

    def as_json(self) -> dict[str, Any]:
        """The criteria to store; :meth:`from_json` reads them."""
        stored: dict[str, Any] = {}
        for name, value in vars(self).items():
            if value != getattr(SearchCriteria, name):
                stored[name] = str(value) if isinstance(value, Decimal) else value
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "SearchCriteria":
        """
        >>> asked = SearchCriteria(deal_type=DealType.RENT, price_max=Decimal("90000.50"), rooms=(1, 2))
        >>> SearchCriteria.from_json(asked.as_json()) == asked
        True
        """
        values: dict[str, Any] = {name: value for name, value in stored.items() if name in cls.__dataclass_fields__}
        for name, value in values.items():
            if name in ("price_min", "price_max", "area_min", "area_max"):
                values[name] = Decimal(value)
            elif isinstance(value, list | tuple):
                values[name] = tuple(value)
        if "deal_type" in values:
            values["deal_type"] = DealType(values["deal_type"])
        if "property_types" in values:
            values["property_types"] = tuple(map(PropertyType, values["property_types"]))
        if "order" in values:
            values["order"] = HomeOrder(values["order"])
        return cls(**values)


_NO_CRITERIA = SearchCriteria()
