"""The town of a text that names places: the one that it states, or the one in which its places lie together."""

from collections import Counter
from collections.abc import Callable, Sequence

from api.http.market_places import MarketPlaces, keys_everywhere
from api.http.place_lexicon import LARGE_TOWN, MarketLexicon
from matching.facts.place_names import place_key
from matching.reading.places import Place, PlaceLexicon
from matching.reading.text_places import is_where_they_live
from models.market.known_places import PlaceKind
from models.market.places import name_of_city, population_of_city
from models.market.towns.reading import read_town

#: How many times as much as for any other town must speak for the town that is inferred.
OVERWHELMING = 5


def town_of_text(
    places: MarketPlaces, text: str, places_in: Callable[[str, PlaceLexicon], Sequence[Place]]
) -> str | None:
    """
    The town that *text* is about; None if it names no town, and its districts and stations do not show it either.

    A stated town comes first, unless the client lives there and the other places lie elsewhere. Only a small one of the
    same name as a district or station («Сокол») gives way if the text's other places lie in the town of that district
    or station.

    Args:
        places_in: Finds the text's places in a lexicon.
    """
    lexicon = MarketLexicon(places)
    named = places_in(text, lexicon)
    if lexicon.regions:
        named = places_in(text, lexicon)  # a region may follow the town that it belongs to
    stated = next((place for place in named if place.kind == "town" and not place.denied), None)
    if stated is None or is_where_they_live(text, stated):
        key = town_of_places(places, named)  # «живём в Балашихе, ищем на Соколе»
    else:
        key = None if stated.marked else _town_of_the_others(places, named, stated.name)
    if key is None:
        return stated.name if stated is not None else None
    return name_of_city(key) or places.town_names.get(key)


def _town_of_the_others(places: MarketPlaces, named: Sequence[Place], stated: str) -> str | None:
    """The key of the town in which all others of *named* lie, and a district or station called *stated* as well."""
    if population_of_city(read_town(stated).key) >= LARGE_TOWN:
        return None
    key = town_of_places(places, named)
    lies_there = key is not None and any(
        key in places.sites(kind, place_key(stated)) for kind in (PlaceKind.DISTRICT, PlaceKind.STATION)
    )
    return key if lies_there else None


def town_of_places(places: MarketPlaces, named: Sequence[Place]) -> str | None:
    """
    The key of the town in which the districts and stations of *named* lie; None if they may lie in several.

    It is the town in which most of them lie. If several have equally many, the first of these measures that is not 0
    for all decides, and only if it is :data:`OVERWHELMING` times as large as for the next town: homes on the market at
    the places, homes in the town, inhabitants.

    A name that many towns have counts, but is not enough: «Центральный», «Спортивная». At least one other place must
    lie in the town, or homes on the market at the place of that name. «м. Спортивная», which the text calls a station,
    is enough.
    """
    lying_in: Counter[str] = Counter()
    homes: Counter[str] = Counter()
    towns: set[str] = set()
    for kind, name, marked in dict.fromkeys((place.kind, place.name, place.marked) for place in named):
        if kind == "town":
            continue
        key, kind_there = place_key(name), PlaceKind(kind)
        sites = places.sites(kind_there, key)
        lying_in.update(list(sites))
        homes.update({town: site.homes for town, site in sites.items()})
        is_vague = key in keys_everywhere() and not (marked and kind_there is PlaceKind.STATION)
        towns.update(places.on_market(kind_there, key) if is_vague else sites)
    maximum = max((lying_in[town] for town in towns), default=0)
    left = sorted(town for town in towns if lying_in[town] == maximum)
    if len(left) < 2:
        return left[0] if left else None
    for measure in (homes.__getitem__, lambda town: places.homes.get(town, 0), population_of_city):
        first, second, *_ = sorted(left, key=measure, reverse=True)
        if measure(first):
            return first if measure(first) >= OVERWHELMING * measure(second) else None
    return None
