"""
Place names for suggestions. They are cached for a short time, because they rarely change and counting them reads a
whole market.
"""

from api.http.db import session
from api.http.short_cache import cached_for
from models.market.known_places import MAX_SUGGESTIONS, PlaceKind, known_places
from models.market.town_aliases import city_in

KEPT = 300  # seconds


def suggested_towns() -> list[str]:
    """Known towns, the largest first."""
    return cached_for(KEPT, "places:towns", lambda: known_places(session(), PlaceKind.TOWN))


def suggested_places(kind: PlaceKind, town: str, limit: int = MAX_SUGGESTIONS) -> list[str]:
    """
    The districts or stations of a town, in any spelling, those with the most homes first.

    Raises:
        TownError: *town* names several towns, or none.
    """
    key = city_in(session(), town).key
    read = lambda: known_places(session(), kind, city=town, limit=limit)
    # Only keys of the gazetteer are cached: they are few, but any text forms a key of an unknown town, and such keys
    # must not fill the memory.
    return cached_for(KEPT, f"places:{kind}:{limit}:{key}", read) if key.startswith("geo:") else read()
