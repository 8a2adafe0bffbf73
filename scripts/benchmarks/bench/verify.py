"""Compare stored lists with brute force, and time the scoring of one entity."""

import time
from random import Random

import numpy as np
from sqlalchemy.orm import Session

from matching.engine.incremental import score_leads_against, score_properties_against
from models.core.enums import Side
from models.ranking.recommendations import LIST_LENGTH
from worker.market.snapshot import Snapshot
from worker.market.stored_lists import listing_any, read_lists

#: The most lists of the other side that are compared.
MAX_TOUCHED = 500


def scoring_ms(snapshot: Snapshot, rng: Random, times: int) -> dict[Side, list[float]]:
    """Milliseconds to score one row of each side against all of the other, and rank the result."""
    milliseconds: dict[Side, list[float]] = {side: [] for side in Side}
    leads, properties = snapshot.leads.vectors, snapshot.properties.vectors
    for _ in range(times):
        row = rng.randrange(min(len(leads), len(properties)))
        began = time.perf_counter()
        score_leads_against(leads.take([row]), properties, LIST_LENGTH)
        milliseconds[Side.LEAD].append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        score_properties_against(properties.take([row]), leads, LIST_LENGTH)
        milliseconds[Side.PROPERTY].append((time.perf_counter() - began) * 1000)
    return milliseconds


def lists_unlike_brute_force(session: Session, snapshot: Snapshot, changed: dict[Side, set[int]]) -> tuple[int, int]:
    """
    Compare the lists of changed entities, and the lists that contain them, with brute force.

    Returns the number of lists that differ in ids or scores, and the number compared.
    """
    wrong = looked = 0
    for side in Side:
        part, other = snapshot.part(side), snapshot.part(side.other)
        touched = listing_any(session, side, snapshot.market, sorted(changed[side.other]))
        ids = np.union1d(sorted(changed[side]), np.sort(touched)[:: max(1, len(touched) // MAX_TOUCHED)])
        stored = read_lists(session, side, snapshot.market, ids)
        score = score_leads_against if side is Side.LEAD else score_properties_against
        for index, entity_id in enumerate(stored.ids.tolist()):
            expected = score(part.vectors.take(part.rows_of([entity_id])), other.vectors, LIST_LENGTH)
            columns, scores = stored.lists.row(index)
            same = np.array_equal(columns, other.ids[expected.columns]) and np.array_equal(scores, expected.scores)
            wrong += not same
            looked += 1
        wrong += len(ids) - len(stored.ids)
    return wrong, looked
