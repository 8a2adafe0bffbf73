"""Which places suit a lead, and how well: the named places fully, their neighbours partly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidInputError
from matching.facts.closeness import SCALE_KM, Closeness, Neighbours
from matching.facts.geo import cells_around
from matching.facts.places import PlaceIndex, PlaceNames, csr_of, rows_of
from matching.facts.records import LeadFacts

#: The share of a wanted place's points that its nearest neighbour earns; other neighbours earn less, by nearness.
NEAR = 0.79
#: The same share if the lead also asks for the neighbourhood, or for a radius that contains the neighbour. It is below
#: the least that a wanted station earns (matching.facts.columns.METRO_PARTS), so that being there is always better.
WIDENED = 0.8
SCOPES = ("", "near", "only")
#: The radius around a point, in kilometres, if the lead does not state one.
DEFAULT_RADIUS_KM = 1.0
MAX_RADIUS_KM = 15.0


@dataclass(frozen=True)
class GradedPlaces:
    """Places of one kind that suit each of n leads: CSR, codes ascending, *values* above 0 and up to 1."""

    indptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    values: NDArray[np.float32]
    #: (n,): whether every other known place breaks the pair.
    only: NDArray[np.bool_]


def wanted_places(
    leads: Sequence[LeadFacts], places: PlaceIndex, closeness: Closeness
) -> tuple[GradedPlaces, GradedPlaces, GradedPlaces]:
    """Districts, stations and spots that suit *leads*; new names are added to *places*."""
    for lead in leads:
        if lead.place_scope not in SCOPES:
            raise InvalidInputError(f"a place scope is {', '.join(map(repr, SCOPES))}, not {lead.place_scope!r}")
    only = np.array([lead.place_scope == "only" for lead in leads], bool)
    radius = np.array([lead.radius_km or (np.inf if lead.place_scope == "near" else np.nan) for lead in leads], float)
    districts = places.districts.code_lists([lead.districts for lead in leads])
    metros = places.metros.code_lists([lead.metros for lead in leads])
    graded = [
        grade(*lists, radius, only, near, names)
        for lists, near, names in (
            (districts, closeness.district, places.districts),
            (metros, closeness.metro, places.metros),
        )
    ]
    names_district, names_metro = np.diff(districts[0]) > 0, np.diff(metros[0]) > 0
    both = np.flatnonzero(only & names_district & names_metro)
    # "Only at Sokol or in Aeroport": a home in the district of the wanted station may be suitable and is not excluded.
    allowed = _with_districts_of_metros(graded[0], both, metros, places, closeness)
    spots = _spots(leads, places)
    return (
        GradedPlaces(*allowed, only & names_district),
        GradedPlaces(*graded[1], only & names_metro & ~names_district),
        GradedPlaces(*spots, only & (np.diff(spots[0]) > 0) & ~names_district & ~names_metro),
    )


def grade(
    indptr: NDArray[np.int64],
    codes: NDArray[np.int32],
    radius_km: NDArray[np.float64],
    only: NDArray[np.bool_],
    near: Neighbours,
    names: PlaceNames,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """
    Named places with their neighbours, as CSR with values.

    Args:
        indptr, codes: The named places of n leads.
        radius_km: (n,) how far the lead extends its wish: NaN for not at all, infinity for all neighbours.
        only: (n,) whether the lead accepts no neighbours.
    """
    rows = rows_of(indptr)
    values = np.ones(len(codes), np.float32)
    if len(near.keys) and len(codes):
        code_of_place = names.codes(near.keys)
        place_of_code = np.full(len(names), -1, np.int64)
        place_of_code[code_of_place] = np.arange(len(near.keys))
        place = place_of_code[codes]
        asking = np.flatnonzero((place >= 0) & ~only[rows])
        starts, counts = near.indptr[place[asking]], np.diff(near.indptr)[place[asking]]
        entries = np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts)
        near_rows = np.repeat(rows[asking], counts)
        near_values = _near_values(near.nearness[entries], near.km[entries], radius_km[near_rows])
        rows = np.concatenate([rows, near_rows])
        codes = np.concatenate([codes, code_of_place[near.places[entries]]])
        values = np.concatenate([values, near_values])
    return _best_of(rows, codes, values, len(indptr) - 1)


def _near_values(
    nearness: NDArray[np.float32], km: NDArray[np.float32], radius_km: NDArray[np.float64]
) -> NDArray[np.float32]:
    plain = NEAR * nearness**0.75
    with np.errstate(invalid="ignore"):
        over = np.where(np.isfinite(radius_km) & ~np.isnan(km), np.maximum(km - radius_km, 0) / SCALE_KM, np.nan)
    widened = WIDENED * np.where(np.isnan(over), np.sqrt(nearness), np.exp(-over))
    values = np.where(np.isnan(radius_km), plain, np.maximum(plain, widened))
    return values.round(4).astype(np.float32)


def _best_of(
    rows: NDArray[np.int64], codes: NDArray[np.int32], values: NDArray[np.float32], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """CSR of the best value of each (row, code)."""
    keys = (rows << 32) | codes
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    best = np.maximum.reduceat(values, first) if len(first) else values
    keys = keys[first]
    indptr = np.searchsorted(keys >> 32, np.arange(n + 1)).astype(np.int64)
    return indptr, (keys & 0xFFFFFFFF).astype(np.int32), best


def _with_districts_of_metros(
    districts: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]],
    leads: NDArray[np.intp],
    metros: tuple[NDArray[np.int64], NDArray[np.int32]],
    places: PlaceIndex,
    closeness: Closeness,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """*districts* and, for *leads*, the districts of their wanted stations, as neighbours."""
    if not len(leads) or not len(closeness.metro.keys):
        return districts
    station_of_code = {code: index for index, code in enumerate(places.metros.codes(closeness.metro.keys).tolist())}
    district_codes = places.districts.codes(closeness.district.keys)
    rows, codes = [rows_of(districts[0])], [districts[1]]
    for lead in leads.tolist():
        for code in metros[1][metros[0][lead] : metros[0][lead + 1]].tolist():
            if (station := station_of_code.get(code)) is not None:
                start, stop = closeness.district_of_metro_indptr[station : station + 2]
                codes.append(district_codes[closeness.district_of_metro[start:stop]])
                rows.append(np.full(stop - start, lead, np.int64))
    all_codes = np.concatenate(codes)
    values = np.full(len(all_codes), NEAR, np.float32)
    values[: len(districts[2])] = districts[2]
    return _best_of(np.concatenate(rows), all_codes, values, len(districts[0]) - 1)


def _spots(
    leads: Sequence[LeadFacts], places: PlaceIndex
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """
    The cells around the leads' points: 1 within the radius, then falling linearly to 0 at twice the radius plus 1 km.
    """
    rows: list[list[int]] = []
    values: list[float] = []
    for lead in leads:
        if lead.latitude is None or lead.longitude is None:
            rows.append([])
            continue
        radius = min(lead.radius_km or DEFAULT_RADIUS_KM, MAX_RADIUS_KM)
        cells = cells_around(float(lead.latitude), float(lead.longitude), 2 * radius + 1)
        worth = np.clip(1 - (cells[2] - radius) / (radius + 1), 0, 1).round(4)
        if lead.place_scope == "only":
            worth = np.where(cells[2] <= radius, 1.0, 0.0)
        graded = {
            places.spots.code((row, column)): value
            for row, column, value in zip(cells[0].tolist(), cells[1].tolist(), worth.tolist(), strict=True)
            if value > 0
        }
        rows.append(sorted(graded))
        values += [graded[code] for code in rows[-1]]
    indptr, codes = csr_of(rows, np.int32)
    return indptr, codes, np.array(values, np.float32)
