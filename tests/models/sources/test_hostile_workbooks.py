"""Small workbooks that declare more rows and columns than exist, or unpack to more than a worker's memory."""

import io
import re
import zipfile

import pytest

from models.sources.formats import xlsx_rows
from models.sources.formats.feed import open_feed
from models.sources.formats.offer import FeedError
from models.sources.formats.xlsx_rows import rows, sheets
from tests.models.sources.feeds import xlsx

MAX_ROWS = 1 << 14  # instead of a million, which take a second


def workbook(path, more_rows: str, dimension: str | None):
    """A workbook with a header and one home, followed by *more_rows* as raw XML."""
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(["Город", "Цена"], ["Алматы", 5]))) as parts,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for part in parts.infolist():
            content = parts.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                sheet = content.decode().replace("</sheetData>", more_rows + "</sheetData>")
                declared = f'<dimension ref="{dimension}"/>' if dimension else ""
                content = re.sub(r"<dimension [^>]*/>", declared, sheet).encode()
            changed.writestr(part.filename, content)
    return path


@pytest.mark.parametrize("dimension", [None, "A1:B9", "A1:B4000000000", "A1:XFD1048576"])
@pytest.mark.parametrize(
    ("more_rows", "read_further"),
    [
        ('<row r="4000000000"><c r="A4000000000"><v>7</v></c></row>', []),  # beyond the last possible row of a sheet
        ('<row r="10000"><c r="A10000"><v>7</v></c></row>', [["7"]]),
        ('<row r="3"><c r="XFD3"><v>7</v></c></row>', []),
        ('<row r="3"><c r="ZZZ3"><v>7</v></c><c r="A3"><v>8</v></c></row>', [["8"]]),
        ("".join(f'<row r="{line}"><c r="A{line}"><v>7</v></c></row>' for line in range(3, 2000)), [["7"]] * 1997),
    ],
    ids=["a far row", "a gap", "a far column", "columns backwards", "many rows"],
)
def test_a_sheet_takes_no_more_time_than_it_has_cells(tmp_path, monkeypatch, more_rows, read_further, dimension):
    """Four thousand million rows, as two of these sheets declare, would take hours."""
    monkeypatch.setattr(xlsx_rows, "MAX_ROWS", MAX_ROWS)
    path = workbook(tmp_path / "homes.xlsx", more_rows, dimension)

    read = [row.cells for row in rows(path, "Sheet")]

    assert read[:2] == [["Город", "Цена"], ["Алматы", "5"]]
    if dimension not in ("A1:B9",):
        assert read[2:] == read_further


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
MIB = 1 << 20


def repacked(path, changes):
    """A workbook with a header and one home, with changed or added parts, each given as repeated pieces."""
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(["Город", "Цена"], ["Алматы", 5]))) as parts,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as changed,
    ):
        for name in dict.fromkeys([*parts.namelist(), *changes]):
            with changed.open(name, "w", force_zip64=True) as part:
                for piece, times in changes.get(name) or [(parts.read(name), 1)]:
                    raw = piece if isinstance(piece, bytes) else piece.encode()
                    at_once = max(1, min(times, MIB // len(raw)))
                    for _ in range(times // at_once):
                        part.write(raw * at_once)
    return path


def sheet_of(*pieces):
    return {SHEET: [(f"<worksheet {MAIN}><sheetData>", 1), *pieces, ("</sheetData></worksheet>", 1)]}


TEXTS = [(f"<sst {MAIN}>", 1), (f"<si><t>{'я' * 2000}</t></si>", 35_000), ("</sst>", 1)]
COLUMNS = [(f"<worksheet {MAIN}>", 1), ("<col/>", MIB), ("</worksheet>", 1)]
LINKS = [("<Relationships>", 1), ("<Relationship/>", MIB), ("</Relationships>", 1)]
BOMBS = {
    "shared strings of more than 128 MiB": {STRINGS: TEXTS},
    "the same under another name": {"xl/media/1.png": TEXTS},
    "one shared string": {STRINGS: [(f"<sst {MAIN}><si><t>", 1), ("я", 9 * MIB), ("</t></si></sst>", 1)]},
    "very many empty strings": {STRINGS: [(f"<sst {MAIN}>", 1), ("<si/>", 1_300_000), ("</sst>", 1)]},
    "one cell": sheet_of(('<row r="1"><c t="inlineStr"><is><t>', 1), ("я", 9 * MIB), ("</t></is></c></row>", 1)),
    "one row": sheet_of(('<row r="1">', 1), ("<c/>", MIB), ("</row>", 1)),
    "very many rows of one number": sheet_of(('<row r="1"/>', 1_200_000)),
    "text between rows": sheet_of((f'<row r="1"/>{"я" * MIB}', 20)),
    "elements between rows": sheet_of((f'<row r="1"/>{"<x/>" * 1000}', 1000)),
    "rows within a row": sheet_of(('<row r="1">', 1), (f'<row r="2"/>{"<x/>" * 1000}', 1000), ("</row>", 1)),
    "rows of another namespace": sheet_of(('<row xmlns="urn:x"/>', MIB)),
    "elements within elements": sheet_of(("<x>", 2 * MIB)),
    "an attribute": {SHEET: [(f'<worksheet {MAIN} a="', 1), ("a", 20 * MIB), ('"/>', 1)]},
    "what stands before the rows": {SHEET: COLUMNS},
    "a sheet that is not read": {"xl/worksheets/sheet9.xml": COLUMNS},
    "styles": {STYLES: [(f"<styleSheet {MAIN}><cellXfs>", 1), ("<xf/>", MIB), ("</cellXfs></styleSheet>", 1)]},
    "relations": {"xl/_rels/workbook.xml.rels": LINKS},
    "names": {"xl/workbook.xml": [(f"<workbook {MAIN}>", 1), ("<definedName/>", MIB), ("</workbook>", 1)]},
    "properties": {"docProps/core.xml": [("<x>", 1), ("a", 20 * MIB), ("</x>", 1)]},
    "more parts than 10,000": {f"xl/{number}.bin": [("a", 1)] for number in range(10_001)},
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_that_unpacks_to_more_than_people_write_is_refused_before_it_is_read(tmp_path, name):
    path = repacked(tmp_path / "homes.xlsx", BOMBS[name])

    with pytest.raises(FeedError) as refused:
        sheets(path)

    assert str(refused.value.fault) == "feed.workbook_overlong"
    assert path.stat().st_size < 2 * MIB


@pytest.mark.parametrize("part", [SHEET, STRINGS, STYLES, "xl/workbook.xml", "docProps/core.xml"])
def test_a_part_that_declares_entities_is_refused(tmp_path, part):
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;&b;</x>'
    with pytest.raises(FeedError) as refused:
        sheets(repacked(tmp_path / "homes.xlsx", {part: [(laughs, 1)]}))

    assert str(refused.value.fault) == "feed.entities"


def test_a_workbook_with_an_encrypted_part_is_unreadable_and_no_error_of_ours(tmp_path):
    path = repacked(tmp_path / "homes.xlsx", {})
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(raw)

    with pytest.raises(FeedError, match="feed.workbook_unreadable"):
        sheets(path)


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, b"\x63"), (8, b"\x00\x08"), (42, b"\xff\xff\xff\xff")],
    ids=["a version to come", "a name that is not UTF-8", "a part beyond the end"],
)
def test_a_workbook_whose_list_of_parts_is_invalid_is_damaged_and_no_error_of_ours(tmp_path, offset, value):
    path = repacked(tmp_path / "homes.xlsx", {})
    raw = bytearray(path.read_bytes())
    entry = raw.index(b"PK\x01\x02")
    raw[entry + offset : entry + offset + len(value)] = value
    raw[entry + 46] = 0xFF  # the first letter of the part's name
    path.write_bytes(raw)

    with pytest.raises(FeedError, match="feed.workbook_damaged|feed.workbook_unreadable"):
        open_feed(path).check()


def test_a_big_workbook_with_a_picture_is_read(tmp_path):
    home = f'<row r="{{}}"><c t="inlineStr"><is><t>{"я" * 500}</t></is></c></row>\n'
    data = "".join(home.format(number) for number in range(1, 3001))
    path = repacked(tmp_path / "homes.xlsx", {"xl/media/1.png": [(b"\x89PNG\0\xff", 4 * MIB)]} | sheet_of((data, 1)))

    assert sum(1 for _ in rows(path, "Sheet")) == 3000
