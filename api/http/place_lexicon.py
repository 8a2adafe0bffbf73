"""The places that a text may name: the gazetteer's towns, and districts and stations of the market and the tables."""

import re
from collections.abc import Sequence

from sqlalchemy.orm import Session

from api.http.market_places import PART_KINDS, MarketPlaces, Site, keys_everywhere, keys_of_towns
from matching.facts.place_names import place_key
from matching.reading.places import PlaceKind as Kind
from models.market.known_places import PlaceKind
from models.market.places import population_of_city
from models.market.town_aliases import city_in
from models.market.towns.countries import HOME_COUNTRIES
from models.market.towns.reading import TownError, TownReading, read_town

#: Inhabitants from which the name of a town, alone, means the town although a district or station has the same name.
LARGE_TOWN = 100_000
_WORD = re.compile(r"\w+")


def keys_of(session: Session, city: str | None) -> tuple[str, ...]:
    """
    A town's keys: that of its homes and, if it was merged into another town, its own; none without a town.

    Raises:
        TownError: *city* names several towns, or none.
    """
    return () if city is None else tuple(dict.fromkeys((city_in(session, city).key, read_town(city).key)))


class MarketLexicon:
    """
    A :class:`matching.reading.places.PlaceLexicon` of one town's districts and stations, and of all towns.

    With a town's keys it knows only its own districts and stations: «Центральный» is a district in a hundred towns.

    A name of both a town and a district or station («Сокол») means the town if
      - the text says so («г. Сокол») or names its region («Сокол Вологодской области»), or
      - the market has more homes in the town than at the district and station, or
      - it has equally many, such as none, and the town has at least :data:`LARGE_TOWN` inhabitants.
    Otherwise it means the district or station. Those in the lexicon's own town always come before smaller towns.

    Attributes:
        regions: The regions that the text names besides its towns, as (country, region): those looked up so far.
    """

    def __init__(self, places: MarketPlaces, own: Sequence[str] = ()) -> None:
        """*own*: the town's keys, as :func:`keys_of` gives them; empty: of all towns."""
        self._places = places
        self._own = own
        self.regions: set[tuple[str | None, str | None]] = set()
        #: By name and number of known regions: a text repeats its names.
        self._known_kinds: dict[tuple[str, int], tuple[Kind, ...]] = {}

    def town(self, name: str) -> str | None:
        """
        The town with exactly this *name*: in running text, a near match is more likely another word than a typing
        error.
        """
        reading = self._town(name)
        return reading.name if reading is not None else None

    def district(self, name: str) -> str | None:
        return self._spelt(PlaceKind.DISTRICT, name)

    def station(self, name: str) -> str | None:
        return self._spelt(PlaceKind.STATION, name)

    def kinds(self, name: str) -> tuple[Kind, ...]:
        """
        What *name* alone may mean, the likeliest first. Names such as «Центральный» and «Спортивная», which many towns
        have, mean nothing by themselves as long as neither the town nor homes on the market show which is meant.
        """
        known = name, len(self.regions)
        if known not in self._known_kinds:
            self._known_kinds[known] = self._kinds_of(name)
        return self._known_kinds[known]

    def _kinds_of(self, name: str) -> tuple[Kind, ...]:
        key = place_key(name)
        parts = self._part_kinds(key)
        town = self._town(name)
        if town is None:
            return parts
        own = place_key(town.name)
        if parts and key != own:
            return parts  # the gazetteer knows some districts of large towns by the town, such as «Черёмушки»
        # A name in an oblique case, such as «Сокола», is only that of the town; its nominative is looked up later.
        ambiguous = parts or self._part_kinds(own)
        if ambiguous and not self._is_rather_a_town(name, town):
            return parts
        return ("town", *parts)

    def _is_rather_a_town(self, name: str, town: TownReading) -> bool:
        key = place_key(town.name)
        if town.key in self._own or (town.country, town.region) in self.regions:
            return True
        if len(_WORD.findall(name)) > len(_WORD.findall(town.name)):
            return True  # the name contains «г.» or the region
        is_large = population_of_city(town.key) >= LARGE_TOWN
        if self._own and not is_large:
            return False
        in_town = self._places.homes.get(town.key, 0)
        in_parts = sum(self._homes(kind, key) for kind in PART_KINDS)
        return in_town > in_parts if in_town != in_parts else is_large

    def _part_kinds(self, key: str) -> tuple[Kind, ...]:
        """
        Of "district" and "station" those that the name of this key may mean; first the district, unless homes on the
        market name only the station.
        """
        only_market = key in keys_of_towns() or not self._own and key in keys_everywhere()
        known = [kind for kind in PART_KINDS if (self._homes(kind, key) if only_market else self._sites(kind, key))]
        if len(known) > 1 and not self._homes(PlaceKind.DISTRICT, key) and self._homes(PlaceKind.STATION, key):
            known.reverse()
        return tuple(kind.value for kind in known)

    def _homes(self, kind: PlaceKind, key: str) -> int:
        return sum(site.homes for site in self._sites(kind, key))

    def _sites(self, kind: PlaceKind, key: str) -> list[Site]:
        """The places of this key in the town, or in all towns."""
        sites = self._places.sites(kind, key)
        return [sites[town] for town in self._own or sites if town in sites]

    def _spelt(self, kind: PlaceKind, name: str) -> str | None:
        """The spelling of most homes, or the table's."""
        sites = self._sites(kind, place_key(name))
        return max(sites, key=lambda site: site.homes).name if sites else None

    def _town(self, name: str) -> TownReading | None:
        reading = _read_town(name)
        if reading is not None and reading.by_region:
            self.regions.add((reading.country, reading.region))
        return reading if reading is not None and not reading.by_region else None


def _read_town(name: str) -> TownReading | None:
    """A known town; outside the home countries only a large one by its own name, since short words sound like some."""
    try:
        reading = read_town(name)
    except TownError:
        return None
    if not reading.known or reading.corrected:
        return None
    if reading.country in HOME_COUNTRIES:
        return reading
    is_named = name.isascii() or name.casefold() == reading.name.casefold()
    return reading if is_named and population_of_city(reading.key) >= LARGE_TOWN else None
