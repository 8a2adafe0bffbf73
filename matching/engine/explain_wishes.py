"""The outcome of each wish of a lead for one property."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from matching.engine.sparse import answer_points, unknown_points
from matching.engine.units import ANSWER_SCALE, BASE_OF_UNIT, POINTS_PER_100
from matching.engine.vectors import DENSE, LeadVectors, PropertyVectors
from matching.facts.wishes import IMPLIED_KINDS, NOT_STATED
from matching.reading.kinds import KINDS, JsonValue

Outcome = Literal["met", "partly", "not_met", "not_told"]


@dataclass(frozen=True)
class WishShare:
    """The contribution of one wish to a pair's score."""

    kind: str
    #: The wished value, and its strength: must, wish or soft.
    value: JsonValue
    strength: str
    #: Whether it is an implied refusal (of a feature refused unless requested), rather than stated by the lead.
    implied: bool
    #: *partly*: a number beyond the limit, but not so far beyond that it contradicts.
    outcome: Outcome
    #: What the property states about it; None if nothing.
    fact: JsonValue
    #: The wish's share of the whole, 0 to 1, and what it adds to the base, from 0 to 100 times that share.
    weight: float
    points: float


def wish_shares(
    leads: LeadVectors, properties: PropertyVectors, row: int, facts: Mapping[str, JsonValue]
) -> tuple[WishShare, ...]:
    """
    The wishes of lead *row*, and the implied refusals that property *row* violates.

    Args:
        facts: The facts that the property states, by kind.
    """
    shares = []
    wishes = leads.wish_table.arrays()
    own = slice(leads.wish_indptr[row], leads.wish_indptr[row + 1])
    codes, points = leads.wish_codes[own], leads.wish_points[own]
    answers = properties.answers[row, wishes.kind[codes]].astype(np.int64)
    earned, _ = answer_points(wishes, codes, points, answers)
    shown = (earned + unknown_points(points)) * ANSWER_SCALE * BASE_OF_UNIT
    for code, whole, answer, share in zip(
        codes.tolist(), points.tolist(), answers.tolist(), shown.tolist(), strict=True
    ):
        wish = leads.wish_table.wish(code)
        cell = wishes.first[code] + answer
        outcome: Outcome = (
            "not_told"
            if answer == NOT_STATED
            else "not_met"
            if wishes.contradicts[cell]
            else "met"
            if wishes.values[cell] == 1
            else "partly"
        )
        fact = facts.get(wish.kind)
        weight = whole / POINTS_PER_100
        shares.append(WishShare(wish.kind, wish.value, wish.strength, False, outcome, fact, weight, share))
    span = DENSE["implied"]
    for column in np.flatnonzero(leads.dense[row, span] * properties.dense[row, span] < 0).tolist():
        kind = KINDS[IMPLIED_KINDS[column]]
        shares.append(WishShare(kind.name, kind.implied, "must", True, "not_met", facts.get(kind.name), 0.0, 0.0))
    return tuple(shares)
