"""Single values as files write them: numbers, amounts, currencies, yes and no. Empty and placeholders are None."""

import html
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from models.core.amounts import read_amount, read_number
from models.core.currencies import read_currency
from models.core.numbers import UnreadableError, read_plain

Read = TypeVar("Read")

#: What generators and people write where they know nothing.
PLACEHOLDERS = frozenset({"", "-", "--", "–", "—", "?", "n/a", "na", "null", "none", "nan", "не указано", "нет данных"})
_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))

YES = frozenset({"да", "yes", "true", "1", "+", "есть", "y", "истина"})
NO = frozenset({"нет", "no", "false", "0", "-", "n", "ложь"})

_UNITS = re.compile(r"(?:кв\.?\s*м\.?|м\s*2|м²|кв\.?\s*метр\w*|sq\.?\s*m\.?|sqm|m2|m²|м\.?|m)\Z", re.IGNORECASE)
#: Coordinates, for which the grammar of people's numbers is slow. It shortens what ends in a nought.
_DECIMALS = re.compile(r"[0-9]{1,6}\.[0-9]{3,14}[1-9]")
_TAG = re.compile(r"<\s*(br|/p|/li|/div|/tr|/h[1-6])\b[^>]{0,1000}>|<[a-zA-Z/!][^>]{0,1000}>", re.IGNORECASE)


def told(text: str | None) -> str | None:
    """
    The text with single blanks, or None where it says nothing.

    >>> told("  Северное   Тушино "), told(" - "), told("null")
    ('Северное Тушино', None, None)
    """
    if not text:
        return None
    if text.isdecimal():  # a quick way for what most values are
        return text
    text = " ".join(text.split())
    return None if len(text) <= _LONGEST_PLACEHOLDER and text.casefold() in PLACEHOLDERS else text


def prose(text: str | None) -> str | None:
    """
    A description: without tags and escaped letters, its paragraphs kept.

    >>> prose("<p>Дом&nbsp;тёплый</p><br/>&amp;#x41C;осква")
    'Дом\\xa0тёплый\\nМосква'
    """
    if not text:
        return None
    if "&" in text or "<" in text:
        text = _TAG.sub(lambda tag: "\n" if tag[1] else "", html.unescape(html.unescape(text)))
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line) or None


def number(text: str | None) -> Decimal | None:
    """
    A number as people and programs write it; None where there is none.

    >>> number("2 500"), number("43,2"), number("69.60 кв. м"), number("1,250,000.5"), number(" ")
    (Decimal('2500'), Decimal('43.2'), Decimal('69.60'), Decimal('1250000.5'), None)
    >>> number("1,234")
    Traceback (most recent call last):
    ValueError: number.ambiguous

    Raises:
        ValueError: It is no number, or could mean two.
    """
    if text is None:
        return None
    plain = read_plain(text)
    if plain is not None:
        return plain
    if _DECIMALS.fullmatch(text):
        return Decimal(text)
    text = told(text)
    if text is None:
        return None
    return _or_value_error(lambda: read_number(_UNITS.sub("", text).strip(), negative=True, machine=True))


def amount(text: str | None) -> tuple[Decimal, str | None] | None:
    """
    An amount of money and the currency that stands beside it.

    >>> amount("12,5 млн ₽"), amount("450 тыс"), amount("45000 тенге"), amount("17 100 000")
    ((Decimal('12500000'), 'RUB'), (Decimal('450000'), None), (Decimal('45000'), 'KZT'), (Decimal('17100000'), None))

    Raises:
        ValueError: It is no amount, could mean two, or is agreed upon only in person.
    """
    text = told(text)
    if text is None:
        return None
    if text in ("-1", "-1.0"):
        return Decimal(-1), None  # what generators write where they know nothing
    value = _or_value_error(lambda: read_amount(text))
    return value.value, value.currency


def currency(text: str | None) -> str | None:
    """
    The ISO code of a currency in any spelling.

    >>> currency("RUR"), currency("rub"), currency("тенге"), currency(None)
    ('RUB', 'RUB', 'KZT', None)

    Raises:
        ValueError: It is no currency that we know.
    """
    text = told(text)
    return None if text is None else _or_value_error(lambda: _currency_of(text))


#: A feed names one or two currencies, half a million times.
_currency_of = lru_cache(maxsize=1024)(read_currency)


def _or_value_error(read: Callable[[], Read]) -> Read:
    """What *read* gives; what it cannot read as a ValueError, as all values of files."""
    try:
        return read()
    except UnreadableError as error:
        raise ValueError(error.fault) from None


def flag(text: str | None) -> bool | None:
    """
    Yes or no, in the words of feeds; None where neither is told.

    >>> flag("Да"), flag("0"), flag("+"), flag("возможно"), flag("")
    (True, False, True, None, None)
    """
    low = (text or "").strip().casefold()
    return True if low in YES else False if low in NO else None
