"""Known towns, districts and stations, as suggestions for forms."""

from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.market.properties import Property, on_market
from models.market.town_aliases import stored_key

#: The maximum number of suggestions.
MAX_SUGGESTIONS = 50
#: The maximum number of places of all towns that are counted.
MAX_COUNTED = 50_000


class PlaceKind(StrEnum):
    TOWN = "town"
    DISTRICT = "district"
    STATION = "station"


_COLUMNS = {PlaceKind.DISTRICT: Property.district, PlaceKind.STATION: Property.metro_station}


def known_places(
    session: Session, kind: PlaceKind, beginning: str = "", *, city: str | None = None, limit: int = MAX_SUGGESTIONS
) -> list[str]:
    """
    Names as properties on the market write them, the most frequent first.

    Args:
        beginning: The beginning of a name or of a word in it, in any letter case; empty: all names.
        city: Districts and stations of this town only, in any spelling.
    Raises:
        TownError: *city* names several towns, or none.
    """
    if kind is PlaceKind.TOWN:
        # Each town by its most frequent name.
        named = func.mode().within_group(Property.city)
        towns = select(named.label("name"), func.count().label("count")).join(User, on_market())
        counted = towns.group_by(Property.city_key).subquery()
    else:
        column = _COLUMNS[kind]
        places = select(column.label("name"), func.count().label("count")).join(User, on_market())
        places = places.where(column.is_not(None), column != "")
        if city is not None:
            places = places.where(Property.city_key == stored_key(city))
        counted = places.group_by(column).subquery()
    query = select(counted.c.name).order_by(counted.c.count.desc(), counted.c.name).limit(limit)
    return list(session.scalars(_beginning(query, counted.c.name, beginning)))


class CountedPlace(NamedTuple):
    """A town, or a district or station of it, with the number of its homes on the market, and one of its spellings."""

    city_key: str
    kind: PlaceKind
    name: str
    homes: int


def counted_places(session: Session) -> list[CountedPlace]:
    """Every town, district and station of homes on the market, those with the most homes first; reads all homes."""
    named = Property.district, Property.metro_station
    by_town, *by_part = (tuple_(Property.city_key), *(tuple_(Property.city_key, column) for column in named))
    homes = func.count()
    query = (
        select(Property.city_key, func.min(Property.city), *named, func.grouping(*named), homes)
        .join(User, on_market())
        .group_by(func.grouping_sets(by_town, *by_part))
        .order_by(homes.desc())
        .limit(MAX_COUNTED)
    )
    places = []
    for city_key, town, district, station, absent, count in session.execute(query):
        kind, name = _GROUPS[absent](town, district, station)
        if name:
            places.append(CountedPlace(city_key, kind, name, count))
    return places


#: By PostgreSQL's GROUPING(district, metro_station), a bit for each that the row is not grouped by.
_GROUPS = {
    0b11: lambda town, district, station: (PlaceKind.TOWN, town),
    0b01: lambda town, district, station: (PlaceKind.DISTRICT, district),
    0b10: lambda town, district, station: (PlaceKind.STATION, station),
}


def _beginning(query: Select, name: ColumnElement[str], beginning: str) -> Select:
    if not beginning:
        return query
    plain = beginning.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return query.where(name.ilike(f"{plain}%") | name.ilike(f"% {plain}%") | name.ilike(f"%-{plain}%"))
