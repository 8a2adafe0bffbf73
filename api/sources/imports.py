"""Imports: send a file, read its report, confirm held-back withdrawals."""

import json
from typing import Any

from flask.views import MethodView
from marshmallow import ValidationError

from api.http.access import current_user, for_roles
from api.http.blueprint import Blueprint, Body, PageArgs, one_of
from api.http.db import only_reads, session
from api.http.fields import FormId, FormYesNo, Text
from api.http.file_fields import File
from api.http.paging import page_of
from api.http.tasks import rescore_properties
from api.http.uploads import takes_uploads
from api.sources.schemas import ImportOut, ImportWithReport, shown_import, shown_report
from api.sources.sending import name_of_file, send_file, source_for
from api.sources.sources import ImportRows
from models.core.enums import SUPPLY_ROLES
from models.core.errors import InvalidFileError
from models.sources.imports import confirm_withdrawals
from models.sources.sources import imports_of, owned_import
from models.sources.tables import SourceContent

blp = Blueprint("imports", __name__, description="Listings from files and feeds")

for_owners = for_roles(*SUPPLY_ROLES)
LONGEST_MAPPING = 50_000  # characters


class MappingText(Text):
    """A JSON object of texts, as a part of a form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            mapping = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            raise ValidationError("mapping.not_json") from None
        if not isinstance(mapping, dict) or not all(isinstance(field, str) for field in mapping.values()):
            raise ValidationError("mapping.not_texts")
        return mapping


class ImportForm(Body):
    file = File(required=True, metadata={"description": "YRL, CIAN, Avito, CSV or XLSX, up to 64 MiB."})
    content = one_of(
        SourceContent,
        load_default=SourceContent.LISTINGS,
        metadata={"description": "listings, or leads: a table of clients' requests."},
    )
    source = Text(200, metadata={"description": "The name of the source of its listings; by default the file's name."})
    city = Text(100, metadata={"description": "The town of listings that do not name one."})
    mapping = MappingText(
        LONGEST_MAPPING,
        empty=True,
        metadata={
            "description": "For tables, as JSON: a column's name -> its field, or empty. Kept for later imports."
        },
    )
    is_complete = FormYesNo(
        metadata={"description": "Whether the file contains all listings of the source. Default true."}
    )
    dry_run = FormYesNo(load_default=False, metadata={"description": "Only report what would be done."})


class ImportArgs(PageArgs):
    source_id = FormId()


@blp.route("/imports")
class Imports(MethodView):
    """List my imports; send a file."""

    @for_owners
    @takes_uploads
    @blp.arguments(ImportForm, location="multipart")
    @blp.response(202, ImportOut)
    def post(self, form: dict[str, Any]) -> dict[str, Any]:
        """Send a file of listings or of clients' requests

        Its kind is recognised by its content. New listings are added and changed ones updated. Listings that are
        missing from a complete file leave the market; if they are more than a third, the import waits for `POST
        /imports/{id}/confirm`. With `content` leads, each row is a client's request, its text is read for wishes, and
        nothing leaves the market. The answer is the import, which a worker runs; read it again until its state is
        neither `queued` nor `running`.
        """
        upload = form["file"]
        if upload is None:
            raise InvalidFileError("file", "import.choose_file")
        source = source_for(current_user(), form.get("source") or name_of_file(upload), form)
        return shown_import(send_file(current_user(), source, upload, is_dry_run=form["dry_run"]))

    @for_owners
    @only_reads
    @blp.arguments(ImportArgs, location="query")
    @blp.response(200, ImportRows)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List my imports, newest first

        Of all my sources, or of one with `source_id`. Their reports are read one by one.
        """
        rows, total = page_of(imports_of(current_user(), args.get("source_id")), args)
        return {"imports": [shown_import(row) for row in rows], "total": total, "page": args["page"]}


@blp.route("/imports/<int:import_id>")
class ImportById(MethodView):
    """One of my imports."""

    @for_owners
    @only_reads
    @blp.response(200, ImportWithReport)
    def get(self, import_id: int) -> dict[str, Any]:
        """Read one of my imports with its report

        The report lists each refused offer with line or id, field, reason and the value read, values that were guessed,
        and ignored tags or columns.
        """
        return shown_report(owned_import(session(), current_user(), import_id))


@blp.route("/imports/<int:import_id>/confirm")
class ImportConfirmation(MethodView):
    """Confirm that missing listings are gone."""

    @for_owners
    @blp.response(200, ImportWithReport)
    def post(self, import_id: int) -> dict[str, Any]:
        """Take the listings that an import held back off the market

        Confirms that the listings missing from the feed are gone. Refused once a later import has decided.
        """
        imported = owned_import(session(), current_user(), import_id)
        rescore_properties(confirm_withdrawals(session(), imported))
        session().refresh(imported)
        return shown_report(imported)
