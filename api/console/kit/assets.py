"""The console's own scripts and styles, under names that change with their content, so that browsers may cache them."""

import functools
import gzip
import hashlib
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, abort, request, send_from_directory

from api.http.access import public

FOLDER = Path(__file__).parent.parent.parent / "static" / "console"
YEAR = 365 * 24 * 3600  # seconds

blp = Blueprint("console_statics", __name__)


@functools.cache
def asset(name: str) -> str:
    """The address of a file of the console, e.g. ``/console/static/0f3a.../console.css``."""
    return f"/console/static/{_version()}/{name}"


@blp.get("/console/static/<version>/<name>")
@public
def static_file(version: str, name: str) -> Response:
    """One file. Scripts import each other by relative names, so all files have the same version."""
    if not (FOLDER / name).is_file():
        abort(404)
    response = send_from_directory(FOLDER, name, max_age=YEAR if version == _version() else 0)
    response.vary.add("Accept-Encoding")
    if takes_gzip() and response.status_code == HTTPStatus.OK:
        response.close()  # the uncompressed file, which was opened to be sent
        response.set_data(_compressed(name, _version()))
        response.content_encoding = "gzip"
        response.headers.pop("ETag")  # that of the uncompressed file; the address itself changes with the content
    return response


def takes_gzip() -> bool:
    """Whether the client accepts gzip; `q=0` refuses it."""
    return request.accept_encodings.quality("gzip") > 0


@functools.lru_cache(maxsize=50)
def _compressed(name: str, version: str) -> bytes:
    return gzip.compress((FOLDER / name).read_bytes(), mtime=0)


@functools.cache
def _version() -> str:
    digest = hashlib.sha256()
    for path in sorted(FOLDER.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
