"""Addresses to come back to: of a language's choice, of signing in, of a page that answers a form."""

from urllib.parse import urlencode

from flask import current_app, request
from werkzeug.exceptions import HTTPException

#: The end of the name of the endpoint that every unknown address under /console has.
NO_PAGE = ".page_not_found"


def page_address(path: str) -> str:
    """The page of a form that is sent to *path*: the path itself if it answers GET, otherwise the nearest above."""
    addresses = current_app.url_map.bind("")
    while path:
        try:
            endpoint, _ = addresses.match(path, method="GET")
        except HTTPException:
            endpoint = NO_PAGE
        if not endpoint.endswith(NO_PAGE):
            return path
        path = path.rpartition("/")[0]
    return ""


def return_address() -> str:
    """
    The page to return to after choosing a theme or language: the same page of the same list, or the same sign-in page.
    """
    if request.method == "GET":
        query = [
            (name, value) for name, value in request.args.items(multi=True) if name not in ("outcome", "part", "undo")
        ]
    else:
        query = [(name, value) for name, value in request.form.items() if name == "next" and value]
    path = request.path if request.method == "GET" else page_address(request.path)
    return f"{path}?{urlencode(query)}" if query else path
