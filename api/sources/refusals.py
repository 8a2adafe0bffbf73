"""Download the offers that an import refused as a table."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, stream_with_context
from flask.views import MethodView

from api.http.access import current_user, for_roles
from api.http.blueprint import Blueprint, Body, one_of
from api.http.db import only_reads, session
from api.http.language import reason_of
from api.http.services import services
from api.http.table_files import XLSX, TableFormat, table_file
from models.core.enums import SUPPLY_ROLES
from models.core.errors import Fault
from models.sources.refusals import refusals_of
from models.sources.sources import owned_import
from models.sources.tables import Import

blp = Blueprint("refusals", __name__, description="Offers that imports refused")

COLUMNS = ("line", "id", "field", "reason", "read")


class RefusedArgs(Body):
    format = one_of(TableFormat, load_default=TableFormat.CSV)


@blp.route("/imports/<int:import_id>/refused")
class Refused(MethodView):
    """The refused offers of one of my imports."""

    @for_roles(*SUPPLY_ROLES)
    @only_reads
    @blp.arguments(RefusedArgs, location="query")
    @blp.response(200, {"type": "string"}, content_type="text/csv", description="CSV")
    @blp.alt_response(200, schema={"type": "string", "format": "binary"}, content_type=XLSX)
    def get(self, args: dict[str, Any], import_id: int) -> Response:
        """Download the offers that one of my imports refused

        All of them, not only those in the report: line, id, field, reason, and the value read.
        """
        return refused_file(owned_import(session(), current_user(), import_id), args["format"])


def refused_file(imported: Import, kind: TableFormat, describe: Callable[[str], str] = reason_of) -> Response:
    """The refused offers of an import as a file; *describe* converts the reasons to words."""
    rows: Any = _rows(refusals_of(services().sessions, imported), describe)
    rows = stream_with_context(rows)  # the reasons are in the language of the request
    return table_file(f"refused-{imported.id}", kind, COLUMNS, rows)


def _rows(lines: Iterator[dict[str, Any]], describe: Callable[[str], str]) -> Iterator[list[Any]]:
    for line in lines:
        fault = Fault.from_json({"code": line["reason"], "facts": line.get("facts", {})})
        yield [line["line"], line["id"], line["field"], describe(fault), line["read"]]
