"""
Districts and stations by the keys of their names: those of the market's homes, with their numbers, and those of the
tables (`models/market/towns/tables/`).
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from flask import has_app_context
from sqlalchemy.orm import Session

from api.http.short_cache import cached_for
from matching.facts.place_names import place_key
from models.market.known_places import MAX_SUGGESTIONS, CountedPlace, PlaceKind, counted_places
from models.market.towns.known_parts import known_parts, names_everywhere
from models.market.towns.reading import read_town

#: Counting reads all homes, so a web process does it at most once in this many seconds.
KEPT = 60

PART_KINDS = (PlaceKind.DISTRICT, PlaceKind.STATION)
_KINDS = {"districts": PlaceKind.DISTRICT, "stations": PlaceKind.STATION}


class Site(NamedTuple):
    """A district or station in one town, as most homes there spell it, with their number."""

    name: str
    homes: int


class MarketPlaces:
    """
    The places of the market and of the tables.

    Attributes:
        homes: Key of a town -> number of its homes.
        town_names: Key of a town -> its name as a home spells it.
    """

    def __init__(self, counted: Iterable[CountedPlace]) -> None:
        self.homes: dict[str, int] = {}
        self.town_names: dict[str, str] = {}
        self._parts: dict[PlaceKind, dict[str, dict[str, Site]]] = {kind: defaultdict(dict) for kind in PART_KINDS}
        for city_key, kind, name, homes in counted:
            if kind is PlaceKind.TOWN:
                self.homes[city_key] = homes
                self.town_names[city_key] = name
            elif key := place_key(name):
                spelt, before = self._parts[kind][key].get(city_key, (name, 0))
                self._parts[kind][key][city_key] = Site(spelt, before + homes)

    def sites(self, kind: PlaceKind, key: str) -> dict[str, Site]:
        """The towns with such a place on the market or in the tables: key of the town -> the place there."""
        return {**_table()[kind].get(key, {}), **self.on_market(kind, key)}

    def on_market(self, kind: PlaceKind, key: str) -> dict[str, Site]:
        """The towns with homes at such a place."""
        return self._parts[kind].get(key, {})


def market_places(session: Session) -> MarketPlaces:
    """The places of the market. In a web process, counts may be a minute old; the bot counts for each message."""
    read = lambda: MarketPlaces(counted_places(session))
    return cached_for(KEPT, "places:counted", read) if has_app_context() else read()


def with_known_parts(
    names: list[str], kind: PlaceKind, town: str, beginning: str = "", limit: int = MAX_SUGGESTIONS
) -> list[str]:
    """
    *names* of districts or stations on the market, followed by those of the tables in the same town that are not among
    them, at most *limit* in all.

    Args:
        beginning: As for :func:`models.market.known_places.known_places`.
    """
    town_key, wanted = read_town(town).key, beginning.casefold()
    keys = set(map(place_key, names))
    more = [
        part.name
        for part in known_parts()
        if part.town_key == town_key and _KINDS[part.kind] is kind and place_key(part.name) not in keys
        if any(part.name[at:].casefold().startswith(wanted) for at in _beginnings(part.name))
    ]
    return [*names, *more][:limit]


def _beginnings(name: str) -> list[int]:
    return [0, *(at + 1 for at, sign in enumerate(name) if sign in " -")]


@cache
def keys_everywhere() -> frozenset[str]:
    """Keys of names that many towns have."""
    return frozenset(map(place_key, names_everywhere()))


@cache
def keys_of_towns() -> frozenset[str]:
    """Keys of stations whose name alone means a town: «Котельники»."""
    return frozenset(place_key(part.name) for part in known_parts() if part.is_town)


@cache
def _table() -> dict[PlaceKind, dict[str, dict[str, Site]]]:
    table: dict[PlaceKind, dict[str, dict[str, Site]]] = {kind: {} for kind in PART_KINDS}
    for part in known_parts():
        sites = table[_KINDS[part.kind]].setdefault(place_key(part.name), {})
        sites.setdefault(part.town_key, Site(part.name, 0))
    return table
