"""Fetch a feed from its owner's address: only from public addresses, within limits, and only if it has changed.

Redirects are followed one by one through the same check of connections; no proxy is used.
"""

import ssl
import string
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from models.core.errors import Fault, InvalidValueError
from models.sources.source_fields import check_address
from worker.jobs.guarded_connections import FetchError, GuardedBackend, NoHostError

USER_AGENT = "Leadmatch-Feeds/1.0"
MAX_REDIRECTS = 5
CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
#: The time limit of a whole fetch, however slowly the address sends.
LONGEST_SECONDS = 600.0
#: The longest wait that an address can request; longer waits are shortened to this.
LONGEST_PAUSE = timedelta(days=1)
_DIGITS = 20  # digits read of a number of seconds; more digits only make a number longer that exceeds the limit already
_CHUNK = 1 << 16
_GZIP_OR_ZLIB = 47  # for zlib: the format is recognised by the header
#: Characters of a path that are not percent-encoded.
_AS_IT_IS = "/%:@!$&'()*+,;=~-._"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


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
    #: Hosts that may have private addresses in any case, in lower case.
    trusted_hosts: frozenset[str] = frozenset()


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
    Fetch the feed at *address* into the file *target*, unless it is unchanged according to *etag* or *last_modified*.

    Raises:
        FetchError: The address is not public, or its answer is an error, too slow, too large or incomplete.
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
        network_backend=GuardedBackend(limits.allow_private, ends, limits.trusted_hosts),
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
    """One answer: the feed, or the address of a redirect."""
    timeout = {"connect": CONNECT_SECONDS, "read": limits.read_seconds, "write": CONNECT_SECONDS, "pool": 1.0}
    # In bytes, because an ETag or a date that the address has sent may contain any character of latin-1.
    names = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    names.append((b"Host", _host(address).encode()))
    try:
        with pool.stream("GET", address, headers=names, extensions={"timeout": timeout}) as answer:
            fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            if answer.status in _REDIRECTS and "location" in fields:
                # The bytes are requested unchanged, whatever their encoding.
                return quote(fields["location"].encode("latin-1"), safe=string.punctuation)
            if answer.status == 304:
                return Fetched(None, fields.get("etag"), fields.get("last-modified"))
            if answer.status != 200:
                raise FetchError(Fault("fetch.answers", status=answer.status), pause_of(fields.get("retry-after")))
            _save(_unpacked(answer.iter_stream(), fields.get("content-encoding", "")), target, limits, ends)
            return Fetched(target, fields.get("etag"), fields.get("last-modified"))
    except (httpcore.TimeoutException, TimeoutError):
        if time.monotonic() >= ends:
            raise _is_overdue(limits) from None
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
                raise _is_overdue(limits)
            file.write(part)


def _is_overdue(limits: Limits) -> FetchError:
    return FetchError(Fault("fetch.took_too_long", seconds=f"{limits.seconds:g}"))


def _unpacked(parts: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """
    The decompressed body, in pieces that are small even if the compression ratio is high. A gzip body may have several
    members, one after another.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from parts
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(Fault("fetch.unknown_encoding", encoding=encoding[:20]))
    reader = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for part in parts:
            while part:
                if reader.eof:
                    if not part.startswith(b"\x1f"):
                        break  # filling after the last member
                    reader = zlib.decompressobj(_GZIP_OR_ZLIB)
                yield reader.decompress(part, _CHUNK)
                part = reader.unused_data or reader.unconsumed_tail
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
    An address as it is requested, without a fragment: the host in Punycode, everything else percent-encoded.

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
    """The pause in a Retry-After header, which is seconds or a date; at most a day. None if it is neither."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:_DIGITS]), LONGEST_PAUSE.total_seconds()))
    try:
        wait = parsedate_to_datetime(text) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_PAUSE)
