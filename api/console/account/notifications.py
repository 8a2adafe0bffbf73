"""Notifications: the page, the count in the header, the stream of changes, marking as read."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import cast

from flask import Response, jsonify, redirect, render_template, request
from redis.exceptions import RedisError
from sqlalchemy import select

from api.console.kit.access import SESSION_COOKIE, page_for, public_page, visitor
from api.console.kit.i18n import language
from api.console.kit.pages import back, badges_of, listed, page_blueprint, wants_part
from api.http import live_updates
from api.http.db import after_commit, end_session, session
from api.http.deprecation import day, deprecated
from api.http.long_lived import PAGE
from api.http.services import services
from api.portal.chat_hub import chat_hub
from models.accounts.notification_groups import (
    group_key,
    groups_of,
    groups_with_notifications,
    mark_group_read,
    unread_of,
)
from models.accounts.notifications import Notification, NotificationType, mark_all_read, mark_read, notifications_of
from models.accounts.tokens import user_of_token
from models.core.enums import ADVERTISING_ROLES
from models.core.errors import NotSignedInError
from models.deals.inquiries import Inquiry
from models.deals.notification_names import names_of
from models.leadgen.events import CHANGED
from models.translations.notifications import describe_notification

blp = page_blueprint("notifications")

PER_PAGE = 30
#: How long the request for a stream may have been on its way, and the clocks of the browser and Redis may disagree.
SLOWEST_REQUEST_MS = 10_000


@blp.get("/console/notifications")
@page_for()
def all_notifications() -> str:
    rows, pager = listed(groups_of(visitor()), PER_PAGE)
    groups = groups_with_notifications(session(), visitor(), rows)
    names = names_of(session(), [each for group in groups for each in group.notifications])
    name = "console/account/notifications_part.html" if wants_part() else "console/account/notifications.html"
    return render_template(
        name, groups=groups, render=lambda row: describe_notification(language(), row, names[row.id]), **pager
    )


@blp.get("/console/notifications/count")
@page_for()
def count() -> Response:
    """The number of unread notifications and the newest of them, for the header."""
    topics = unread_of(session(), visitor()).by_topic
    newest = session().scalars(notifications_of(visitor(), unread_only=True).limit(1)).first() if topics else None
    return jsonify(
        unread=sum(topics.values()),
        badges=badges_of(topics),
        id=newest and str(newest.id),
        title=newest and _in_one_line(newest),
        page=newest and page_of_notification(newest),
    )


@blp.get("/console/notifications/stream")
@page_for()
def stream() -> Response:
    """A server-sent event for each change of notifications, or of lead generation's figures with ``?of=leadgen``.

    If no slot is free, or Redis is unavailable, the answer is 204: an EventSource then stops, and the script polls
    every few seconds.

    A stream begins with an event for each channel, as if it had been signalled. With ``?age=``, the milliseconds since
    the page was requested, only those channels have one that were signalled since.
    """
    channels = [live_updates.of_user(visitor().id)]
    if request.args.get("of") == "leadgen" and visitor().role in ADVERTISING_ROLES:
        channels.append(CHANGED)
    token, sessions = request.cookies.get(SESSION_COOKIE, ""), services().reading_sessions
    secret, is_of_leadgen = services().settings.secret_key, CHANGED in channels

    def is_still_authorized() -> bool:
        with sessions() as session:
            try:
                user = user_of_token(session, token, secret)
            except NotSignedInError:
                return False
            return user.role in ADVERTISING_ROLES or not is_of_leadgen

    end_session()  # a stream lives for minutes and does not need the database
    connections = services().long_lived
    if not connections.acquire(PAGE):
        return Response(status=204)
    hub = chat_hub()
    signals = live_updates.signals(
        services().settings.redis_url, channels, lambda: hub.is_closing, missed_ms=_missed_ms()
    )
    try:
        first = next(signals)  # before the answer begins, so that an unavailable Redis causes no broken stream
    except RedisError:
        connections.release(PAGE)
        return Response(status=204)
    except BaseException:
        connections.release(PAGE)
        raise
    response = Response(_events(first, signals, is_still_authorized), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # otherwise nginx would buffer events
    response.call_on_close(signals.close)
    response.call_on_close(lambda: connections.release(PAGE))  # the server closes the answer whether or not it was read
    return response


@blp.route("/console/notices", defaults={"rest": ""}, methods=["GET", "POST"])
@blp.route("/console/notices/<path:rest>", methods=["GET", "POST"])
@public_page
@deprecated(day(2026, 12, 1), instead="/console/notifications")
def former_address(rest: str) -> Response:
    """The address before release 0.2, which pages that are still open use; remove it with 0.3."""
    path = f"/console/notifications/{rest}" if rest else "/console/notifications"
    query = request.query_string.decode()
    return cast(Response, redirect(f"{path}?{query}" if query else path, HTTPStatus.PERMANENT_REDIRECT))


@blp.post("/console/notifications/<int:notification_id>/read")
@page_for()
def read(notification_id: int) -> Response:
    """Mark a notification, and those grouped with it, as read and go to its subject."""
    mark_read(session(), visitor(), notification_id)
    notification = session().get_one(Notification, notification_id)
    key = session().scalars(select(group_key()).where(Notification.id == notification_id)).one()
    mark_group_read(session(), visitor(), key)
    _notify_after_commit()
    return back(page_of_notification(notification))


@blp.get("/console/notifications/<int:notification_id>")
@page_for()
def open_one(notification_id: int) -> Response:
    """The target of links in messages; does the same as the notification's button."""
    return read(notification_id)


@blp.post("/console/notifications/read")
@page_for()
def read_all() -> Response:
    mark_all_read(session(), visitor())
    _notify_after_commit()
    return back("/console/notifications", "read")


def page_of_notification(notification: Notification) -> str:
    """The page of a notification's subject."""
    if "chat_id" in notification.data:
        return f"/console/chats/{notification.data['chat_id']}"
    if notification.type is NotificationType.AGENCY_NEWS:
        return "/console/team"
    if notification.type is NotificationType.REASSIGNED:
        of_leads = str((notification.facts or {}).get("variant")).startswith("lead")
        return "/console/leads" if of_leads else "/console/properties"
    if "task_id" in notification.data:
        return f"/console/leads/{notification.data['lead_id']}/tasks"
    if notification.type is NotificationType.NEW_RECOMMENDATIONS:
        return f"/console/leads/{notification.data['lead_id']}"
    if notification.type is NotificationType.RECOMMENDATION_DIGEST:
        return "/console/leads"
    if "match_id" in notification.data:
        return f"/console/matches/{notification.data['match_id']}"
    if "selection_id" in notification.data:
        return f"/console/leads/{notification.data['lead_id']}/selections"
    if "search_id" in notification.data:
        return f"/console/searches/{notification.data['search_id']}"
    if "request_id" in notification.data:
        return f"/console/requests/{notification.data['request_id']}"
    inquiry_id = notification.data.get("inquiry_id")
    if notification.type is NotificationType.NEW_INQUIRY and session().get(Inquiry, inquiry_id) is not None:
        return f"/console/owner/inquiries/{inquiry_id}"  # an undone like has also deleted its inquiry
    return "/console/inquiries" if "inquiry_id" in notification.data else "/console/notifications"


def _in_one_line(notification: Notification) -> str:
    """The text of a toast; the message alone names its subject."""
    names = names_of(session(), [notification])[notification.id]
    title, message = describe_notification(language(), notification, names)
    return f"{title}. {message}"


def _notify_after_commit() -> None:
    """Update the count in the reader's other tabs after the commit."""
    user_id = visitor().id
    after_commit(lambda: live_updates.notify(services().redis, live_updates.of_user(user_id)))


def _events(first: str | None, signals: Iterator[str | None], is_still_authorized: Callable[[], bool]) -> Iterator[str]:
    """https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"""
    yield _event(first)
    try:
        for channel in signals:
            if not is_still_authorized():
                return  # the reader reconnects and is sent to the sign-in page
            yield _event(channel)
    except RedisError:
        return  # the reader reconnects and gets the error


def _missed_ms() -> int | None:
    """The time in which the page can have missed a signal; None: unknown."""
    age = request.args.get("age", "")
    return int(age) + SLOWEST_REQUEST_MS if age.isascii() and age.isdigit() and len(age) < 10 else None


def _event(channel: str | None) -> str:
    """`change`: lead generation's figures have changed; `look`: the reader's notifications have; None: no event."""
    if channel is None:
        return ": alive\n\n"
    return f"event: {'change' if channel == CHANGED else 'look'}\ndata: now\n\n"
