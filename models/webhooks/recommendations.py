"""Events of new recommendations, which occur in thousands: one statement stores them, each pair once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Side
from models.core.uuid7 import new_id
from models.webhooks.tables import Endpoint, EventType

#: Pairs that one statement stores.
BATCH = 5000


@dataclass(frozen=True)
class Listener:
    """An endpoint that wants recommendations with at least a certain score."""

    endpoint_id: int
    owner_id: int
    min_score: int


@dataclass(frozen=True)
class NewPair:
    """A pair that has entered a list: its owner, and its score of 0 to 100."""

    listener: Listener
    lead_id: int
    property_id: int
    score: float


#: It runs before lists are written, so it is built once, and planned once per connection.
_LISTENERS = (
    select(Endpoint.id, Endpoint.owner_id, Endpoint.min_score)
    .join(User, User.id == Endpoint.owner_id)
    .where(
        Endpoint.is_enabled,
        Endpoint.types.contains([EventType.RECOMMENDATION_CREATED.value]),
        User.is_active,
    )
    .order_by(Endpoint.id)
    .with_for_update(of=Endpoint, read=True, key_share=True)
    .execution_options(prepared=True)
)


def recommendation_listeners(session: Session) -> list[Listener]:
    """The endpoints that want recommendations, locked so that none is deleted before the transaction ends."""
    return [Listener(*row) for row in session.execute(_LISTENERS)]


def record_recommendations(session: Session, side: Side, pairs: Sequence[NewPair]) -> None:
    """Record an event for each pair that its endpoint has not been sent, from lists of *side*, best first."""
    for start in range(0, len(pairs), BATCH):
        _record(session, side, pairs[start : start + BATCH])


def _record(session: Session, side: Side, pairs: Sequence[NewPair]) -> None:
    parameters: dict[str, Any] = {
        "side": side.value,
        "type": EventType.RECOMMENDATION_CREATED.value,
        "message_ids": [str(new_id()) for _ in pairs],
        "endpoint_ids": [pair.listener.endpoint_id for pair in pairs],
        "owner_ids": [pair.listener.owner_id for pair in pairs],
        "lead_ids": [pair.lead_id for pair in pairs],
        "property_ids": [pair.property_id for pair in pairs],
        "scores": [round(pair.score, 2) for pair in pairs],
    }
    session.execute(_STORE, parameters)


_STORE = text(
    """
    WITH pair AS (
        SELECT * FROM unnest(
            CAST(:message_ids AS uuid[]), CAST(:endpoint_ids AS bigint[]), CAST(:owner_ids AS bigint[]),
            CAST(:lead_ids AS bigint[]), CAST(:property_ids AS bigint[]), CAST(:scores AS numeric[])
        ) WITH ORDINALITY AS p (message_id, endpoint_id, owner_id, lead_id, property_id, score, rank)
    ), told AS (
        INSERT INTO webhook_told_pairs (endpoint_id, side, lead_id, property_id)
        SELECT endpoint_id, :side, lead_id, property_id FROM pair
        ON CONFLICT DO NOTHING
        RETURNING endpoint_id, lead_id, property_id
    ), event AS (
        INSERT INTO webhook_events (message_id, owner_id, type, subject, facts)
        SELECT message_id, owner_id, :type, 'pair:' || lead_id || ':' || property_id,
            jsonb_build_object('list', lower(:side), 'lead_id', lead_id::text,
                               'property_id', property_id::text, 'match_score', score)
        FROM pair JOIN told USING (endpoint_id, lead_id, property_id) ORDER BY rank
        RETURNING id, message_id, subject
    )
    INSERT INTO webhook_deliveries (endpoint_id, event_id, subject)
    SELECT pair.endpoint_id, event.id, event.subject FROM event JOIN pair USING (message_id) ORDER BY event.id
    """
)
