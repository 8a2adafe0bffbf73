"""Numbers as people write them: blanks, apostrophes, dots and commas between thousands, a decimal dot or comma.

Ambiguous texts and texts that are understood only in part are refused. :mod:`models.core.amounts`, which builds on this
module, reads amounts of money with their multipliers, currencies and ranges.
"""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models.core.errors import DomainError, Fault, InvalidValueError

#: The maximum number of characters of a number or amount; people do not write longer ones.
MAX_LENGTH = 120


class UnreadableError(DomainError):
    """A text that cannot be read as a number, an amount or a number of rooms; *code* and *facts* state the reason."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.fault = Fault(code, **{name: _shortened(fact) for name, fact in facts.items()})

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.fault.facts

    def at(self, field: str) -> InvalidValueError:
        """The same error for *field*, the dotted path of the value in the request."""
        return InvalidValueError(field, self.code, **dict(self.facts))


#: Texts of cells in imported files that mean "unknown".
_UNKNOWN = frozenset(
    """
    - -- --- — ? n/a na nan none null nil unknown #n/a #н/д н/д нд нет неизвестно
    """.split()
) | {"", "not specified", "нет данных", "не указано", "не указан", "не указана", "не известно"}

_ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BLANKS = re.compile("[\\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_SIGNS = str.maketrans(
    {**dict.fromkeys("‐‑‒–—―−﹣－", "-"), **dict.fromkeys("’‘ʼʹ′`´＇", "'"), "ё": "е", "，": ",", "．": ".", "…": ".."}
    | {chr(0xFF10 + digit): str(digit) for digit in range(10)}
)
#: Machine-written numbers, which are read quickly: at most 15 digits, and at most two after a dot.
_PLAIN = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,2})?")
_EXPONENT = re.compile(r"[0-9][.,]?[eе][+-]?[0-9]")
#: A sequence of digits and the characters allowed between them; analysed by :func:`decimal_of`.
NUMBER = r"(?:[0-9](?:(?:(?!\.\.)[0-9 '.,])*[0-9])?|[.,][0-9]+)"


def phrases_in(table: str) -> list[str]:
    """
    The phrases of a table of words, which semicolons separate.

    >>> phrases_in("a; b  c;")
    ['a', 'b c']
    """
    return [" ".join(phrase.split()) for phrase in table.split(";") if phrase.strip()]


def is_unknown(cell: str) -> bool:
    """
    Whether a cell of an imported file means "unknown".

    >>> is_unknown(" — "), is_unknown("н/д"), is_unknown("0")
    (True, True, False)
    """
    return prepared(cell).strip(" .") in _UNKNOWN


def prepared(text: str) -> str:
    """
    *text* in lower case, with one kind of blank, dash and apostrophe, and without invisible characters.

    >>> prepared("  12\\u202f500\\u00a0000 РУБ. – Ёлка ")
    '12 500 000 руб. - елка'
    """
    text = unicodedata.normalize("NFC", _ZERO_WIDTH.sub("", text)).casefold().translate(_SIGNS)
    return _BLANKS.sub(" ", text).strip()


#: Endings of Kazakh cases before «дейін» (up to) and «бастап» (from), and of the lower end of a range.
_UP_TO = re.compile(r"(?<=\w)-?(?:ға|ге|қа|ке)(?= дейін)")
_FROM = re.compile(r"(?<=\w)-?(?:нан|нен|дан|ден|тан|тен)(?= (?:бастап|артық|жоғары|көп|кем|аз|төмен)(?!\w))")
_FROM_TO = re.compile(r"(?<=\w)-?(?:нан|нен|дан|ден|тан|тен) (?=[0-9])")


def without_kazakh_cases(plain: str) -> str:
    """
    A :func:`prepared` range without the Kazakh case endings after its numbers.

    >>> without_kazakh_cases("10 млн-нан 20 млн-ға дейін"), without_kazakh_cases("2 бөлмеден бастап")
    ('10 млн - 20 млн дейін', '2 бөлме бастап')
    """
    return _FROM_TO.sub(" - ", _FROM.sub("", _UP_TO.sub("", plain)))


def check_length(text: str) -> None:
    """Raises UnreadableError (number.too_long)."""
    if len(text) > MAX_LENGTH:
        raise UnreadableError("number.too_long")


def check_exponent(text: str) -> None:
    """
    Raises UnreadableError (number.exponent) if a :func:`prepared` text has an exponent, because few people can read
    1.5e6.
    """
    if _EXPONENT.search(text):
        raise UnreadableError("number.exponent", text=text)


def read_plain(text: str) -> Decimal | None:
    """The number in a machine's plainest notation, otherwise None: a shortcut that avoids the grammar.

    >>> read_plain("12500000.5"), read_plain("12 500")
    (Decimal('12500000.5'), None)
    """
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def decimal_of(run: str, *, comma_is_decimal: bool = False, dot_is_decimal: bool = True) -> Decimal:
    """
    The value of digits with blanks, apostrophes, dots and commas between them, :func:`prepared`.

    A single comma before three digits may separate thousands or decimals: ``1,234``. It is refused unless
    *comma_is_decimal*; a dot is refused unless *dot_is_decimal*.

    Raises:
        UnreadableError: number.ambiguous, number.groups, number.not_a_number.

    >>> [str(decimal_of(run)) for run in ("12 500 000", "12'500,5", "1.234.567", "1,234,567.89", "0,125", ".5")]
    ['12500000', '12500.5', '1234567', '1234567.89', '0.125', '0.5']
    """
    blank = next((mark for mark in " '" if mark in run), None)
    if blank is not None:
        whole, mark, fraction = _split_last(run, run.rfind(blank))
        return _value(run, whole.split(blank), fraction if mark else "")
    dots, commas = run.count("."), run.count(",")
    if not dots and not commas:
        return Decimal(run)
    if dots + commas == 1:
        whole, _, fraction = run.partition("." if dots else ",")
        trusted = dot_is_decimal if dots else comma_is_decimal
        if len(fraction) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0" and not trusted:
            # The suggested spellings must themselves be readable.
            raise UnreadableError("number.ambiguous", text=run, first=whole + fraction, second=f"{whole},{fraction}0")
        return _value(run, [whole or "0"], fraction)
    if not dots or not commas:
        return _value(run, run.split("." if dots else ","), "")
    decimal = max(".,", key=run.rfind)
    whole, _, fraction = run.rpartition(decimal)
    return _value(run, whole.split("," if decimal == "." else "."), fraction)


def _split_last(run: str, after: int) -> tuple[str, str, str]:
    """Split at a decimal mark after position *after*: the text before the mark, the mark, and the text after it."""
    for index in range(after + 1, len(run)):
        if run[index] in ".,":
            return run[:index], run[index], run[index + 1 :]
    return run, "", ""


def _value(run: str, groups: list[str], fraction: str) -> Decimal:
    parts = [*groups, fraction] if fraction else groups
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise UnreadableError("number.groups", text=run)
    if len(groups) > 1 and not (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])):
        raise UnreadableError("number.groups", text=run)
    return Decimal("".join(groups) + (f".{fraction}" if fraction else ""))


def _shortened(fact: str) -> str:
    return fact if len(fact) <= 60 else f"{fact[:57]}..."
