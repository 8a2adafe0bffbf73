"""The places that a text may name: the gazetteer's towns, and districts and stations known to the market."""

from functools import cached_property

from sqlalchemy.orm import Session

from matching.facts.place_names import place_key
from models.market.known_places import PlaceKind, known_places
from models.market.towns.reading import TownError, read_town

#: Places of one town at most.
MAX_PLACES = 5_000


class MarketLexicon:
    """
    A :class:`matching.reading.places.PlaceLexicon` of one town's districts and stations, and of all towns.

    Districts and stations of *city* only, where one is named: «Центральный» is a district in a hundred towns.
    """

    def __init__(self, session: Session, city: str | None) -> None:
        self._session = session
        self._city = city

    def town(self, name: str) -> str | None:
        """The town called *name*, exactly: in running text a typing error is more likely another word."""
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
