"""The chat's WebSocket.

    client -> {"message": "text", "client_id"?: "..."}    say something
    client -> {"read": 17}                                I have read up to message 17
    server -> {"id", "chat_id", "sender_id", "message", "created_at"}     to both sides, in order, once each
    server -> {"error": {"code": 400, "message": "..."}}  a frame was not understood; the socket stays open

The token comes as `?token=` (with "Bearer" before it or without), in the Authorization header, or as a one-use
`?ticket=` (POST /chat/ticket). With `?after_id=17` the socket begins with all messages after 17, otherwise with the
next new message. Callers without access are refused at the handshake. If the user is deactivated later, the socket is
closed with 1008.

A socket holds one thread for as long as it is open, and a database connection only while it reads or writes.
"""

import contextlib
import json
import re
import socket
import time
from typing import Any

from flask import request
from flask_sock import Sock
from marshmallow import ValidationError
from simple_websocket import ConnectionClosed, Server
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.http.access import bearer_token, current_user, proved_by
from api.http.blueprint import Body
from api.http.db import end_session, session
from api.http.fields import IdNumber
from api.http.language import message_of
from api.http.request_state import current
from api.http.services import services
from api.http.transaction import send_notifications
from api.portal.chat import ChatMessageBody, blp, broadcast_message, frame_of, token_of_ticket
from api.portal.chat_hub import FALLBACK_POLL_SECONDS, ChatHub, Connection, chat_hub
from models.accounts.tokens import user_of_token
from models.core.base import LARGEST_ID
from models.core.errors import DomainError, Fault, InvalidValueError, NotFoundError, NotSignedInError, TooManyError
from models.deals.chats import chat_of, mark_chat_read, messages_between, post_message
from models.translations.catalogue import describe_error

sock = Sock()

PING_SECONDS = 25
LARGEST_FRAME = 64 << 10  # bytes: the longest message with every character escaped
#: A socket without messages in either direction for this long is closed; the client reconnects with after_id.
IDLE_SECONDS = 30 * 60
#: The maximum number of unread frames; a client that sends faster than the server stores is disconnected.
MAX_WAITING = 500
BATCH = 100
#: A client that acknowledges nothing for this long counts as gone (TCP_USER_TIMEOUT, in ms), which ends a blocked send.
SEND_TIMEOUT_MS = 30_000

SERVER_OPTIONS = {"ping_interval": PING_SECONDS, "max_message_size": LARGEST_FRAME}

GOING_AWAY, POLICY_VIOLATION, TRY_AGAIN_LATER = 1001, 1008, 1013  # RFC 6455, section 7.4.1; 1013 by IANA

_WAKE_UP = object()


class ReadFrame(Body):
    read = IdNumber(required=True)


def check_participant() -> None:
    """At the handshake: check that the caller is one of the chat's two users and that one more socket is allowed."""
    token = _token()
    user = current().user = user_of_token(session(), token, services().settings.secret_key)
    current().chat_token = token
    chat_id = (request.view_args or {})["chat_id"]
    if chat_id > LARGEST_ID:
        raise NotFoundError("chat")
    chat, after_id = chat_of(session(), user, chat_id), _after_id()
    current().after_id = chat.last_message_id if after_id is None else after_id
    chat_hub().check_room(user.id)


@sock.route("/chat/ws/<int:chat_id>", bp=blp)
@proved_by(check_participant, name="buyer or seller of the chat", scheme="token")
@blp.doc(
    parameters=[
        {"in": "query", "name": "token", "schema": {"type": "string"}, "description": "Instead of the header."},
        {"in": "query", "name": "ticket", "schema": {"type": "string"}, "description": "From POST /chat/ticket."},
        {
            "in": "query",
            "name": "after_id",
            "schema": {"type": "integer", "minimum": 0, "maximum": LARGEST_ID},
            "description": "Begin after this message; by default with the next new message.",
        },
    ],
    responses={
        101: {"description": "The socket is open: one JSON object per frame, in both directions."},
        426: {"$ref": "#/components/responses/UPGRADE_REQUIRED"},
        429: {"description": "Too many chats are open, of this user or in total."},
    },
)
def chat_socket(ws: Server, chat_id: int) -> None:
    """Exchange messages in one of my chats, over a WebSocket

    Send `{"message": "text"}` to send a message and `{"read": 17}` to mark messages as read up to this id. Messages of
    either side are sent to both, in the format of `/chat/chat_messages`. A socket is closed with 1001 when its server
    stops or after a long time without messages: reconnect with `after_id`. It is closed with 1008 when the token is
    void.
    """
    chat_session = ChatSession(ws, chat_id, current_user().id, current().chat_token, current().after_id)
    end_session()  # the handshake's connection: a socket lives for hours
    _give_up_on_silent_peers(ws)
    hub: ChatHub = chat_hub()
    try:
        hub.join(chat_session.connection)
    except TooManyError as error:
        ws.close(TRY_AGAIN_LATER, describe_error("en", error))
        return
    try:
        chat_session.run(hub)
    except NotSignedInError as error:
        ws.close(POLICY_VIOLATION, describe_error("en", error)[:100])
    except (DBAPIError, PoolTimeoutError):
        ws.close(TRY_AGAIN_LATER, "The database is away; come back with after_id.")
    finally:
        hub.leave(chat_session.connection)


class ChatSession:
    """One open socket. Only its own thread sends; other threads wake it."""

    def __init__(self, ws: Server, chat_id: int, user_id: int, token: str, sent_id: int) -> None:
        self.connection = Connection(chat_id, user_id, self._wake)
        self._chat_id = chat_id
        self._ws = ws
        self._token = token
        self._sent_id = sent_id  #: The newest message that this socket has sent.
        self._is_woken = False
        self._last_activity = time.monotonic()

    def _wake(self) -> None:
        """Wake the socket's thread to check for messages; can be called from any thread."""
        if not self._is_woken:  # one check finds all messages; a second queued one would find none
            self._is_woken = True
            # simple-websocket cannot end a wait from another thread, so a marker is put among the received frames.
            self._ws.input_buffer.append(_WAKE_UP)
            self._ws.event.set()

    def run(self, hub: ChatHub) -> None:
        """Serve the socket until the client disconnects or is idle, or the process stops."""
        self._deliver()
        while not hub.is_closing:
            frame = self._ws.receive(timeout=PING_SECONDS if hub.is_subscribed else FALLBACK_POLL_SECONDS)
            if frame is _WAKE_UP or frame is None:
                self._is_woken = False
                self._deliver()
                if time.monotonic() - self._last_activity > IDLE_SECONDS:
                    self._ws.close(message="idle")
                    return
            elif len(self._ws.input_buffer) > MAX_WAITING:
                self._ws.close(POLICY_VIOLATION, "too fast")
                return
            else:
                self._last_activity = time.monotonic()
                self._receive(frame)
        self._ws.close(GOING_AWAY, "come back with after_id")

    def _deliver(self) -> None:
        """Send all messages that this socket has not sent yet, oldest first."""
        while True:
            with services().sessions() as own:
                # Checked each time, because the token may have been revoked, or its user deactivated, since the last
                # message.
                self._user(own)
                news = messages_between(own, self._chat_id, after_id=self._sent_id, limit=BATCH)
            for stored in news:
                self._send(frame_of(stored))
                self._sent_id = stored.id
                self._last_activity = time.monotonic()
            if len(news) < BATCH:
                return

    def _receive(self, frame: str | bytes) -> None:
        try:
            content = _content(frame)
            with services().sessions() as own:
                if "read" in content:
                    mark_chat_read(own, self._user(own), self._chat_id, content["read"])
                    own.commit()
                    return
                chat, stored = post_message(own, self._user(own), self._chat_id, **content)
                own.commit()
                broadcast_message(own, chat, stored)
                send_notifications(own)
        except NotSignedInError:
            raise
        except DomainError as error:
            self._send({"error": {"code": 400, "message": message_of(error), "error_code": error.code}})

    def _user(self, own: Any) -> Any:
        return user_of_token(own, self._token, services().settings.secret_key)

    def _send(self, content: dict) -> None:
        try:
            self._ws.send(json.dumps(content, ensure_ascii=False))
        except OSError:  # the client has disconnected without closing
            raise ConnectionClosed(None, None) from None


def _content(frame: str | bytes) -> dict[str, Any]:
    """The content of a frame; raises InvalidValueError."""
    try:
        raw = json.loads(frame)
    except (ValueError, RecursionError):
        raise InvalidValueError("frame", "chat.send_json") from None
    if not isinstance(raw, dict):
        raise InvalidValueError("frame", "chat.send_object")
    try:
        return (ReadFrame() if "read" in raw else ChatMessageBody()).load(raw)
    except ValidationError as error:
        field, reasons = next(iter(error.normalized_messages().items()))
        fault = reasons[0] if isinstance(reasons, list) else Fault(str(reasons))
        raise InvalidValueError(field, fault) from None


def _token() -> str:
    """The token of a handshake; raises NotSignedInError."""
    if "token" in request.args:
        # The contract describes the parameter as "Bearer token".
        return re.sub("^bearer ", "", request.args["token"], flags=re.IGNORECASE)
    return token_of_ticket(request.args["ticket"]) if "ticket" in request.args else bearer_token()


def _after_id() -> int | None:
    raw = request.args.get("after_id")
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 19 and int(raw) <= LARGEST_ID):
        raise InvalidValueError("after_id", "value.not_id")
    return int(raw)


def _give_up_on_silent_peers(ws: Server) -> None:
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere only pings detect such clients
        with contextlib.suppress(OSError):
            ws.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SEND_TIMEOUT_MS)
