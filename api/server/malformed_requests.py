"""The answer to a request that gunicorn cannot parse: JSON like every other error, not gunicorn's HTML."""

import json
import socket
from http import HTTPStatus

from gunicorn import util

from models.translations.catalogue import is_known


def write_error(client: socket.socket, status: int, reason: str, message: str) -> None:
    """
    Send an error, after which the connection ends; replaces :func:`gunicorn.util.write_error`.

    Args:
        message: What gunicorn says about the request; may be empty.
    """
    known = f"http.{status}"
    body = {
        "code": status,
        "status": HTTPStatus(status).phrase,
        "message": message or reason,
        "error_code": known if is_known("en", known) else "http.other",
        "facts": {},
    }
    content = json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Language: en\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode() + content)
