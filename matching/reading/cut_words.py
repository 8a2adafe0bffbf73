"""A lead's text without the words of one wish."""

import re

from matching.reading.lead_text import Wish, read_wishes

_SEPARATORS = " \t,;"
#: The most other words in a wish's clause that mean little without it: «обязательно», «нужен», «с».
MAX_OTHER_WORDS = 2
_ENDS_OF_CLAUSES = ",;.!?\n()"


def cut_of_wish(text: str, start: int, end: int) -> tuple[int, int]:
    """
    The part to cut out of a lead's *text* so that it no longer states the wish that was read at ``text[start:end]``.

    This is the clause around those words if it contains little else, otherwise the words alone, or the words with the
    comma behind them. Words that would change the meaning of the rest are not cut.

    >>> text = "кирпичный дом, обязательно балкон, тихий двор"
    >>> text[slice(*cut_of_wish(text, 27, 33))]
    ' обязательно балкон'
    >>> text = "для семьи с двумя детьми с балконом"
    >>> text[slice(*cut_of_wish(text, 27, 35))]
    'балконом'
    >>> text = "обязательно балкон, кирпичный дом"
    >>> text[slice(*cut_of_wish(text, 12, 18))]
    'балкон,'
    """
    left = [_asks(wish) for wish in read_wishes(text) if wish.end <= start or wish.start >= end]
    begin = max((text.rfind(mark, 0, start) for mark in _ENDS_OF_CLAUSES), default=-1) + 1
    stop = min((position for mark in _ENDS_OF_CLAUSES if (position := text.find(mark, end)) >= 0), default=len(text))
    words, clause, with_comma = (start, end), (begin, stop), (start, stop + 1)
    others = f"{text[begin:start]} {text[end:stop]}".split()
    for cut in (*((clause, words) if len(others) <= MAX_OTHER_WORDS else (words, clause)), with_comma):
        if [_asks(wish) for wish in read_wishes(without_words(text, *cut))] == left:
            return cut
    return start, end


def _asks(wish: Wish) -> tuple[str, object, str]:
    return wish.kind, wish.value, wish.strength


def without_words(text: str, start: int, end: int) -> str:
    """
    The text without ``text[start:end]``, and without a comma or blank that would remain.

    >>> without_words("кирпичный дом, обязательно балкон, тихий двор", 15, 33)
    'кирпичный дом, тихий двор'
    >>> without_words("балкон, тихий двор", 0, 6), without_words("тихий двор, балкон", 12, 18)
    ('тихий двор', 'тихий двор')
    >>> without_words("обязательно: балкон, лифт", 13, 19)
    'обязательно: лифт'
    """
    before, after = text[:start].rstrip(_SEPARATORS), text[end:].lstrip(" \t")
    if not before:
        return after.lstrip(_SEPARATORS + ".!\n")
    if not after.strip(_SEPARATORS):
        return before
    if after[0] in ".!?\n)":
        return before + after
    if before.endswith(":"):
        return f"{before} {after.lstrip(_SEPARATORS)}"
    separator = ", " if re.search(r"[,;]\s*$", text[:start]) or after[0] in ",;" else " "
    return before + separator + after.lstrip(_SEPARATORS)
