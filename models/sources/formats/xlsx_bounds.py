"""Limits of a workbook's parts, checked as a stream before openpyxl reads them.

A part of some kilobytes may unpack to gigabytes. openpyxl builds a tree of most parts, a list of the shared strings,
and reads a sheet row by row; so each tree, the list and each row are limited. A workbook within the limits needs at
most some 500 MB of memory, and one that people fill far less.
"""

import zipfile
from typing import IO, Any
from xml.parsers import expat

from models.core.errors import Fault
from models.sources.formats.offer import FeedError

#: The limit of an unpacked workbook. A small file that unpacks to more is not a table of homes.
LARGEST_UNPACKED = 2 << 30  # bytes
#: The limit of parts: Excel writes some tens of them, and one for each sheet, picture and comment.
MAX_PARTS = 10_000
#: The limit of all different texts of a workbook, which openpyxl keeps in memory together.
LARGEST_STRINGS = 128 << 20  # bytes
#: The limit of a piece: one row, or one shared string. Parts that are read as one tree (styles, relations, names, and a
#: sheet without its rows) have the same limit.
LARGEST_PIECE = 16 << 20  # bytes
MAX_PIECE_ELEMENTS = 200_000
#: The maximum number of rows of a sheet; an empty element of each stays in memory.
MAX_PIECES = 1 << 20
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#: Root -> the name and depth of its pieces, which openpyxl frees one by one.
_PIECES = {f"{_MAIN} worksheet": (f"{_MAIN} row", 3), f"{_MAIN} sst": (f"{_MAIN} si", 2)}
_CHUNK = 1 << 18  # bytes


def check_parts(archive: zipfile.ZipFile) -> None:
    """
    Check every part of the workbook. Parts are recognised by their content, since relations may give them any name.

    Raises:
        FeedError: A part is larger than any that people make, or declares entities.
    """
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise FeedError(Fault("feed.unpacks_too_large", gibibytes=LARGEST_UNPACKED >> 30))
    if len(parts) > MAX_PARTS:
        raise FeedError("feed.workbook_overlong")
    strings = 0
    for part in parts:
        with archive.open(part) as stream:
            check = _PartCheck()
            check.run(stream)
        strings += part.file_size if check.root == f"{_MAIN} sst" else 0
        if strings > LARGEST_STRINGS:
            raise FeedError("feed.workbook_overlong")


class _PartCheck:
    """The check of one part; *root* names its first element, and is empty if the part is not XML."""

    def __init__(self) -> None:
        self.root = ""
        self._piece, self._piece_depth = "", 0
        self._depth = self._pieces = 0
        self._is_inside = False  # a piece
        #: Where the piece, or the content between two pieces, began.
        self._began = 0
        self._elements = self._elements_outside = self._bytes_outside = 0
        self._parser: Any = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def run(self, stream: IO[bytes]) -> None:
        fed = 0
        while chunk := stream.read(_CHUNK):
            try:
                self._parser.Parse(chunk, False)
            except expat.ExpatError:
                return  # openpyxl reads no further either: with the same parser, if it reads this part at all
            fed += len(chunk)
            self._check(fed)

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        if self._is_inside:
            self._elements += 1
            if self._elements > MAX_PIECE_ELEMENTS:
                raise FeedError("feed.workbook_overlong")
        elif self._depth == self._piece_depth and name == self._piece:
            self._check(self._parser.CurrentByteIndex)
            self._bytes_outside += self._parser.CurrentByteIndex - self._began
            self._is_inside, self._began, self._elements = True, self._parser.CurrentByteIndex, 0
            self._pieces += 1
            if self._pieces > MAX_PIECES:
                raise FeedError("feed.workbook_overlong")
        else:
            if not self.root:
                self.root = name
                self._piece, self._piece_depth = _PIECES.get(name, ("", 0))
            self._elements_outside += 1
            if self._elements_outside > MAX_PIECE_ELEMENTS:
                raise FeedError("feed.workbook_overlong")

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._is_inside and self._depth < self._piece_depth:
            self._check(self._parser.CurrentByteIndex)
            self._is_inside, self._began = False, self._parser.CurrentByteIndex

    def _check(self, offset: int) -> None:
        if offset - self._began + (0 if self._is_inside else self._bytes_outside) > LARGEST_PIECE:
            raise FeedError("feed.workbook_overlong")

    def _doctype(self, *_: object) -> None:
        raise FeedError("feed.entities")
