"""Leads from a CSV file, read as it arrives: all of its rows are taken, or none."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

from flask import request
from flask.views import MethodView
from marshmallow import ValidationError, fields
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from api.http.api_keys import with_api_key
from api.http.blueprint import Blueprint, Body, names_of, one_of
from api.http.db import session
from api.http.fields import FormMoney, Text
from api.http.tasks import score_prospects
from api.http.uploads import takes_uploads
from api.leadgen.announce import announce, announce_stats
from api.leadgen.csv_export import PROSPECT_COLUMNS
from models.accounts.users import normal_phone
from models.core.amounts import read_amount
from models.core.csv_cells import plain_cell
from models.core.errors import InvalidValueError
from models.core.numbers import is_unknown
from models.leadgen.campaigns import Platform
from models.leadgen.events import EventKind
from models.leadgen.prospects import Added, add_prospects, origins_of

blp = Blueprint("leadgen-import", __name__, description="Leads from CSV")

MOST_ROWS = 100_000
ROWS_AT_ONCE = 500
#: Rows with mistakes that one answer tells of.
MOST_MISTAKES = 50
#: Campaigns whose new figures are announced; of a larger import readers learn that it was.
MOST_ANNOUNCED = 20


class CellMoney(FormMoney):
    """
    An amount as people and spreadsheets write it: 12,5 млн, "1 234,50"; a currency beside it changes nothing here.
    """

    def read(self, text: str) -> Decimal:
        return read_amount(text).value


class ProspectRowIn(Body):
    """One row; an empty cell is a value left out."""

    ad_id = fields.UUID()
    name = Text(200, required=True)
    phone = Text(40)
    source = one_of(Platform, required=True)
    platform_user_id = Text(200)
    budget = CellMoney()
    notes = Text(5000)


#: Columns of an export that say what we know ourselves; they are passed over, so that an export can be imported.
PASSED_OVER = frozenset(PROSPECT_COLUMNS) - set(names_of(ProspectRowIn))


class Imported(Body):
    created = fields.Integer(metadata={"description": "New leads."})
    duplicates = fields.Integer(metadata={"description": "Rows that became touches of leads known to their niche."})


CSV_BODY = {
    "description": "Columns: name and source, and if wanted phone, platform_user_id, budget, notes, ad_id. UTF-8.",
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
    },
}


@blp.route("/api/leads/import")
class ProspectImport(MethodView):
    """Many leads at once."""

    @with_api_key
    @takes_uploads
    @blp.response(201, Imported)
    @blp.alt_response(415, description="The body is neither CSV nor a multipart body with a file.")
    @blp.doc(requestBody=CSV_BODY)
    def post(self) -> Any:
        """Add leads from CSV; a mistake in any row leaves all of them out

        At most 100,000 rows, between commas or semicolons; an export can be imported. Persons known to their niche
        become touches.
        """
        schema, mistakes = ProspectRowIn(), {}
        created = duplicates = 0
        campaigns = set()
        for batch in _batches(_rows(_file())):
            contacts = _contacts(schema, batch, mistakes)
            if len(mistakes) >= MOST_MISTAKES:
                break
            if mistakes or not contacts:
                continue  # nothing will be stored; the rest is read to tell of its mistakes at once
            added: list[Added] = add_prospects(session(), contacts)
            created += sum(one.new for one in added)
            duplicates += sum(not one.new for one in added)
            campaigns |= {one.prospect.campaign_id for one in added if one.prospect.campaign_id}
            session().expunge_all()  # what is stored need not be held
        if mistakes:
            raise _refused(mistakes)
        _tell(created, duplicates, campaigns)
        return {"created": created, "duplicates": duplicates}


def _tell(created: int, duplicates: int, campaigns: set) -> None:
    announce(EventKind.LEADS_IMPORTED, created=created, duplicates=duplicates)
    for campaign_id in sorted(campaigns)[:MOST_ANNOUNCED]:
        announce_stats(campaign_id)
    score_prospects()


_WANTED = "Send text/csv, or multipart/form-data with a part called file."


def _file() -> IO[bytes]:
    if request.mimetype == "text/csv":
        return request.stream
    if request.mimetype == "multipart/form-data":
        if set(request.files) != {"file"} or request.form:
            raise _bad({"files": {"file": ["Send one file, as the part called file, and nothing else."]}})
        return request.files["file"].stream
    if not request.mimetype and not request.content_length and "Transfer-Encoding" not in request.headers:
        raise BadRequest(f"There is no body. {_WANTED}")
    raise UnsupportedMediaType(_WANTED)


def _rows(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of every row that is not empty."""
    lines = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        header = lines.readline()
        # Spreadsheets of countries with a decimal comma write semicolons.
        reader = csv.reader(lines, delimiter=";" if ";" in header and "," not in header else ",", strict=True)
        columns = _columns(next(csv.reader([header], delimiter=reader.dialect.delimiter), []))
        for number, cells in enumerate(reader, start=1):
            line = 1 + reader.line_num
            if number > MOST_ROWS:
                raise _refused({line: {"_row": [f"One import takes {MOST_ROWS} rows; split the file."]}})
            if any(cells[len(columns) :]):
                raise _refused({line: {"_row": ["There are more cells than columns."]}})
            if any(cells):
                yield line, dict(zip(columns, cells, strict=False))
    except UnicodeDecodeError:
        raise BadRequest("The file is not UTF-8; save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise BadRequest(f"The file is not CSV: {error}.") from None
    finally:
        lines.detach()  # the request closes its stream itself


def _columns(cells: list[str]) -> list[str]:
    """The names that the first line gives the columns; raises a 400 unless all are known."""
    columns = [cell.strip() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()  # spreadsheets save empty columns too
    for name in ("name", "source"):
        if name not in columns:
            raise _refused({1: {name: ["The file has no such column; its first line names the columns."]}})
    for number, name in enumerate(columns, start=1):
        if not name:
            raise _refused({1: {"_row": [f"Column {number} has no name."]}})
        if name not in PASSED_OVER and name not in names_of(ProspectRowIn):
            raise _refused({1: {name: ["Unknown column."]}})
        if columns.count(name) > 1:
            raise _refused({1: {name: ["The column comes twice."]}})
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
    """The batch's rows as columns of prospects; what is wrong with others goes to *mistakes*, by line."""
    contacts = []
    for line, cells in batch:
        try:
            given = {name: plain_cell(cell) for name, cell in cells.items() if cell and name not in PASSED_OVER}
            if is_unknown(given.get("budget", "?")) or given.get("budget") in ("-1", "-1.0"):
                given.pop("budget", None)  # what files hold where nothing is known
            contact = schema.load(given)
            if contact.get("phone"):
                contact["phone"] = normal_phone(contact["phone"])
            contacts.append((line, contact))
        except ValidationError as error:
            mistakes[line] = error.messages
        except InvalidValueError as error:
            mistakes[line] = {error.field: [error.reason]}
    ads = {contact["ad_id"] for _, contact in contacts if "ad_id" in contact}
    known = origins_of(session(), ads) if ads else {}
    for line, contact in contacts:
        if contact.get("ad_id") and contact["ad_id"] not in known:
            mistakes[line] = {"ad_id": ["There is no such ad."]}
    return [contact for _, contact in contacts]


def _refused(mistakes: Mapping[int, Any]) -> BadRequest:
    first = sorted(mistakes)[:MOST_MISTAKES]
    return _bad({"csv": {f"line {line}": mistakes[line] for line in first}})


def _bad(messages: Mapping[str, Any]) -> BadRequest:
    error = BadRequest()
    error.data = {"messages": messages}
    return error
