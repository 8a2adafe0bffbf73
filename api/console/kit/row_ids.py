"""Ids of rows in addresses and forms."""

from collections.abc import Iterable


def id_in(text: str) -> int | None:
    """
    The id that *text* names in ASCII digits; None for any other text, and for numbers that no row has.

    >>> id_in("17"), id_in(""), id_in("-1"), id_in("٣"), id_in("9" * 5000)
    (17, None, None, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def ids_in(texts: Iterable[str]) -> list[int]:
    """
    The ids that these texts name; other texts are left out.

    >>> ids_in(["3", "x", "7"])
    [3, 7]
    """
    return [row_id for row_id in map(id_in, texts) if row_id is not None]
