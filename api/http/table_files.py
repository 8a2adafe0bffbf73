"""Tables as files to download, CSV or XLSX, streamed. No cell is evaluated as a formula."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask import Response

from api.http.fields import moment
from models.core.csv_cells import safe_cell

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIECE = 1 << 16
#: The maximum number of characters in a cell of a spreadsheet.
LONGEST_CELL = 32_767
#: Characters that a workbook's XML cannot contain.
_FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])


class TableFormat(StrEnum):
    """The file format of a table."""

    CSV = "csv"
    XLSX = "xlsx"


def table_file(name: str, kind: TableFormat, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """An answer that downloads *rows* as the file *name*, without its ending."""
    if kind is TableFormat.CSV:
        response = Response(_csv(columns, rows), mimetype=CSV)
    else:
        response = Response(_xlsx(columns, rows), mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    yield "\ufeff"  # a byte order mark, without which spreadsheets misread UTF-8
    for row in rows:
        writer.writerow([safe_cell(value) if isinstance(value, str) else value for value in map(_plain, row)])
        if buffer.tell() > PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _xlsx(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A workbook. It is assembled on disk, because the directory of a ZIP file comes at its end."""
    from openpyxl import Workbook  # late: it takes 0.25 s, and few processes ever write a workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_cell(sheet, value) for value in map(_plain, row)])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=value.translate(_FORBIDDEN)[:LONGEST_CELL])
    cell.data_type = "s"  # a text, even if it begins with a sign of a formula
    return cell


def _plain(value: Any) -> Any:
    """A cell's number or text."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    if value is None or isinstance(value, int | float | Decimal):
        return value
    return str(value)
