"""The place of a property compared with the places that a lead wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matching.facts.closeness import Closeness, Neighbours
from matching.facts.geo import distance_km
from matching.facts.place_names import place_key, place_keys
from matching.facts.records import LeadFacts, PropertyFacts
from matching.facts.wanted_places import DEFAULT_RADIUS_KM


@dataclass(frozen=True)
class PlaceNote:
    """
    *wanted*: in a named district, at a named station, or within the radius of the point. *near*: in or at a neighbour
    of a wanted place. *elsewhere*: neither. *unknown*: the property states no place comparable with the lead's wish.
    """

    relation: Literal["wanted", "near", "elsewhere", "unknown"]
    #: The kind of place that decided: "district", "metro" or "spot"; "" if the relation is unknown.
    kind: str
    #: The lead's place and the property's, as each of them writes it; "" for a point.
    wanted: str
    place: str
    #: Kilometres between the two; None if not known.
    km: float | None


_ORDER = {"wanted": 0, "near": 1, "elsewhere": 2, "unknown": 3}


def place_note(lead: LeadFacts, listing: PropertyFacts, closeness: Closeness) -> PlaceNote | None:
    """The best relation by district, by station or by distance; None if the lead names no place."""
    metros = [name for name, _ in listing.metros] + [listing.metro or ""]
    notes = [
        *_by_name("district", lead.districts, [listing.district or ""], closeness.district),
        *_by_name("metro", lead.metros, metros, closeness.metro),
        *_by_point(lead, listing, closeness),
    ]
    if not notes:
        return None
    return min(notes, key=lambda note: (_ORDER[note.relation], note.km if note.km is not None else float("inf")))


def _by_name(kind: str, wanted: Sequence[str], places: Sequence[str], near: Neighbours) -> list[PlaceNote]:
    notes = []
    known = {key: place for place in places for key in place_keys(place)}
    for name, key in ((each, key) for each in wanted for key in place_keys(each)):
        if not known:
            notes.append(PlaceNote("unknown", "", name, "", None))
        for other, place in known.items():
            if other == key:
                notes.append(PlaceNote("wanted", kind, name, place, 0.0))
            else:
                is_near = key in near.keys and other in [
                    near.keys[index] for index in near.places[near.of(near.keys.index(key))]
                ]
                relation: Literal["near", "elsewhere"] = "near" if is_near else "elsewhere"
                notes.append(PlaceNote(relation, kind, name, place, near.km_between(key, other)))
    return notes


def _by_point(lead: LeadFacts, listing: PropertyFacts, closeness: Closeness) -> list[PlaceNote]:
    if lead.latitude is None or lead.longitude is None:
        return []
    latitude, longitude = listing.latitude, listing.longitude
    key = place_key(listing.district or "")
    if (latitude is None or longitude is None) and key in closeness.district.keys:
        index = closeness.district.keys.index(key)
        latitude, longitude = float(closeness.district.latitude[index]), float(closeness.district.longitude[index])
    if latitude is None or longitude is None or latitude != latitude:
        return [PlaceNote("unknown", "", "", listing.district or "", None)]
    km = float(distance_km(lead.latitude, lead.longitude, latitude, longitude))
    radius = lead.radius_km or DEFAULT_RADIUS_KM
    relation: Literal["wanted", "near", "elsewhere"] = (
        "wanted" if km <= radius else "near" if km <= 2 * radius + 1 else "elsewhere"
    )
    return [PlaceNote(relation, "spot", "", listing.district or "", km)]
