"""Export everything that is stored about the caller; a worker creates the file."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body
from api.http.db import session
from api.http.fields import Moment
from api.http.tasks import make_export
from models.accounts.account_exports import AccountExport, export_of, request_export
from models.accounts.users import User
from models.core.errors import ConflictError

blp = Blueprint("account-exports", __name__, description="Exports of a user's data")

BYTES = {"type": "string", "format": "binary"}


class ExportRow(Body):
    id = fields.Integer()
    is_ready = fields.Boolean()
    created_at = Moment()


@blp.route("/users/me/exports")
class Exports(MethodView):
    """Request an export."""

    @signed_in
    @blp.response(202, ExportRow)
    def post(self) -> dict[str, Any]:
        """Request an export of everything that is stored about me

        An export that is being made already is returned again; a new one replaces those before. It is kept for a week.
        """
        return row_of(requested(current_user()))


@blp.route("/users/me/exports/<int:export_id>")
class ExportById(MethodView):
    """One of the caller's exports."""

    @signed_in
    @blp.response(200, ExportRow)
    @blp.alt_response(404, description="There is no such export of mine.")
    def get(self, export_id: int) -> dict[str, Any]:
        """Read the state of my export

        Once it is ready, its file is at `/users/me/exports/{export_id}/file`.
        """
        return row_of(export_of(session(), current_user(), export_id))


@blp.route("/users/me/exports/<int:export_id>/file")
class ExportFile(MethodView):
    """Download the file of an export."""

    @signed_in
    @blp.response(200, BYTES, content_type="application/zip")
    @blp.alt_response(404, description="There is no such export of mine.")
    @blp.alt_response(409, description="It is not ready yet.")
    def get(self, export_id: int) -> Response:
        """Download my export

        A ZIP: `data.json` with a list for each subject, and `files/` with what I uploaded.
        """
        return file_of(current_user(), export_id)


def requested(user: User) -> AccountExport:
    """Request an export of the user's data and queue the task that creates it."""
    export = request_export(session(), user)
    make_export(export)
    return export


def file_of(user: User, export_id: int) -> Response:
    """Send the file of an export; raises NotFoundError, or ConflictError while the file is not ready."""
    export = export_of(session(), user, export_id)
    if export.content is None:
        raise ConflictError("export.not_ready")
    answer = Response(export.content, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="leadmatch-{user.id}.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def row_of(export: AccountExport) -> dict[str, Any]:
    """An export as the API shows it."""
    return {"id": export.id, "is_ready": export.ready_at is not None, "created_at": export.created_at}
