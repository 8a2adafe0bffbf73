"""The words of the pages in Russian and English.

English sentences stand in the templates and are the keys of a dictionary of Russian ones
(:mod:`api.console.russian_sentences`); so are the messages of errors (:mod:`api.console.error_messages`) and the
domain's words (:mod:`api.console.domain_words`). gettext would need its catalogues compiled when the project is built;
two languages and a few hundred sentences do not. A test holds the dictionary to what the pages say.
"""

import re
from contextvars import ContextVar
from enum import StrEnum

from flask import request

from api.console.domain_words import PLURALS, WORDS
from api.console.error_messages import ERROR_SENTENCES, PATTERNS
from api.console.number_messages import NUMBER_PATTERNS
from api.console.russian_imports import IMPORT_ERRORS, IMPORT_PATTERNS
from api.console.russian_sentences import SENTENCES
from api.http.request_state import current
from models.core.amounts import print_number

LANGUAGES = ("ru", "en")
NBSP = "\u00a0"
_RUSSIAN = SENTENCES | ERROR_SENTENCES | IMPORT_ERRORS
#: The language of the request that this thread answers. Not read from `g`: a page of cards asks thousands of times.
_language: ContextVar[str] = ContextVar("language", default="ru")


def choose_language() -> None:
    """Before a page: the visitor's choice, or else the best that the browser asks for, or else Russian."""
    chosen = request.cookies.get("lang")
    if chosen not in LANGUAGES:
        chosen = request.accept_languages.best_match(LANGUAGES, default="ru")
    current().language = chosen
    _language.set(chosen)


def language() -> str:
    return _language.get()


def say(sentence: str, **values: object) -> str:
    """A sentence in the page's language; one that is not known stays English."""
    if language() == "ru":
        sentence = _RUSSIAN.get(sentence) or _by_pattern(sentence)
    return sentence.format_map(values) if values else sentence


def counted(count: int, noun: str) -> str:
    """
    A count with its noun: Russian has three forms, by the last digits.

    >>> [_russian_form(count) for count in (1, 2, 5, 11, 21, 104)]
    [0, 1, 2, 2, 0, 1]
    """
    return f"{print_number(count)}{NBSP}{noun_of(count, noun)}"


def noun_of(count: int, noun: str) -> str:
    """The form that a noun has after a count."""
    if language() == "ru":
        return PLURALS[noun][_russian_form(count)]
    plural = {"property": "properties", "inquiry": "inquiries", "entry": "entries", "match": "matches"}
    return noun if count == 1 else plural.get(noun, noun + "s")


def word(value: StrEnum | str | None) -> str:
    """A word of the domain's lists as people say it."""
    if value is None:
        return "—"
    value = str(value)
    russian, english = WORDS.get(value, (value, value))
    return russian if language() == "ru" else english


#: What a page says after something was done, by the key that the address carries.
SAID = {
    "saved": "Saved.",
    "archived": "Archived: it is off the market.",
    "liked": "Liked. If the other side likes it too, it is a match.",
    "matched": "It is a match!",
    "agreed": "Commission agreed; contacts are open.",
    "disliked": "Put aside.",
    "completed": "The deal is done. Congratulations!",
    "run": "The run has been asked for.",
    "joined": "The same run is going already.",
    "cancelled": "Cancelled.",
    "merged": "The towns are merged; lists follow within moments.",
    "retried": "Failed parts are queued again.",
    "changed": "Changed.",
    "kept": "Kept in favourites.",
    "removed": "Removed from favourites.",
    "asked": "The owner has got your inquiry.",
    "undone": "Taken back.",
    "read": "Marked as read.",
    "out": "You are signed out.",
    "moved": "The inquiry has moved on.",
    "preferences": "Saved; the feed is ranked anew.",
    "struck": "Struck out; the list follows.",
    "withdrawn": "They are off the market.",
    "source_removed": "The source is removed; its homes are in the archive.",
    "unstruck": "Taken back in; the list follows.",
}


def said(key: str | None) -> str | None:
    """The sentence of a key; what is no key says nothing, so that nobody can put words into our pages."""
    return say(SAID[key]) if key in SAID else None


def _russian_form(count: int) -> int:
    if count % 10 == 1 and count % 100 != 11:
        return 0
    return 1 if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else 2


def _by_pattern(sentence: str) -> str:
    for pattern, russian in (*NUMBER_PATTERNS, *PATTERNS, *IMPORT_PATTERNS):
        found = re.fullmatch(pattern, sentence)
        if found:
            named = set(found.re.groupindex.values())
            parts = enumerate(found.groups(), start=1)
            return russian.format(*(_in_russian(part) if place in named else part for place, part in parts))
    return sentence


def _in_russian(words: str) -> str:
    """Words of the domain between commas."""
    return ", ".join(WORDS[each][0] if each in WORDS else IMPORT_ERRORS.get(each, each) for each in words.split(", "))
