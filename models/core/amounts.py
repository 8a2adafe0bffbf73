"""Amounts of money and other quantities as people write them, alone and as ranges: «от 12,5 до 20 млн ₽», "450k $".

The reader is shared by forms, filters, contracts' texts and all imports; it can read the output of the printer.
Ambiguous texts and texts that are understood only in part are refused (:class:`models.core.numbers.UnreadableError`).
"""

import functools
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from models.core.amount_grammar import Reading
from models.core.amount_words import Bound, Unit
from models.core.currencies import SIGNS
from models.core.numbers import UnreadableError, read_plain

NBSP = "\u00a0"
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Amount:
    """*value* in *currency*, which is None if the text names none."""

    value: Decimal
    currency: str | None = None


@dataclass(frozen=True)
class Range:
    """
    Both ends are inclusive, and None if open. The currency is None if the text names none, or if the range is not
    money.
    """

    low: Decimal | None
    high: Decimal | None
    currency: str | None = None


def read_amount(text: str, *, end: Bound | None = None, machine: bool = False) -> Amount:
    """
    One amount of money; not negative.

    Args:
        end: The end of a range that the amount is for: "до 20 млн" is accepted for the upper end and refused elsewhere.
        machine: The text comes from a program with a decimal dot: 54.125 has a fraction.
    Raises:
        UnreadableError: Its codes begin with `number.` and `amount.`.

    >>> read_amount("12,5 млн ₽")
    Amount(value=Decimal('12500000'), currency='RUB')
    >>> read_amount("$450k").value, read_amount("до 20 млн", end=Bound.HIGH).value
    (Decimal('450000'), Decimal('20000000'))
    """
    plain = read_plain(text)
    if plain is not None:
        return Amount(plain)
    reading = Reading(text, None, machine=machine)
    return Amount(reading.one(end), reading.currency)


def read_amount_range(text: str) -> Range:
    """
    A range of amounts of money; a single amount is both ends.

    >>> read_amount_range("от 10 до 15 млн")
    Range(low=Decimal('10000000'), high=Decimal('15000000'), currency=None)
    >>> read_amount_range("up to $500 000.50").high
    Decimal('500000.50')
    """
    return Range(*Reading(text, None).range())


def read_number(
    text: str, unit: Unit = Unit.NONE, *, end: Bound | None = None, negative: bool = False, machine: bool = False
) -> Decimal:
    """
    One number, with or without its unit, in that unit (square metres, metres, per cent, ...).

    Args:
        end: As in :func:`read_amount`.
        negative: Whether it may be below 0.
        machine: As in :func:`read_amount`.
    Raises:
        UnreadableError: Its codes begin with `number.` and `amount.`.

    >>> read_number("54,3 м²", Unit.AREA), read_number("2,5 %", Unit.PERCENT), read_number("-2", negative=True)
    (Decimal('54.3'), Decimal('2.5'), Decimal('-2'))
    """
    plain = read_plain(text)
    if plain is not None:
        return plain
    return Reading(text, unit, negative=negative, machine=machine).one(end)


def read_whole(text: str, unit: Unit = Unit.NONE, *, negative: bool = False) -> int:
    """
    One whole number: 2, "2.0" or "3 этаж".

    Raises:
        UnreadableError: number.not_whole, and the codes of :func:`read_number`.

    >>> read_whole("2024 г.", Unit.YEAR), read_whole("3-й этаж", Unit.FLOOR)
    (2024, 3)
    """
    value = read_number(text, unit, negative=negative)
    if value != value.to_integral_value():
        raise UnreadableError("number.not_whole", text=text.strip())
    return int(value)


def read_number_range(text: str, unit: Unit = Unit.NONE) -> Range:
    """
    A range of numbers; a single number is both ends.

    >>> read_number_range("от 40 до 60 м²", Unit.AREA)
    Range(low=Decimal('40'), high=Decimal('60'), currency=None)
    """
    return Range(*Reading(text, unit).range())


@functools.lru_cache(8192, typed=True)  # a page of a hundred cards has hundreds of numbers, and few different ones
def print_number(value: Decimal | float, decimals: int | None = None, *, mark: str = ",") -> str:
    """
    A number with no-break spaces between thousands; :func:`read_number` and :func:`read_amount` can read it.

    Args:
        decimals: Round half up to this many decimals; None: keep all. Trailing zeros are left out.
        mark: The decimal mark: a comma or a dot.

    >>> print_number(Decimal("12500000.50")), print_number(1234.5, mark="."), print_number(Decimal("1.125"))
    ('12\\xa0500\\xa0000,5', '1\\xa0234.5', '1,1250')
    """
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, fraction = f"{exact:f}".partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) == 3:
        fraction += "0"  # three digits after a mark could be thousands
    sign = "-" if whole.startswith("-") and (fraction or whole.strip("-0")) else ""
    digits = whole.lstrip("-").lstrip("0") or "0"
    grouped = f"{int(digits):,}".replace(",", NBSP)
    return sign + grouped + (mark + fraction if fraction else "")


def print_amount(
    value: Decimal | float, currency: str, *, mark: str = ",", millions: str | None = None, decimals: int | None = None
) -> str:
    """
    An amount with its currency's sign or code; :func:`read_amount` can read it.

    Args:
        millions: The page's word for a million ("млн", "m"): amounts from a million on are rounded to a tenth of a
            million.
        decimals: As in :func:`print_number`.

    >>> print_amount(Decimal(12_500_000), "RUB", millions="млн"), print_amount(450_000, "AED")
    ('12,5\\xa0млн\\xa0₽', '450\\xa0000\\xa0AED')
    >>> print_amount(Decimal("2134.4"), "KZT", decimals=2)
    '2\\xa0134,40\\xa0₸'
    """
    sign = SIGNS.get(currency, currency)
    if millions and value >= _MILLION:
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        return f"{print_number(exact / _MILLION, 1, mark=mark)}{NBSP}{millions}{NBSP}{sign}"
    number = print_number(value, decimals, mark=mark)
    if decimals == 2 and len(number.partition(mark)[2]) == 1:
        number += "0"  # 2 134,40 ₸: a single decimal of money looks like an error
    return f"{number}{NBSP}{sign}"
