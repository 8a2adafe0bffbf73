"""Protection of text in CSV cells that spreadsheets would evaluate as formulas.

Source: OWASP, "CSV Injection": spreadsheets evaluate cells as formulas if they begin with = + - @, their full-width
    forms, tab, carriage return or line feed. If a spreadsheet separates cells by another character than the file, as in
    most of Europe, a cell can also begin within a text, and quotes in the middle of a line do not protect it.
"""

import re

_SIGNS = "=+\\-@＝＋－＠"
#: Quotes, possibly none, before a sign of a formula: at the beginning, and after characters that may end a cell or a
#: row. Double quotes are included: a file doubles them, and a spreadsheet reads two at a cell's beginning as an empty
#: text.
_RUNS = re.compile(rf"^[\"']*(?=[{_SIGNS}\t\r\n])|(?<=[;\t\r\n])[\"']*(?=[{_SIGNS}])")
_SAFE_RUNS = re.compile(rf"^'[\"']*(?=[{_SIGNS}\t\r\n])|(?<=[;\t\r\n])'[\"']*(?=[{_SIGNS}])")


def safe_cell(text: str) -> str:
    """
    The text with a quote before each sign that a spreadsheet would read as the beginning of a formula.

    If quotes already precede such a sign, one more is added, so that :func:`plain_cell` can restore every text.

    >>> safe_cell("=1+1"), safe_cell("+77771234567"), safe_cell("Иван"), safe_cell("дом;=1+1")
    ("'=1+1", "'+77771234567", 'Иван', "дом;'=1+1")
    """
    return _RUNS.sub(lambda run: f"'{run[0]}", text)


def plain_cell(cell: str) -> str:
    """
    The original text of a cell from :func:`safe_cell`.

    >>> plain_cell("'=1+1"), plain_cell("'tis"), plain_cell("дом;'=1+1")
    ('=1+1', "'tis", 'дом;=1+1')
    """
    return _SAFE_RUNS.sub(lambda run: run[0][1:], cell)
