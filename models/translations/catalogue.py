"""
Sentences by language: gettext catalogues, one folder a language, read as they are when a language is first used.

Two kinds of message ids:

- codes, as in `inquiry.cannot_go_back`: errors, notifications, words of the domain. All languages hold them.
- English sentences, as in `Sign in`: what pages say. They are their own English; `ru` and `kk` hold them.

Facts stand in braces and are filled in by name: `Run {run_id} is going.`
"""

import functools
import gettext
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path

from models.core import languages
from models.core.errors import DomainError, Fault, InvalidValueError

LANGUAGES = languages.LANGUAGES
FOLDER = Path(__file__).parent
#: Before the code of a word of the domain (a role, a status): `word.tenant`.
WORD = "word."


@dataclass(frozen=True)
class Catalogue:
    """The messages of one language."""

    #: Translation by message id; all forms, in the order of the language's rule, where it is counted.
    messages: Mapping[str, str | tuple[str, ...]]
    #: The place of a count's form.
    form: Callable[[int], int]


@functools.cache
def catalogue(language: str) -> Catalogue:
    """
    Read the `.po` files of a language: 60 ms for 1,000 messages, so they need no compiling when the project is built.

    Raises:
        KeyError: It is none of LANGUAGES.
    """
    from babel.messages.pofile import read_po  # takes 40 ms to import, and most processes never say a sentence

    if language not in LANGUAGES:
        raise KeyError(language)
    messages: dict[str, str | tuple[str, ...]] = {}
    rule = "(n != 1)"
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            read = read_po(file, locale=language)
        rule = read.plural_expr
        for message in read:
            if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string:
                messages[message.id] = message.string
            elif isinstance(message.id, tuple) and isinstance(message.string, tuple) and all(message.string):
                messages[message.id[0]] = message.string
    return Catalogue(messages, gettext.c2py(rule))


def is_known(language: str, message_id: str) -> bool:
    return message_id in catalogue(language).messages


def translate(language: str, message_id: str, facts: Mapping[str, object] | None = None) -> str:
    """
    A message in a language, its facts filled in; one that the language lacks is taken as its own sentence.

    >>> translate("ru", "value.required")
    'Это поле нужно заполнить.'
    """
    text = catalogue(language).messages.get(message_id, message_id)
    if not isinstance(text, str):
        text = text[0]
    # Two braces are one that people see, also in a sentence without facts.
    return _filled(language, text, facts or {}) if facts or "{{" in text else text


def translate_count(language: str, noun: str, count: int) -> str:
    """
    The form that a noun of `counts.po` has after a count.

    >>> [translate_count("ru", "lead", count) for count in (1, 3, 11, 21)]
    ['лид', 'лида', 'лидов', 'лид']
    """
    known = catalogue(language)
    forms = known.messages[noun]
    return forms if isinstance(forms, str) else forms[known.form(count)]


def translate_word(language: str, value: str) -> str:
    """
    A word of the domain (a role, a status) as people say it; an unknown one stays as it is.

    >>> translate_word("ru", "offer SALE"), translate_word("kk", "tenant")
    ('Продажа', 'Жалға алушы')
    """
    code = WORD + value.replace(" ", ".")
    return translate(language, code) if is_known(language, code) else value


def describe_fault(language: str, fault: str) -> str:
    """The sentence that describes a fault; for a text without a code, the text itself."""
    return translate(language, str(fault), fault.facts if isinstance(fault, Fault) else None)


def describe_kind(language: str, code: str) -> str:
    """
    The sentence of a kind of fault, its facts left open.

    >>> describe_kind("en", "number.above_max")
    'Must be less than or equal to …'
    """
    text = catalogue(language).messages.get(code, code)
    if not isinstance(text, str):
        return code
    return _filled(language, text, defaultdict(lambda: "…")).replace("….", "…")


def describe_error(language: str, error: DomainError) -> str:
    """The sentence of an error; that of a value is led by the path of its field."""
    if isinstance(error, InvalidValueError):
        return f"{error.field}: {describe_fault(language, error.fault)}"
    return translate(language, error.code, error.facts)


def _filled(language: str, text: str, facts: Mapping[str, object]) -> str:
    return text.format_map(_Facts(language, facts))


class _Facts(dict[str, object]):
    """Facts as a sentence in a language shows them."""

    def __init__(self, language: str, facts: Mapping[str, object]) -> None:
        super().__init__()
        self._language, self._facts = language, facts

    def __missing__(self, name: str) -> object:
        return fact_text(self._language, self._facts[name])


def fact_text(language: str, fact: object) -> object:
    """A fact as a sentence shows it: words of the domain in the language, numbers without exponents."""
    if isinstance(fact, Enum):
        return translate_word(language, str(fact.value))
    if isinstance(fact, Fault):
        return describe_fault(language, fact)
    if isinstance(fact, Decimal):
        return f"{fact:f}"
    if isinstance(fact, Iterable) and not isinstance(fact, str):
        return ", ".join(str(fact_text(language, each)) for each in fact)
    return fact
