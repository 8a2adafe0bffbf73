"""A webhook request has a time limit, and never goes into a private network."""

import socket
import threading
from datetime import timedelta

import pytest

from models.webhooks.tables import DeliveryError
from tests.receivers import Receiver
from worker.jobs.webhooks import post


@pytest.fixture
def receiver():
    receiver_ = Receiver()
    yield receiver_
    receiver_.close()


def test_a_slow_receiver_is_left_after_a_bounded_time_even_if_it_drips():
    closing = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 60_000:
                    connection.sendall(bytes([letter]))
                    if closing.wait(0.02):
                        return
            except OSError:
                return

    threading.Thread(target=drip, daemon=True).start()
    outcome = post(f"http://127.0.0.1:{listener.getsockname()[1]}/", {}, b"{}", allow_private=True, seconds=0.3)
    closing.set()
    listener.close()

    assert outcome.error is DeliveryError.TIMEOUT  # and did not wait for the answer, which takes twenty minutes


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1"])
def test_nothing_is_sent_into_a_private_network(receiver, host):
    outcome = post(f"http://{host}:{receiver.port}/hook", {}, b"{}", allow_private=False)

    assert outcome.error is DeliveryError.PRIVATE_ADDRESS
    assert receiver.got == []


@pytest.mark.parametrize("path", ["/приём?город=Алматы", "/a b", "/[1]|{2}", "/%D0%B0"])
def test_an_address_in_any_letters_is_sent_to(receiver, path):
    outcome = post(receiver.url(path), {}, b"{}", allow_private=True)

    assert (outcome.status, outcome.error) == (200, None)
    assert receiver.got[0].path.isascii()


@pytest.mark.parametrize("host", ["нет.такого.пример", "\u200b.com", "а..рф", "ж" * 80 + ".рф"])
def test_a_name_in_other_letters_that_no_host_has_is_no_host(host):
    outcome = post(f"http://{host}/hook", {}, b"{}", allow_private=True)

    assert outcome.error is DeliveryError.NO_HOST


@pytest.mark.parametrize(
    ("wait", "pause"),
    [("9" * 5000, timedelta(days=1)), ("Mon, 01 Jan 99999999999 00:00:00 GMT", None), ("\xe9", None)],
)
def test_the_wait_that_a_receiver_requests_is_limited(receiver, wait, pause):
    receiver.answer = lambda request: (503, {"Retry-After": wait})

    outcome = post(receiver.url(), {}, b"{}", allow_private=True)

    assert (outcome.status, outcome.pause) == (503, pause)
