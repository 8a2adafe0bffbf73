"""
Names of two or more words, some of which are abbreviated: «Ст. Оскол», «Вел. Устюг», «Ханты-Манс.», «Л-Кузнецкий».
"""

import re
from functools import cache

from models.market.towns.countries import HOME_COUNTRIES
from models.market.towns.gazetteer import Town, home_names, is_own
from models.market.towns.spelling import normal
from models.market.towns.words import TOWN_KINDS, VILLAGE_KINDS

#: A word of letters, and the characters after it.
_WORD = re.compile(r"([^\W\d_]+)(\s*[.\-‐‑]?)")

#: The minimum number of letters of a last word that is abbreviated without a dot: «Усть-Кам».
_SHORTEST_END = 3


def towns_abbreviated(text: str) -> list[Town]:
    """
    The towns in HOME_COUNTRIES whose names begin, word by word, with this text's words; none if no word is visibly
    abbreviated.

    A dot or a hyphen after a word marks it as abbreviated; for the last word, a hyphen before it does too. A single
    letter with a dot that denotes a kind of place is not an abbreviation: «с. Оскол» is a village.

    >>> [town.english for town in towns_abbreviated("Ст. Оскол")], towns_abbreviated("с. Оскол")
    (['Staryy Oskol'], [])
    """
    words = [(normal(word), mark.strip()) for word, mark in _WORD.findall(text)]
    while len(words) > 2 and words[0][0] in TOWN_KINDS:
        words = words[1:]
    if len(words) > 1 and len(words[-1][0]) >= _SHORTEST_END and words[-2][1] not in ("", "."):
        words[-1] = (words[-1][0], "-")
    if len(words) < 2 or not any(mark for _, mark in words) or _begins_with_kind(words):
        return []
    names = _names().get(len(words), ())
    towns = {town.key: town for name, town in names if _is_cut(words, name)}
    return list(towns.values())


def _begins_with_kind(words: list[tuple[str, str]]) -> bool:
    first, mark = words[0]
    return len(first) == 1 and mark == "." and first in TOWN_KINDS | VILLAGE_KINDS


def _is_cut(words: list[tuple[str, str]], name: tuple[str, ...]) -> bool:
    """Whether each word is a complete or abbreviated word of the name, and at least one is complete."""
    pairs = list(zip(words, name, strict=True))
    fits = all(word == whole or (mark and whole.startswith(word)) for (word, mark), whole in pairs)
    return fits and any(word == whole for (word, _), whole in pairs)


@cache
def _names() -> dict[int, list[tuple[tuple[str, ...], Town]]]:
    """Number of words -> (the words of a name, its town); current names of towns in HOME_COUNTRIES."""
    by_length: dict[int, list[tuple[tuple[str, ...], Town]]] = {}
    for name, town in home_names():
        words = tuple(name.split())
        if len(words) > 1 and town.country in HOME_COUNTRIES and is_own(name, town):
            by_length.setdefault(len(words), []).append((words, town))
    return by_length
