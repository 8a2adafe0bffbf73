"""Rows of a table that are not listings: titles of groups, headers repeated between pages, totals at the end."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from models.core.errors import Fault
from models.sources.formats.csv_rows import Row
from models.sources.formats.vocabulary import fold

_TOTAL = re.compile(r"(?:итого|всего|total|grand total|сумма|в среднем|среднее|average)\b")
#: Words, which ids are not.
_WORDS = re.compile("[а-яёәғқңөұүһі]{4}", re.IGNORECASE)
#: A table of fewer columns may have rows of one cell.
MIN_COLUMNS = 4


def listings(rows: Iterable[Row], names: Sequence[str], *, may_be_cut: bool) -> Iterator[Row]:
    """
    The rows without those that are not listings.

    Args:
        names: The texts of the header.
        may_be_cut: The file may be truncated, so a short last row is not a title and is reported as cut off.
    """
    header = [_plain(name) for name in names]
    for row, following in pairwise(_with_end(rows)):
        if row is None:
            return
        if row.error:
            yield row
        elif _is_header(row.cells, header) or _is_total(row.cells):
            continue
        elif not (_is_title(row.cells, header) and (following is not None or not may_be_cut or _is_whole(row, header))):
            yield row


def report_cut_off(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows; a last row that is shorter than all others is reported as cut off, and the file as truncated."""
    shortest: int | None = None
    last: Row | None = None
    for row in rows:
        if last is not None:
            shortest = len(last.cells) if shortest is None else min(shortest, len(last.cells))
            yield last
        last = row
    if last is None:
        return
    if shortest is not None and len(last.cells) < shortest and not last.error:
        last = Row(last.line, [], Fault("import.shorter"))
    yield last


def _with_end(rows: Iterable[Row]) -> Iterator[Row | None]:
    yield from rows
    yield None


def _plain(cell: str) -> str:
    return " ".join(cell.split()).casefold()


def _is_header(cells: list[str], header: list[str]) -> bool:
    filled = [(column, cell) for column, cell in enumerate(cells) if cell]
    return len(filled) > 1 and all(column < len(header) and _plain(cell) == header[column] for column, cell in filled)


def _is_total(cells: list[str]) -> bool:
    first = next((cell for cell in cells if cell), "")
    return _TOTAL.match(fold(first[:40])) is not None


def _is_title(cells: list[str], header: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(header) >= MIN_COLUMNS and len(filled) == 1 and _WORDS.search(filled[0]) is not None


def _is_whole(row: Row, header: list[str]) -> bool:
    return len(row.cells) >= len(header)
