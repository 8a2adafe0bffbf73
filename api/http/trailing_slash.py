"""Every path answers with and without a trailing slash: the slash is removed before routing."""

from collections.abc import Callable, Iterable
from typing import Any

#: Folders of static pages whose relative links need the slash.
KEPT = ("/docs/",)


class WithoutTrailingSlash:
    """
    WSGI middleware; routes are declared without the slash. It does not redirect, because a redirected POST loses its
    body.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if len(path) > 1 and path.endswith("/") and path not in KEPT:
            environ["PATH_INFO"] = path.rstrip("/") or "/"
        return self.app(environ, start_response)
