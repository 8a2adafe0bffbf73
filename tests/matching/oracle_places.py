"""The oracle of places: the value of a wanted district, station or point, and which places count as elsewhere."""

import math


def location(lead, home, world):
    parts = [
        (0.30, lead.districts, district_value(lead, home, world)),
        (0.60, lead.metros, metro_value(lead, home, world)),
        (0.90, lead.latitude, spot_value(lead, home, world)),
    ]
    stated = [(part, value) for part, named, value in parts if named not in (None, [], ())]
    if not stated:
        return None
    return 0.1 + 0.9 * sum(part * value for part, value in stated) / sum(part for part, _ in stated)


def district_value(lead, home, world):
    if home.district is None:
        return 0.5
    value = max((named_value("district", lead, name, home.district, world) for name in lead.districts), default=0.0)
    if lead.place_scope == "only" and any(home.district in world.districts_of.get(name, ()) for name in lead.metros):
        value = max(value, 0.79)
    return value


def metro_value(lead, home, world):
    stations = stations_of(home)
    if not stations:
        return 0.5
    return max(
        named_value("metro", lead, name, station, world) * parts / 64
        for name in lead.metros or [None]
        for station, parts in stations.items()
    )


def stations_of(home):
    """Station to the parts of 64 that it counts for."""
    stations = {}
    for name, minutes in home.metros:
        parts = 64
        for limit, fewer in ((10, 62), (15, 59), (20, 56), (30, 52)):
            if minutes is not None and minutes > limit:
                parts = fewer
        stations[name] = max(stations.get(name, 0), parts)
    if home.metro is not None:
        stations.setdefault(home.metro, 64)
    return stations


def named_value(kind, lead, wanted, place, world):
    """The value of a place to a lead that names one: 1 for the place itself, less for its neighbours."""
    if wanted == place:
        return 1.0
    if lead.place_scope == "only" or (kind, wanted, place) not in world.near:
        return 0.0
    nearness, km = world.near[kind, wanted, place]
    plain = 0.79 * nearness**0.75
    if lead.radius_km and km is not None:
        return max(plain, 0.8 * math.exp(-max(km - lead.radius_km, 0) / 2.5))
    return max(plain, 0.8 * math.sqrt(nearness)) if lead.radius_km or lead.place_scope == "near" else plain


CELL = 0.5 / 111.2  # degrees


def cell_of(latitude, longitude):
    row = math.floor(latitude / CELL)
    width = CELL / math.cos(math.radians((row + 0.5) * CELL))
    column = math.floor(longitude / width)
    return row, column, (row + 0.5) * CELL, (column + 0.5) * width


def spot_of(home, world):
    if home.latitude is not None:
        return home.latitude, home.longitude
    return world.middles.get(home.district)


def spot_value(lead, home, world):
    """The value by the distance from the lead's point to the middle of the property's cell; 1 in the same cell."""
    spot = spot_of(home, world)
    if spot is None or lead.latitude is None:
        return 0.5
    mine, theirs = cell_of(lead.latitude, lead.longitude), cell_of(*spot)
    radius = min(lead.radius_km or 1.0, 15.0)
    north, east = theirs[2] - lead.latitude, theirs[3] - lead.longitude
    km = 111.2 * math.hypot(north, east * math.cos(math.radians((theirs[2] + lead.latitude) / 2)))
    if mine[:2] == theirs[:2]:
        return 1.0
    if lead.place_scope == "only":
        return float(km <= radius)
    return min(1.0, max(0.0, 1 - (km - radius) / (radius + 1)))


def wrong_place(lead, home, world):
    """
    Whether the property is elsewhere although only the named places are wanted: by district if the lead names any,
    otherwise by station, otherwise by point.
    """
    if lead.place_scope != "only":
        return False
    if lead.districts:
        return home.district is not None and district_value(lead, home, world) == 0
    if lead.metros:
        return bool(stations_of(home)) and metro_value(lead, home, world) == 0
    return lead.latitude is not None and spot_of(home, world) is not None and spot_value(lead, home, world) == 0
