"""A host that a user names cannot block a worker for long, and the connection goes to the address that was checked."""

import socket
import threading
from collections.abc import Iterator

import pytest

from models.webhooks.tables import DeliveryError
from tests.resolver import replace_in_this_thread, resolve_with
from tests.sites import Site
from worker.jobs import rates
from worker.jobs.fetch import Limits, fetch_feed
from worker.jobs.guarded_connections import FetchError
from worker.jobs.photos import PhotoError, _fetched
from worker.jobs.webhooks import post

OK = b"HTTP/1.1 200 OK\r\n"
#: The part that is sent at once, and the one that is then sent byte by byte, repeatedly.
SLOW_ANSWERS = {
    "the status": (b"HTTP/1.1 200 ", b"O"),
    "a field of the head": (OK + b"X-Long: ", b"a"),
    "fields of the head": (OK, b"A: b\r\n"),
    "answers that are not the last": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body of a known length": (OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "a part's length": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "parts": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "fields behind the body": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
}


@pytest.fixture
def dripping() -> Iterator:
    """``dripping(first, again)`` returns the port of a server that answers in this way."""
    closing, listeners = threading.Event(), []

    def start(first: bytes, again: bytes) -> int:
        listeners.append(socket.create_server(("127.0.0.1", 0)))

        def serve(listener: socket.socket) -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                try:
                    connection.sendall(first)
                    while not closing.wait(0.02):
                        for letter in again:
                            connection.sendall(bytes([letter]))
                except OSError:
                    return

        threading.Thread(target=serve, args=listeners[-1:], daemon=True).start()
        return listeners[-1].getsockname()[1]

    yield start
    closing.set()
    for listener in listeners:
        listener.close()


def fetch_bank_table(monkeypatch, url: str) -> None:
    monkeypatch.setattr(rates, "TOTAL_SECONDS", 0.4)
    rates.fetch_table(url, frozenset({"127.0.0.1"}))


@pytest.mark.parametrize("is_table", [False, True], ids=["feed", "table"])
@pytest.mark.parametrize("drip", SLOW_ANSWERS)
def test_a_fetch_ends_in_time_whichever_part_of_the_answer_is_slow(dripping, tmp_path, monkeypatch, drip, is_table):
    url = f"http://127.0.0.1:{dripping(*SLOW_ANSWERS[drip])}/"
    with pytest.raises(FetchError, match="fetch.took_too_long|fetch.cut_off"):  # the answer never ends
        if is_table:
            fetch_bank_table(monkeypatch, url)
        else:
            fetch_feed(url, tmp_path / "feed", Limits(seconds=0.4, allow_private=True))


def test_redirects_and_their_answers_share_one_time(tmp_path):
    site = Site()

    def later(_headers: object) -> tuple:
        site.closing.wait(0.2)
        return 302, {"Location": "/feed.xml"}, b""

    site.answers["/feed.xml"] = later
    with pytest.raises(FetchError, match="fetch.took_too_long"):
        fetch_feed(site.url(), tmp_path / "feed", Limits(seconds=0.5, allow_private=True))
    site.close()


#: The resolver's answers to the first query, the second, ...
REBINDINGS = {
    "public, then private": (["93.184.216.34"], ["127.0.0.1"]),
    "both at once": (["93.184.216.34", "127.0.0.1"],),
    "private first": (["127.0.0.1", "93.184.216.34"],),
    "hidden in IPv6": (["::ffff:127.0.0.1"],),
    "hidden in NAT64": (["64:ff9b::7f00:1"],),
    "this network": (["0.0.0.0"],),
}


URL = "http://rebinding.example/"


def feed(folder, _settings):
    with pytest.raises(FetchError):
        fetch_feed(URL, folder / "feed", Limits())


def photo(_folder, settings):
    with pytest.raises(PhotoError):
        _fetched(URL, settings)


def webhook(_folder, _settings):
    error = post(URL, {}, b"{}", allow_private=False).error
    assert error in (DeliveryError.PRIVATE_ADDRESS, DeliveryError.UNREACHABLE)


def rates_after_a_redirect(_folder, _settings):
    with pytest.raises(FetchError):
        rates.fetch_table(URL, frozenset({"bank.example"}))


@pytest.mark.parametrize("door", [feed, photo, webhook, rates_after_a_redirect])
@pytest.mark.parametrize("answers", REBINDINGS.values(), ids=REBINDINGS)
def test_a_connection_goes_where_the_check_has_looked(tmp_path, monkeypatch, settings, answers, door):
    """The resolver changes its answer between two queries; no connection reaches a private address."""
    reached, questions = [], []

    def resolve(host, port, *_args, **_options):
        questions.append(host)
        now = answers[min(len(questions), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 80)) for each in now]

    def connect(address, *_args, **_options):
        reached.append(address[0])
        raise ConnectionRefusedError

    resolve_with(monkeypatch, resolve)
    replace_in_this_thread(monkeypatch, socket, "create_connection", connect)
    for _ in range(2):
        door(tmp_path, settings)

    assert questions == ["rebinding.example"] * 2  # one for each connection
    assert set(reached) <= {"93.184.216.34"}
