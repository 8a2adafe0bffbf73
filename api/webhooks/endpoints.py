"""My webhooks: add, list, read, change, remove, rotate the secret, send a test."""

from typing import Any

from flask.views import MethodView

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, PageArgs, StatusOk
from api.http.db import only_reads, session
from api.http.paging import page_of
from api.http.services import services
from api.webhooks.schemas import (
    DeliveryOut,
    NewWebhook,
    WebhookChange,
    WebhookOut,
    WebhookRows,
    WebhookWithSecret,
    shown_delivery,
    shown_endpoint,
)
from models.webhooks.delivery_log import delivery_of
from models.webhooks.endpoints import (
    add_endpoint,
    change_endpoint,
    delete_endpoint,
    endpoints_of,
    owned_endpoint,
    rotate_secret,
    send_test,
)

blp = Blueprint("webhooks", __name__, description="Notifications of the user's other systems")


@blp.route("/webhooks")
class Webhooks(MethodView):
    """List my webhooks; add one."""

    @signed_in
    @blp.arguments(NewWebhook)
    @blp.response(201, WebhookWithSecret)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add a webhook

        Deliveries follow https://www.standardwebhooks.com. Only this answer shows the secret.
        """
        endpoint = add_endpoint(session(), current_user(), body, allow_private=_allows_private())
        session().refresh(endpoint)
        return shown_endpoint(endpoint) | {"secret": endpoint.secret}

    @signed_in
    @only_reads
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, WebhookRows)
    def get(self, args: dict[str, int]) -> dict[str, Any]:
        """List my webhooks, newest first

        With their event types and their state: enabled, failing or paused.
        """
        rows, total = page_of(endpoints_of(current_user()), args)
        return {"webhooks": [shown_endpoint(row) for row in rows], "total": total, "page": args["page"]}


@blp.route("/webhooks/<int:webhook_id>")
class WebhookById(MethodView):
    """One of my webhooks."""

    @signed_in
    @only_reads
    @blp.response(200, WebhookOut)
    def get(self, webhook_id: int) -> dict[str, Any]:
        """Read one of my webhooks

        Without its secret, which is shown only when it is created or replaced.
        """
        return shown_endpoint(owned_endpoint(session(), current_user(), webhook_id))

    @signed_in
    @blp.arguments(WebhookChange)
    @blp.response(200, WebhookOut)
    def patch(self, body: dict[str, Any], webhook_id: int) -> dict[str, Any]:
        """Change one of my webhooks

        Fields that the body leaves out do not change. A webhook that was switched off, by its owner or by answering
        410, is switched on again by `is_enabled`; pending deliveries then continue.
        """
        endpoint = owned_endpoint(session(), current_user(), webhook_id, lock=True)
        change_endpoint(session(), current_user(), endpoint, body, allow_private=_allows_private())
        session().refresh(endpoint)
        return shown_endpoint(endpoint)

    @signed_in
    @blp.response(200, StatusOk)
    def delete(self, webhook_id: int) -> dict[str, str]:
        """Remove one of my webhooks with its log

        Pending deliveries are dropped.
        """
        delete_endpoint(session(), owned_endpoint(session(), current_user(), webhook_id, lock=True))
        return {"status": "ok"}


@blp.route("/webhooks/<int:webhook_id>/secret")
class WebhookSecret(MethodView):
    """Rotate a webhook's secret."""

    @signed_in
    @blp.response(200, WebhookWithSecret)
    def post(self, webhook_id: int) -> dict[str, Any]:
        """Give one of my webhooks a new secret

        For 24 hours the former secret signs as well: the header `webhook-signature` holds both signatures.
        """
        endpoint = owned_endpoint(session(), current_user(), webhook_id, lock=True)
        secret = rotate_secret(session(), endpoint)
        session().refresh(endpoint)
        return shown_endpoint(endpoint) | {"secret": secret}


@blp.route("/webhooks/<int:webhook_id>/test")
class WebhookTest(MethodView):
    """Send a test event."""

    @signed_in
    @blp.response(202, DeliveryOut)
    def post(self, webhook_id: int) -> dict[str, Any]:
        """Send an event of type `webhook.test` to one of my webhooks

        The answer is the delivery; the webhook's log shows its result.
        """
        endpoint = owned_endpoint(session(), current_user(), webhook_id, lock=True)
        return shown_delivery(delivery_of(session(), endpoint, send_test(session(), endpoint).id))


def _allows_private() -> bool:
    return services().settings.webhook_private_addresses
