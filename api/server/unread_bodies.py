"""Close connections whose request was answered before its body was read, and state this in the answer.

Before the next request, gunicorn discards up to 64 KiB of an unread body. If more is left, it closes the connection
although the answer has promised to keep it open, and the client's next request is lost.
"""

from collections.abc import Callable, Iterable
from typing import Any

#: An unread rest of up to this size is discarded without closing the connection.
DROPPED = 32 << 10  # bytes


class CloseUnread:
    """WSGI middleware."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if status.startswith("4") and is_unread(environ):
                headers = [*headers, ("Connection", "close")]
                # gunicorn accepts this header only from its own code; *start_response* is a method of its response.
                force_close = getattr(getattr(start_response, "__self__", None), "force_close", None)
                if force_close is not None:
                    force_close()
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return self.app(environ, started)


def is_unread(environ: dict[str, Any]) -> bool:
    """Whether much of the request's body has not been read, as far as its server reports."""
    reader = getattr(environ.get("wsgi.input"), "reader", None)  # gunicorn's
    if reader is None:
        return False
    left = getattr(reader, "length", None)
    # The length of a chunked body is not known.
    return left > DROPPED if isinstance(left, int) else "HTTP_TRANSFER_ENCODING" in environ
