"""A map of a home: tiles if a setting names their server, otherwise a schematic of the neighbouring districts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console.kit.i18n import translate
from api.console.kit.place_names import suggested_places
from api.http.db import session
from api.http.explanations import closeness_in
from api.http.services import services
from api.http.short_cache import cached_for
from matching.facts.place_names import place_key
from models.core.enums import AddressPrecision
from models.market.district_places import DistrictPlace, district_places
from models.market.known_places import PlaceKind
from models.market.properties import Property
from models.market.shown_addresses import shown_point
from models.market.towns.reading import TownError

WIDTH, HEIGHT = 480, 300  # of the schematic, in units of its viewBox
TILE, ACROSS, DOWN, ZOOM = 256, 3, 2, 15
NEIGHBOURS = 8
KM_PER_DEGREE = 111.2
#: If only the street may be shown, the home lies somewhere in a square: slightly more than half of its diagonal, in km.
AROUND_KM = 0.6
#: Districts change slowly, so a map may be cached for this long.
KEPT_SECONDS = 600
LETTER, LINE = 6.4, 14  # of the labels: approximate width of a letter, height of a line


@dataclass(frozen=True)
class HomeMap:
    """A drawing with its caption."""

    drawing: Markup
    caption: str


@dataclass(frozen=True)
class _Spot:
    """A district: kilometres east and north of the home, or of the middle of the home's district."""

    name: str
    east: float
    north: float


def map_of(listing: Property, precision: AddressPrecision) -> HomeMap | None:
    """
    The map of a home; None if nothing is known about its place.

    Args:
        precision: How much of the address may be seen. With the street, the home lies somewhere in the ring; with the
            district, the map shows the district.
    """
    template, point = services().settings.map_tiles_url, shown_point(listing, precision)
    if template and point is not None:
        drawing = _tiles(template, *point, is_exact=precision is AddressPrecision.EXACT)
        return HomeMap(drawing, services().settings.map_attribution)
    return _scheme(listing, point, is_exact=precision is AddressPrecision.EXACT)


def _tiles(template: str, latitude: float, longitude: float, *, is_exact: bool) -> Markup:
    """Tiles around the home, which is in the middle. They are images in an SVG, so no script is needed."""
    whole = 1 << ZOOM
    x = (longitude + 180) / 360 * whole
    squeezed = math.asinh(math.tan(math.radians(max(-85.0, min(85.0, latitude)))))
    y = (1 - squeezed / math.pi) / 2 * whole
    left, top = x - ACROSS / 2, y - DOWN / 2
    images = Markup("").join(
        Markup('<image href="{}" x="{}" y="{}" width="{size}" height="{size}"/>').format(
            template.replace("{z}", str(ZOOM)).replace("{x}", str(column % whole)).replace("{y}", str(row)),
            f"{(column - left) * TILE:.1f}",
            f"{(row - top) * TILE:.1f}",
            size=TILE,
        )
        for column in range(math.floor(left), math.floor(left + ACROSS) + 1)
        for row in range(max(0, math.floor(top)), min(whole, math.floor(top + DOWN) + 1))
    )
    middle = (ACROSS * TILE / 2, DOWN * TILE / 2)
    return Markup(
        '<svg class="home-map" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
        '<circle class="{}" cx="{}" cy="{}" r="{:.0f}"/></svg>'
    ).format(
        ACROSS * TILE,
        DOWN * TILE,
        translate("Map: the home is in the centre") if is_exact else translate("Map: the home is inside the circle"),
        images,
        "here" if is_exact else "about",
        *middle,
        11 if is_exact else AROUND_KM / KM_PER_DEGREE / 360 * whole * TILE / math.cos(math.radians(latitude)),
    )


def _scheme(listing: Property, point: tuple[float, float] | None, *, is_exact: bool) -> HomeMap | None:
    known = cached_for(
        KEPT_SECONDS,
        f"districts {listing.city_key} {listing.deal_type}",
        lambda: district_places(session(), listing.city_key, listing.deal_type),
    )
    key = place_key(listing.district) if listing.district else ""
    own = next((place for place in known if key and place_key(place.name) == key), None)
    if point is not None:
        middle = point
    elif own is not None:
        middle = (own.latitude, own.longitude)
    else:
        return _by_closeness(listing, key)
    spots = sorted((_spot(place, middle) for place in known if place is not own), key=_km)[:NEIGHBOURS]
    if not spots:
        return _by_closeness(listing, key)
    caption = translate("Positions of neighbouring districts, from their listings; north is up.")
    sign = "" if point is None else "here" if is_exact else "about"
    return HomeMap(_drawn(listing, spots, own and _spot(own, middle), sign), caption)


def _by_closeness(listing: Property, key: str) -> HomeMap | None:
    """
    Around the home's district, the districts that are near it according to the market's listings; directions are
    arbitrary.
    """
    near = closeness_in(session(), listing.city_key, listing.deal_type).district
    if not key or key not in near.keys:
        return None
    try:
        names = {place_key(name): name for name in suggested_places(PlaceKind.DISTRICT, listing.city, limit=500)}
    except TownError:
        return None
    index = near.keys.index(key)
    part = near.of(index)
    pairs = zip(near.places[part].tolist(), near.nearness[part].tolist(), strict=True)
    nearest = sorted(((nearness, names[near.keys[other]]) for other, nearness in pairs if near.keys[other] in names
                      and other != index), reverse=True)[:NEIGHBOURS]  # fmt: skip
    if not nearest:
        return None
    spots = []
    for index, (nearness, name) in enumerate(nearest):
        angle, far = 2 * math.pi * index / len(nearest), 1 + 1.5 * (1 - nearness)
        spots.append(_Spot(name, far * math.sin(angle), far * math.cos(angle)))
    caption = translate("Nearby districts: the closer to the centre, the nearer; directions mean nothing.")
    return HomeMap(_drawn(listing, spots, None, "here"), caption)


def _spot(place: DistrictPlace, middle: tuple[float, float]) -> _Spot:
    north = (place.latitude - middle[0]) * KM_PER_DEGREE
    east = (place.longitude - middle[1]) * KM_PER_DEGREE * math.cos(math.radians(middle[0]))
    return _Spot(place.name, east, north)


def _km(spot: _Spot) -> float:
    return math.hypot(spot.east, spot.north)


def _drawn(listing: Property, spots: Sequence[_Spot], own: _Spot | None, sign: str) -> Markup:
    """Districts as labelled circles, the home's own among them.

    Args:
        sign: The sign of the home in the middle: "here", "about" if the place is approximate, or empty.
    """
    furthest = max(max(abs(spot.east) / WIDTH, abs(spot.north) / HEIGHT) for spot in spots) or 1
    scale = 0.38 / furthest

    def drawn_at(spot: _Spot) -> tuple[float, float]:
        return WIDTH / 2 + spot.east * scale, HEIGHT / 2 - spot.north * scale

    taken = [(WIDTH / 2 - 14, HEIGHT / 2 - 14, WIDTH / 2 + 14, HEIGHT / 2 + 14)]
    parts = [Markup('<rect class="ground" width="{}" height="{}" rx="8"/>').format(WIDTH, HEIGHT)]
    home_spot = [own or _Spot(listing.district or listing.city, 0, 0)]
    for spot in (*home_spot, *spots):
        x, y = drawn_at(spot)
        is_own = spot is home_spot[0]
        parts.append(
            Markup('<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                "district own" if is_own else "district", f"{x:.1f}", f"{y:.1f}", 22 if is_own else 12, spot.name
            )
        )
        label = _label(spot.name, x, y, 24 if is_own else 14, taken)
        if label is not None:
            parts.append(
                Markup('<text class="{}" x="{}" y="{}">{}</text>').format(
                    "tick middle own" if is_own else "tick middle", f"{label[0]:.1f}", f"{label[1]:.1f}", spot.name
                )
            )
    if sign:
        radius = 7 if sign == "here" else 13
        parts.append(Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(sign, WIDTH / 2, HEIGHT / 2, radius))
    names = ", ".join(spot.name for spot in spots)
    description = translate("{district}; near it: {names}", district=home_spot[0].name, names=names)
    return Markup('<svg class="home-map" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, description, Markup("").join(parts)
    )


def _label(name: str, x: float, y: float, off: float, taken: list) -> tuple[float, float] | None:
    """Place a label where it covers no other: below its circle, otherwise above it, otherwise not at all."""
    half = min(len(name) * LETTER / 2, WIDTH / 2)
    x = max(half + 2, min(WIDTH - half - 2, x))
    for base in (y + off + 10, y - off, y + off + 24, y - off - 14):
        box = (x - half, base - LINE, x + half, base + 4)
        free = all(box[2] < each[0] or box[0] > each[2] or box[3] < each[1] or box[1] > each[3] for each in taken)
        if free and box[1] > 0 and box[3] < HEIGHT:
            taken.append(box)
            return x, base
    return None
