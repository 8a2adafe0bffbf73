"""Clients that send their requests a byte at a time: real sockets, a real web process with few threads."""

import contextlib
import socket

import pytest

from api.server.slow_clients import GATHER_SECONDS, is_complete_request
from tests.faults.conftest import full_only
from tests.faults.journal import over_http
from tests.waiting import WAIT_LIMIT_SECONDS

#: The smallest number that the settings allow, so that few slow clients could occupy all threads.
THREADS = 4
CLIENTS = 500

HEAD = b"GET /health/live HTTP/1.1\r\nHost: slow\r\nX-Slow: "
BODY = b"POST /leads HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n{"


@contextlib.contextmanager
def slow_clients(port, count):
    """*count* connections; half have sent a part of the head, and half a part of the body."""
    with contextlib.ExitStack() as stack:
        clients = []
        for number in range(count):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            client.sendall((HEAD, BODY)[number % 2])
            clients.append(client)
        yield clients


@pytest.fixture
def web(start_web):
    return start_web(WEB_THREADS=str(THREADS))


def test_slow_clients_hold_no_thread_and_one_that_is_slow_but_whole_is_answered(web):
    request = b"GET /health/live HTTP/1.1\r\nHost: slow\r\nConnection: close\r\n\r\n"
    with slow_clients(web.port, 6 * THREADS):
        assert web.get("/health/live") == 200
        with socket.create_connection(("127.0.0.1", web.port), timeout=WAIT_LIMIT_SECONDS) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request:
                client.sendall(bytes([byte]))
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")


@full_only
def test_slow_clients_hold_up_nobody(web, app, market, people, journal, writing, start_worker, all_is_well):
    """Far more clients than threads send their requests slowly; everybody else can write as usual."""
    with slow_clients(web.port, CLIENTS) as slow:
        with writing(over_http(web.port, timeout=60)):  # an answer that takes longer counts as a refusal
            for client in slow:
                client.sendall(b"a")
        assert journal.turned_away == 0
        for client in slow:
            client.settimeout(GATHER_SECONDS + WAIT_LIMIT_SECONDS)
            assert client.recv(100) == b""  # the server closed the connection without an answer
    start_worker("entities")
    all_is_well()


@pytest.mark.parametrize(
    ("received", "gathered"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\n", False),
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{", False),
        (b"POST / HTTP/1.1\r\ncontent-length:2\r\n\r\n{}", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", True),  # too large to buffer
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", True),  # waits for our 100 Continue
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2", True),
        (b"X-Content-Length: 5\r\nContent-Length: 1\r\n\r\n{", True),  # only the header with exactly that name counts
        (b"a" * (64 * 1024 + 1), True),  # too long for a head: the parser refuses it
    ],
)
def test_a_thread_is_for_requests_that_are_there(received, gathered):
    assert is_complete_request(received) is gathered


pytestmark = pytest.mark.timeout(300)
