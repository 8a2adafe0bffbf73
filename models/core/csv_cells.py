"""Text in CSV cells that spreadsheets must not take for formulas.

Source: OWASP, "CSV Injection": spreadsheets run cells as formulas that begin with = + - @, tab or carriage return.
"""

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_QUOTE = "'"


def safe_cell(text: str) -> str:
    """
    The text with a quote before it where a spreadsheet would take it for a formula.

    A text that begins with quotes and then such a sign gets one more, so that :func:`plain_cell` gives every text back.

    >>> safe_cell("=1+1"), safe_cell("+77771234567"), safe_cell("Иван")
    ("'=1+1", "'+77771234567", 'Иван')
    """
    return _QUOTE + text if text.lstrip(_QUOTE).startswith(_DANGEROUS) else text


def plain_cell(cell: str) -> str:
    """
    What :func:`safe_cell` made safe, as it was.

    >>> plain_cell("'=1+1"), plain_cell("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith(_QUOTE) and cell.lstrip(_QUOTE).startswith(_DANGEROUS) else cell
