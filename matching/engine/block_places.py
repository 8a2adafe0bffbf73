"""
Places in a block of properties.

A property mostly has one place of a kind, and what it earns is a term (:mod:`matching.engine.block_terms`). This module
computes the parts that are not sums: the best that a place of the block could earn each lead, the best of several
places of one property, and the cost of being elsewhere than in the only places that a lead wants.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.units import ANSWER_SCALE
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.facts.places import PLACE_KINDS, rows_of


@dataclass(frozen=True)
class BlockPlaces:
    """The places of one kind in a block of P properties."""

    codes: NDArray[np.int32]
    #: float32 (codes,): the most parts that a property of the block has at each place.
    max_parts: NDArray[np.float32]
    #: float32 (codes, P): the parts of properties with one place.
    single: NDArray[np.float32]
    #: (P,): the index in *codes* of a property's one place; len(codes) if it has none or several.
    single_code: NDArray[np.intp]
    #: For properties with several places: indices in *codes* with parts, and the properties with exactly these places.
    several: tuple[tuple[tuple[tuple[int, float], ...], NDArray[np.intp]], ...]
    has_unknown: bool


def block_places(kind: str, properties: PropertyVectors, start: int, stop: int) -> BlockPlaces:
    """The places of one kind of the properties ``start .. stop - 1``."""
    indptr = getattr(properties, f"{kind}_indptr")[start : stop + 1]
    span = slice(indptr[0], indptr[-1])
    codes, places = np.unique(getattr(properties, f"{kind}_codes")[span], return_inverse=True)
    entry_parts = getattr(properties, f"{kind}_parts")[span]
    counts = np.diff(indptr)
    maximum = np.zeros(len(codes), np.float32)
    np.maximum.at(maximum, places, entry_parts)
    with_one = np.flatnonzero(counts == 1)
    first = indptr[:-1][with_one] - indptr[0]
    single = np.zeros((len(codes), stop - start), np.float32)
    single[places[first], with_one] = entry_parts[first]
    single_code = np.full(stop - start, len(codes))
    single_code[with_one] = places[first]
    profiles: dict[tuple[tuple[int, float], ...], list[int]] = {}
    for row in np.flatnonzero(counts > 1).tolist():
        entries = slice(indptr[row] - indptr[0], indptr[row + 1] - indptr[0])
        profile = tuple(zip(places[entries].tolist(), entry_parts[entries].tolist(), strict=True))
        profiles.setdefault(profile, []).append(row)
    several = tuple((profile, np.array(rows, np.intp)) for profile, rows in profiles.items())
    return BlockPlaces(codes.astype(np.int32), maximum, single, single_code, several, bool((counts == 0).any()))


class LeadPlaces:
    """The points that places of one kind earn the leads, by place."""

    def __init__(self, kind: str, leads: LeadVectors) -> None:
        indptr, codes, points = (getattr(leads, f"{kind}_{part}") for part in ("indptr", "codes", "points"))
        by_code = np.argsort(codes, kind="stable")
        self._leads = rows_of(indptr)[by_code].astype(np.int32)
        self._points = points[by_code]
        self._starts = np.searchsorted(codes[by_code], np.arange(codes.max(initial=-1) + 2))
        self._elsewhere = getattr(leads, f"{kind}_elsewhere")
        only = self._elsewhere < 0
        self._any_only = bool(only.any())
        rows = rows_of(indptr)
        #: Pairs of a lead that accepts no other places and a place that it wants, each as one number, ascending; the
        #: last number is a sentinel.
        self._only = np.append((rows << 32 | codes)[only[rows]], np.iinfo(np.int64).max)

    def best(self, places: BlockPlaces, unknown: NDArray[np.float32]) -> NDArray[np.float32]:
        """The most units that any place of a block earns each lead; *unknown*: the points of an unknown place."""
        if places.has_unknown:
            best = unknown * np.float32(ANSWER_SCALE)
        elif self._any_only:
            best = self._elsewhere * np.float32(ANSWER_SCALE)
        else:
            best = np.zeros(len(unknown), np.float32)
        for code, parts in zip(places.codes.tolist(), places.max_parts, strict=True):
            leads, points = self._of(code)
            best[leads] = np.maximum(best[leads], points * parts)
        return best

    def add_to(self, units: NDArray[np.float32], places: BlockPlaces, leads: NDArray[np.intp]) -> None:
        """Add the parts that are not sums over places to the *units* of a block, (leads, properties)."""
        if places.several:
            self._add_several(units, places, leads)
        if self._any_only:
            self._break_elsewhere(units, places, leads)

    def _add_several(self, units: NDArray[np.float32], places: BlockPlaces, leads: NDArray[np.intp]) -> None:
        position = np.full(len(self._elsewhere), -1, np.int32)
        position[leads] = np.arange(len(leads))
        elsewhere = self._elsewhere[leads]
        earned: dict[int, NDArray[np.float32]] = {}
        for profile, properties in places.several:
            best = np.full(len(leads), -np.inf, np.float32)
            for place, parts in profile:
                if place not in earned:
                    lead_rows, points = self._of(int(places.codes[place]))
                    at = position[lead_rows]
                    here = at >= 0
                    earned[place] = elsewhere.copy()
                    earned[place][at[here]] = points[here]
                np.maximum(best, earned[place] * np.float32(parts), out=best)
            units[:, properties] += best[:, np.newaxis]

    def _break_elsewhere(self, units: NDArray[np.float32], places: BlockPlaces, leads: NDArray[np.intp]) -> None:
        only = np.flatnonzero(self._elsewhere[leads] < 0)
        n_codes = len(places.codes)
        if not len(only) or not n_codes:
            return
        keys = leads[only][:, np.newaxis] << 32 | places.codes
        wanted = self._only[np.searchsorted(self._only, keys)] == keys
        # The last column stands for properties without a place or with several, to which this does not apply.
        elsewhere = np.zeros((len(only), n_codes + 1), bool)
        elsewhere[:, :n_codes] = ~wanted
        lost = self._elsewhere[leads[only]] * np.float32(ANSWER_SCALE)
        units[only] += elsewhere[:, places.single_code] * lost[:, np.newaxis]

    def _of(self, code: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        if code >= len(self._starts) - 1:
            return self._leads[:0], self._points[:0]
        span = slice(self._starts[code], self._starts[code + 1])
        return self._leads[span], self._points[span]


def lead_places(leads: LeadVectors) -> dict[str, LeadPlaces]:
    return {kind: LeadPlaces(kind, leads) for kind in PLACE_KINDS}
