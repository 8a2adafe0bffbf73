"""A file of listings of any format: its kind is recognised by its content, and its offers are read as a stream."""

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from models.core.errors import Fault
from models.sources.formats import avito, cian, csv_rows, lead_rows, table, tree, xlsx_rows, yrl
from models.sources.formats.csv_rows import Row
from models.sources.formats.offer import Entry, FeedError, Notes, Offer

#: The kinds that `--kind` and the API accept; Domclick's feed is a dialect of YRL.
KINDS = ("yrl", "cian", "avito", "csv", "xlsx")
TABLES = ("csv", "xlsx")
ALIASES = {"domclick": "yrl", "yandex": "yrl", "excel": "xlsx"}

_HEAD = 1 << 20
#: The number of entries between two checks of the position in the file.
PLACE_EVERY = 100
#: A compressed file that unpacks to more is refused.
LARGEST_UNPACKED = 8 << 30  # bytes
#: Local name of a record -> the kind of its feed.
_RECORDS = {"offer": "yrl", "object": "cian", "ad": "avito"}
_NAMES = {kind: name for name, kind in _RECORDS.items()}
_READERS: dict[str, Callable[[tree.Node], Offer]] = {
    "yrl": yrl.offer_of,
    "cian": cian.offer_of,
    "avito": avito.offer_of,
}


@dataclass
class Feed:
    """
    A file of listings at *path*.

    After `offers` is read to its end, `notes` lists what was skipped; each call of `offers` starts again.
    """

    path: Path
    kind: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None
    dialect: str = ""
    of_leads: bool = False  #: Its rows are clients' requests.
    encoding: str | None = None  #: For XML with a missing or wrong declaration.
    notes: Notes = field(default_factory=Notes)

    def check(self) -> None:
        """Read an XML file to its end, so that a truncated one is recognised before anything is imported.

        Raises:
            FeedError: It is damaged or ends in the middle.
        """
        if self.kind in _READERS:
            with self._open() as stream:
                tree.check_whole(stream, self.encoding)
        else:
            self.header()

    def offers(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Offer]:
        """The offers of a file of listings; see :meth:`entries`."""
        return cast(Iterator[Offer], self.entries(on_bytes))

    def entries(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Entry]:
        """
        All offers or requests in the file's order, including refused ones; *on_bytes* receives the position in the
        file.

        Raises:
            FeedError: The file cannot be read (any further).
        """
        self.notes = Notes(kind=self.kind, dialect=self.dialect, now=self.now)
        if self.kind == "xlsx":
            header, rows = self._find_header(xlsx_rows.rows(self.path, self._sheet()))
            yield from self._of_rows(rows, header)
            return
        with self._open() as stream:
            if self.kind == "csv":
                header, rows = self._find_header(csv_rows.rows(stream))
                yield from _with_place(self._of_rows(rows, header), stream, on_bytes)
                return
            reader = _READERS[self.kind]
            elements = tree.records(stream, _NAMES[self.kind], self.encoding)
            yield from _with_place((reader(tree.Node(each, self.notes)) for each in elements), stream, on_bytes)

    def header(self) -> table.Header:
        """The columns of a table; raises FeedError."""
        if self.kind == "xlsx":
            return self._find_header(xlsx_rows.rows(self.path, self._sheet()))[0]
        with self._open() as stream:
            return self._find_header(csv_rows.rows(stream))[0]

    def _find_header(self, rows: Iterator[Row]) -> tuple[table.Header, Iterator[Row]]:
        return (lead_rows if self.of_leads else table).find_header(rows, self.mapping)

    def _of_rows(self, rows: Iterator[Row], header: table.Header) -> Iterator[Entry]:
        return (lead_rows.requests if self.of_leads else table.offers)(rows, header, self.notes)

    def _open(self) -> BinaryIO:
        return _opened(self.path)

    def _sheet(self) -> str:
        """The first sheet with a header of listings, otherwise the first sheet."""
        names = xlsx_rows.sheets(self.path)
        problem: FeedError | None = None
        for name in names:
            try:
                self._find_header(_first(xlsx_rows.rows(self.path, name)))
                return name
            except FeedError as error:
                problem = problem or error
        raise problem or FeedError("feed.no_sheets")


def open_feed(
    path: Path,
    kind: str | None = None,
    mapping: Mapping[str, str] | None = None,
    now: datetime | None = None,
    *,
    of_leads: bool = False,
) -> Feed:
    """
    Open the file at *path* as a feed of the given kind, or of the kind recognised by its content.

    Args:
        kind: One of :data:`KINDS` or :data:`ALIASES`; None to recognise it.
        mapping: For a table: a column's name -> a field of :data:`models.sources.formats.headers.NAMES`, or "".
        of_leads: Its rows are clients' requests instead of listings.
        now: The moment with which offers' last days are compared; None: the current time.
    Raises:
        FeedError: It is not a file of listings, or not of the given kind.
    """
    kind = ALIASES.get(kind or "", kind)
    if kind is not None and kind not in KINDS:
        raise FeedError(Fault("feed.unknown_kind", kind=kind, kinds=", ".join(KINDS)))
    try:
        detected, dialect = _kind_of(path)
    except OSError as error:
        raise FeedError(Fault("feed.not_readable", name=path.name, error=error.strerror or str(error))) from None
    if kind is not None and kind != detected:
        raise FeedError(Fault("feed.other_kind", found=detected, kind=kind))
    if of_leads and detected not in TABLES:
        raise FeedError("feed.leads_need_table")
    encoding = None
    if detected not in TABLES:
        with _opened(path) as stream:
            encoding = tree.encoding_of(stream.read(_HEAD))
    return Feed(path, detected, dict(mapping or {}), now, dialect, of_leads, encoding)


def _kind_of(path: Path) -> tuple[str, str]:
    """(kind, dialect), recognised by content."""
    with path.open("rb") as raw:
        magic = raw.read(8)
    if magic.startswith(b"PK\x03\x04"):
        return _kind_of_archive(path)
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise FeedError("feed.old_workbook")
    if magic.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")):
        raise FeedError("feed.document")
    with _opened(path) as stream:
        head = stream.read(_HEAD)
        start = _start_of(head)
        if not start:
            raise FeedError("feed.empty")
        if start.startswith("<"):
            return _kind_of_xml(head, start)
        if start.startswith(("{", "[{")):
            raise FeedError("feed.json")
        csv_rows.encoding_of(stream)
    return "csv", ""


def _kind_of_archive(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as parts:
            names = set(parts.namelist())
    except xlsx_rows.DAMAGED:
        raise FeedError("feed.workbook_damaged") from None
    if any(name.casefold() == "xl/workbook.xml" for name in names):
        return "xlsx", ""
    raise FeedError("feed.archive")


def _kind_of_xml(head: bytes, start: str) -> tuple[str, str]:
    low = start[:2000].casefold()
    if "<!doctype html" in low or "<html" in low:
        raise FeedError("feed.web_page")
    if "<!doctype" in low or "<!entity" in low:
        raise FeedError("feed.entities")
    first, names = tree.outline(head)
    root = first[0] if first else ""
    kind = next((_RECORDS[name] for name in first[1:] if name in _RECORDS), None)
    if kind is None:
        kind = next((_RECORDS[name] for name in ("offer", "object", "ad") if name in names and name != root), None)
    if kind is None:
        # An empty feed has the kind of its root; the import holds back the withdrawal of its missing listings.
        kind = {"realty-feed": "yrl", "ads": "avito", "feed": "cian"}.get(root)
    if kind is None:
        raise FeedError(Fault("feed.unknown_xml", root=root[:50] or "?"))
    dialects = {
        "profitbase": "profitbase",
        "domclick": "domclick",
        "metarealty": "metarealty",
        'formatversion="1"': "1",
    }
    dialect = next((name for mark, name in dialects.items() if mark in low), "")
    return kind, dialect or (root if kind == "cian" and root != "feed" else "")


def _start_of(head: bytes) -> str:
    """The beginning of the text without byte order mark and blanks, for recognition."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head[:8000].decode("utf-16", errors="ignore").strip()
    if head[:4] in (b"<\0?\0", b"\0<\0?"):
        return head[:8000].decode("utf-16-le" if head[0] else "utf-16-be", errors="ignore").strip()
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace").strip("\ufeff \t\r\n\0")


class _Unpacked(gzip.GzipFile):
    """The content of a .gz file; raises FeedError for damaged files and for content larger than any feed."""

    def read(self, size: int | None = -1) -> bytes:
        return self._checked(super().read, size)

    def read1(self, size: int = -1) -> bytes:
        return self._checked(super().read1, size)

    def _checked(self, read: Callable[[Any], bytes], size: int | None) -> bytes:
        try:
            data = read(size)
        except (EOFError, zlib.error, OSError):
            raise FeedError("feed.packed_damaged") from None
        if self.tell() > LARGEST_UNPACKED:
            raise FeedError(Fault("feed.unpacks_too_large", gibibytes=LARGEST_UNPACKED >> 30))
        return data


def is_packed(path: Path) -> bool:
    """Whether a file is in gzip format."""
    with path.open("rb") as raw:
        return raw.read(2) == b"\x1f\x8b"


def _opened(path: Path) -> BinaryIO:
    """The file's bytes, unpacked if it is a gzip file."""
    return cast(BinaryIO, _Unpacked(path, "rb")) if is_packed(path) else path.open("rb")


def _with_place(entries: Iterator[Entry], stream: BinaryIO, on_bytes: Callable[[int], None]) -> Iterator[Entry]:
    """The entries. *on_bytes* is called with the position in the file at intervals and at its end."""
    for number, each in enumerate(entries):
        # The position is a system call, at which a thread yields to others and then waits for its turn, so it is not
        # read for each entry.
        if number % PLACE_EVERY == 0:
            on_bytes(stream.tell())
        yield each
    on_bytes(stream.tell())


def _first(rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number > table.MAX_TITLE_ROWS + 1:
            return
        yield row
