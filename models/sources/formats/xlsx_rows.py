"""Rows of an .xlsx workbook as text, read as a stream. Formulas are not evaluated: their stored result counts."""

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, time
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from models.core.errors import Fault
from models.sources.formats.csv_rows import Row
from models.sources.formats.offer import FeedError
from models.sources.formats.xlsx_bounds import check_parts

#: The maximum number of rows of a sheet. A row can state any number, and the library creates empty rows for all missing
#: ones before it.
MAX_ROWS = 1 << 20
#: The maximum number of columns that are read: a row is filled up to its last cell, which may be in any column.
MAX_COLUMNS = 256
#: The text of a cell in which a spreadsheet turned typed text ("2/5") into a date.
DATE_MARK = "a date: "

#: Errors by which the libraries report a damaged workbook.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, ParseError, OSError, EOFError,
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
    RuntimeError,  # a part is encrypted, compressed in a way unknown to zipfile, or nested too deep
)  # fmt: skip


def sheets(path: Path) -> list[str]:
    """The names of the workbook's sheets; raises FeedError."""
    with _open(path, data_only=False) as book:
        return list(book.sheetnames)


def rows(path: Path, sheet: str) -> Iterator[Row]:
    """
    The rows of a sheet that are not empty.

    A date is returned as `a date: 2026-05-02`: in a column of floors or rooms it was typed as "2/5" and converted by
    the spreadsheet. Numbers have no superfluous `.0`; with a format such as `000000`, ids keep their leading zeros.

    Raises:
        FeedError: The workbook cannot be read.
    """
    last_values: Iterator[Any] | None = None
    empty: Any = None
    with ExitStack() as stack:
        book = stack.enter_context(_open(path, data_only=False))
        for line, cells in enumerate(_cells(book, sheet), start=1):
            if cells is empty and last_values is None:
                continue  # the library returns one object for all rows of a gap, which may be a million
            texts = [_text(cell) for cell in cells]
            formulas = [
                column for column, text in enumerate(texts) if text.startswith("=") and _is_formula(cells[column])
            ]
            if formulas and last_values is None:
                values_book = stack.enter_context(_open(path, data_only=True))
                last_values = islice(_cells(values_book, sheet), line - 1, None)
            if last_values is not None:
                known = next(last_values, ())
                for column in formulas:
                    value = known[column].value if column < len(known) else None
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        texts[column] = _number(value)
            while texts and not texts[-1]:
                texts.pop()
            if texts:
                yield Row(line, texts)
            else:
                empty = cells


@contextmanager
def _open(path: Path, *, data_only: bool) -> Iterator[Any]:
    """Context manager of an open workbook; every error in it becomes a FeedError."""
    from openpyxl import load_workbook  # imported late: it takes 0.25 s, and few processes ever read a workbook

    try:
        _check(path, path.stat().st_mtime_ns)
        # Opened as a stream, because openpyxl checks the extension of a name, and uploads have none.
        with path.open("rb") as file, closing(load_workbook(file, read_only=True, data_only=data_only)) as book:
            yield book
    except DAMAGED as error:
        raise FeedError(Fault("feed.workbook_unreadable", error=type(error).__name__)) from None


@lru_cache(maxsize=4)  # a workbook is opened once for its names, and again for each sheet
def _check(path: Path, written_at: int) -> None:
    with zipfile.ZipFile(path) as parts:
        check_parts(parts)


def _cells(book: Any, sheet: str) -> Iterator[Any]:
    columns = min(book[sheet].max_column or MAX_COLUMNS, MAX_COLUMNS)
    cells: Iterator[Any] = book[sheet].iter_rows(max_row=MAX_ROWS, max_col=columns)
    return cells


def _is_formula(cell: Any) -> bool:
    return getattr(cell, "data_type", "") == "f"


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, datetime | date):
        day = value.date() if isinstance(value, datetime) else value
        return f"{DATE_MARK}{day.isoformat()}"
    if isinstance(value, time):
        return value.isoformat()
    text = _number(value)
    form = getattr(cell, "number_format", "") or ""
    return text.zfill(len(form)) if form and set(form) == {"0"} else text


def _number(value: float) -> str:
    """
    >>> _number(12500000.0), _number(43.2), _number(1e15)
    ('12500000', '43.2', '1000000000000000')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e17:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)
