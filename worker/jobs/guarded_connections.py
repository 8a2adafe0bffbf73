"""Connections to addresses that users give, or that a redirect leads to: to public hosts only, and for a limited
total time.

The check happens where connections are opened: each name is resolved once, all its addresses must be public, and the
connection goes to one of them. The total time is limited because a read timeout alone does not stop a peer that sends a
byte now and then.
"""

import socket
import ssl
import time
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import httpcore

from models.core.errors import Fault, UnusableError
from models.core.public_addresses import is_public


class FetchError(UnusableError):
    """The address could not be fetched; the fault states why."""

    def __init__(self, fault: str, pause: timedelta | None = None) -> None:
        super().__init__(fault)
        self.pause = pause  #: How long the address requested us to wait.


class PrivateAddressError(FetchError):
    """The host is within a private network."""


class NoHostError(FetchError):
    """There is no such host."""


class GuardedBackend(httpcore.SyncBackend):
    """
    Opens connections to public addresses only, which time out at *ends* on the monotonic clock.

    Args:
        allow_private: Whether addresses may be private.
        trusted_hosts: Hosts, in lower case, whose addresses may be private in any case.
    """

    def __init__(self, allow_private: bool, ends: float, trusted_hosts: Collection[str] = ()) -> None:
        self._allow_private, self._ends, self._trusted_hosts = allow_private, ends, trusted_hosts

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
        if not self._allow_private and host.lower() not in self._trusted_hosts:
            for each in addresses:
                if not is_public(each):
                    raise PrivateAddressError(Fault("fetch.not_public", host=host[:100]))
        error: Exception = NoHostError(Fault("fetch.no_host", host=host[:100]))
        for each in addresses[:4]:
            try:
                stream = super().connect_tcp(each, port, timeout, local_address, socket_options)
                return _Bounded(stream, self._ends)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise error


class _Bounded(httpcore.NetworkStream):
    """A stream that times out at *ends* on the monotonic clock, even if bytes still arrive now and then."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(timeout, httpcore.ConnectTimeout)
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, left), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise error
        return left if timeout is None else min(left, timeout)
