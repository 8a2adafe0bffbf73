"""The page about reading agrees with the grammar."""

import doctest
from pathlib import Path

from matching.reading.table import kinds_table

PAGE = Path(__file__).parents[3] / "docs" / "reading.md"


def test_the_page_holds_the_table_of_kinds() -> None:
    assert kinds_table() in PAGE.read_text(encoding="utf-8")


def test_the_pages_example_runs() -> None:
    failures, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")

    assert tried
    assert not failures
