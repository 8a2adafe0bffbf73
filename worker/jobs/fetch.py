"""Fetch a feed from its owner's address: only from public addresses, within limits, and only if it has changed.

The check is made where connections are opened: each name is resolved once, all its addresses must be public, and the
connection goes to one of them. Redirects are followed one by one through the same check; no proxy is used.
"""

import socket
import ssl
import string
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from models.core.errors import Fault, InvalidValueError, UnusableError
from models.core.public_addresses import is_public
from models.sources.sources import check_address

USER_AGENT = "Leadmatch-Feeds/1.0"
MAX_REDIRECTS = 5
CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
#: A whole fetch, however slowly the address drips.
LONGEST_SECONDS = 600.0
#: An address may ask us to wait so long, and is taken to ask for this where it asks for more.
LONGEST_PAUSE = timedelta(days=1)
_DIGITS = 20  # of a number of seconds; those after them make it none the shorter
_CHUNK = 1 << 16
#: Signs of a path that are not percent-encoded.
_AS_IT_IS = "/%:@!$&'()*+,;=~-._"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class FetchError(UnusableError):
    """The feed could not be fetched; the fault states why, for its owner."""

    def __init__(self, fault: str, pause: timedelta | None = None) -> None:
        super().__init__(fault)
        self.pause = pause  #: How long the address asked us to wait.


class PrivateAddressError(FetchError):
    """The host is within a private network."""


class NoHostError(FetchError):
    """There is no such host."""


@dataclass(frozen=True)
class Fetched:
    """The answer of an address. `path` is None if the feed has not changed."""

    path: Path | None
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True)
class Limits:
    """Bounds of one fetch."""

    bytes: int = 1 << 30  #: Of the feed, unpacked.
    seconds: float = LONGEST_SECONDS
    read_seconds: float = READ_SECONDS
    allow_private: bool = False


def fetch_feed(
    address: str,
    target: Path,
    limits: Limits,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    accept: str = "application/xml, text/xml, */*",
) -> Fetched:
    """
    Fetch the feed at *address* into the file *target*, unless it is what *etag* or *last_modified* stand for.

    Raises:
        FetchError: It is at no public address, answers with an error, too slowly, too much or not to its end.
    """
    ends = time.monotonic() + limits.seconds
    headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "gzip"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    address = in_ascii(address)
    with httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(),
        network_backend=GuardedBackend(limits.allow_private),
        max_connections=4,
    ) as pool:
        for _ in range(MAX_REDIRECTS + 1):
            moved = _one_answer(pool, address, headers, target, limits, ends)
            if isinstance(moved, Fetched):
                return moved
            address = _next_address(address, moved)
    raise FetchError(Fault("fetch.too_many_redirects", max=MAX_REDIRECTS))


def _one_answer(
    pool: httpcore.ConnectionPool, address: str, headers: dict[str, str], target: Path, limits: Limits, ends: float
) -> "Fetched | str":
    """The feed, or the address of a redirect."""
    timeout = {"connect": CONNECT_SECONDS, "read": limits.read_seconds, "write": CONNECT_SECONDS, "pool": 1.0}
    # In bytes: a mark that an address has given may hold any letter of latin-1.
    names = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    names.append((b"Host", _host(address).encode()))
    try:
        with pool.stream("GET", address, headers=names, extensions={"timeout": timeout}) as answer:
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            if answer.status in _REDIRECTS and "location" in told:
                # Whatever encoding its bytes are of, they are what is asked for.
                return quote(told["location"].encode("latin-1"), safe=string.punctuation)
            if answer.status == 304:
                return Fetched(None, told.get("etag"), told.get("last-modified"))
            if answer.status != 200:
                raise FetchError(Fault("fetch.answers", status=answer.status), pause_of(told.get("retry-after")))
            _save(_unpacked(answer.iter_stream(), told.get("content-encoding", "")), target, limits, ends)
            return Fetched(target, told.get("etag"), told.get("last-modified"))
    except (httpcore.TimeoutException, TimeoutError):
        raise FetchError("fetch.too_slow") from None
    except httpcore.RemoteProtocolError:
        raise FetchError("fetch.cut_off") from None
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
        ssl.SSLError,
        OSError,
    ) as error:
        raise FetchError(Fault("fetch.not_reached", error=type(error).__name__)) from None


def _save(parts: Iterable[bytes], target: Path, limits: Limits, ends: float) -> None:
    size = 0
    with target.open("wb") as file:
        for part in parts:
            size += len(part)
            if size > limits.bytes:
                raise FetchError(Fault("fetch.too_large", mebibytes=limits.bytes >> 20))
            if time.monotonic() > ends:
                raise FetchError(Fault("fetch.took_too_long", seconds=f"{limits.seconds:g}"))
            file.write(part)


def _unpacked(parts: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body without its content encoding, in pieces that are small however well it was packed."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from parts
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(Fault("fetch.unknown_encoding", encoding=encoding[:20]))
    reader = zlib.decompressobj(47)  # gzip or zlib, by the header
    try:
        for part in parts:
            while part:
                yield reader.decompress(part, _CHUNK)
                part = reader.unconsumed_tail
        if not reader.eof:
            raise FetchError("fetch.cut_off")
    except zlib.error:
        raise FetchError("fetch.damaged") from None


def _next_address(address: str, location: str) -> str:
    try:
        return in_ascii(check_address(urljoin(address, location)))
    except (InvalidValueError, ValueError):
        raise FetchError("fetch.bad_redirect") from None


def in_ascii(address: str) -> str:
    """
    An address as it is asked for, without a fragment: its host's letters in Punycode, all others percent-encoded.

    Raises:
        NoHostError: No host can have this name.

    >>> in_ascii("https://пример.рф:8443/фото 1.jpg?a=%20#x")
    'https://xn--e1afmkfd.xn--p1ai:8443/%D1%84%D0%BE%D1%82%D0%BE%201.jpg?a=%20'
    """
    try:
        parts = urlsplit(address)
        netloc = parts.netloc
        if not netloc.isascii():
            port = f":{parts.port}" if parts.port else ""
            netloc = (parts.hostname or "").encode("idna").decode() + port
    except ValueError:
        raise NoHostError(Fault("fetch.no_host", host=address[:100])) from None
    path, query = quote(parts.path, safe=_AS_IT_IS), quote(parts.query, safe=_AS_IT_IS + "?")
    return parts._replace(netloc=netloc, path=path, query=query, fragment="").geturl()


def _host(address: str) -> str:
    parts = urlsplit(address)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


def pause_of(text: str | None) -> timedelta | None:
    """Retry-After: seconds or a date; at most a day. None where it is neither."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:_DIGITS]), LONGEST_PAUSE.total_seconds()))
    try:
        wait = parsedate_to_datetime(text) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_PAUSE)


class GuardedBackend(httpcore.SyncBackend):
    """Makes connections to public addresses only."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        try:
            resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NoHostError(Fault("fetch.no_host", host=host[:100])) from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in resolved))
        if not self._allow_private:
            for each in addresses:
                if not is_public(each):
                    raise PrivateAddressError(Fault("fetch.not_public", host=host[:100]))
        error: Exception = NoHostError(Fault("fetch.no_host", host=host[:100]))
        for each in addresses[:4]:
            try:
                return super().connect_tcp(each, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise error
