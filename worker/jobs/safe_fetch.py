"""Reading an address over HTTP without following redirects into a private network.

The host of an address that an operator configures may be in any network. Redirects are followed only to hosts with
public addresses or back to a configured host. Each name is resolved once, and the connection goes to the address that
was checked.
"""

import socket
import time
from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

import httpx

from models.core.public_addresses import is_public

MAX_REDIRECTS = 5
CONNECT_SECONDS = 10.0
#: The time limit of one answer, however slowly it arrives.
TOTAL_SECONDS = 30.0


class FetchError(Exception):
    """An address gave no acceptable answer; the error's text names only the host."""


def fetch(url: str, *, trusted_hosts: Collection[str], max_bytes: int, total_seconds: float = TOTAL_SECONDS) -> bytes:
    """
    The body of the address's answer with status 200, after at most five redirects.

    Proxies of the environment are not used, because they would resolve names again.

    Args:
        trusted_hosts: The hosts that the operator configured, whose addresses may be private.
    Raises:
        FetchError: The address cannot be reached, is too slow, or its answer is too large or has another status than
            200; or a redirect leads to an address that is not public.
    """
    deadline = time.monotonic() + total_seconds
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=CONNECT_SECONDS) as client:
        for _ in range(MAX_REDIRECTS + 1):
            answer = _get(client, url, trusted_hosts, max_bytes, deadline)
            if isinstance(answer, bytes):
                return answer
            url = answer
    raise FetchError(f"{_host(url)} redirects too often")


def _get(
    client: httpx.Client, url: str, trusted_hosts: Collection[str], max_bytes: int, deadline: float
) -> bytes | str:
    """The body, or the address of a redirect."""
    host = _host(url)
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _checked_address(host, port, trusted=host in trusted_hosts)
    literal = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
    headers = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "leadmatch", "Accept": "*/*"}
    try:
        with client.stream("GET", target, headers=headers, extensions={"sni_hostname": host}) as response:
            if response.is_redirect:
                return urljoin(url, response.headers["Location"])
            if response.status_code != httpx.codes.OK:
                raise FetchError(f"{host} answers {response.status_code}")
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > max_bytes:
                    raise FetchError(f"{host} answers more than {max_bytes} bytes")
                if time.monotonic() > deadline:
                    raise FetchError(f"{host} answers too slowly")
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchError(f"{host} cannot be read: {type(error).__name__}") from None


def _host(url: str) -> str:
    """The host of an http or https address, in lower case."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise FetchError("an address cannot be read") from None
    if parts.scheme not in ("http", "https") or not host:
        raise FetchError("an address is neither http nor https")
    return host


def _checked_address(host: str, port: int, *, trusted: bool) -> str:
    try:
        resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError(f"{host} has no address") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in resolved))
    if not trusted:
        addresses = [address for address in addresses if is_public(address)]
    if not addresses:
        raise FetchError(f"{host} is no public address")
    return addresses[0]
