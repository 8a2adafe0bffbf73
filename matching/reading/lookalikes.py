"""
Words that look like a place but are none: «университет рядом», «спортивная площадка», «ЖК Победа», «Анна ищет».
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from pymorphy3.analyzer import Parse

from matching.reading.vocabulary import fold, morphology

#: The most likely parses of a word, so that rare ones do not count.
MAX_PARSES = 4
_WORD = re.compile(r"\w+")
#: How words begin that say where a town lies.
_OF_REGIONS = ("област", "обл", "кра", "республик", "респ", "район", "oblast", "region")
_SENTENCE_ENDS = frozenset(".!?\n")
_QUOTES = frozenset("«»\"'“”„")
#: Words before a name that say that it is no district or station.
_OTHER_THINGS = frozenset(
    """
    ул улица улице улицы улицу пр просп проспект проспекте пер переулок переулке шоссе бульвар бульваре наб набережная
    проезд проезде площадь площади street avenue кошеси жк комплекс комплексе кп снт днт тц трц тк бц отель гостиница
    школа школы лицей гимназия сад кинотеатр завод рынок магазин стадион памятник памятника имени клиника больница
    праздник день дня парк парка парке парком
    """.split()
)
_STREETS = frozenset(
    "ул улица улице улицы улицу проспект проспекте переулок переулке шоссе набережная набережной".split()
)
#: What an adjective before it names: «на Ленинском проспекте» is not in Ленинск.
_NAMED_BY_ADJECTIVES = _STREETS | frozenset("площадь площади бульвар бульваре проезд проезде".split())
_SHORT_STREETS = frozenset("ул пр просп пер наб бул им".split())
#: What follows the first of several names at the beginning of a sentence or line.
_LIST_MARKS = frozenset({",", "-", "–", "—", "/", "\n", "или", "и"})
#: What the grammar knows about names: of places, surnames, first names, organisations.
_PROPER = ("Geox", "Surn", "Name", "Orgn", "Patr")
#: Phrases of two words that are mostly no names when written in small letters.
_PHRASES = frozenset(
    (
        "деловой центр",
        "ботанический сад",
        "технологический институт",
        "новый город",
        "левый берег",
        "правый берег",
        "южный город",
        "садовая аллея",
        "золотой квадрат",
        "зеленая роща",
        "березовая роща",
        "лесная поляна",
        "городок нефтяников",
    )
)


#: «Сәлем!»
_GREETINGS = frozenset({"салем"})


class Name(NamedTuple):
    """The tokens from *start* to *end* (excluded), which may name a place whose canonical name is *place*."""

    tokens: Sequence[str]
    start: int
    end: int
    place: str

    @property
    def words(self) -> list[str]:
        return [token for token in self.tokens[self.start : self.end] if token[0].isalnum()]

    @property
    def before(self) -> str:
        return fold(self.tokens[self.start - 1]) if self.start else ""

    @property
    def after(self) -> str:
        return fold(self.tokens[self.end]) if self.end < len(self.tokens) else ""


def is_no_part(name: Name, *, listed: bool) -> bool:
    """
    Whether words that no other word introduces only look like a district or station.

    Args:
        listed: Whether they follow another place: «Сокол, аэропорт».
    """
    if _names_another_thing(name):
        return True
    if name.end - name.start > 1:
        return all(map(str.islower, name.words)) and _in_nominative(name.words) in _PHRASES
    word = name.tokens[name.start]
    if _is_adjective(word) and (name.after in _STREETS or _agrees(word, name.after)):
        return True
    return _is_common(fold(word)) and not listed and not _is_written_as_a_name(name)


#: Ends of the names of towns that are adjectives: «в Волжском».
_ADJECTIVES = ("ий", "ый", "ой", "ое", "ая")


def is_no_town(name: Name) -> bool:
    """
    Whether words that no other word introduces only look like a town: «ЖК Казань», «Анна ищет дом», «без ковров»,
    «Ванна обязательно».
    """
    word = name.tokens[name.start]
    if _names_another_thing(name) or fold(word) in _GREETINGS:
        return True
    if name.before.startswith("нов") and fold(name.place) == "рига":
        return True  # «Новая Рига» is a motorway
    if name.before in ("на", "в") and fold(word).endswith("ском") and not fold(name.place).endswith(_ADJECTIVES):
        return True  # «на Ленинском» is an avenue; in the town is «в Ленинске»
    if name.end - name.start > 1:
        return len(name.words) > len(_WORD.findall(name.place)) and not any(
            fold(each).startswith(_OF_REGIONS) for each in name.words
        )
    if _is_adjective(word) and name.after in _NAMED_BY_ADJECTIVES or _is_person(name):
        return True
    if word.isascii():
        return not word[0].isupper() or name.before in _SENTENCE_ENDS or not name.start
    if name.after == "(" or not any(_is_ordinary(parse) for parse in _parses(fold(word))):
        return False  # «Сокол (Вологодская область)»
    if any("Geox" in parse.tag for parse in _parses(fold(word))):
        return not _is_written_as_a_name(name)
    begins = not name.start or name.tokens[name.start - 1] in _SENTENCE_ENDS
    return begins or not word[0].isupper() or word.isupper()


def is_geographic(word: str) -> bool:
    """Whether a word is above all a geographic name, in any case of its letters."""
    return any("Geox" in parse.tag for parse in _parses(word)[:1])


def _is_ordinary(parse: Parse) -> bool:
    """Whether a parse is of a known word that is no name."""
    return parse.is_known and not any(proper in parse.tag for proper in _PROPER)


def _is_person(name: Name) -> bool:
    if not any("Name" in parse.tag for parse in _parses(name.tokens[name.start])):
        return False
    is_introduced = name.before in ("зовут", "это", "я", "клиент", "клиентка")
    return is_introduced or any(parse.tag.POS == "VERB" for parse in _parses(name.after)[:1])


def _names_another_thing(name: Name) -> bool:
    tokens, before = name.tokens, name.start - 1
    first, last, place = fold(tokens[name.start]), fold(tokens[name.end - 1]), fold(name.place)
    if name.end - name.start > 1 and (first in _STREETS or last in _STREETS) and not any(map(place.count, _STREETS)):
        return True  # «ул. Победы» is not the station «Победа»
    while before >= 0 and tokens[before] in _QUOTES:
        before -= 1
    if before > 0 and tokens[before] == "." and fold(tokens[before - 1]) in _SHORT_STREETS:
        return True
    return before >= 0 and fold(tokens[before]) in _OTHER_THINGS


def _is_written_as_a_name(name: Name) -> bool:
    """Whether a capital shows that a word is a name: not if it begins a sentence or stands among other capitals."""
    tokens, start = name.tokens, name.start
    word, before, after = tokens[start], tokens[start - 1] if start else ".", tokens[start + 1 : start + 2]
    if not word[0].isupper():
        return False
    if before in _SENTENCE_ENDS:
        return not after or fold(after[0]) in _LIST_MARKS
    return not (word.isupper() and len(word) > 1 and (before.isupper() or any(map(str.isupper, after))))


@lru_cache(maxsize=10_000)
def _is_common(word: str) -> bool:
    """
    Whether a word in lower case is an ordinary one: a noun for a thing, or an adjective for a quality.

    >>> _is_common("университет"), _is_common("спортивной"), _is_common("сокола"), _is_common("хамовниках")
    (True, True, False, False)
    """
    parses = [parse for parse in _parses(word) if parse.is_known]
    if any(name in parse.tag for parse in parses for name in (*_PROPER, "anim")):
        return False
    return any(parse.tag.POS == "NOUN" or "Qual" in parse.tag for parse in parses)


def _is_adjective(word: str) -> bool:
    return any(parse.tag.POS == "ADJF" for parse in _parses(word)[:1])


def _agrees(adjective: str, noun: str) -> bool:
    """«спортивная площадка», but not «на Бауманской двушку»."""
    forms = {_form(parse) for parse in _parses(adjective) if parse.tag.POS == "ADJF"}
    return any(parse.tag.POS == "NOUN" and _form(parse) in forms for parse in _parses(noun))


def _form(parse: Parse) -> tuple[str | None, str | None, str | None]:
    tag = parse.tag
    return tag.case, tag.number, tag.gender if tag.number == "sing" else None


def _in_nominative(words: Sequence[str]) -> str:
    forms = []
    for word in words:
        parses = [parse for parse in _parses(word) if parse.tag.POS in ("NOUN", "ADJF")]
        nominative = parses[0].inflect({"nomn"}) if parses else None
        forms.append(fold(nominative.word if nominative else word))
    return " ".join(forms)


@lru_cache(maxsize=20_000)
def _parses(word: str) -> tuple[Parse, ...]:
    return tuple(morphology().parse(word.lower())[:MAX_PARSES]) if word.isalpha() else ()
