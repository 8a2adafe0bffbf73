"""
Deliveries: which are due, what became of an attempt, the log, replays.

    pending -> delivered                                an answer of 2xx
    pending -> pending, due later                       any other outcome
    pending -> failed                                   ten attempts, or three days
    delivered, failed -> pending                        replayed

Events about one subject reach an endpoint in order: a delivery is taken only if no earlier one of its subject is
pending there. A delivery is taken by putting off the time when it is due; a worker that dies loses nothing, for it is
due again then, with the same message id.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, lateral, or_, select, true, update
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
#: A delivery that fails after so long is not tried again: all pauses, and an hour.
GIVEN_UP_AFTER = sum(PAUSES, timedelta(hours=1))
#: An endpoint that failed gets nothing for 5 s, 10 s, 20 s, ... and at most this, so that one that is down does not
#: keep workers busy with the timeouts of everything that it should get.
LONGEST_ENDPOINT_PAUSE = timedelta(minutes=5)
#: The longest pause that an endpoint may ask for by Retry-After.
LONGEST_ASKED_PAUSE = timedelta(hours=1)
#: An attempt takes less than this, so a delivery that is still taken after it has lost its worker.
LEASE = timedelta(minutes=2)
#: Deliveries of one endpoint that are sent at the same time; after a failure one.
AT_ONCE = 4
#: The oldest pending deliveries of one endpoint, among which those are found whose turn it is.
LOOKED_AT = 5000

_GONE = 410


@dataclass(frozen=True)
class ClaimedDelivery:
    """A delivery that was claimed, with everything that sending needs."""

    delivery_id: int
    endpoint_id: int
    attempt: int  #: From 1.
    url: str
    secrets: tuple[str, ...]  #: Those that sign.
    message_id: UUID
    type: str
    happened_at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt: an answer's status, and the error; without an error it was delivered."""

    status: int | None
    error: DeliveryError | None = None
    pause: timedelta | None = None  #: How long the endpoint asked us to wait.


def take_due(session: Session, most: int, busy: Collection[int] = ()) -> list[ClaimedDelivery]:
    """
    Take up to *most* deliveries that are due and whose turn it is; the caller commits before it sends.

    Args:
        busy: Endpoints that get no more at the moment.
    """
    now = database_now(session)
    # The ids first, by themselves: within one statement they would be looked for again for each row.
    ids = _due_ids(session, most, busy, now)
    if not ids:
        return []
    query = (
        select(Delivery, Endpoint, Event)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .join(Event, Event.id == Delivery.event_id)
        # Said again: another worker may have taken it since the ids were found, and the lock shows the row as it is.
        .where(Delivery.id.in_(ids), Delivery.state == DeliveryState.PENDING, Delivery.next_at <= now)
        .order_by(Delivery.event_id)
        .with_for_update(of=Delivery, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    taken = []
    for delivery, endpoint, event in session.execute(query):
        delivery.attempts += 1
        delivery.next_at, delivery.last_attempt_at = now + LEASE, now
        taken.append(
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
    return taken


def _due_ids(session: Session, most: int, busy: Collection[int], now: datetime) -> Sequence[int]:
    """Of each endpoint the oldest pending delivery of every subject, if it is due; a few at once where none fails."""
    pending = aliased(Delivery)
    oldest = (
        select(pending.id, pending.subject, pending.event_id, pending.next_at)
        .where(pending.endpoint_id == Endpoint.id, pending.state == DeliveryState.PENDING)
        .order_by(pending.event_id)
        .limit(LOOKED_AT)
        .correlate(Endpoint)
        .subquery()
    )
    place = func.row_number().over(partition_by=oldest.c.subject, order_by=oldest.c.event_id).label("place")
    placed = select(oldest.c.id, oldest.c.event_id, oldest.c.next_at, place).correlate(Endpoint).subquery()
    turn = lateral(
        select(placed.c.id)
        .where(placed.c.place == 1, placed.c.next_at <= now)
        .order_by(placed.c.event_id)
        .limit(case((Endpoint.failures == 0, AT_ONCE), else_=1))
        .correlate(Endpoint)
    )
    return session.scalars(
        select(turn.c.id)
        .select_from(Endpoint)
        .join(User, User.id == Endpoint.owner_id)
        .join(turn, true())
        .where(
            User.is_active,
            Endpoint.is_enabled,
            or_(Endpoint.paused_until.is_(None), Endpoint.paused_until <= now),
            Endpoint.id.not_in(busy),
        )
        .limit(most)
    ).all()


def secrets_of(endpoint: Endpoint, now: datetime) -> tuple[str, ...]:
    """The secrets that sign at present, the newest first."""
    if endpoint.old_secret and endpoint.old_secret_until and now < endpoint.old_secret_until:
        return endpoint.secret, endpoint.old_secret
    return (endpoint.secret,)


def note_outcome(session: Session, taken: ClaimedDelivery, outcome: Outcome) -> None:
    """
    Store how an attempt went.

    A failure that comes late, after the delivery was taken anew, is left out; a success counts whenever it comes.
    """
    if outcome.error is None:
        _note_success(session, taken, outcome)
        return
    now = database_now(session)
    # Lock the endpoint first, as changes and deletions do, so that no two wait for each other.
    endpoint = session.get(Endpoint, taken.endpoint_id, with_for_update={"key_share": True}, populate_existing=True)
    query = select(Delivery).where(Delivery.id == taken.delivery_id).with_for_update()
    delivery = session.scalar(query.execution_options(populate_existing=True))
    if endpoint is None or delivery is None or delivery.state is not DeliveryState.PENDING:
        return
    if delivery.attempts != taken.attempt:
        return
    delivery.last_status, delivery.last_error = outcome.status, outcome.error
    _note_failure(session, endpoint, delivery, outcome, now)
    session.flush()
    _move_followers(session, delivery.id, now if delivery.state is DeliveryState.FAILED else delivery.next_at)


def _note_success(session: Session, taken: ClaimedDelivery, outcome: Outcome) -> None:
    session.execute(
        update(Endpoint)
        .where(Endpoint.id == taken.endpoint_id, Endpoint.failures > 0)
        .values(failures=0, paused_until=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Delivery)
        .where(Delivery.id == taken.delivery_id, Delivery.state == DeliveryState.PENDING)
        .values(
            state=DeliveryState.DELIVERED,
            delivered_at=func.now(),
            last_status=outcome.status,
            last_error=None,
        )
        .execution_options(synchronize_session=False)
    )
    if taken.attempt > 1:
        _move_followers(session, taken.delivery_id, func.now())


def _note_failure(session: Session, endpoint: Endpoint, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    if outcome.status == _GONE:
        endpoint.is_enabled, endpoint.disabled_reason = False, DisabledReason.GONE
    endpoint.failures = min(endpoint.failures + 1, 1000)
    pause = min(PAUSES[0] * 2 ** min(endpoint.failures - 1, 10), LONGEST_ENDPOINT_PAUSE)
    endpoint.paused_until = now + max(pause, min(outcome.pause or pause, LONGEST_ASKED_PAUSE))
    over = now - GIVEN_UP_AFTER
    if delivery.attempts > len(PAUSES) or delivery.tried_since <= over:
        delivery.state = DeliveryState.FAILED
        # What waited behind it, or for its turn at this endpoint, is over by the same measure.
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
    """Make the deliveries that wait behind another one due as soon as their turn can come."""
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
