"""Score a whole market, leaving out rows that make scoring fail."""

import logging

from sqlalchemy.orm import Session

from matching.engine.topk import Market, MarketLists, score_market
from models.core.enums import Side
from models.market.unscorable import Failure
from worker.celery_app.error_location import error_location
from worker.celery_app.stages import stage
from worker.lists.work_control import WorkControl
from worker.market.failing_rows import MAX_FAILING_ROWS, SYSTEM_FAILURES, failing_pair, raises
from worker.market.snapshot import Part, Snapshot

log = logging.getLogger(__name__)


def score_snapshot(session: Session, snapshot: Snapshot, k: int, control: WorkControl) -> MarketLists:
    """
    The lists of all rows of *snapshot*, from which rows that make scoring fail are removed first.

    Commits first, because scoring takes long and an open transaction would hold back PostgreSQL's vacuum.

    Raises:
        ScoringStoppedError: *control* stopped the work.
        Exception: The error of scoring, if removing a few rows does not avoid it.
    """
    last_failure: Exception | None = None
    for _ in range(MAX_FAILING_ROWS):
        market = snapshot.as_market(session)
        session.commit()
        try:
            with stage("score"):
                return score_market(market, k, control.threads, control.add_pairs, control.should_stop)
        except SYSTEM_FAILURES:
            raise
        except Exception as failure:
            failures = _failing_entities(snapshot, market, failure, k, control)
            if not failures:
                raise
            last_failure = failure
            for failed in failures:
                log.error(
                    "entity_quarantined",
                    extra={"side": failed.side, "entity_id": failed.entity_id, "reason": failed.error},
                )
            snapshot.leave_out(session, failures)
    assert last_failure is not None
    raise last_failure


def _failing_entities(
    snapshot: Snapshot, market: Market, failure: Exception, k: int, control: WorkControl
) -> list[Failure]:
    """
    The lead or the property that makes *market* fail.

    Returns both if only the two together fail, and none if no pair explains the failure.
    """

    def score(leads: range, properties: range) -> None:
        part = Market(market.leads.take(list(leads)), market.properties.take(list(properties)))
        score_market(part, k, control.threads, should_stop=control.should_stop)

    pair = failing_pair(len(market.leads), len(market.properties), score)
    if pair is None:
        return []
    lead, row = pair
    # Try each with another partner: the one that still fails is to blame.
    other_lead, other_row = _another(lead, len(market.leads)), _another(row, len(market.properties))
    lead_fails = other_row is not None and raises(score, _only(lead), _only(other_row))
    property_fails = other_lead is not None and raises(score, _only(other_lead), _only(row))
    location = error_location(failure)
    failures = []
    if lead_fails or not property_fails:
        failures.append(_failure(Side.LEAD, snapshot.leads, lead, location))
    if property_fails or not lead_fails:
        failures.append(_failure(Side.PROPERTY, snapshot.properties, row, location))
    return failures


def _another(row: int, count: int) -> int | None:
    return next((other for other in (0, 1) if other != row and other < count), None)


def _only(row: int) -> range:
    return range(row, row + 1)


def _failure(side: Side, part: Part, row: int, error: str) -> Failure:
    return Failure(side, int(part.ids[row]), int(part.versions[row]), error)
