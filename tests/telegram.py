"""A stand-in for Telegram's server, and the fixture `telegram`, which every test can have (tests/conftest.py)."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.waiting import PATIENCE_SECONDS

TOKEN = "12345:stand-in"


class Telegram(ThreadingHTTPServer):
    """Takes messages as Telegram does; `answers` are given first, in order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict]] = []
        self.messages: list[dict] = []
        self.arrived = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def wait_for(self, count: int) -> list[dict]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.messages) >= count, timeout=PATIENCE_SECONDS)
            return list(self.messages)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.arrived:
            code, answer = self.server.answers.pop(0) if self.server.answers else (200, {"ok": True})
            if code == 200:
                self.server.messages.append(body | {"path": self.path})
            self.server.arrived.notify_all()
        content = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
