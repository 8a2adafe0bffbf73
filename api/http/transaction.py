"""One transaction per request: opened at the first query, committed in one place when the answer is successful."""

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
        earlier = idempotency.earlier_answer()
        if earlier is not None:
            return earlier
        response = self.make_response(super().dispatch_request())
        if response.status_code >= 400:
            return response  # the session is rolled back when the request ends
        idempotency.keep_answer(response)
        state = current()
        if state.session is not None and not state.only_reads:
            state.session.commit()
            follow_ups, state.after_commit = state.after_commit, []
            for follow_up in follow_ups:
                follow_up()
            send_notifications(state.session)
        return response

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing here is a coroutine. Flask asks fifteen times a request whether something is, by `inspect`."""
        return func


def send_notifications(session: Session) -> None:
    """
    Have the notifications that a committed transaction stored (`models.accounts.notifications.notify`) seen, and sent
    outside; and whoever a match has changed for (`models.deals.match_notifications.look_at`) look.

    Have webhooks of recorded events (`models.webhooks.events.record_event`) sent.
    """
    if session.info.pop("has_webhooks", False):
        services().worker.webhooks_due()
    stored = session.info.pop("notifications", {})
    lookers = session.info.pop("looks", set())
    for notification_id in stored:
        services().worker.notification_stored(notification_id)
    for user_id in {*stored.values(), *lookers}:
        live_updates.notify(services().redis, live_updates.of_user(user_id))
