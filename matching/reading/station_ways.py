"""The way to a station that a client names: «не дальше 10 минут пешком от Сокола»."""

import re
from collections.abc import Sequence

from matching.reading.lead_text import Wish, read_wishes
from matching.reading.places import Place

#: Stands for the name of a station.
METRO = "метро"
_WAYS = ("metro_walk", "metro_transport")
_MINUTES = re.compile(r"\d\s?(?:мин|min)")


def ways_to_stations(rest: str, places: Sequence[Place], known: Sequence[Wish]) -> list[Wish]:
    """
    The ways in minutes to the stations and districts of a message, unless it states a way besides them.

    Args:
        rest: The message with blanks in place of *places*.
        known: The wishes read from *rest*.
    """
    if not _MINUTES.search(rest) or any(wish.kind in _WAYS for wish in known):
        return []
    for place in places:
        if place.kind != "town" and not place.denied and (width := place.end - place.start) >= len(METRO):
            rest = rest[: place.start] + METRO.ljust(width) + rest[place.end :]
    ways = (wish for wish in read_wishes(rest) if wish.kind in _WAYS)
    return [wish for wish in ways if _MINUTES.search(rest[wish.start : wish.end])]
