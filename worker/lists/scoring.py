"""Scoring a whole market, without the rows that make it fail."""

import logging
from collections.abc import Callable

from sqlalchemy.orm import Session

from matching.engine.topk import Market, MarketLists, score_market
from models.core.enums import Side
from models.market.unscorable import Failure
from worker.celery_app.stages import stage
from worker.market.failing_rows import MOST_POISONED, NOT_A_ROWS_FAULT, place_of, poisonous_pair, raises
from worker.market.snapshot import Part, Snapshot

log = logging.getLogger(__name__)


def score_snapshot(
    session: Session,
    snapshot: Snapshot,
    k: int,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> MarketLists:
    """
    The lists of all rows of *snapshot*; what makes scoring fail is taken out of it first.

    Commits: scoring takes long, and must not hold back the database's clean-up meanwhile.

    Raises:
        ScoringStoppedError: *should_stop* said so.
        Exception: What scoring raised, if it is not to be blamed on a few rows.
    """
    for _ in range(MOST_POISONED):
        market = snapshot.as_market(session)
        session.commit()
        try:
            with stage("score"):
                return score_market(market, k, threads, progress, should_stop)
        except NOT_A_ROWS_FAULT:
            raise
        except Exception as failure:
            failures = _blamed(snapshot, market, failure, k, threads, should_stop)
            if not failures:
                raise
            last = failure
            for each in failures:
                log.error(
                    "entity_set_aside",
                    extra={"side": each.side, "entity_id": each.entity_id, "reason": each.error},
                )
            snapshot.leave_out(session, failures)
    raise last


def _blamed(
    snapshot: Snapshot,
    market: Market,
    failure: Exception,
    k: int,
    threads: int,
    should_stop: Callable[[], bool] | None,
) -> list[Failure]:
    """The lead or the property that makes *market* fail; both where only the two together do; none if none can be told."""

    def score(leads: range, properties: range) -> None:
        part = Market(market.leads.take(list(leads)), market.properties.take(list(properties)))
        score_market(part, k, threads, should_stop=should_stop)

    found = poisonous_pair(len(market.leads), len(market.properties), score)
    if found is None:
        return []
    lead, row = found
    # With a partner that it has not failed with yet: whoever still fails is the one.
    other_lead, other_row = _another(lead, len(market.leads)), _another(row, len(market.properties))
    lead_fails = other_row is not None and raises(score, _only(lead), _only(other_row))
    property_fails = other_lead is not None and raises(score, _only(other_lead), _only(row))
    place = place_of(failure)
    blamed = []
    if lead_fails or not property_fails:
        blamed.append(_failure(Side.LEAD, snapshot.leads, lead, place))
    if property_fails or not lead_fails:
        blamed.append(_failure(Side.PROPERTY, snapshot.properties, row, place))
    return blamed


def _another(place: int, count: int) -> int | None:
    return next((other for other in (0, 1) if other != place and other < count), None)


def _only(place: int) -> range:
    return range(place, place + 1)


def _failure(side: Side, part: Part, place: int, reason: str) -> Failure:
    return Failure(side, int(part.ids[place]), int(part.versions[place]), reason)
