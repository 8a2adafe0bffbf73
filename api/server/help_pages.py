"""The help at /help: the site built from docs/, under the console's content policy."""

from functools import cache
from pathlib import Path

from flask import Flask, Response, redirect, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from api.http import access
from models.platform.checkout import checkout

#: A wheel contains the site here; in a checkout it is where `make docs` writes it.
INSTALLED = Path(__file__).parent / "help_site"

#: Scripts and styles only from this server and none inline; the search loads its index as a script.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HOUR = 3600  # seconds

NOT_BUILT = "The help is not built here: `make docs` builds it, and a wheel brings it along.\n"


def register(app: Flask) -> None:
    """Serve the help."""
    app.add_url_rule("/help", "help", access.public(_start))
    app.add_url_rule("/help/<path:name>", "help_page", access.public(_page))


@cache
def site() -> Path:
    """The folder of the built site; it may not exist."""
    return INSTALLED if INSTALLED.is_dir() else checkout() / "build" / "help"


def _start() -> AnyResponse:
    # The page has its own name: every path answers with and without a slash, and relative links need the slash.
    return redirect("/help/index.html")


def _page(name: str) -> Response:
    try:
        answer = send_from_directory(site(), name, max_age=0 if name.endswith(".html") else HOUR)
    except NotFound:
        if (site() / "index.html").is_file():
            raise
        return Response(NOT_BUILT, status=404, mimetype="text/plain")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
