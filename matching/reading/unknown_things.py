"""Things that the grammar does not know, of which a marker speaks: «стиралка обязательно, микроволновка желательно»."""

from functools import lru_cache

from matching.reading.mentions import Item, Tokens
from matching.reading.single_numbers import DASHES
from matching.reading.vocabulary import fold, morphology

#: The most words between a comma and the marker.
_REACH = 4
#: Nouns that stand for what was named before: «лифт, это условие обязательное».
_SUMS_UP = frozenset("условие момент пункт вещь факт плюс условия вариант варианты год".split())
_MARKS = frozenset(",.;:!?()•\n")


def speaks_of_unknown(cut_text: Tokens, marker: Item) -> bool:
    """
    Whether the marker's own clause names a thing before it, which is no mention: the marker then speaks of that thing.

    The thing is a noun, or a word for one («второй можно», «узаконенные можно»), that can be a nominative or an
    accusative.
    """
    position = marker.start - 1
    for place in range(position, max(-1, position - _REACH), -1):
        token = cut_text.tokens[place]
        if token in DASHES:
            continue
        if token in _MARKS or not token[0].isalpha():
            return False
        if names_thing(fold(token)):
            return True
    return False


@lru_cache(maxsize=20_000)
def names_thing(word: str) -> bool:
    """
    Whether *word* is Russian and may be the subject or the object of a clause, by its most likely reading.

    >>> [names_thing(word) for word in ("микроволновка", "духовку", "мамы", "очень", "это", "узаконенные")]
    [True, True, False, False, False, True]
    """
    if word in _SUMS_UP or not morphology().word_is_known(word):
        return False
    parses = morphology().parse(word)
    if "Anum" in parses[0].tag:  # «второй»
        return any(parse.tag.case in ("nomn", "accs") for parse in parses)
    tag = parses[0].tag
    of_thing = tag.POS in ("NOUN", "ADJF", "PRTF") and "Apro" not in tag and "Name" not in tag
    return of_thing and tag.case in ("nomn", "accs")
