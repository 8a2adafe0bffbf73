"""Record events in the transaction of the change that they report: an outbox.

An event is stored only if an endpoint wants it, together with a delivery for each such endpoint. Events from while an
endpoint is switched off are not sent later.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Role
from models.core.uuid7 import new_id
from models.webhooks.tables import Delivery, Endpoint, Event, EventType

#: (subject, such as "match:17"; facts).
NewEvent = tuple[str, Mapping[str, Any]]


def record_event(
    session: Session, type_: EventType, subject: str, facts: Mapping[str, Any], *, owners: Collection[int]
) -> None:
    """
    Record an event for each of *owners* (ids of users) with an endpoint that wants it.

    Args:
        facts: Ids, words and numbers; receivers have to fetch personal data.
    """
    record_events(session, type_, [(subject, facts)], owners=owners)


def record_events(
    session: Session,
    type_: EventType,
    new_events: Sequence[NewEvent],
    *,
    owners: Collection[int] = (),
    roles: Collection[Role] = (),
) -> None:
    """
    Record several events of one type for users with one of these ids, or with one of these roles.

    The code that commits the transaction notifies the workers (`session.info["has_webhooks"]`); a sweep finds the
    events a few seconds later anyway.
    """
    endpoints = (
        select(Endpoint.id, Endpoint.owner_id)
        .join(User, User.id == Endpoint.owner_id)
        .where(
            or_(Endpoint.owner_id.in_(owners), User.role.in_(roles)),
            Endpoint.is_enabled,
            Endpoint.types.contains([type_.value]),
            User.is_active,
        )
        .with_for_update(of=Endpoint, read=True, key_share=True)  # deletions wait
    )
    by_owner: dict[int, list[int]] = defaultdict(list)
    if new_events:
        for endpoint_id, owner_id in session.execute(endpoints):
            by_owner[owner_id].append(endpoint_id)
    for owner_id, endpoint_ids in by_owner.items():
        store_events(session, type_, new_events, owner_id, endpoint_ids)


def store_events(
    session: Session, type_: EventType, new_events: Sequence[NewEvent], owner_id: int, endpoint_ids: Sequence[int]
) -> list[int]:
    """Store events for some endpoints of one owner. Returns the ids of the events."""
    rows = [
        {"message_id": new_id(), "owner_id": owner_id, "type": type_, "subject": subject, "facts": dict(facts)}
        for subject, facts in new_events
    ]
    event_ids = list(session.scalars(insert(Event).returning(Event.id, sort_by_parameter_order=True), rows))
    deliveries = [
        {"endpoint_id": endpoint_id, "event_id": event_id, "subject": subject}
        for event_id, (subject, _) in zip(event_ids, new_events, strict=True)
        for endpoint_id in endpoint_ids
    ]
    session.execute(insert(Delivery), deliveries)
    session.info["has_webhooks"] = True
    return event_ids
