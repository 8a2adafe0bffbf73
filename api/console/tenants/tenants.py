"""Tenants' pages, and owners' view of tenants: the feed, favourites, inquiries, chats."""

from typing import Any

from flask import Response, jsonify, render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.i18n import OUTCOMES, translate
from api.console.kit.pages import back, listed, page_blueprint, wants_json, wants_part
from api.console.kit.row_ids import id_in
from api.console.kit.score_reasons import render_reasons
from api.exchange.understand import MAX_TEXT
from api.http.db import after_commit, session
from api.http.explanations import explanations_of_pairs
from api.http.shown_lists import count_shown
from api.portal.chat import broadcast_message
from api.swipe.feed import listing_to_show
from models.accounts.notification_groups import mark_group_read, mark_topic_read
from models.accounts.notification_switches import Topic
from models.core.enums import SUPPLY_ROLES, FeedActionKind, InquiryStatus, Side
from models.core.errors import InvalidValueError
from models.deals.chats import (
    MAX_MESSAGE_LENGTH,
    chat_of,
    chats_of,
    mark_chat_read,
    messages_between,
    open_chat,
    post_message,
)
from models.deals.feed import act_in_feed, undo
from models.deals.inquiries import create_inquiry, move_inquiry
from models.deals.inquiry_pages import inquiries_with_listings
from models.market.listings import listing_on_market
from models.market.preferences import preference_of

blp = page_blueprint("tenants")

PER_PAGE = 30
MESSAGES = 100


@blp.get("/console/feed")
@page_for()
def feed() -> str:
    """The best listing on which the user has not acted; without preferences, their form."""
    preference = preference_of(session(), visitor())
    if preference is None and not wants_part():
        return render_template("console/tenants/first.html", longest=MAX_TEXT)
    upcoming = listing_to_show(visitor())
    if upcoming.listing and upcoming.preference and not wants_part():
        count_shown(Side.LEAD, upcoming.preference.id, 1)
    reasons = score = None
    if preference is not None and upcoming.listing is not None:
        explanation = explanations_of_pairs(session(), [preference], [upcoming.listing])[0]
        reasons, score = render_reasons(preference, upcoming.listing, explanation, level=3), explanation.score
    return render_template(
        "console/feed_part.html" if wants_part() else "console/feed.html",
        listing=upcoming.listing,
        price_before=upcoming.price_before,
        preference=preference,
        reasons=reasons,
        score=score,
    )


@blp.post("/console/feed/<int:listing_id>")
@page_for()
def act(listing_id: int) -> Response:
    kind = request.form.get("action", "")
    if kind not in list(FeedActionKind):
        raise InvalidValueError("action", "feed.choose_action")
    listing = listing_on_market(session(), listing_id)
    act_in_feed(session(), visitor(), listing, FeedActionKind(kind), "web")
    outcome = {FeedActionKind.LIKE: "asked", FeedActionKind.FAVORITE: "kept"}.get(FeedActionKind(kind), "disliked")
    return jsonify(message=translate(OUTCOMES[outcome])) if wants_json() else back("/console/feed", outcome)


@blp.post("/console/feed/undo")
@page_for()
def undo_last() -> Response:
    undo(session(), visitor())
    return jsonify(message=translate(OUTCOMES["undone"])) if wants_json() else back("/console/feed", "undone")


@blp.get("/console/inquiries")
@page_for()
def inquiries() -> str:
    """The visitor's inquiries and, for owners, those about their listings."""
    is_owner = visitor().role in SUPPLY_ROLES
    mark_topic_read(session(), visitor(), Topic.INQUIRIES)
    rows, pager = listed(inquiries_with_listings(visitor(), to_me=is_owner), PER_PAGE)
    return render_template(
        "console/inquiries.html",
        rows=rows,
        is_owner=is_owner,
        next_status={InquiryStatus.NEW: InquiryStatus.IN_PROGRESS, InquiryStatus.IN_PROGRESS: InquiryStatus.CLOSED},
        **pager,
    )


@blp.post("/console/inquiries/<int:inquiry_id>")
@page_for()
def move(inquiry_id: int) -> Response:
    status = request.form.get("status", "")
    if status not in list(InquiryStatus):
        raise InvalidValueError("status", "status.choose")
    move_inquiry(session(), visitor(), inquiry_id, InquiryStatus(status))
    return back("/console/inquiries", "moved")


@blp.post("/console/listings/<int:listing_id>/inquire")
@page_for()
def ask(listing_id: int) -> Response:
    create_inquiry(session(), visitor(), listing_on_market(session(), listing_id))
    return back("/console/inquiries", "asked")


@blp.post("/console/listings/<int:listing_id>/chat")
@page_for()
def start_chat(listing_id: int) -> Response:
    """Open the chat about a listing: with its owner or, for the owner, with the tenant in the form."""
    tenant = request.form.get("tenant", "")
    buyer_id = id_in(tenant) or visitor().id
    seller_id = visitor().id if tenant else listing_on_market(session(), listing_id).owner_id
    chat, _ = open_chat(session(), visitor(), buyer_id=buyer_id, seller_id=seller_id, property_id=listing_id)
    return back(f"/console/chats/{chat.id}")


@blp.get("/console/chats")
@page_for()
def chats() -> str:
    rows, pager = listed(chats_of(visitor()), PER_PAGE)
    return render_template(
        "console/chats.html", chats=rows, chat=None, is_owner=visitor().role in SUPPLY_ROLES, **pager
    )


@blp.route("/console/chats/<int:chat_id>", methods=["GET", "POST"])
@page_for()
def chat_page(chat_id: int) -> Response | str:
    """A conversation; opening it marks it as read, and a script polls for new messages.

    Earlier messages are on earlier pages: ``?before=`` the oldest message shown.
    """
    if request.method == "POST":
        return _post_message(chat_id)
    chat = chat_of(session(), visitor(), chat_id)
    before_id = id_in(request.args.get("before", ""))
    messages = messages_between(session(), chat.id, before_id=before_id, limit=MESSAGES)
    shown: dict[str, Any] = {"messages": messages, "chat": chat, "maximum": MESSAGES, "before_id": before_id}
    mark_chat_read(session(), visitor(), chat.id)
    mark_group_read(session(), visitor(), f"chat_id:{chat.id}")
    if wants_part():
        return render_template("console/chat_part.html", **shown)
    rows, pager = listed(chats_of(visitor()), PER_PAGE)
    current = session().execute(chats_of(visitor(), chat.id)).one()
    return render_template("console/chats.html", chats=rows, current=current, **shown, **pager)


def _post_message(chat_id: int) -> Response:
    text = request.form.get("message", "").strip()
    if not text or len(text) > MAX_MESSAGE_LENGTH:
        raise InvalidValueError("message", "message.wrong_length")
    chat, stored = post_message(session(), visitor(), chat_id, text)
    after_commit(lambda: broadcast_message(session(), chat, stored))
    return jsonify(message="") if wants_json() else back(f"/console/chats/{chat_id}")
