"""The log of deliveries: list, replay, delete."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session, contains_eager

from models.core.base import rows_changed
from models.core.errors import ConflictError, NotFoundError
from models.webhooks.tables import Delivery, DeliveryState, Endpoint, Event, EventType

LOG_KEPT = timedelta(days=30)
MAX_REPLAYED = 1000  # by one request


def deliveries_of(endpoint: Endpoint, state: DeliveryState | None = None) -> Select[Delivery]:
    """An endpoint's log with its events, newest first."""
    query = (
        select(Delivery)
        .join(Delivery.event)
        .where(Delivery.endpoint_id == endpoint.id)
        .options(contains_eager(Delivery.event))
        .order_by(Delivery.id.desc())
    )
    return query.where(Delivery.state == state) if state else query


def delivery_of(session: Session, endpoint: Endpoint, delivery_id: int) -> Delivery:
    """One of an endpoint's deliveries, locked, with its event; raises NotFoundError."""
    query = deliveries_of(endpoint).where(Delivery.id == delivery_id).with_for_update(of=Delivery)
    delivery = session.scalar(query.execution_options(populate_existing=True))
    if delivery is None:
        raise NotFoundError("delivery")
    return delivery


def replay(session: Session, endpoint: Endpoint, delivery_id: int) -> Delivery:
    """
    Send one delivery again, under the same message id.

    Raises:
        NotFoundError: The endpoint has none with this id.
        ConflictError: It is still pending, or the endpoint is switched off.
    """
    _check_enabled(endpoint)
    delivery = delivery_of(session, endpoint, delivery_id)
    if delivery.state is DeliveryState.PENDING:
        raise ConflictError("webhook.still_pending")
    _renew(session, [delivery.id])
    return delivery_of(session, endpoint, delivery_id)


def replay_failed(session: Session, endpoint: Endpoint, since: datetime) -> int:
    """
    Resend the oldest :data:`MAX_REPLAYED` failed deliveries of events since *since*. Returns their number.

    Raises:
        ConflictError: The endpoint is switched off.
    """
    _check_enabled(endpoint)
    failed = (
        select(Delivery.id)
        .where(
            Delivery.endpoint_id == endpoint.id,
            Delivery.state == DeliveryState.FAILED,
            Delivery.created_at >= since,
        )
        .order_by(Delivery.event_id)
        .limit(MAX_REPLAYED)
    )
    return _renew(session, session.scalars(failed).all())


def has_pending_test(session: Session, endpoint_id: int) -> bool:
    """Whether a test of the endpoint is still pending."""
    query = select(Delivery.id).join(Event).where(
        Delivery.endpoint_id == endpoint_id,
        Delivery.state == DeliveryState.PENDING,
        Event.type == EventType.WEBHOOK_TEST,
    )  # fmt: skip
    return session.scalar(select(query.exists())) or False


def delete_old_events(session: Session) -> int:
    """Delete entries older than :data:`LOG_KEPT`; returns the number of deleted events."""
    old = Event.created_at < func.now() - LOG_KEPT
    # A replayed delivery is pending again, but not for ever.
    is_open = exists().where(
        and_(Delivery.event_id == Event.id, Delivery.state == DeliveryState.PENDING),
        Delivery.tried_since > func.now() - LOG_KEPT,
    )
    return rows_changed(session.execute(delete(Event).where(old, ~is_open)))


def _check_enabled(endpoint: Endpoint) -> None:
    if not endpoint.is_enabled:
        raise ConflictError("webhook.disabled")


def _renew(session: Session, ids: Iterable[int]) -> int:
    session.info["has_webhooks"] = True
    return rows_changed(
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(list(ids)))
            .values(
                state=DeliveryState.PENDING,
                attempts=0,
                next_at=func.now(),
                tried_since=func.now(),
                delivered_at=None,
            )
            .execution_options(synchronize_session=False)
        )
    )
