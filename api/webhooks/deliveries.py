"""The log of a webhook, and replays."""

from datetime import datetime
from typing import Any

from flask.views import MethodView

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint
from api.http.db import only_reads, session
from api.http.paging import page_of
from api.webhooks.schemas import DeliveryArgs, DeliveryOut, DeliveryRows, ReplayBody, Replayed, shown_delivery
from models.webhooks.delivery_log import deliveries_of, replay, replay_failed
from models.webhooks.endpoints import owned_endpoint

blp = Blueprint("webhook-deliveries", __name__, description="The log of my webhooks, and replays")


@blp.route("/webhooks/<int:webhook_id>/deliveries")
class Deliveries(MethodView):
    """The log of a webhook."""

    @signed_in
    @only_reads
    @blp.arguments(DeliveryArgs, location="query")
    @blp.response(200, DeliveryRows)
    def get(self, args: dict[str, Any], webhook_id: int) -> dict[str, Any]:
        """List the deliveries of one of my webhooks, newest first

        Each with its last attempt; kept for 30 days.
        """
        endpoint = owned_endpoint(session(), current_user(), webhook_id)
        rows, total = page_of(deliveries_of(endpoint, args.get("state")), args)
        return {"deliveries": [shown_delivery(row) for row in rows], "total": total, "page": args["page"]}


@blp.route("/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay")
class DeliveryReplay(MethodView):
    """Replay one delivery."""

    @signed_in
    @blp.response(202, DeliveryOut)
    def post(self, webhook_id: int, delivery_id: int) -> dict[str, Any]:
        """Send one delivery again

        Under the same `webhook-id`, whether it had been delivered or had failed.
        """
        endpoint = owned_endpoint(session(), current_user(), webhook_id, lock=True)
        return shown_delivery(replay(session(), endpoint, delivery_id))


@blp.route("/webhooks/<int:webhook_id>/replay")
class FailedReplay(MethodView):
    """Replay all failed deliveries."""

    @signed_in
    @blp.arguments(ReplayBody)
    @blp.response(202, Replayed)
    def post(self, body: dict[str, datetime], webhook_id: int) -> dict[str, int]:
        """Send the deliveries that failed since a moment again

        In their original order. Answers how many are sent again.
        """
        endpoint = owned_endpoint(session(), current_user(), webhook_id, lock=True)
        return {"count": replay_failed(session(), endpoint, body["since"])}
