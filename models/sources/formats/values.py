"""
Readers of single values in files: numbers, amounts, currencies, yes and no. Empty texts and placeholders are None.
"""

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

#: Placeholders of generators and people for unknown values.
PLACEHOLDERS = frozenset({"", "-", "--", "–", "—", "?", "n/a", "na", "null", "none", "nan", "не указано", "нет данных"})
_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))

YES = frozenset({"да", "yes", "true", "1", "+", "есть", "y", "истина"})
NO = frozenset({"нет", "no", "false", "0", "-", "n", "ложь"})

_UNITS = re.compile(r"(?:кв\.?\s*м\.?|м\s*2|м²|кв\.?\s*метр\w*|sq\.?\s*m\.?|sqm|m2|m²|м\.?|m)\Z", re.IGNORECASE)
#: Coordinates, for which the grammar of people's numbers is slow. Trailing zeros are not matched.
_DECIMALS = re.compile(r"[0-9]{1,6}\.[0-9]{3,14}[1-9]")
_TAG = re.compile(r"<\s*(br|/p|/li|/div|/tr|/h[1-6])\b[^>]{0,1000}>|<[a-zA-Z/!][^>]{0,1000}>", re.IGNORECASE)


def clean_text(text: str | None) -> str | None:
    """
    The text with single blanks; None for an empty text or a placeholder.

    >>> clean_text("  Северное   Тушино "), clean_text(" - "), clean_text("null")
    ('Северное Тушино', None, None)
    """
    if not text:
        return None
    if text.isdecimal():  # a shortcut for most values
        return text
    text = " ".join(text.split())
    return None if len(text) <= _LONGEST_PLACEHOLDER and text.casefold() in PLACEHOLDERS else text


def prose(text: str | None) -> str | None:
    """
    A description without tags and escapes; its paragraphs are kept.

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
    A number in the notation of people or programs; None if there is none.

    >>> number("2 500"), number("43,2"), number("69.60 кв. м"), number("1,250,000.5"), number(" ")
    (Decimal('2500'), Decimal('43.2'), Decimal('69.60'), Decimal('1250000.5'), None)
    >>> number("1,234")
    Traceback (most recent call last):
    ValueError: number.ambiguous

    Raises:
        ValueError: It is not a number, or is ambiguous.
    """
    if text is None:
        return None
    plain = read_plain(text)
    if plain is not None:
        return plain
    if _DECIMALS.fullmatch(text):
        return Decimal(text)
    text = clean_text(text)
    if text is None:
        return None
    return _or_value_error(lambda: read_number(_UNITS.sub("", text).strip(), negative=True, machine=True))


def amount(text: str | None) -> tuple[Decimal, str | None] | None:
    """
    An amount of money and its currency.

    >>> amount("12,5 млн ₽"), amount("450 тыс"), amount("45000 тенге"), amount("17 100 000")
    ((Decimal('12500000'), 'RUB'), (Decimal('450000'), None), (Decimal('45000'), 'KZT'), (Decimal('17100000'), None))

    Raises:
        ValueError: It is not an amount, is ambiguous, or is to be negotiated.
    """
    text = clean_text(text)
    if text is None:
        return None
    if text in ("-1", "-1.0"):
        return Decimal(-1), None  # a placeholder of generators
    value = _or_value_error(lambda: read_amount(text))
    return value.value, value.currency


def currency(text: str | None) -> str | None:
    """
    The ISO code of a currency in any spelling.

    >>> currency("RUR"), currency("rub"), currency("тенге"), currency(None)
    ('RUB', 'RUB', 'KZT', None)

    Raises:
        ValueError: It is not a known currency.
    """
    text = clean_text(text)
    return None if text is None else _or_value_error(lambda: _currency_of(text))


#: Cached: a feed names one or two currencies half a million times.
_currency_of = lru_cache(maxsize=1024)(read_currency)


def _or_value_error(read: Callable[[], Read]) -> Read:
    """The result of *read*; an unreadable text raises ValueError, as for all values of files."""
    try:
        return read()
    except UnreadableError as error:
        raise ValueError(error.fault) from None


def flag(text: str | None) -> bool | None:
    """
    Yes or no in the words of feeds; None if neither is stated.

    >>> flag("Да"), flag("0"), flag("+"), flag("возможно"), flag("")
    (True, False, True, None, None)
    """
    low = (text or "").strip().casefold()
    return True if low in YES else False if low in NO else None
