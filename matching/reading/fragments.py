"""
Incomplete texts: a quotation may begin after the denial of its first word, or end before the denial of its last.
"""

from collections.abc import Sequence
from functools import lru_cache

from pymorphy3.tagset import OpencorporaTag

from matching.reading.kinds import KINDS
from matching.reading.mentions import MENTION, Item, Tokens
from matching.reading.vocabulary import morphology

_SENTENCE_ENDS = frozenset(".!?…")
#: At the very end of a text these show that the statement about the last thing is missing: «с детьми не», «питомцы -».
_BROKEN_OFF = frozenset({"не", "ни", "без", "кроме", "просим", "прошу", "просьба", "not", "no", "without", *"-–—"})
#: The most tokens between the last thing and the end.
_REACH = 3
#: Cases of nouns that another word must govern.
_GOVERNED = frozenset({"gent", "datv", "ablt", "loct"})
#: Kinds of things that are usually mentioned in the plural.
_PLURAL = frozenset(kind.name for kind in KINDS if kind.group == "outside")
#: The noun after one of these is governed by it.
_PREPOSITIONS = frozenset({"на", "в", "во", "с", "со", "из", "от", "до", "у", "под"})


def cancel_broken_off(cut_text: Tokens, items: Sequence[Item]) -> None:
    """
    Cancel mentions whose meaning depends on a missing word.

    A sentence that consists only of a noun in a governed case («Лифта.», «Студентам») means neither "with" nor
    "without": in descriptions it is often the rest of «без лифта» or «студентам не сдаём». The same applies to the last
    thing of a text that ends in «не».
    """
    for item in items:
        if item.role == MENTION and not (item.denied or item.by or item.quantity is not None):
            item.cancelled = item.cancelled or _is_ungoverned(cut_text, item)
    last = len(cut_text.tokens) - 1
    is_either = cut_text.tokens[last - 1 : last] in (["или"], ["либо"])  # «залог половина или без»
    if last > 0 and not is_either and cut_text.tokens[last].lower() in _BROKEN_OFF:
        before = next((item for item in reversed(items) if item.role == MENTION), None)
        if before is not None and not before.denied and last - before.end < _REACH:
            between = cut_text.tokens[before.end : last]
            before.cancelled = before.cancelled or _SENTENCE_ENDS.isdisjoint(between)


def _is_ungoverned(cut_text: Tokens, item: Item) -> bool:
    """Whether the item is its whole sentence, and a noun or attribute in a case that another word must govern."""
    tokens, word = cut_text.tokens, cut_text.words[item.start]
    if word is None or word.case == "nominative" or item.end - item.start >= len(tokens) - 1:
        return False  # an item that is the whole text was not cut
    if item.start and (tokens[item.start - 1] not in _SENTENCE_ENDS or tokens[item.start].islower()):
        return False  # «сан. узлом» begins no sentence
    after = tokens[item.end] if item.end < len(tokens) else "."
    # «детей Без посредников»: descriptions omit full stops.
    if not (after in _SENTENCE_ENDS or item.start == 0 and tokens[0].islower() and after.istitle()):
        return False
    if word.case == "genitive":
        return True
    first, last = _tag(tokens[item.start]), _tag(tokens[item.end - 1])
    if first.POS not in ("NOUN", "ADJF", "PRTF") or last.POS != "NOUN":
        return False
    if not _PREPOSITIONS.isdisjoint(tokens[item.start + 1 : item.end]):
        return False  # «Окна на две стороны.», «Машину ставить во дворе.»
    if word.case == "other":
        return last.case in _GOVERNED
    # «Мебели.» could be a plural but is not one; «Школы.», «Собаки.» may be plurals.
    is_one = last.case == "gent" and last.number == "sing"
    return is_one and not item.meanings.of_people and item.meanings.kinds.isdisjoint(_PLURAL)


@lru_cache(maxsize=4096)
def _tag(token: str) -> OpencorporaTag:
    """The most probable grammatical tag of a word."""
    return morphology().parse(token)[0].tag
