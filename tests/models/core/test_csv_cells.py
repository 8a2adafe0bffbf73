"""No cell of a file is a formula, whichever separator a spreadsheet uses."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from models.core.csv_cells import plain_cell, safe_cell

SIGNS = "=+-@＝＋－＠"
TEXTS = st.text(alphabet="=+-@＝＠';,\t\r\n\"a 1|", max_size=12)


def cells_of(text: str, separator: str) -> list[str]:
    """The cells that a spreadsheet with this separator reads from a file that our writer wrote for (1, text, 2)."""
    out = io.StringIO()
    csv.writer(out).writerow([1, safe_cell(text), 2])
    return [cell for row in csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=separator) for cell in row]


@given(TEXTS)
@example("дом;=1+1")
@example(';"=')
@example("a\n=1")
@example("＝1")
def test_no_cell_begins_as_a_formula_whatever_separates_cells(text):
    for separator in ",;\t":
        assert not [cell for cell in cells_of(text, separator) if cell.startswith(tuple(SIGNS))]


@given(TEXTS)
def test_a_cell_that_was_made_safe_comes_back_as_it_was(text):
    assert plain_cell(safe_cell(text)) == text


def test_long_runs_of_quotes_take_no_time():
    text = ";'" * 50_000 + "'" * 100_000
    assert plain_cell(safe_cell(text)) == text
