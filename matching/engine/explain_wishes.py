"""The outcome of each wish of a lead for a property."""

from collections.abc import Mapping, Sequence
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


#: Outcomes by number.
_OUTCOMES: tuple[Outcome, ...] = ("not_told", "not_met", "met", "partly")


def wish_shares(
    leads: LeadVectors, properties: PropertyVectors, facts: Sequence[Mapping[str, JsonValue]]
) -> list[tuple[WishShare, ...]]:
    """
    For each pair of lead *i* and property *i*, the wishes of the lead, and the implied refusals that the property
    violates.

    Args:
        facts: The facts that each property states, by kind.
    """
    shares: list[list[WishShare]] = [[] for _ in range(len(leads))]
    wishes = leads.wish_table.arrays()
    codes, points = leads.wish_codes, leads.wish_points
    answers = properties.answers[leads.wish_rows, wishes.kind[codes]].astype(np.int64)
    earned, _ = answer_points(wishes, codes, points, answers)
    shown = (earned + unknown_points(points)) * ANSWER_SCALE * BASE_OF_UNIT
    cells = wishes.first[codes] + answers
    outcomes = np.select([answers == NOT_STATED, wishes.contradicts[cells], wishes.values[cells] == 1], [0, 1, 2], 3)
    wish_of = {code: leads.wish_table.wish(code) for code in set(codes.tolist())}
    of_entries = (leads.wish_rows, codes, points, outcomes, shown)
    for row, code, whole, outcome, share in zip(*(column.tolist() for column in of_entries), strict=True):
        wish, weight = wish_of[code], whole / POINTS_PER_100
        fact = facts[row].get(wish.kind)
        shares[row].append(
            WishShare(wish.kind, wish.value, wish.strength, False, _OUTCOMES[outcome], fact, weight, share)
        )
    span = DENSE["implied"]
    violated = np.nonzero(leads.dense[:, span] * properties.dense[:, span] < 0)
    for row, column in zip(*(part.tolist() for part in violated), strict=True):
        kind = KINDS[IMPLIED_KINDS[column]]
        fact = facts[row].get(kind.name)
        shares[row].append(WishShare(kind.name, kind.implied, "must", True, "not_met", fact, 0.0, 0.0))
    return list(map(tuple, shares))
