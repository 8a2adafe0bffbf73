"""
One transaction per request. It begins at the first query and is committed in one place if the answer is successful.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from sqlalchemy.orm import Session

from api.http import idempotency, live_updates
from api.http.request_state import current
from api.http.services import services


class App(Flask):
    """A Flask application that commits the request's transaction after the view and before the answer is sent."""

    def dispatch_request(self) -> Response:
        earlier = idempotency.stored_response()
        if earlier is not None:
            return earlier
        response = self.make_response(super().dispatch_request())
        if response.status_code >= 400:
            return response  # the session is rolled back when the request ends
        idempotency.store_response(response)
        state = current()
        if state.session is not None and not state.only_reads:
            state.session.commit()
            follow_ups, state.after_commit = state.after_commit, []
            for follow_up in follow_ups:
                follow_up()
            send_notifications(state.session)
        return response

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No function here is a coroutine. Flask would check this with `inspect` fifteen times per request."""
        return func


def send_notifications(session: Session) -> None:
    """
    Signal open pages that a committed transaction has stored notifications (`models.accounts.notifications.notify`) and
    queue their delivery outside; also signal the users whose matches have changed
    (`models.deals.match_notifications.signal_match_changed`).

    Queue the webhooks of recorded events (`models.webhooks.events.record_event`).
    """
    if session.info.pop("has_webhooks", False):
        services().worker.webhooks_due()
    stored = session.info.pop("notifications", {})
    user_ids = session.info.pop("changed_for_users", set())
    for notification_id in stored:
        services().worker.notification_stored(notification_id)
    for user_id in {*stored.values(), *user_ids}:
        live_updates.notify(services().redis, live_updates.of_user(user_id))
