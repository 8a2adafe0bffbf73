"""Leads and properties from a CSV file: good rows are added, bad ones reported with their line and reason.

A script sends the file in pieces of a hundred rows and shows how far it is; without scripts the form sends all at once.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import IO

from flask import Response, jsonify, render_template, request
from marshmallow import Schema
from werkzeug.datastructures import MultiDict

from api.console import forms
from api.console.access import page_for, visitor
from api.console.form_definitions import LEAD_GROUPS, PROPERTY_GROUPS, all_of
from api.console.forms import Control
from api.console.i18n import translate, translate_error
from api.console.pages import back, page_blueprint, wants_json
from api.console.typed_values import currency_of_town
from api.exchange.schemas import LeadBody, PropertyBody, lead_columns, property_columns
from api.http.db import session
from api.http.tasks import rescore_lead, rescore_property
from models.core.enums import SUPPLY_ROLES, Origin
from models.core.errors import InvalidFileError, NotFoundError
from models.core.numbers import UnreadableError, is_unknown
from models.core.rooms import read_rooms
from models.market.leads import create_lead
from models.market.properties import create_property
from models.sources.formats import csv_rows
from models.sources.formats.offer import FeedError

blp = page_blueprint("imports")

for_owners = page_for(*SUPPLY_ROLES)

#: Rows of one request: each rescoring is a task, and a request is one transaction.
MAX_ROWS = 2_000
MAX_REPORTED = 200


@dataclass(frozen=True)
class Kind:
    """What a file may hold. Its columns are the last parts of the form's paths, e.g. `budget_min` or `district`."""

    controls: list[Control]
    schema: type[Schema]

    @property
    def columns(self) -> dict[str, Control]:
        return {column_of(control): control for control in self.controls}


@dataclass
class Report:
    """What became of a file's rows; of the refused ones the first :data:`MAX_REPORTED` are told."""

    added: int = 0
    refused: int = 0
    errors: list[dict[str, object]] = field(default_factory=list)
    #: Columns whose cells held what means "unknown", such as -1: in how many rows.
    unknown: Counter[str] = field(default_factory=Counter)


KINDS = {"leads": Kind(all_of(LEAD_GROUPS), LeadBody), "properties": Kind(all_of(PROPERTY_GROUPS), PropertyBody)}


def column_of(control: Control) -> str:
    """
    >>> column_of(Control("requirements.budget.min", "Budget from")), column_of(Control("address.city", "City"))
    ('budget_min', 'city')
    """
    parts = control.path.split(".")
    return "_".join(parts[-2:]) if parts[-1] in ("min", "max") else parts[-1]


@blp.route("/console/import/<kind>", methods=["GET", "POST"])
@for_owners
def import_file(kind: str) -> Response | str:
    if kind == "properties" and request.method == "GET":
        return back("/console/sources")
    if kind not in KINDS:
        raise NotFoundError("page")
    if request.method == "GET":
        return _page(kind, None)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise InvalidFileError("file", "import.choose_csv")
    report = _import(kind, upload.stream, _lines())
    return (
        jsonify(added=report.added, refused=report.refused, errors=report.errors, unknown=report.unknown)
        if wants_json()
        else _page(kind, report)
    )


def _page(kind: str, report: Report | None) -> str:
    return render_template("console/import.html", kind=kind, columns=KINDS[kind].columns, report=report)


def _import(kind: str, stream: IO[bytes], lines: list[int]) -> Report:
    report = Report()
    shape = KINDS[kind]
    try:
        rows = csv_rows.rows(stream)
        head = next(rows, None)
    except FeedError as error:
        raise InvalidFileError("file", "csv.unreadable", reason=str(error)) from None
    names = head.cells if head else []
    unknown = set(names) - set(shape.columns)
    if not names or unknown:
        told = ", ".join(sorted(unknown)) or "-"
        raise InvalidFileError("file", "import.unknown_columns", names=told[:200])
    for place, found in enumerate(rows):
        if place >= MAX_ROWS:
            raise InvalidFileError("file", "import.too_many_rows", max=MAX_ROWS)
        line = lines[place] if place < len(lines) else found.line
        row = (
            {None: found.cells}
            if found.error or any(found.cells[len(names) :])
            else dict(zip(names, found.cells, strict=False))
        )
        errors = _add(kind, shape, row, report.unknown)
        if errors is None:
            report.added += 1
            continue
        report.refused += 1
        if len(report.errors) < MAX_REPORTED:
            field_, reason = next(iter(errors.items()))
            report.errors.append({"line": line, "field": field_, "reason": reason})
    return report


def _add(kind: str, shape: Kind, row: dict, unknown: Counter[str]) -> dict[str, str] | None:
    """Add one row; its errors if it cannot be."""
    if None in row:
        return {"-": translate("csv.more_cells")}
    form: MultiDict[str, str] = MultiDict()
    for name, control in shape.columns.items():
        cell = (row.get(name) or "").strip()
        if cell and _is_unknown(name, control, cell):
            unknown[name] += 1
            cell = ""
        if control.kind == "checks":
            try:
                form.setlist(control.path, [str(count) for count in read_rooms(cell)])
            except UnreadableError as error:
                return {name: translate_error(error)}
        elif control.kind == "lines":
            form[control.path] = "\n".join(cell.split())
        elif control.kind == "choice":
            form[control.path] = cell.upper() or ("SALE" if control.path == "deal_type" else "")
        else:
            form[control.path] = cell
    town = next((form[path] for path in form if path.endswith(".city")), "")
    body, filled = forms.read(shape.schema(), shape.controls, form, currency=currency_of_town(town), asks=False)
    if body is None:
        return {path.split(".", 1)[-1]: reason for path, reason in filled.errors.items()}
    if kind == "leads":
        rescore_lead(create_lead(session(), visitor(), Origin.EXCHANGE, lead_columns(body)))
    else:
        rescore_property(create_property(session(), visitor(), Origin.EXCHANGE, property_columns(body)))
    return None


def _is_unknown(name: str, control: Control, cell: str) -> bool:
    """
    Whether a cell of numbers says that nothing is known: a dash, -1, 0 where it is impossible, a clock's first year.
    """
    if control.kind not in ("money", "number", "whole", "rooms", "checks"):
        return False
    if is_unknown(cell) or cell in ("-1", "-1.0", "-1,0"):
        return True
    if name == "year_built":
        return cell in ("0", "1", "1970")
    return name in ("price", "area", "total_floors") and cell in ("0", "0.0", "0,0")


def _lines() -> list[int]:
    """The lines of the whole file that this piece's rows begin in; empty where the file came whole."""
    told = request.form.get("lines", "").split(",")[:MAX_ROWS]
    return [int(line) for line in told] if all(line.isdecimal() and len(line) < 9 for line in told) else []
