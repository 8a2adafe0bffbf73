"""Import leads from a CSV file, read as it arrives: all rows or none."""

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any, cast
from uuid import UUID

from flask import request
from flask.views import MethodView
from marshmallow import ValidationError, fields
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from api.http.api_keys import niche_scope, with_api_key
from api.http.blueprint import Blueprint, Body, names_of, one_of
from api.http.db import session
from api.http.fields import FormMoney, Text
from api.http.tasks import score_prospects
from api.http.uploads import takes_uploads
from api.leadgen.announce import announce, announce_stats
from api.leadgen.csv_export import PROSPECT_COLUMNS
from models.accounts.users import normal_phone
from models.core.amounts import read_amount
from models.core.errors import Fault, InvalidValueError
from models.core.numbers import is_unknown
from models.leadgen.campaigns import Platform
from models.leadgen.events import EventKind
from models.leadgen.prospects import Added, add_prospects, origins_of
from models.sources.formats import csv_rows
from models.sources.formats.offer import FeedError

blp = Blueprint("leadgen-import", __name__, description="Leads from CSV")

MAX_ROWS = 100_000
ROWS_AT_ONCE = 500
#: The maximum size of a file in memory, in bytes; a larger one is written to the disk.
MAX_HELD = 4 << 20
#: The maximum number of faulty rows in one response.
MAX_MISTAKES = 50
#: The maximum number of campaigns whose new figures one import announces.
MAX_ANNOUNCED = 20


class CellMoney(FormMoney):
    """An amount in the notation of people and spreadsheets: 12,5 млн, "1 234,50"; its currency is ignored."""

    def read(self, text: str) -> Decimal:
        return read_amount(text).value


class ProspectRowIn(Body):
    """One row; an empty cell counts as a missing value."""

    ad_id = fields.UUID()
    name = Text(200, required=True)
    phone = Text(40)
    source = one_of(Platform, required=True)
    platform_user_id = Text(200)
    budget = CellMoney()
    notes = Text(5000)


#: Computed columns of an export; an import ignores them, so that an export can be imported.
IGNORED = frozenset(PROSPECT_COLUMNS) - set(names_of(ProspectRowIn))


class Imported(Body):
    created = fields.Integer(metadata={"description": "New leads."})
    duplicates = fields.Integer(
        metadata={"description": "Rows that became touches of leads that the niche already has."}
    )


CSV_BODY = {
    "description": "Columns: name and source, optionally phone, platform_user_id, budget, notes, ad_id. UTF-8.",
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
    },
}


@blp.route("/api/leads/import")
class ProspectImport(MethodView):
    """Import many leads."""

    @with_api_key
    @takes_uploads
    @blp.response(201, Imported)
    @blp.alt_response(415, description="The body is neither CSV nor a multipart body with a file.")
    @blp.doc(requestBody=CSV_BODY)
    def post(self) -> Any:
        """Add leads from CSV; a mistake in any row refuses the whole file

        At most 100,000 rows, separated by commas or semicolons; an export can be imported. A contact of a person who is
        already known in the niche becomes a touch.
        """
        schema = ProspectRowIn()
        mistakes: dict[int, Any] = {}
        created = duplicates = 0
        campaigns: set[UUID] = set()
        for batch in _batches(_rows()):
            contacts = _contacts(schema, batch, mistakes)
            if len(mistakes) >= MAX_MISTAKES:
                break
            if mistakes or not contacts:
                continue  # nothing will be stored; the rest is read to report its mistakes as well
            added: list[Added] = add_prospects(session(), contacts, scope=niche_scope())
            created += sum(contact.new for contact in added)
            duplicates += sum(not contact.new for contact in added)
            campaigns |= {contact.prospect.campaign_id for contact in added if contact.prospect.campaign_id}
            session().expunge_all()  # frees the memory of the stored rows
        if mistakes:
            raise file_refused(mistakes)
        _announce_import(created, duplicates, campaigns)
        return {"created": created, "duplicates": duplicates}


def _announce_import(created: int, duplicates: int, campaigns: set[UUID]) -> None:
    of_niche = {} if niche_scope() is None else {"niche_id": str(niche_scope())}
    announce(EventKind.LEADS_IMPORTED, created=created, duplicates=duplicates, **of_niche)
    for campaign_id in sorted(campaigns)[:MAX_ANNOUNCED]:
        announce_stats(campaign_id)
    score_prospects()


def sent_file() -> IO[bytes]:
    """The CSV file of the request, as its body or as the file of a form; raises BadRequest, UnsupportedMediaType."""
    if request.mimetype == "text/csv":
        return request.stream
    if request.mimetype == "multipart/form-data":
        if set(request.files) != {"file"} or request.form:
            raise FileRefused({"files": {"file": ["csv.one_file"]}})
        return request.files["file"].stream
    if not request.mimetype and not request.content_length and "Transfer-Encoding" not in request.headers:
        raise BadRequest(Fault("csv.no_body"))
    raise UnsupportedMediaType(Fault("csv.wanted"))


def _rows() -> Iterator[tuple[int, dict[str, str]]]:
    return read_rows(sent_file(), ("name", "source"), names_of(ProspectRowIn), IGNORED, MAX_ROWS)


def read_rows(
    stream: IO[bytes], needed: Sequence[str], known: Collection[str], ignored: Collection[str], max_rows: int
) -> Iterator[tuple[int, dict[str, str]]]:
    """
    Yield (line, cells by column) of every row that is not empty.

    Args:
        needed, known, ignored: Required columns, optional columns, and ignored columns.
    Raises:
        BadRequest: The file cannot be read, has other columns, or too many rows.
    """
    with tempfile.SpooledTemporaryFile(max_size=MAX_HELD) as file:  # a request's stream can be read only once
        shutil.copyfileobj(stream, file)
        try:
            rows = csv_rows.rows(cast(IO[bytes], file))
            head = next(rows, None)
            columns = _columns(head.cells if head else [], needed, {*known, *ignored})
            for number, row in enumerate(rows, start=1):
                if number > max_rows:
                    raise file_refused({row.line: {"_row": [Fault("csv.too_many_rows", max=max_rows)]}})
                if row.error or any(row.cells[len(columns) :]):
                    raise file_refused(
                        {
                            row.line: {
                                "_row": [Fault("csv.unreadable", reason=row.error) if row.error else "csv.more_cells"]
                            }
                        }
                    )
                yield row.line, dict(zip(columns, row.cells, strict=False))
        except FeedError as error:
            raise BadRequest(Fault("csv.unreadable", reason=error.fault)) from None


def _columns(cells: list[str], needed: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the columns' names from the first line; raises BadRequest unless all are known."""
    columns = [cell.strip() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()  # spreadsheets save empty columns too
    for name in needed:
        if name not in columns:
            raise file_refused({1: {name: ["csv.no_such_column"]}})
    for number, name in enumerate(columns, start=1):
        if not name:
            raise file_refused({1: {"_row": [Fault("csv.column_without_name", number=number)]}})
        if name not in known:
            raise file_refused({1: {name: ["csv.unknown_column"]}})
        if columns.count(name) > 1:
            raise file_refused({1: {name: ["csv.column_twice"]}})
    return columns


def _batches(rows: Iterable[tuple[int, dict]]) -> Iterator[list[tuple[int, dict]]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _contacts(schema: ProspectRowIn, batch: list[tuple[int, dict]], mistakes: dict[int, Any]) -> list[dict]:
    """Return the valid rows of the batch as columns of prospects; add the mistakes of others to *mistakes*, by line."""
    contacts = []
    for line, cells in batch:
        try:
            given = {name: cell for name, cell in cells.items() if cell and name not in IGNORED}
            if is_unknown(given.get("budget", "?")) or given.get("budget") in ("-1", "-1.0"):
                given.pop("budget", None)  # values that files hold for an unknown budget
            contact = schema.load(given)
            if contact.get("phone"):
                contact["phone"] = normal_phone(contact["phone"])
            contacts.append((line, contact))
        except ValidationError as error:
            mistakes[line] = error.messages
        except InvalidValueError as error:
            mistakes[line] = {error.field: [error.fault]}
    ads = {contact["ad_id"] for _, contact in contacts if "ad_id" in contact}
    known = origins_of(session(), ads, scope=niche_scope()) if ads else {}
    for line, contact in contacts:
        if contact.get("ad_id") and contact["ad_id"] not in known:
            mistakes[line] = {"ad_id": ["ad.not_found"]}
        elif niche_scope() is not None and not contact.get("ad_id"):
            mistakes[line] = {"ad_id": ["prospect.ad_needed"]}
    return [contact for _, contact in contacts]


def file_refused(mistakes: Mapping[int, Any]) -> BadRequest:
    """The error of a file with mistakes, by their lines."""
    first = sorted(mistakes)[:MAX_MISTAKES]
    return FileRefused({"csv": {f"line {line}": mistakes[line] for line in first}})


class FileRefused(BadRequest):
    """A file with mistakes; *messages* become the details of the error's payload."""

    def __init__(self, messages: Mapping[str, Any]) -> None:
        super().__init__()
        self.data = {"messages": messages}
