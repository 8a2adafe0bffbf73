"""Bodies and answers of webhooks."""

from datetime import UTC
from typing import Any

from marshmallow import fields, validate

from api.http.blueprint import Body, PageArgs, one_of, shown_word
from api.http.fields import Moment, Text, Whole, YesNo
from models.webhooks.endpoints import MAX_URL
from models.webhooks.tables import (
    Delivery,
    DeliveryError,
    DeliveryState,
    DisabledReason,
    Endpoint,
    EventType,
)

PUBLIC = "An https address of a public host."

SUBSCRIBED = [type_ for type_ in EventType if type_ is not EventType.WEBHOOK_TEST]


class WebhookChange(Body):
    name = Text(200, allow_none=True)
    url = Text(MAX_URL, metadata={"description": PUBLIC, "example": "https://example.com", "format": "https-url"})
    types = fields.List(
        one_of(EventType, only=SUBSCRIBED),
        validate=validate.Length(1, len(SUBSCRIBED)),
        metadata={"description": "Types of events that are sent.", "example": ["match.created"]},
    )
    min_score = Whole(
        0,
        100,
        metadata={"description": "Default 85. A `recommendation.created` is sent from this score on.", "example": 85},
    )
    is_enabled = YesNo(metadata={"description": "Default true. Events that occur while it is off are not sent later."})


class NewWebhook(WebhookChange):
    url = Text(
        MAX_URL,
        required=True,
        metadata={"description": PUBLIC, "example": "https://example.com", "format": "https-url"},
    )
    types = fields.List(
        one_of(EventType, only=SUBSCRIBED),
        required=True,
        validate=validate.Length(1, len(SUBSCRIBED)),
        metadata={"description": "Types of events that are sent.", "example": ["match.created"]},
    )


class WebhookOut(Body):
    id = fields.Integer()
    name = fields.String(allow_none=True)
    url = fields.String()
    types = fields.List(shown_word(EventType))
    min_score = fields.Integer(metadata={"description": "The minimum score of recommendations that are sent."})
    is_enabled = fields.Boolean()
    disabled_reason = shown_word(
        DisabledReason,
        allow_none=True,
        metadata={"description": "owner: its owner switched it off; gone: it answered 410."},
    )
    failures = fields.Integer(metadata={"description": "Failed attempts since the last success."})
    paused_until = Moment(
        allow_none=True, metadata={"description": "Until then nothing is sent after a failure; past or null: no pause."}
    )
    old_secret_until = Moment(
        allow_none=True,
        metadata={"description": "Until then, deliveries are also signed with the secret before the last rotation."},
    )
    created_at = Moment()


class WebhookWithSecret(WebhookOut):
    secret = fields.String(metadata={"description": "Shown only here. Receivers verify signatures with it."})


class WebhookRows(Body):
    webhooks = fields.List(fields.Nested(WebhookOut))
    total = fields.Integer()
    page = fields.Integer()


class DeliveryArgs(PageArgs):
    state = one_of(DeliveryState)


class DeliveryOut(Body):
    id = fields.Integer()
    message_id = fields.String(metadata={"description": "The header `webhook-id`; the same in every attempt."})
    type = shown_word(EventType)
    subject = fields.String(metadata={"description": "The subject; events with the same subject arrive in order."})
    data = fields.Dict(metadata={"description": "The ids and facts that are sent."})
    state = shown_word(DeliveryState)
    attempts = fields.Integer(metadata={"description": "Attempts since it was created or replayed."})
    last_attempt_at = Moment(allow_none=True)
    last_status = fields.Integer(allow_none=True, metadata={"description": "HTTP status of the last answer."})
    last_error = shown_word(DeliveryError, allow_none=True)
    next_at = Moment(allow_none=True, metadata={"description": "When it is tried again, while it is pending."})
    delivered_at = Moment(allow_none=True)
    created_at = Moment()


class DeliveryRows(Body):
    deliveries = fields.List(fields.Nested(DeliveryOut))
    total = fields.Integer()
    page = fields.Integer()


class ReplayBody(Body):
    since = fields.AwareDateTime(
        required=True,
        format="iso",
        default_timezone=UTC,
        metadata={"description": "Failed deliveries created since then are sent again, at most the 1000 oldest."},
    )


class Replayed(Body):
    count = fields.Integer()


def shown_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint without its secret."""
    return {name: getattr(endpoint, name) for name in WebhookOut().fields}


def shown_delivery(delivery: Delivery) -> dict[str, Any]:
    """A delivery with its event, which is loaded."""
    of_event = {"message_id", "type", "data"}
    row = {name: getattr(delivery, name) for name in DeliveryOut().fields if name not in of_event}
    if delivery.state is not DeliveryState.PENDING:
        row["next_at"] = None
    return row | {
        "message_id": f"msg_{delivery.event.message_id.hex}",
        "type": delivery.event.type,
        "data": delivery.event.facts,
    }
