"""Serve uploaded files. Whatever their content, browsers never show them as a page and never guess their type."""

from http import HTTPStatus

from flask import Response, send_file
from flask.views import MethodView

from api.http.access import public
from api.http.blueprint import Blueprint
from api.http.db import session
from api.http.uploads import storage
from models.accounts.uploads import upload_named
from models.core.errors import NotFoundError

blp = Blueprint("media", __name__, description="Uploaded files")

#: Names are never reused, so a cached copy never becomes stale. "private" keeps documents out of shared caches.
CACHE = "private, max-age=86400, immutable"

BYTES = {"type": "string", "format": "binary"}


@blp.route("/media/<name>")
class Media(MethodView):
    """One uploaded file."""

    @public
    @blp.response(200, BYTES, content_type="image/jpeg")
    @blp.alt_response(200, schema=BYTES, content_type="image/png")
    @blp.alt_response(200, schema=BYTES, content_type="image/webp")
    @blp.alt_response(200, schema=BYTES, content_type="application/pdf")
    @blp.alt_response(304, description="The caller's copy (If-None-Match) is up to date.")
    @blp.alt_response(404, description="There is no such file.")
    def get(self, name: str) -> Response:
        """Read an uploaded file

        Its name is unguessable, and shown only to users who may read it.
        """
        row = upload_named(session(), name)
        try:
            content = storage().open(row.name)
        except FileNotFoundError:
            raise NotFoundError("file") from None
        is_image = row.content_type.startswith("image/")
        answer = send_file(
            content, mimetype=row.content_type, download_name=row.name, as_attachment=not is_image, etag=row.name
        )
        if answer.status_code == HTTPStatus.OK:
            answer.content_length = row.size
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        # Pages of other sites may embed a listing's pictures.
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if is_image else "same-origin"
        answer.headers["Cache-Control"] = CACHE
        return answer
