"""What became of each wish of a lead with one property."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from matching.engine.sparse import answer_points, unknown_points
from matching.engine.units import ANSWER_SCALE, BASE_OF_UNIT, POINTS_PER_100
from matching.engine.vectors import DENSE, LeadVectors, PropertyVectors
from matching.facts.wishes import IMPLIED_KINDS, NOT_TOLD
from matching.reading.kinds import KINDS, JsonValue

Outcome = Literal["met", "partly", "not_met", "not_told"]


@dataclass(frozen=True)
class WishShare:
    """What one wish did for a pair."""

    kind: str
    #: What is wished for, and how firmly: must, wish or soft.
    value: JsonValue
    strength: str
    #: Whether it is refused unless asked for, rather than stated by the lead.
    implied: bool
    #: *partly*: a number past the limit, but not so far that it contradicts.
    outcome: Outcome
    #: What the property tells of it; None where it does not.
    fact: JsonValue
    #: The wish's share of the whole, 0 to 1, and what it adds to the base, 0 to 100 times that.
    weight: float
    points: float


def wish_shares(lead: LeadVectors, listing: PropertyVectors, facts: Mapping[str, JsonValue]) -> tuple[WishShare, ...]:
    """
    The wishes of one lead, and the implied refusals that the property meets with.

    Args:
        lead, home: One row each.
        facts: What the property tells, by kind.
    """
    shares = []
    wishes = lead.wish_table.arrays()
    for code, whole in zip(lead.wish_codes.tolist(), lead.wish_points.tolist(), strict=True):
        answer = np.array([listing.answers[0, wishes.kind[code]]], np.int64)
        [earned], _ = answer_points(wishes, np.array([code]), np.array([whole]), answer)
        at = wishes.first[code] + answer[0]
        wish = lead.wish_table.wish(code)
        outcome: Outcome = (
            "not_told"
            if answer[0] == NOT_TOLD
            else "not_met"
            if wishes.contradicts[at]
            else "met"
            if wishes.values[at] == 1
            else "partly"
        )
        points = float(earned + unknown_points(np.array(whole))) * ANSWER_SCALE * BASE_OF_UNIT
        shares.append(
            WishShare(
                wish.kind,
                wish.value,
                wish.strength,
                False,
                outcome,
                facts.get(wish.kind),
                whole / POINTS_PER_100,
                points,
            )
        )
    span = DENSE["implied"]
    for column in np.flatnonzero(lead.dense[0, span] * listing.dense[0, span] < 0).tolist():
        kind = KINDS[IMPLIED_KINDS[column]]
        shares.append(WishShare(kind.name, kind.implied, "must", True, "not_met", facts.get(kind.name), 0.0, 0.0))
    return tuple(shares)
