"""The places that a text may name: the gazetteer's towns, and districts and stations known to the market."""

from functools import cached_property

from sqlalchemy.orm import Session

from matching.facts.place_names import place_key
from models.market.known_places import PlaceKind, known_places
from models.market.towns.reading import TownError, read_town

#: The maximum number of places of one town.
MAX_PLACES = 5_000


class MarketLexicon:
    """
    A :class:`matching.reading.places.PlaceLexicon` of one town's districts and stations, and of all towns.

    If *city* is given, only its own districts and stations: «Центральный» is a district in a hundred towns.
    """

    def __init__(self, session: Session, city: str | None) -> None:
        self._session = session
        self._city = city

    def town(self, name: str) -> str | None:
        """
        The town with exactly this *name*: in running text, a near match is more likely another word than a typing
        error.
        """
        try:
            reading = read_town(name)
        except TownError:
            return None
        return reading.name if reading.known and not reading.corrected and not reading.by_region else None

    def district(self, name: str) -> str | None:
        return self._districts.get(place_key(name))

    def station(self, name: str) -> str | None:
        return self._stations.get(place_key(name))

    @cached_property
    def _districts(self) -> dict[str, str]:
        return self._names(PlaceKind.DISTRICT)

    @cached_property
    def _stations(self) -> dict[str, str]:
        return self._names(PlaceKind.STATION)

    def _names(self, kind: PlaceKind) -> dict[str, str]:
        names = known_places(self._session, kind, city=self._city, limit=MAX_PLACES)
        known: dict[str, str] = {}
        for name in names:
            known.setdefault(place_key(name), name)
        return known
