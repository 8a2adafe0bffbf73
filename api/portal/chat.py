"""
Chats of the portal: open a chat, list chats and messages, mark as read. The WebSocket is in :mod:`api.portal.socket`.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from flask.views import MethodView
from marshmallow import ValidationError, fields, pre_load, validates_schema
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from api.http.access import bearer_token, current_user, signed_in
from api.http.answered import answered_by
from api.http.blueprint import Blueprint, Body, PageArgs, names_of
from api.http.db import after_commit, session
from api.http.fields import FormWhole, IdNumber, Moment, Text, moment
from api.http.idempotency import ignores_idempotency_key
from api.http.paging import PAGINATION, page_of, pagination
from api.http.services import services
from api.portal.chat_hub import ChatHub, chat_hub
from api.swipe.listing_words import title_of
from models.core.base import LARGEST_ID
from models.core.errors import BusyError, NotSignedInError
from models.deals.chats import (
    MAX_MESSAGE_LENGTH,
    Chat,
    ChatMessage,
    chat_of,
    chats_of,
    mark_chat_read,
    messages_between,
    notify_absent,
    open_chat,
    post_message,
)

blp = Blueprint("chat", __name__, description="Chats of buyers and sellers about a property")

TICKET_SECONDS = 60
MAX_MESSAGES = 100  # in one answer


class ChatBody(Body):
    buyer_id = IdNumber(required=True)
    seller_id = IdNumber(required=True)
    property_id = IdNumber(required=True)


class ChatMade(Body):
    id = fields.Integer()
    buyer_id = fields.Integer()
    seller_id = fields.Integer()
    property_id = fields.Integer()
    created_at = Moment()


class ChatMessageRow(Body):
    id = fields.Integer()
    chat_id = fields.Integer()
    sender_id = fields.Integer()
    message = fields.String()
    created_at = Moment()


class ChatRow(ChatMade):
    property_title = fields.String()
    other_id = fields.Integer(metadata={"description": "The other participant."})
    other_name = fields.String(
        allow_none=True,
        metadata={"description": "A seller sees a buyer's name after the buyer has inquired or written."},
    )
    last_message = fields.Nested(ChatMessageRow, allow_none=True)
    unread_count = fields.Integer()
    my_read_id = fields.Integer(metadata={"description": "The newest message that I have read; 0: none."})
    other_read_id = fields.Integer(metadata={"description": "The newest message that the other has read."})


class MessageArgs(Body):
    """
    Paging in both directions: `after_id` for later messages, `before_id` for earlier ones, `page` backwards from the
    newest.
    """

    after_id = FormWhole(0, LARGEST_ID)
    before_id = FormWhole(1, LARGEST_ID)
    page = FormWhole(1, 1_000_000, load_default=1)
    limit = FormWhole(1, MAX_MESSAGES, load_default=MAX_MESSAGES)

    @validates_schema
    def check_page_or_ids(self, data: dict, **kwargs: Any) -> None:
        if data["page"] > 1 and ("after_id" in data or "before_id" in data):
            raise ValidationError("chat.page_or_ids", "page")


class ChatMessageBody(Body):
    message = Text(MAX_MESSAGE_LENGTH, required=True)
    client_id = Text(
        64,
        metadata={
            "description": "The client's own id of the message; a message that is sent again with it is stored once."
        },
    )

    @pre_load
    def accept_content(self, data: Any, **kwargs: Any) -> Any:
        """Accept `content` as another name of `message`, which many clients use."""
        if isinstance(data, Mapping) and "content" in data and "message" not in data:
            return {"message" if name == "content" else name: value for name, value in data.items()}
        return data


class ReadBody(Body):
    message_id = IdNumber(metadata={"description": "The last message read; by default the last of the chat."})


class ReadPosition(Body):
    my_read_id = fields.Integer()


class Ticket(Body):
    ticket = fields.String()
    expires_in = fields.Integer(metadata={"description": "Seconds."})


@blp.route("/chat/create_chat")
class CreateChat(MethodView):
    """Open a chat."""

    @signed_in
    @answered_by(ChatRow)
    @blp.arguments(ChatBody)
    @blp.response(201, ChatMade)
    @blp.alt_response(200, schema=ChatMade, description="The chat existed already.")
    @blp.alt_response(403, description="The caller is neither buyer nor seller.")
    @blp.alt_response(404, description="There is no such property or user.")
    def post(self, body: dict[str, Any]) -> Any:
        """Open the chat of a buyer and a seller about a property

        The caller is one of the two, and the property is the seller's. Opening an existing chat returns it.
        """
        chat, is_new = open_chat(session(), current_user(), **body)
        return chat, 201 if is_new else 200


@blp.route("/chat/my_chats")
class MyChats(MethodView):
    """List the caller's chats."""

    @signed_in
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, ChatRow(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List my chats, the most recently active first

        With the last message of each, and the number of unread ones.
        """
        rows, total = page_of(chats_of(current_user()), args)
        return [_chat_row(*row) for row in rows], 200, pagination(total, args)


@blp.route("/chat/chat_messages/<int:chat_id>")
class ChatMessages(MethodView):
    """Read and send the messages of a chat."""

    @signed_in
    @blp.arguments(MessageArgs, location="query")
    @blp.response(200, ChatMessageRow(many=True))
    def get(self, args: dict[str, Any], chat_id: int) -> Any:
        """List the messages of one of my chats, oldest first; by default the newest 100

        `after_id` returns later messages, `before_id` earlier ones, `page` goes back from the newest.
        """
        chat = chat_of(session(), current_user(), chat_id)
        page = args.pop("page")
        return messages_between(session(), chat.id, skip=(page - 1) * args["limit"], **args)

    @signed_in
    @blp.arguments(ChatMessageBody)
    @blp.response(201, ChatMessageRow)
    def post(self, body: dict[str, Any], chat_id: int) -> Any:
        """Send a message without a socket

        Open sockets of both sides receive it at once; a user without one gets a notification. Sending the same
        `client_id` again stores nothing.
        """
        chat, stored = post_message(session(), current_user(), chat_id, **body)
        after_commit(lambda: broadcast_message(session(), chat, stored))
        return stored


@blp.route("/chat/chat_messages/<int:chat_id>/read")
class ChatRead(MethodView):
    """Mark a chat as read."""

    @signed_in
    @blp.arguments(ReadBody)
    @blp.response(200, ReadPosition)
    def post(self, body: dict[str, Any], chat_id: int) -> Any:
        """Mark one of my chats as read

        Up to the given message, or all of it. The mark never moves backwards.
        """
        chat = mark_chat_read(session(), current_user(), chat_id, body.get("message_id"))
        return {"my_read_id": chat.read_by(current_user().id)}


@blp.route("/chat/ticket")
class ChatTicket(MethodView):
    """Get a ticket for a WebSocket."""

    @signed_in
    @ignores_idempotency_key
    @blp.response(200, Ticket)
    def post(self) -> Any:
        """Get a ticket for one socket, so that the token need not be in the address

        Valid once, for a minute: open `/chat/ws/{chat_id}?ticket=...` with it. Browsers cannot send headers with a
        WebSocket.
        """
        ticket = secrets.token_urlsafe(24)
        try:
            services().redis.set(_ticket_key(ticket), bearer_token(), ex=TICKET_SECONDS)
        except RedisError:
            raise BusyError("ticket.unavailable", 5) from None
        return {"ticket": ticket, "expires_in": TICKET_SECONDS}


def token_of_ticket(ticket: str) -> str:
    """Exchange a ticket for its token; works once. Raises NotSignedInError."""
    try:
        token = services().redis.getdel(_ticket_key(ticket))
    except RedisError:
        token = None
    if token is None:
        raise NotSignedInError("ticket.wrong")
    return token.decode() if isinstance(token, bytes) else token


def broadcast_message(own_session: Session, chat: Chat, stored: ChatMessage) -> None:
    """
    After a message is committed, notify the sockets of both sides; a user without an open socket gets a notification.
    """
    hub: ChatHub = chat_hub()
    is_there = hub.notify(chat.id, chat.other(stored.sender_id))
    hub.notify(chat.id, stored.sender_id)
    if not is_there:
        notify_absent(own_session, chat, stored)
        own_session.commit()


def frame_of(stored: ChatMessage) -> dict[str, Any]:
    """A message as sockets send it; has `client_id` only if the sender gave one."""
    frame = {
        "id": stored.id,
        "chat_id": stored.chat_id,
        "sender_id": stored.sender_id,
        "message": stored.message,
        "created_at": moment(stored.created_at),
    }
    return frame | ({"client_id": stored.client_id} if stored.client_id else {})


def _chat_row(
    chat: Chat, listing: Any, other_name: str | None, last: ChatMessage | None, unread_count: int
) -> dict[str, Any]:
    me = current_user().id
    other_id = chat.other(me)
    return {name: getattr(chat, name) for name in names_of(ChatMade)} | {
        "property_title": title_of(listing),
        "other_id": other_id,
        "other_name": other_name,
        "last_message": last,
        "unread_count": unread_count,
        "my_read_id": chat.read_by(me),
        "other_read_id": chat.read_by(other_id),
    }


def _ticket_key(ticket: str) -> str:
    # Hashed, so that a reader of Redis cannot use an unused ticket.
    return f"chat:ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
