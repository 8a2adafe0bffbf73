"""Notifications of the signed-in user."""

from collections.abc import Mapping
from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body, PageArgs, shown_word
from api.http.db import session
from api.http.fields import IdText, Moment
from api.http.language import accepted_language
from api.http.paging import page_of
from models.accounts.notifications import Notification, NotificationType, mark_read, notifications_of, unread_count
from models.deals.notification_names import names_of
from models.translations.notifications import DEFAULT_LANGUAGE, describe_notification

blp = Blueprint("notifications", __name__, description="Notifications of the signed-in user")


class NotificationArgs(PageArgs):
    unread_only = fields.Boolean(load_default=False)
    all = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Also those that the contract does not know: NEW_LIKE, DEAL_COMPLETED, DEAL_UNDONE, "
            "MATCH_CLOSED, MATCH_REOPENED, SELECTION_ANSWERED, NEW_RECOMMENDATION."
        },
    )


class NotificationRow(Body):
    id = IdText()
    type = shown_word(NotificationType)
    title = fields.String()
    message = fields.String()
    data = fields.Dict()
    is_read = fields.Boolean()
    created_at = Moment()


class NotificationPage(Body):
    notifications = fields.List(fields.Nested(NotificationRow))
    unread_count = fields.Integer()
    total = fields.Integer()
    page = fields.Integer()


class ReadAnswer(Body):
    id = IdText()
    is_read = fields.Boolean()


def _shown(row: Notification, names: Mapping[str, str]) -> dict[str, Any]:
    user = current_user()
    title, message = describe_notification(accepted_language(user.language or DEFAULT_LANGUAGE), row, names)
    shown = ("id", "type", "data", "is_read", "created_at")
    return {name: getattr(row, name) for name in shown} | {"title": title, "message": message}


@blp.route("/notifications")
class Notifications(MethodView):
    """The caller's notifications."""

    @signed_in
    @blp.arguments(NotificationArgs, location="query")
    @blp.response(200, NotificationPage)
    def get(self, args: dict[str, Any]) -> Any:
        """List my notifications, newest first

        `unread_count` counts all unread ones, whatever the page. `data` holds the ids of the objects concerned. `title`
        and `message` are in the language of `Accept-Language`, otherwise in the user's own. One-sided likes and the
        ends of deals are included only with `all`.
        """
        of_contract = not args["all"]
        query = notifications_of(current_user(), unread_only=args["unread_only"], of_contract=of_contract)
        rows, total = page_of(query, args)
        unread = unread_count(session(), current_user(), of_contract=of_contract)
        names = names_of(session(), rows)
        return {
            "notifications": [_shown(row, names[row.id]) for row in rows],
            "unread_count": unread,
            "total": total,
            "page": args["page"],
        }


@blp.route("/notifications/<int:notification_id>/read")
class NotificationRead(MethodView):
    """Marking a notification as read."""

    @signed_in
    @blp.response(200, ReadAnswer)
    def post(self, notification_id: int) -> Any:
        """Mark one of my notifications as read

        The time of the first reading is kept; a second call changes nothing.
        """
        mark_read(session(), current_user(), notification_id)
        return {"id": notification_id, "is_read": True}
