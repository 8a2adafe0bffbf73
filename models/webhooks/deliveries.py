"""
Deliveries: which are due, the outcomes of attempts, the log, replays.

    pending -> delivered                                an answer of 2xx
    pending -> pending, due later                       any other outcome
    pending -> failed                                   ten attempts, or three days
    delivered, failed -> pending                        replayed

Events about one subject reach an endpoint in order: a delivery is claimed only if no earlier one about its subject is
pending there. Claiming a delivery postpones the time when it is due. If a worker dies, nothing is lost: the delivery
becomes due again, with the same message id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, lateral, literal, or_, select, true, update
from sqlalchemy.orm import Session, aliased

from models.accounts.users import User
from models.core.base import database_now
from models.webhooks.tables import (
    Delivery,
    DeliveryError,
    DeliveryState,
    DisabledReason,
    Endpoint,
    Event,
)

#: Pauses after the first to the ninth failed attempt, as the specification proposes; the tenth is the last.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
#: A delivery that fails after this time is not attempted again: the sum of all pauses, and an hour.
GIVEN_UP_AFTER = sum(PAUSES, timedelta(hours=1))
#: After failures an endpoint gets nothing for 5 s, 10 s, 20 s, ... and at most this long, so that an endpoint that is
#: down does not keep workers busy with timeouts.
LONGEST_ENDPOINT_PAUSE = timedelta(minutes=5)
#: The longest pause that an endpoint may request by Retry-After.
LONGEST_ASKED_PAUSE = timedelta(hours=1)
#: An attempt takes less than this, so a delivery that is still claimed after this time has lost its worker.
LEASE = timedelta(minutes=2)
#: The number of simultaneous deliveries to one endpoint; after a failure, one.
AT_ONCE = 4
#: The number of oldest pending deliveries of one endpoint that are checked for those whose turn it is.
MAX_PENDING_CHECKED = 5000

NONE: Mapping[int, int] = MappingProxyType({})
_GONE = 410


@dataclass(frozen=True)
class ClaimedDelivery:
    """A delivery that was claimed, with everything that sending needs."""

    delivery_id: int
    endpoint_id: int
    attempt: int  #: From 1.
    url: str
    secrets: tuple[str, ...]  #: The secrets that sign.
    message_id: UUID
    type: str
    happened_at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt: an answer's status, and the error; without an error it was delivered."""

    status: int | None
    error: DeliveryError | None = None
    pause: timedelta | None = None  #: The wait that the endpoint requested.


def claim_due(session: Session, maximum: int, in_flight: Mapping[int, int] = NONE) -> list[ClaimedDelivery]:
    """
    Take up to *maximum* deliveries that are due and whose turn it is; the caller commits before it sends.

    Args:
        in_flight: Endpoint's id -> the number of deliveries that are being sent to it; it counts against
            :data:`AT_ONCE`.
    """
    now = database_now(session)
    # The ids are selected first: within one statement they would be searched again for each row.
    ids = _due_ids(session, maximum, in_flight, now)
    if not ids:
        return []
    query = (
        select(Delivery, Endpoint, Event)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .join(Event, Event.id == Delivery.event_id)
        # The condition is repeated, because another worker may have claimed the row since the ids were found; the lock
        # shows its current state.
        .where(Delivery.id.in_(ids), Delivery.state == DeliveryState.PENDING, Delivery.next_at <= now)
        .order_by(Delivery.event_id)
        .with_for_update(of=Delivery, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    claimed = []
    for delivery, endpoint, event in session.execute(query):
        delivery.attempts += 1
        delivery.next_at, delivery.last_attempt_at = now + LEASE, now
        claimed.append(
            ClaimedDelivery(
                delivery.id,
                endpoint.id,
                delivery.attempts,
                endpoint.url,
                secrets_of(endpoint, now),
                event.message_id,
                event.type,
                event.created_at,
                event.facts,
            )
        )
    session.flush()
    return claimed


def _due_ids(session: Session, maximum: int, in_flight: Mapping[int, int], now: datetime) -> Sequence[int]:
    """
    For each endpoint, the oldest pending delivery of every subject, if it is due; several at once if none fails.

    Endpoints are in random order, so that some with thousands of deliveries do not keep the others waiting.
    """
    at_once = case((Endpoint.failures == 0, AT_ONCE), else_=1)
    sending = case(dict(in_flight), value=Endpoint.id, else_=0) if in_flight else literal(0)
    endpoint = (
        select(Endpoint.id, (at_once - sending).label("room"))
        .join(User, User.id == Endpoint.owner_id)
        .where(
            User.is_active,
            Endpoint.is_enabled,
            or_(Endpoint.paused_until.is_(None), Endpoint.paused_until <= now),
            at_once > sending,
        )
        .order_by(func.random())
        .subquery()
    )
    pending = aliased(Delivery)
    oldest = (
        select(pending.id, pending.subject, pending.event_id, pending.next_at)
        .where(pending.endpoint_id == endpoint.c.id, pending.state == DeliveryState.PENDING)
        .order_by(pending.event_id)
        .limit(MAX_PENDING_CHECKED)
        .correlate(endpoint)
        .subquery()
    )
    rank = func.row_number().over(partition_by=oldest.c.subject, order_by=oldest.c.event_id).label("rank")
    ranked = select(oldest.c.id, oldest.c.event_id, oldest.c.next_at, rank).correlate(endpoint).subquery()
    turn = lateral(
        select(ranked.c.id)
        .where(ranked.c.rank == 1, ranked.c.next_at <= now)
        .order_by(ranked.c.event_id)
        .limit(endpoint.c.room)
        .correlate(endpoint)
    )
    return session.scalars(select(turn.c.id).select_from(endpoint).join(turn, true()).limit(maximum)).all()


def secrets_of(endpoint: Endpoint, now: datetime) -> tuple[str, ...]:
    """The secrets that currently sign, the newest first."""
    if endpoint.old_secret and endpoint.old_secret_until and now < endpoint.old_secret_until:
        return endpoint.secret, endpoint.old_secret
    return (endpoint.secret,)


def record_outcome(session: Session, claimed: ClaimedDelivery, outcome: Outcome) -> None:
    """
    Store the outcome of an attempt.

    A late failure, after the delivery was claimed again, is ignored; a success always counts.
    """
    if outcome.error is None:
        _note_success(session, claimed, outcome)
        return
    now = database_now(session)
    # Lock the endpoint first, as changes and deletions do, so that no deadlock can occur.
    endpoint = session.get(Endpoint, claimed.endpoint_id, with_for_update={"key_share": True}, populate_existing=True)
    query = select(Delivery).where(Delivery.id == claimed.delivery_id).with_for_update()
    delivery = session.scalar(query.execution_options(populate_existing=True))
    if endpoint is None or delivery is None or delivery.state is not DeliveryState.PENDING:
        return
    if delivery.attempts != claimed.attempt:
        return
    delivery.last_status, delivery.last_error = outcome.status, outcome.error
    _note_failure(session, endpoint, delivery, outcome, now)
    session.flush()
    _move_followers(session, delivery.id, now if delivery.state is DeliveryState.FAILED else delivery.next_at)


def _note_success(session: Session, claimed: ClaimedDelivery, outcome: Outcome) -> None:
    session.execute(
        update(Endpoint)
        .where(Endpoint.id == claimed.endpoint_id, Endpoint.failures > 0)
        .values(failures=0, paused_until=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Delivery)
        .where(Delivery.id == claimed.delivery_id, Delivery.state == DeliveryState.PENDING)
        .values(
            state=DeliveryState.DELIVERED,
            delivered_at=func.now(),
            last_status=outcome.status,
            last_error=None,
        )
        .execution_options(synchronize_session=False)
    )
    if claimed.attempt > 1:
        _move_followers(session, claimed.delivery_id, func.now())


def _note_failure(session: Session, endpoint: Endpoint, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    if outcome.status == _GONE:
        endpoint.is_enabled, endpoint.disabled_reason = False, DisabledReason.GONE
    endpoint.failures = min(endpoint.failures + 1, 1000)
    pause = min(PAUSES[0] * 2 ** min(endpoint.failures - 1, 10), LONGEST_ENDPOINT_PAUSE)
    endpoint.paused_until = now + max(pause, min(outcome.pause or pause, LONGEST_ASKED_PAUSE))
    over = now - GIVEN_UP_AFTER
    if delivery.attempts > len(PAUSES) or delivery.tried_since <= over:
        delivery.state = DeliveryState.FAILED
        # Deliveries that waited behind it, or for this endpoint, fail by the same limit.
        session.execute(
            update(Delivery)
            .where(
                Delivery.endpoint_id == endpoint.id,
                Delivery.state == DeliveryState.PENDING,
                Delivery.tried_since <= over,
                Delivery.id != delivery.id,
            )
            .values(state=DeliveryState.FAILED, last_error=outcome.error)
            .execution_options(synchronize_session=False)
        )
    else:
        delivery.next_at = now + PAUSES[delivery.attempts - 1]


def _move_followers(session: Session, delivery_id: int, when: datetime | ColumnElement[datetime]) -> None:
    """Make the deliveries that wait behind another one due as soon as their turn can be."""
    before = aliased(Delivery)
    session.execute(
        update(Delivery)
        .where(
            before.id == delivery_id,
            Delivery.endpoint_id == before.endpoint_id,
            Delivery.subject == before.subject,
            Delivery.state == DeliveryState.PENDING,
            Delivery.event_id > before.event_id,
            Delivery.attempts == 0,
        )
        .values(next_at=when)
        .execution_options(synchronize_session=False)
    )
