"""The address of this site, for links that people share."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import request

from api.http.services import services


def own_address() -> str:
    """
    PUBLIC_URL, or, if that is not set, the host that the request names; without a trailing slash.

    A request may name any host, so the request's host is only a fallback.
    """
    public_url = services().settings.public_url
    return request.host_url.rstrip("/") if _is_loopback(urlsplit(public_url).hostname or "") else public_url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
