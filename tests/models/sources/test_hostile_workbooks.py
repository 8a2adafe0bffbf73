"""Small workbooks whose sheets claim more rows and columns than there are: they must not take a worker for hours."""

import io
import re
import time
import zipfile

import pytest

from models.sources.formats.xlsx_rows import rows
from tests.models.sources.feeds import xlsx

MAX_SECONDS = 20.0  # of CPU; a sheet of the most rows takes one or two


def workbook(path, more_rows: str, dimension: str | None):
    """A workbook of a header and one home, then *more_rows* as they stand in the file."""
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(["Город", "Цена"], ["Алматы", 5]))) as parts,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for part in parts.infolist():
            content = parts.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                sheet = content.decode().replace("</sheetData>", more_rows + "</sheetData>")
                told = f'<dimension ref="{dimension}"/>' if dimension else ""
                content = re.sub(r"<dimension [^>]*/>", told, sheet).encode()
            changed.writestr(part.filename, content)
    return path


@pytest.mark.timeout(120)
@pytest.mark.parametrize("dimension", [None, "A1:B9", "A1:B4000000000", "A1:XFD1048576"])
@pytest.mark.parametrize(
    ("more_rows", "read_further"),
    [
        ('<row r="4000000000"><c r="A4000000000"><v>7</v></c></row>', []),  # beyond the last row that a sheet has
        ('<row r="100000"><c r="A100000"><v>7</v></c></row>', [["7"]]),
        ('<row r="3"><c r="XFD3"><v>7</v></c></row>', []),
        ('<row r="3"><c r="ZZZ3"><v>7</v></c><c r="A3"><v>8</v></c></row>', [["8"]]),
        ("".join(f'<row r="{line}"><c r="A{line}"><v>7</v></c></row>' for line in range(3, 2000)), [["7"]] * 1997),
    ],
    ids=["a far row", "a gap", "a far column", "columns backwards", "many rows"],
)
def test_a_sheet_takes_no_more_time_than_it_has_cells(tmp_path, more_rows, read_further, dimension):
    path = workbook(tmp_path / "homes.xlsx", more_rows, dimension)
    began = time.thread_time()

    read = [row.cells for row in rows(path, "Sheet")]

    assert time.thread_time() - began < MAX_SECONDS
    assert read[:2] == [["Город", "Цена"], ["Алматы", "5"]]
    if dimension not in ("A1:B9",):
        assert read[2:] == read_further
