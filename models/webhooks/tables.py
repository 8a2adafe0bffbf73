"""Tables: endpoints, events, and the deliveries of each event."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.enums import Side


class EventType(StrEnum):
    """The types of events. The words are part of the API: new ones are added, existing ones never change."""

    LIKE_RECEIVED = "like.received"
    MATCH_CREATED = "match.created"
    MATCH_CLOSED = "match.closed"
    MATCH_REOPENED = "match.reopened"
    CONTACTS_SHARED = "contacts.shared"
    DEAL_COMPLETED = "deal.completed"
    DEAL_UNDONE = "deal.undone"
    INQUIRY_CREATED = "inquiry.created"
    PROSPECT_CREATED = "prospect.created"
    RUN_FINISHED = "run.finished"
    IMPORT_FINISHED = "import.finished"
    #: A pair has entered the list of one of the owner's leads or properties.
    RECOMMENDATION_CREATED = "recommendation.created"
    #: Sent on demand, to any endpoint.
    WEBHOOK_TEST = "webhook.test"


class DisabledReason(StrEnum):
    """Why an endpoint is switched off."""

    OWNER = "owner"  #: Its owner switched it off.
    GONE = "gone"  #: It answered 410.


class DeliveryState(StrEnum):
    """The state of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    #: It is not attempted again unless it is replayed.
    FAILED = "failed"


class DeliveryError(StrEnum):
    """Why an attempt failed."""

    STATUS = "status"  #: The answer's status is not 2xx.
    REDIRECT = "redirect"  #: The answer is a redirect; redirects are not followed.
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    NO_HOST = "no_host"  #: The name has no address.
    PRIVATE_ADDRESS = "private_address"  #: The name resolves to an address in a private network.
    TLS = "tls"
    BROKEN_ANSWER = "broken_answer"  #: The answer is not HTTP.


class Endpoint(Base):
    """An address to which events are sent for its owner."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("is_enabled = (disabled_reason IS NULL)", name="disabled_has_its_reason"),
        CheckConstraint("(old_secret IS NULL) = (old_secret_until IS NULL)", name="old_secret_has_its_end"),
        CheckConstraint("min_score BETWEEN 0 AND 100", name="min_score_is_a_score"),
        Index("ix_webhook_endpoints_owner", "owner_id", "id"),
    )

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str | None] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(2000))
    types: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    #: The minimum score of recommendations sent to the endpoint, 0 to 100.
    min_score: Mapped[int] = mapped_column(SmallInteger, default=85, server_default=text("85"))
    #: "whsec_" and base64. It is not hashed, because signing needs the original.
    secret: Mapped[str] = mapped_column(String(100))
    #: The secret before the last rotation, which also signs until `old_secret_until`.
    old_secret: Mapped[str | None] = mapped_column(String(100))
    old_secret_until: Mapped[datetime | None]
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    disabled_reason: Mapped[DisabledReason | None] = mapped_column(
        enum_column(DisabledReason, "disabled_reason_is_known")
    )
    #: Failed attempts since the last success, counted over all deliveries.
    failures: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    #: After a failure, nothing is sent before this time.
    paused_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class AnnouncedPair(Base):
    """A pair that was sent to an endpoint as a recommendation; it is not sent again if the pair returns."""

    __tablename__ = "webhook_told_pairs"

    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[Side] = mapped_column(
        enum_column(Side, "side_is_known"), primary_key=True
    )  #: The side that owns the list.
    lead_id: Mapped[int] = mapped_column(primary_key=True)
    property_id: Mapped[int] = mapped_column(primary_key=True)


class Event(Base):
    """An event for one owner. It contains ids and plain facts, never contacts or people's texts."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        Index("ix_webhook_events_owner", "owner_id"),
        Index("ix_webhook_events_created", "created_at"),
    )

    #: It defines the order of events about one subject.
    id: Mapped[Id]
    #: The id that receivers see in all attempts and replays.
    message_id: Mapped[UUID] = mapped_column(unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    type: Mapped[EventType] = mapped_column(String(40))
    #: The object concerned: "match:17". Events about one object reach an endpoint in order.
    subject: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


class Delivery(Base):
    """One event for one endpoint, with the result of the last attempt."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("uq_webhook_deliveries_once", "event_id", "endpoint_id", unique=True),
        Index("ix_webhook_deliveries_endpoint", "endpoint_id", "id"),
        Index(
            "ix_webhook_deliveries_order",
            "endpoint_id",
            "subject",
            "event_id",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_webhook_deliveries_pending", "endpoint_id", "event_id", postgresql_where=text("state = 'pending'")),
        Index("ix_webhook_deliveries_created", "created_at"),
    )

    id: Mapped[Id]
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("webhook_events.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(60))
    state: Mapped[DeliveryState] = mapped_column(
        enum_column(DeliveryState, "state_is_known"), default=DeliveryState.PENDING, server_default=text("'pending'")
    )
    #: The number of attempts since it was created or replayed.
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    #: When it is due. During an attempt: when that attempt counts as lost.
    next_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    #: When its attempts began; after three days it fails.
    tried_since: Mapped[datetime] = mapped_column(server_default=text("now()"))
    last_attempt_at: Mapped[datetime | None]
    last_status: Mapped[int | None] = mapped_column(SmallInteger)
    last_error: Mapped[DeliveryError | None] = mapped_column(enum_column(DeliveryError, "last_error_is_known"))
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]

    event: Mapped[Event] = relationship(lazy="raise_on_sql")
