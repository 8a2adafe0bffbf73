"""Answers of sources and imports."""

from typing import Any

from marshmallow import fields

from api.http.blueprint import Body, shown_word
from api.http.fields import Moment
from api.http.language import reason_of, request_language
from models.core.errors import Fault
from models.sources.formats.feed import KINDS
from models.sources.tables import Import, ImportState, Source, SourceContent, SourceState, reason_fault
from models.translations.catalogue import LANGUAGES, describe_kind, is_known

COUNTS = ("offers", "new", "changed", "unchanged", "returned", "withdrawn", "off_market", "refused", "guessed", "held")


class SourceOut(Body):
    id = fields.Integer()
    name = fields.String()
    content = shown_word(SourceContent)
    kind = shown_word(KINDS, allow_none=True)
    address = fields.String(allow_none=True)
    has_file = fields.Boolean(
        metadata={"description": "Whether a file was sent; imports read it if the source has no address."}
    )
    city = fields.String(allow_none=True)
    mapping = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "For tables: a column's name -> its field, or empty to ignore the column."},
    )
    is_complete = fields.Boolean(
        metadata={"description": "Whether each file contains all listings, so that missing ones leave the market."}
    )
    state = shown_word(SourceState)
    refresh_minutes = fields.Integer(allow_none=True)
    next_fetch_at = Moment(allow_none=True)
    failures = fields.Integer(metadata={"description": "Failed fetches since the last successful one."})
    created_at = Moment()


class Counts(Body):
    offers = fields.Integer()
    new = fields.Integer()
    changed = fields.Integer()
    unchanged = fields.Integer()
    returned = fields.Integer(metadata={"description": "Listings that came back to the market."})
    withdrawn = fields.Integer(metadata={"description": "Listings that left the market."})
    off_market = fields.Integer(metadata={"description": "Offers that are sold, booked, withheld or expired."})
    refused = fields.Integer()
    guessed = fields.Integer(metadata={"description": "Values that were treated as unknown or guessed."})
    held = fields.Integer(metadata={"description": "Missing listings whose withdrawal the owner has to confirm."})


class ImportOut(Body):
    id = fields.Integer()
    source_id = fields.Integer()
    state = shown_word(ImportState)
    is_dry_run = fields.Boolean()
    asked_by = fields.String(metadata={"description": "command, upload, schedule or request"})
    reason = fields.String(allow_none=True, metadata={"description": "The reason for the failure or the wait."})
    reason_code = fields.String(
        allow_none=True, metadata={"description": "The reason for programs; null of imports before release 0.2."}
    )
    reason_facts = fields.Dict(keys=fields.String(), metadata={"description": "The facts in the reason's sentence."})
    progress = fields.Float(
        allow_none=True, metadata={"description": "While it runs: the share of the file that is read, 0 to 1."}
    )
    counts = fields.Nested(Counts)
    created_at = Moment()
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)


class RemarkOut(Body):
    line = fields.Integer(allow_none=True)
    id = fields.String(allow_none=True, metadata={"description": "The offer's id in the file."})
    field = fields.String()
    reason = fields.String()
    code = fields.String(
        allow_none=True, metadata={"description": "The reason for programs; null of imports before release 0.2."}
    )
    facts = fields.Dict(keys=fields.String(), metadata={"description": "The facts in the reason's sentence."})
    read = fields.String(metadata={"description": "The text in the file."})


class ReportOut(Body):
    kind = fields.String()
    dialect = fields.String()
    columns = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "For tables: a column's name -> the field as which it was read, or empty."},
    )
    column_order = fields.List(fields.String(), metadata={"description": "The columns in the order of the table."})
    samples = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "For a table's dry run or failed import: a column's name -> its first values."},
    )
    refused = fields.List(fields.Nested(RemarkOut))
    guessed = fields.List(fields.Nested(RemarkOut))
    refused_for = fields.Dict(keys=fields.String(), values=fields.Integer())
    passed_over = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "Ignored tags or columns -> the number of offers with them."},
    )


class ImportWithReport(ImportOut):
    report = fields.Nested(ReportOut)


def shown_source(source: Source) -> dict[str, Any]:
    """A source as its owner sees it."""
    names = [name for name in SourceOut().fields if name != "has_file"]
    return {name: getattr(source, name) for name in names} | {"has_file": source.file is not None}


def shown_import(imported: Import) -> dict[str, Any]:
    """An import without its report."""
    names = [name for name in ImportOut().fields if name != "counts"]
    counts = {name: imported.counts.get(name, 0) for name in COUNTS}
    fault = reason_fault(imported)
    reason = {
        "reason": None if fault is None else reason_of(fault),
        "reason_code": _code(fault),
        "reason_facts": imported.reason_facts or {},
    }
    return {name: getattr(imported, name) for name in names if name not in reason} | reason | {"counts": counts}


def shown_report(imported: Import) -> dict[str, Any]:
    """An import with its report; parts that are not known yet are empty."""
    empty: dict[str, Any] = {
        "kind": "",
        "dialect": "",
        "columns": {},
        "column_order": [],
        "samples": {},
        "refused": [],
        "guessed": [],
    }
    report = empty | {"refused_for": {}, "passed_over": {}} | imported.report
    for kind in ("refused", "guessed"):
        report[kind] = [_shown_remark(remark) for remark in report[kind]]
    report["refused_for"] = {_of_kind(refusal): count for refusal, count in report["refused_for"].items()}
    return shown_import(imported) | {"report": report}


def _shown_remark(remark: dict[str, Any]) -> dict[str, Any]:
    facts = remark.get("facts", {})
    fault = Fault.from_json({"code": remark["reason"], "facts": facts})
    return remark | {"reason": reason_of(fault), "code": _code(fault), "facts": facts}


def _code(fault: Fault | None) -> str | None:
    """The code of a reason; None if a release before 0.2 stored an English sentence instead."""
    return str(fault) if fault is not None and is_known(LANGUAGES[0], fault) else None


def _of_kind(refusal: str) -> str:
    """The text "field: code" with the code's sentence; facts are left out because they differ between offers."""
    field, _, code = refusal.partition(": ")
    return f"{field}: {describe_kind(request_language(), code)}"
