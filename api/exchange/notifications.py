"""Notices to the signed-in user."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body, PageArgs, shown_word
from api.http.db import session
from api.http.fields import IdText, Moment
from api.http.paging import page_of
from models.accounts.notifications import NoticeType, mark_read, notices_of, unread_count

blp = Blueprint("notifications", __name__, description="Notices to the signed-in user")


class NoticeArgs(PageArgs):
    unread_only = fields.Boolean(load_default=False)


class NoticeRow(Body):
    id = IdText()
    type = shown_word(NoticeType)
    title = fields.String()
    message = fields.String()
    data = fields.Dict()
    is_read = fields.Boolean()
    created_at = Moment()


class NoticeRows(Body):
    notifications = fields.List(fields.Nested(NoticeRow))
    unread_count = fields.Integer()
    total = fields.Integer()
    page = fields.Integer()


class ReadAnswer(Body):
    id = IdText()
    is_read = fields.Boolean()


@blp.route("/notifications")
class Notices(MethodView):
    """Notices to the caller."""

    @signed_in
    @blp.arguments(NoticeArgs, location="query")
    @blp.response(200, NoticeRows)
    def get(self, args: dict[str, Any]) -> Any:
        """List my notices, newest first

        `unread_count` counts all that are unread, whatever page is asked for. `data` names what a notice is about.
        """
        rows, total = page_of(notices_of(current_user(), unread_only=args["unread_only"]), args)
        unread = unread_count(session(), current_user())
        return {"notifications": rows, "unread_count": unread, "total": total, "page": args["page"]}


@blp.route("/notifications/<int:notification_id>/read")
class NoticeReading(MethodView):
    """One notice, read."""

    @signed_in
    @blp.response(200, ReadAnswer)
    def post(self, notification_id: int) -> Any:
        """Mark one of my notices as read

        The moment of the first reading stays; reading again changes nothing.
        """
        mark_read(session(), current_user(), notification_id)
        return {"id": notification_id, "is_read": True}
