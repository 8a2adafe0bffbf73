"""
XML as a stream of nodes, found by structure; letter case and namespaces are ignored. No entities, no DTDs, no network.
"""

import io
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO, cast

from lxml import etree

from models.core.errors import Fault
from models.sources.formats.offer import FeedError, Notes
from models.sources.formats.values import clean_text

#: Bytes below 32 that XML forbids but some generators write; each is replaced by a blank.
_FORBIDDEN = bytes(code for code in range(32) if code not in (9, 10, 13))
_CLEAN = bytes(32 if code in _FORBIDDEN else code for code in range(256))
_HIGH = bytes(range(128, 256))
_BLANKS = b" \t\r\n"
_MARK = b"\xef\xbb\xbf"
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_CHUNK = 1 << 18  # bytes
#: The limit of one listing, whose tree needs up to thirty times as much memory. Real listings have some kilobytes.
LARGEST_RECORD = 8 << 20  # bytes


class Node:
    """An element with its children by name. Names are local and in lower case: `<ns:Price>` is `price`.

    Requested names are recorded, so that a file's report can list the tags that were not read.
    """

    __slots__ = ("_read_names", "children", "element", "notes", "path")

    def __init__(self, element: etree._Element, notes: Notes, path: str = "") -> None:
        self.element = element
        self.path = path
        self.notes = notes
        children: dict[str, list[etree._Element]] = {}
        self.children = children
        if not len(element):  # no children, as for a photo's address: nothing to record
            return
        for child in element:
            tag = child.tag
            if isinstance(tag, str):
                name = local(tag)
                same = children.get(name)
                if same is None:
                    children[name] = [child]
                else:
                    same.append(child)
        self._read_names = notes.read_names_of(path)
        notes.shapes[path, tuple(children)] += 1

    @property
    def line(self) -> int:
        """The line where the element begins; 0 beyond the lines that libxml2 counts."""
        return cast(int | None, self.element.sourceline) or 0

    def text(self, *names: str) -> str | None:
        """The first non-empty text among the children *names*, with single blanks."""
        children = self.children
        for name in names:
            same = children.get(name)
            if same is not None:
                self._read_names.add(name)
                for child in same:
                    value = clean_text(_text_of(child))
                    if value is not None:
                        return value
        return None

    def raw(self, *names: str) -> str | None:
        """The unchanged text, for descriptions."""
        for name in names:
            for child in self._of(name):
                value = _text_of(child)
                if value and value.strip():
                    return value
        return None

    def texts(self, *names: str) -> list[str]:
        """All non-empty texts of *names*, in their order."""
        texts = (clean_text(_text_of(child)) for name in names for child in self._of(name))
        return [text for text in texts if text is not None]

    def nodes(self, *names: str) -> list["Node"]:
        """The children of these names as nodes."""
        return [Node(child, self.notes, f"{self.path}{name}/") for name in names for child in self._of(name)]

    def node(self, *names: str) -> "Node | None":
        """The first child of these names as a node."""
        for name in names:
            for child in self._of(name):
                return Node(child, self.notes, f"{self.path}{name}/")
        return None

    def attribute(self, *names: str) -> str | None:
        """The value of an attribute; letter case is ignored."""
        for name, value in self.element.items():
            if local(str(name)) in names:
                return clean_text(str(value))
        return None

    def has(self, name: str) -> bool:
        """Whether there is such a child."""
        return name in self.children

    def _of(self, name: str) -> list[etree._Element]:
        """The children called *name*, which are recorded as read."""
        children = self.children.get(name)
        if children is None:
            return []
        self._read_names.add(name)
        return children


@lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """
    >>> local("{http://webmaster.yandex.ru/schemas/feed/realty/2010-06}Offer")
    'offer'
    """
    return tag.rpartition("}")[2].casefold()


def encoding_of(head: bytes) -> str | None:
    """
    Windows-1251 if the beginning of a document declares UTF-8, or nothing, but is not UTF-8. None: the declaration is
    right.

    Two consecutive letters of Russian in Windows-1251 are hardly ever valid UTF-8, so a single broken letter of UTF-8
    is ignored.

    >>> text = "<?xml version='1.0'?><a>Казань</a>"
    >>> encoding_of(text.encode()), encoding_of(text.encode("cp1251"))
    (None, 'windows-1251')
    """
    start = head.lstrip(_BLANKS)
    if _wide(start) or start.startswith(_MARK) or start.isascii():
        return None
    declared = _DECLARED.match(start)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        return None
    broken = start.decode("utf-8", errors="replace").count("\ufffd")
    whole = (len(start) - len(start.translate(None, _HIGH)) - broken) // 2  # letters of two bytes each
    return "windows-1251" if broken > whole else None


def records(stream: BinaryIO, name: str, encoding: str | None = None) -> Iterator[etree._Element]:
    """
    The outermost elements called *name*, in any letter case and namespace; each is complete.

    An element is emptied when the next one is requested, so memory stays constant.

    Raises:
        FeedError: The document is not well-formed, ends in the middle, or has more than :data:`LARGEST_RECORD` bytes in
            an element or between two elements.
    """
    cleaned = _Cleaned(stream, longest=LARGEST_RECORD)
    parser = etree.iterparse(
        cleaned,
        events=("end",),
        tag=[f"{{*}}{form}" for form in (name, name.capitalize(), name.upper())],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        encoding=encoding,
    )
    try:
        for _, element in parser:
            if any(local(str(outer.tag)) == name for outer in element.iterancestors()):
                continue
            yield element
            cleaned.taken = 0
            element.clear()
            for each in (element, *element.iterancestors()):
                parent = each.getparent()
                while parent is not None and each.getprevious() is not None:
                    del parent[0]
    except etree.XMLSyntaxError as error:
        raise FeedError(_fault(error)) from None


def check_whole(stream: BinaryIO, encoding: str | None = None) -> None:
    """
    Read the document to its end without using its content.

    Raises:
        FeedError: It is not well-formed, or ends in the middle.
    """
    parser = etree.XMLParser(
        target=cast(Any, _Nothing()),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        encoding=encoding,
    )
    cleaned, unclosed = _Cleaned(stream), 0
    try:
        while part := cleaned.read(_CHUNK):
            unclosed = len(part) - 1 - end if (end := part.rfind(b">")) >= 0 else unclosed + len(part)
            if unclosed > LARGEST_RECORD:
                raise FeedError("feed.record_too_large")
            parser.feed(part)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise FeedError(_fault(error)) from None


class _Nothing:
    """A parser target that keeps nothing."""

    def close(self) -> None:
        pass


def outline(head: bytes, maximum: int = 40) -> tuple[list[str], set[str]]:
    """
    The beginning of a document: the names from the root to the deepest first element, and all names found.

    Unparsable parts are left out; no error is raised.
    """
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=True
    )
    first: list[str] = []
    names: set[str] = set()
    try:
        parser.feed(
            head.lstrip(_BLANKS).removeprefix(_MARK).lstrip(_BLANKS).translate(_CLEAN) if not _wide(head) else head
        )
        for number, (_, element) in enumerate(parser.read_events()):
            name = local(str(getattr(element, "tag", "")))
            names.add(name)
            if number < maximum:
                first.append(name)
    except etree.XMLSyntaxError:
        pass
    return first, names


class _Cleaned(io.RawIOBase):
    """The stream without anything before the document, and with blanks in place of forbidden control characters."""

    def __init__(self, stream: BinaryIO, longest: int | None = None) -> None:
        self._stream, self._longest = stream, longest
        self.taken = 0  # bytes read since its owner set it to 0
        head = stream.read(4096)
        self._wide = _wide(head)
        self._head = head if self._wide else head.lstrip(_BLANKS).removeprefix(_MARK).lstrip(_BLANKS)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            data, self._head = self._head, b""
        else:
            data = self._stream.read(size)
        self.taken += len(data)
        if self._longest is not None and self.taken > self._longest:
            raise FeedError("feed.record_too_large")
        return data if self._wide else data.translate(_CLEAN)


def _wide(head: bytes) -> bool:
    """Whether the bytes are UTF-16 or UTF-32, in which half of a letter may look like a control character."""
    return head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4] in (b"<\0?\0", b"\0<\0?")


def _text_of(element: etree._Element) -> str:
    if len(element):
        return "".join(str(part) for part in element.itertext())
    return element.text or ""


def _fault(error: etree.XMLSyntaxError) -> Fault:
    line, _ = error.position
    return Fault("feed.bad_xml", line=line, error=(error.msg or "").split(", line")[0])
