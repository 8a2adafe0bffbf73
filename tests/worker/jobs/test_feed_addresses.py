"""Addresses of feeds as people write them and as servers redirect to them: in any script, or missing."""

import socket

import pytest

from tests.resolver import resolve_with
from tests.sites import Site
from worker.jobs.fetch import FetchError, Limits, fetch_feed

OPEN = Limits(allow_private=True)
FEED = b"<realty-feed/>"


@pytest.fixture
def site():
    server = Site()
    yield server
    server.close()


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/фиды/яндекс.xml", "/%D1%84%D0%B8%D0%B4%D1%8B/%D1%8F%D0%BD%D0%B4%D0%B5%D0%BA%D1%81.xml"),
        ("/feed.xml?город=Аул&a=%20", "/feed.xml?%D0%B3%D0%BE%D1%80%D0%BE%D0%B4=%D0%90%D1%83%D0%BB&a=%20"),
        ("/a%2Fb/[1]|x.xml?q={2}", "/a%2Fb/%5B1%5D%7Cx.xml?q=%7B2%7D"),
        ("/x#часть", "/x"),
    ],
)  # fmt: skip
def test_an_address_is_requested_as_browsers_request_it(site, tmp_path, path, sent):
    site.put(FEED, sent)

    assert fetch_feed(site.url(path), tmp_path / "feed", OPEN).path.read_bytes() == FEED
    assert [requested for requested, _ in site.requests] == [sent]


@pytest.mark.parametrize(
    ("host", "ascii_name"),
    [("фиды.пример.рф", "xn--d1ah9a4a.xn--e1afmkfd.xn--p1ai"), ("Bücher.example", "xn--bcher-kva.example"),
     ("қала.қаз", "xn--80aa6a83a.xn--80ao21a")],
)  # fmt: skip
def test_a_host_with_a_name_in_other_letters_is_reached(site, tmp_path, monkeypatch, host, ascii_name):
    real = socket.getaddrinfo
    resolved = []

    def resolve(name, port, *args, **kwargs):
        resolved.append(name.decode() if isinstance(name, bytes) else name)
        return real("127.0.0.1", port, *args, **kwargs)

    resolve_with(monkeypatch, resolve)
    site.put(FEED)

    assert fetch_feed(site.url(host=host), tmp_path / "feed", OPEN).path.read_bytes() == FEED
    assert resolved[0].lower() == ascii_name
    assert site.requests[0][1]["Host"].lower() == f"{ascii_name}:{site.port}"


@pytest.mark.parametrize("host", ["\u200b.com", "а..рф", "ж" * 80 + ".рф"])
def test_a_name_that_no_host_can_have_is_no_host(tmp_path, host):
    with pytest.raises(FetchError, match="fetch.no_host"):
        fetch_feed(f"http://{host}/feed.xml", tmp_path / "feed", OPEN)


@pytest.mark.parametrize("location", ["http://[", "//[::1", "http://[x]/", "http://a:99999/"])
def test_a_redirect_to_an_invalid_address_is_reported(site, tmp_path, location):
    site.put(b"", status=302, Location=location)

    with pytest.raises(FetchError, match="fetch.bad_redirect"):
        fetch_feed(site.url(), tmp_path / "feed", OPEN)


@pytest.mark.parametrize("sent_as", ["/новый.xml", "/%D0%BD%D0%BE%D0%B2%D1%8B%D0%B9.xml"])
def test_a_redirect_in_other_letters_is_followed(site, tmp_path, sent_as):
    """Many servers write UTF-8 into a header."""
    site.put(b"", status=302, Location=sent_as.encode().decode("latin-1"))
    site.put(FEED, "/%D0%BD%D0%BE%D0%B2%D1%8B%D0%B9.xml")

    assert fetch_feed(site.url(), tmp_path / "feed", OPEN).path.read_bytes() == FEED
