"""How well the best property of a block could serve each lead, without scoring any: what cannot reach a threshold is skipped.

Every property gives each criterion exactly one answer (or stands between two knots), so a criterion earns at
most the best points among the answers that occur. Text earns at most the product of the lengths of the two
vectors. The sum over criteria bounds every score from above; that is exact arithmetic on whole numbers, so
nothing is lost to rounding.

Few leads want a given district or station, so what a place adds is written to those few only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.matrices import MatrixColumns
from matching.engine.vectorize import DENSE, MOST_UNITS, PARTS, LeadVectors, PropertyVectors

#: Criteria whose answers are dense columns.
_CATEGORIES = ("rooms", "property_type", "property_class", "condition", "year")


@dataclass(frozen=True)
class Answers:
    """Which answers occur among some properties."""

    #: For each criterion but location and text, the matrix columns of its answers.
    by_criterion: tuple[NDArray[np.intp], ...]
    #: Place codes; -1 stands for a property that does not tell.
    districts: NDArray[np.int32]
    metros: NDArray[np.int32]
    #: Length of the longest text vector, in parts.
    text_length: float


def answers_of(properties: PropertyVectors, columns: MatrixColumns, used: NDArray[np.intp]) -> Answers:
    """The answers of *properties*, which have something in the matrix columns *used* (ascending) and nothing elsewhere."""
    price, area, district, _, _ = columns.starts
    within = lambda start, stop: used[np.searchsorted(used, start) : np.searchsorted(used, stop)]
    dense = lambda name: within(DENSE[name].start, DENSE[name].stop)
    text = properties.dense[:, DENSE["text"]]
    return Answers(
        by_criterion=(
            *(dense(name) for name in _CATEGORIES),
            np.concatenate([dense("price_unknown"), within(price, area)]),
            np.concatenate([dense("area_unknown"), within(area, district)]),
        ),
        districts=np.unique(properties.district),
        metros=np.unique(properties.metro),
        text_length=float(np.sqrt(np.einsum("ij,ij->i", text, text, dtype=np.float64).max())),
    )


class Bounds:
    """Bounds for all leads of a market, in units."""

    def __init__(self, leads: LeadVectors, points: NDArray[np.float32]) -> None:
        """*points* are the leads' matrix, (matrix columns, leads)."""
        self._points = points
        text = leads.dense[:, DENSE["text"]]
        self._text_points = np.sqrt(np.einsum("ij,ij->i", text, text))
        self._district_points, self._metro_points = leads.district_points, leads.metro_points
        self._wanting_district = _Wanting(leads.district_indptr, leads.district_codes)
        self._wanting_metro = _Wanting(leads.metro_indptr, leads.metro_codes)

    def of_block(self, answers: Answers) -> NDArray[np.float32]:
        """What any property of a block earns at most, in units, (leads,); negative where all break the pair."""
        best = self._points[DENSE["always"].start].copy()
        for columns in answers.by_criterion:
            best += self._largest(columns)
        # A length is rounded, unlike all else here: one point more makes it a bound again.
        best += self._text_points * np.float32(answers.text_length / PARTS) + 1
        for wanting, codes, unknown, points in (
            (self._wanting_district, answers.districts, "district_unknown", self._district_points),
            (self._wanting_metro, answers.metros, "metro_unknown", self._metro_points),
        ):
            leads = wanting.any_of(codes[codes >= 0])
            if codes[0] < 0:
                not_told = self._points[DENSE[unknown].start]
                best += not_told
                best[leads] += points[leads] - not_told[leads]
            else:
                best[leads] += points[leads]
        best *= PARTS
        return np.minimum(best, MOST_UNITS, out=best)

    def _largest(self, columns: NDArray[np.intp]) -> NDArray[np.float32]:
        largest = self._points[columns[0]].copy()
        for column in columns[1:]:
            np.maximum(largest, self._points[column], out=largest)
        return largest


class _Wanting:
    """Which leads want a place: the leads' lists turned round."""

    def __init__(self, indptr: NDArray[np.int64], codes: NDArray[np.int32]) -> None:
        by_code = np.argsort(codes, kind="stable")
        self._leads = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))[by_code]
        self._starts = np.searchsorted(codes[by_code], np.arange(codes.max(initial=-1) + 2))

    def any_of(self, codes: NDArray[np.int32]) -> NDArray[np.intp]:
        """Leads that want at least one of some places, once each, ascending."""
        codes = codes[codes < len(self._starts) - 1]
        spans = [self._leads[self._starts[code] : self._starts[code + 1]] for code in codes]
        if not spans:
            return np.zeros(0, np.intp)
        wanted = np.zeros(self._leads.max(initial=-1) + 1, bool)
        wanted[np.concatenate(spans)] = True
        return np.flatnonzero(wanted)
