"""Rows of a CSV file in any of four encodings, with any of four separators, any line ends and long cells.

Every importer of CSV reads through this one.
"""

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from models.core.csv_cells import plain_cell
from models.core.errors import Fault
from models.sources.formats.offer import FeedError

#: The maximum length of a cell; descriptions with embedded pictures are very long.
LONGEST_CELL = 8 << 20  # characters
csv.field_size_limit(LONGEST_CELL)

SEPARATORS = ",;\t|"
#: The number of lines from which the separator is determined.
SAMPLE_LINES = 50
#: The maximum number of lines of a row; beyond it, an open quotation mark counts as an error.
MAX_LINES_A_ROW = 2_000
#: The lines after a row with an open quotation mark are read again. Once these are more than this many and this many
#: times the file's lines so far, a row has one line; otherwise a small file of such rows would be read for hours.
FREE_LINES_AGAIN, LINES_AGAIN = 100_000, 10
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table that begins at line *line* (1 is the first). *error* states why it could not be read."""

    line: int
    cells: list[str]
    error: str = ""


def rows(stream: IO[bytes]) -> Iterator[Row]:
    """
    The rows of the file that are not empty, in its order.

    A malformed row is returned with its error and without cells. The lines after its first are read again, so that an
    unclosed quotation mark swallows no rows.

    Args:
        stream: Seekable, at any position.
    Raises:
        FeedError: It is not a text.
    """
    encoding = encoding_of(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    try:
        lines = _Lines(text)
        separator = lines.separator()
        while (line := lines.peek()) is not None:
            begins = lines.number
            if not line.strip():
                lines.skip()
                continue
            try:
                cells = next(csv.reader(lines, delimiter=separator, strict=True))
            except (csv.Error, StopIteration) as error:
                lines.rewind_to(begins + 1)
                yield Row(begins, [], _reason(error))
                continue
            lines.discard_row()
            if any("\0" in cell for cell in cells):
                yield Row(begins, [], Fault("import.zero_byte"))
            elif any(cell.strip() for cell in cells):
                yield Row(begins, [_plain(cell.strip()) for cell in cells])
    finally:
        with suppress(ValueError):  # a caller that stops early may have closed the stream before us
            text.detach()


def encoding_of(stream: IO[bytes]) -> str:
    """
    The encoding of a text: that of its byte order mark, otherwise UTF-8 if all of it is valid, otherwise Windows-1251.

    Raises:
        FeedError: It is not a text.
    """
    stream.seek(0)
    head = stream.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        evens, odds = head[0::2].count(0), head[1::2].count(0)
        if max(evens, odds) > len(head) // 8 and min(evens, odds) <= len(head) // 100:
            return "utf-16-le" if odds > evens else "utf-16-be"
        raise FeedError("feed.zero_bytes")
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return "cp1251"
    return "utf-8"


class _Lines:
    """The lines of a text, which can be rewound to the beginning of the current row."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._ahead: deque[str] = deque()
        self._taken: list[str] = []
        self._again = 0  # lines that were given back
        self.number = 1  #: The number of the next line.

    def separator(self) -> str:
        """The separator: that of a first line `sep=;`, otherwise the one that divides the first lines most evenly."""
        sample = []
        for _ in range(SAMPLE_LINES):
            line = self._text.readline(LONGEST_CELL)
            if not line:
                break
            sample.append(line)
        self._ahead.extend(sample)
        first = sample[0].strip().lower() if sample else ""
        if first.startswith("sep=") and len(first) in (4, 5):
            self._ahead.popleft()
            self.number = 2
            return sample[0].strip()[4:5] or "\t"
        return max(SEPARATORS, key=lambda each: _evenness(sample, each))

    def peek(self) -> str | None:
        """The next line; None at the end."""
        if not self._ahead:
            line = self._text.readline(LONGEST_CELL)
            if not line:
                return None
            self._ahead.append(line)
        return self._ahead[0]

    def skip(self) -> None:
        """Skip the next line."""
        self._ahead.popleft()
        self.number += 1

    def discard_row(self) -> None:
        """Discard the lines of the current row, which is complete."""
        self._taken.clear()

    def rewind_to(self, number: int) -> None:
        """Continue with the line *number*, one of the current row's."""
        self._again += self.number - number
        while self.number > number:
            self._ahead.appendleft(self._taken.pop())
            self.number -= 1
        self._taken.clear()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.peek()
        is_spent = self._again > FREE_LINES_AGAIN + LINES_AGAIN * self.number
        if line is None or len(self._taken) >= (1 if is_spent else MAX_LINES_A_ROW):
            raise StopIteration
        self._ahead.popleft()
        self._taken.append(line)
        self.number += 1
        return line


def _plain(cell: str) -> str:
    """
    The original content of a cell that was protected against evaluation or conversion to a number.

    >>> _plain('="007"'), _plain("'=1+1"), _plain('=HYPERLINK("http://a.example")')
    ('007', '=1+1', '=HYPERLINK("http://a.example")')
    """
    if cell.startswith('="') and cell.endswith('"') and cell.count('"') == 2:
        return cell[2:-1].strip()
    return plain_cell(cell)


def _reason(error: BaseException) -> Fault:
    text = str(error)
    if not text or "end of data" in text:
        return Fault("import.open_quotation_mark")
    return Fault("import.bad_csv", error=text)


def _evenness(lines: list[str], separator: str) -> tuple[int, int]:
    """The number of lines with the most frequent number of cells (above 1), and that number."""
    counts: Counter[int] = Counter()
    try:
        for cells in csv.reader(lines, delimiter=separator):
            counts[len(cells)] += 1
    except csv.Error:
        pass
    counts.pop(0, None)
    counts.pop(1, None)
    if not counts:
        return 0, 0
    size, times = max(counts.items(), key=lambda item: (item[1], item[0]))
    return times, size
