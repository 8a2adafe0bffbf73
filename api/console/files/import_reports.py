"""One import: its progress, its report, and the column mapping that a person completes before the next attempt."""

from typing import Any

from flask import Response, render_template, request

from api.console.files.import_words import (
    FIELD_LABELS,
    LEAD_LABELS,
    field_label,
    own_number,
    shown_reason,
    town_problem,
)
from api.console.kit.access import page_for, visitor
from api.console.kit.forms import pressed_button, tick
from api.console.kit.i18n import translate, translate_error
from api.console.kit.pages import back, page_blueprint, wants_part
from api.http.db import session
from api.http.table_files import TableFormat
from api.http.tasks import rescore_properties
from api.sources.refusals import refused_file
from api.sources.schemas import COUNTS, shown_report
from api.sources.sending import queue_import
from models.core.enums import SUPPLY_ROLES
from models.core.errors import ConflictError, InvalidValueError
from models.sources.formats import headers, lead_rows
from models.sources.formats.headers import column_of, may_be_private
from models.sources.formats.table import SEVERAL
from models.sources.imports import confirm_withdrawals
from models.sources.sources import change_source, owned_import, owned_source, request_import
from models.sources.tables import OPEN_IMPORTS, Import, ImportState, Source, SourceContent, reason_fault

blp = page_blueprint("import_reports")

for_owners = page_for(*SUPPLY_ROLES)

#: The number of refused offers, and of guesses, on a page; the API returns all that the report contains.
SHOWN = 100
MAX_COLUMNS = 500


@blp.get("/console/imports/<int:import_id>")
@for_owners
def import_page(import_id: int) -> str | Response:
    imported = owned_import(session(), visitor(), import_id)
    if wants_part() and imported.state not in OPEN_IMPORTS:
        # The script that follows the import loads the page again. The form of the report is never in a page that is
        # about to be replaced, where a choice would be lost.
        return back(f"/console/imports/{import_id}")
    return _page(imported, {})


@blp.post("/console/imports/<int:import_id>")
@for_owners
def import_again(import_id: int) -> Response | tuple[str, int]:
    """Store the column mapping, and test the file once more or import it."""
    imported = owned_import(session(), visitor(), import_id)
    source = owned_source(session(), visitor(), imported.source_id, lock=True)
    is_dry_run = pressed_button("try", "import") == "try"
    try:
        fields = _source_settings(source)
        change_source(session(), source, fields)
        asked_by = "upload" if source.file and not source.address else "request"
        name = imported.file_name if asked_by == "upload" else None
        new = queue_import(request_import(session(), source, asked_by, file_name=name, is_dry_run=is_dry_run))
    except (InvalidValueError, ConflictError) as error:
        session().rollback()
        errors = {getattr(error, "field", "do"): translate_error(error)}
        page = _page(owned_import(session(), visitor(), import_id), errors)
        return page, 409 if isinstance(error, ConflictError) else 400
    return back(f"/console/imports/{new.id}")


@blp.post("/console/imports/<int:import_id>/confirm")
@for_owners
def confirm(import_id: int) -> Response | tuple[str, int]:
    imported = owned_import(session(), visitor(), import_id)
    try:
        rescore_properties(confirm_withdrawals(session(), imported))
    except ConflictError as error:
        session().rollback()
        return _page(owned_import(session(), visitor(), import_id), {"do": translate_error(error)}), 409
    return back(f"/console/imports/{import_id}", "withdrawn")


@blp.get("/console/imports/<int:import_id>/refused.csv")
@for_owners
def refused(import_id: int) -> Response:
    return refused_file(owned_import(session(), visitor(), import_id), TableFormat.CSV, shown_reason)


def _source_settings(source: Source) -> dict[str, Any]:
    """
    A source's settings from the form: its mapping, as far as it differs from the automatic one, its town, completeness.
    """
    town = request.form.get("city", "").strip()
    problem = town_problem(town)
    if problem:
        raise InvalidValueError("city", problem)
    names = request.form.getlist("column")[:MAX_COLUMNS]
    fields = request.form.getlist("field")[:MAX_COLUMNS]
    known = lead_rows.BY_NAME if source.content is SourceContent.LEADS else headers.BY_NAME
    mapping = dict(source.mapping)
    chosen: dict[str, str] = {}
    for name, field in zip(names, fields, strict=False):
        if field and field in chosen and field not in SEVERAL:
            columns = f"{chosen[field]}, {name}"[:200]
            raise InvalidValueError("mapping", "mapping.field_twice", columns=columns)
        chosen[field] = name
        if name in mapping or column_of(name, known=known).field != field:
            mapping[name] = field
    settings = {"city": town or None, "is_complete": bool(tick("is_complete")), "mapping": mapping}
    return {name: value for name, value in settings.items() if name == "mapping" or name in request.form}


def _page(imported: Import, errors: dict[str, str]) -> str:
    source = owned_source(session(), visitor(), imported.source_id)
    labels = LEAD_LABELS if source.content is SourceContent.LEADS else FIELD_LABELS
    shown = shown_report(imported)
    report = shown["report"]
    given = request.form if errors else None
    fields = dict(zip(given.getlist("column"), given.getlist("field"), strict=False)) if given else {}
    return render_template(
        "console/import_part.html" if wants_part() else "console/import_report.html",
        imported=imported,
        fault=reason_fault(imported),
        source=source,
        counts=shown["counts"],
        count_names=[
            name for name in COUNTS if name != "offers" and (shown["counts"][name] or name in ("new", "refused"))
        ],
        report=report,
        reasons=[
            (*_split_reasons(refusal), count)
            for refusal, count in sorted(report["refused_for"].items(), key=lambda each: -each[1])
        ],
        columns=[
            (
                name,
                fields.get(name, report["columns"][name]),
                report["samples"].get(name, []),
                report["passed_over"].get(name, 0),
            )
            for name in report["column_order"] or report["columns"]
        ],
        field_names=sorted(((name, translate(label)) for name, label in labels.items()), key=lambda each: each[1]),
        of_leads=source.content is SourceContent.LEADS,
        field_label=field_label,
        may_be_private=may_be_private,
        own_number=own_number,
        shown_reason=shown_reason,
        shown=SHOWN,
        is_open=imported.state in OPEN_IMPORTS,
        failed=imported.state is ImportState.FAILED,
        can_go_on=bool(source.file or source.address),
        errors=errors,
        given=given,
    )


def _split_reasons(refusal: str) -> tuple[str, str]:
    """(field, reason) of the reasons for which offers were refused."""
    field, _, reason = refusal.partition(": ")
    return field, reason
