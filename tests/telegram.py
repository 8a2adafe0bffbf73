"""
A stand-in for Telegram's server, and the fixture `telegram`, which every test can use (tests/conftest.py).

It implements the part of the Bot API (https://core.telegram.org/bots/api) that our processes use: messages, cards,
buttons, and updates by long polling. As in Telegram, a request with a later offset removes the earlier updates.
"""

import itertools
import json
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.serving import serve_in_thread
from tests.waiting import WAIT_LIMIT_SECONDS

TOKEN = "12345:stand-in"

#: Methods that only query, and send no message to anybody.
ASKING = {"getMe", "getUpdates", "setWebhook", "deleteWebhook"}


class Telegram(ThreadingHTTPServer):
    """
    Accepts messages as Telegram does. The entries of `answers` are used first, in order.

    `messages` are the calls that people would notice: arguments, `path`, and the `message_id` in the answer.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict]] = []
        self.messages: list[dict] = []
        self.arrived = threading.Condition()
        self.webhook: dict = {}
        self._updates: list[dict] = []
        self._numbers = itertools.count(1000)
        self._is_over = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def wait_for(self, count: int) -> list[dict]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.messages) >= count, timeout=WAIT_LIMIT_SECONDS), self.messages
            return list(self.messages)

    def wait_for_call(self, method: str, chat_id: object = None, after: int = 0) -> dict:
        """The first call of *method* (to a chat) after the first *after* messages."""

        def found() -> dict | None:
            return next(
                (
                    each
                    for each in self.messages[after:]
                    if each["path"].endswith(method) and chat_id in (None, each.get("chat_id"))
                ),
                None,
            )

        with self.arrived:
            assert self.arrived.wait_for(found, timeout=WAIT_LIMIT_SECONDS), (method, self.messages)
            return found()

    # -- What people do

    def say(self, person: int, text: str, reply_to: dict | None = None) -> dict:
        """Write to the bot as a person, perhaps in reply to one of its messages; returns the update."""
        message = {"message_id": next(self._numbers), "date": 1, **self._from(person), "text": text}
        if reply_to is not None:
            message["reply_to_message"] = self.shown(person, reply_to)
        return self.tell({"message": message})

    def press(self, person: int, message: dict, words: str) -> dict:
        """Press the button of a message whose label contains *words*; returns the update."""
        rows = message["reply_markup"]["inline_keyboard"]
        [data] = [each["callback_data"] for row in rows for each in row if words in each["text"]]
        query = {"id": str(next(self._numbers)), "chat_instance": "1", "data": data, "from": self._from(person)["from"]}
        return self.tell({"callback_query": query | {"message": self.shown(person, message)}})

    def shown(self, person: int, message: dict) -> dict:
        """A message of the bot in the form that updates contain."""
        words = {name: message[name] for name in ("text", "caption", "reply_markup") if name in message}
        bot = {"id": 12345, "is_bot": True, "first_name": "Leadmatch"}
        return {"message_id": message["message_id"], "date": 1, **self._from(person), "from": bot, **words}

    def tell(self, content: dict) -> dict:
        """Queue an update for the bot."""
        with self.arrived:
            update = {"update_id": next(self._numbers), **content}
            self._updates.append(update)
            self.arrived.notify_all()
        return update

    def _from(self, person: int) -> dict:
        who = {"id": person, "is_bot": False, "first_name": f"P{person}", "language_code": "ru"}
        return {"from": who, "chat": {"id": person, "type": "private", "first_name": f"P{person}"}}

    # -- What the bot asks

    def answer(self, method: str, arguments: dict) -> tuple[int, dict]:
        with self.arrived:
            code, answer = self.answers.pop(0) if self.answers and method not in ASKING else (200, {"ok": True})
            if method not in ASKING and code == 200:
                arguments["message_id"] = arguments.get("message_id", next(self._numbers))
                self.messages.append(arguments)
                self.arrived.notify_all()
        return code, answer if code != 200 else {"ok": True, "result": self._result(method, arguments)}

    def _result(self, method: str, arguments: dict) -> Any:
        if method == "getMe":
            return {"id": 12345, "is_bot": True, "first_name": "Leadmatch", "username": "leadmatch_bot"}
        if method == "getUpdates":
            return self._new_updates(int(arguments.get("offset") or 0), float(arguments.get("timeout") or 0))
        if method in ("setWebhook", "deleteWebhook"):
            self.webhook = arguments if method == "setWebhook" else {}
            return True
        if method == "answerCallbackQuery":
            return True
        chat = {"id": int(arguments.get("chat_id") or 0), "type": "private"}
        return {"message_id": int(arguments["message_id"]), "date": 1, "chat": chat}

    def _new_updates(self, offset: int, seconds: float) -> list[dict]:
        with self.arrived:
            self._updates = [each for each in self._updates if each["update_id"] >= offset]
            self.arrived.wait_for(lambda: self._updates or self._is_over, timeout=seconds)
            return list(self._updates)

    def end(self) -> None:
        """End the requests that wait for updates."""
        with self.arrived:
            self._is_over = True
            self.arrived.notify_all()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        arguments = _arguments(self.headers.get("Content-Type", ""), body) | {"path": self.path}
        code, answer = self.server.answer(self.path.rpartition("/")[2], arguments)
        content = json.dumps(answer).encode()
        try:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            pass  # the bot was killed while it waited

    def log_message(self, *_: object) -> None:
        pass


def _arguments(kind: str, body: bytes) -> dict:
    header = Message()
    header["Content-Type"] = kind
    if header.get_content_type() == "application/json":
        return json.loads(body)
    return {name: _value(text) for name, text in parse_qsl(body.decode(), keep_blank_values=True)}


def _value(text: str) -> Any:
    """In forms, objects are JSON and all other values are text."""
    return json.loads(text) if text[:1] in ("{", "[") else text


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram() as server:
        serve_in_thread(server)
        yield server
        server.end()
        server.shutdown()
