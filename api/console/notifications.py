"""Notices: the page, the number on the bell and the stream that says when it changes, marking as read."""

from collections.abc import Iterator

from flask import Response, jsonify, render_template, request
from redis.exceptions import RedisError

from api.console.access import page_for, visitor
from api.console.i18n import language
from api.console.pages import back, listed, page_blueprint
from api.http import live_updates
from api.http.db import after_commit, end_session, session
from api.http.long_lived import PAGE
from api.http.services import services
from api.portal.chat_hub import chat_hub
from models.accounts.notifications import NoticeType, Notification, mark_all_read, mark_read, notices_of, unread_count
from models.core.enums import Role
from models.leadgen.events import CHANGED

blp = page_blueprint("notices")

#: How a notice reads in English; the stored words are Russian.
ENGLISH = {
    NoticeType.NEW_MATCH: ("A new match", "Both sides are interested. Agree on the commission to open contacts."),
    NoticeType.CONTACT_SHARED: ("Contacts are open", "The commission is agreed; you see how to reach the other side."),
    NoticeType.NEW_INQUIRY: ("A new inquiry", "Somebody is interested in your listing."),
    NoticeType.INQUIRY_STATUS: ("Your inquiry has moved on", "Its owner has changed the status."),
    NoticeType.NEW_MESSAGE: ("A new message", "Somebody has written to you."),
    NoticeType.NEW_OFFER: ("A new offer for your request", "A property that suits you has come to the market."),
    NoticeType.NEW_LIKE: ("Somebody is interested", "Another realtor likes a pair of yours. Look at it and answer."),
    NoticeType.DEAL_COMPLETED: (
        "The deal is done",
        "The other side says that the deal is done: lead and property are off the market. If it is not, object within "
        "a week, and everything comes back.",
    ),
    NoticeType.DEAL_UNDONE: (
        "The deal is not done",
        "The other side says that the deal is not done: everything is as it was.",
    ),
    NoticeType.MATCH_CLOSED: ("A match is closed", "Another deal took the other side of it off the market."),
    NoticeType.MATCH_REOPENED: ("A match is open again", "The other deal was undone; everything is as it was."),
}

PER_PAGE = 30


@blp.get("/console/notices")
@page_for()
def all_notices() -> str:
    rows, pager = listed(notices_of(visitor()), PER_PAGE)
    return render_template("console/notices.html", notices=[(row, *_words(row)) for row in rows], **pager)


@blp.get("/console/notices/count")
@page_for()
def count() -> Response:
    """How many are unread, and the newest of them: what the bell shows."""
    unread = unread_count(session(), visitor())
    newest = session().scalars(notices_of(visitor(), unread_only=True).limit(1)).first() if unread else None
    return jsonify(unread=unread, id=newest and str(newest.id), title=newest and _words(newest)[0])


@blp.get("/console/notices/stream")
@page_for()
def stream() -> Response:
    """
    A server-sent event whenever the page had better look: for notices, and with ``?of=leadgen`` at its own figures.

    Where no seat is free, or Redis is away, the answer is 204: an EventSource then gives up without a word, and the
    script asks every few seconds.
    """
    channels = [live_updates.of_user(visitor().id)]
    if request.args.get("of") == "leadgen" and visitor().role is Role.ADMIN:
        channels.append(CHANGED)
    end_session()  # a stream lives for minutes, and needs nothing of the database
    places = services().long_lived
    if not places.take(PAGE):
        return Response(status=204)
    board = chat_hub()
    rings = live_updates.rings(services().settings.redis_url, channels, lambda: board.is_closing)
    try:
        first = next(rings)  # before the answer begins, so that a Redis that is away is no stream that breaks off
    except RedisError:
        places.give_back(PAGE)
        return Response(status=204)
    except BaseException:
        places.give_back(PAGE)
        raise
    response = Response(_events(first, rings), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would gather events otherwise
    response.call_on_close(rings.close)
    response.call_on_close(lambda: places.give_back(PAGE))  # the server closes the answer whether or not it was read
    return response


@blp.post("/console/notices/<int:notice_id>/read")
@page_for()
def read(notice_id: int) -> Response:
    """Mark one as read and go to what it is about."""
    mark_read(session(), visitor(), notice_id)
    _ring_after_commit()
    notice = session().get_one(Notification, notice_id)
    return back(place_of_notice(notice))


@blp.post("/console/notices/read")
@page_for()
def read_all() -> Response:
    mark_all_read(session(), visitor())
    _ring_after_commit()
    return back("/console/notices", "read")


def place_of_notice(notice: Notification) -> str:
    """The page that a notice is about."""
    if "chat_id" in notice.data:
        return f"/console/chats/{notice.data['chat_id']}"
    if "match_id" in notice.data:
        return f"/console/matches/{notice.data['match_id']}"
    return "/console/inquiries" if "inquiry_id" in notice.data else "/console/notices"


def _ring_after_commit() -> None:
    """The reader's other tabs show the smaller number too."""
    user_id = visitor().id
    after_commit(lambda: live_updates.notify(services().redis, live_updates.of_user(user_id)))


def _events(first: str | None, rings: Iterator[str | None]) -> Iterator[str]:
    """https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"""
    yield f"retry: 1000\n{_event(first)}"
    try:
        for channel in rings:
            yield _event(channel) if channel else ": alive\n\n"
    except RedisError:
        return  # the reader comes back and finds out


def _event(channel: str | None) -> str:
    """`change`: what lead generation shows has changed; `look`: there is something about the reader's notices."""
    return f"event: {'change' if channel == CHANGED else 'look'}\ndata: now\n\n"


def _words(notice: Notification) -> tuple[str, str]:
    """Title and message in the page's language."""
    stored = (notice.title, notice.message)
    return stored if language() == "ru" else ENGLISH.get(notice.type, stored)
