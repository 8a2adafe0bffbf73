"""
Numbers of a text with what limits and measures them: «от 9 м», «не выше пятого», «3-5», «12,5 млн», «с 1 сентября».

A :class:`Quantity` says nothing of what is counted; the clause in which it stands does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matching.reading.numerals import UNITS
from matching.reading.phrases import PhraseTree, expand
from matching.reading.words import Word

AT_LEAST, AT_MOST, ABOVE, BELOW = "ge", "le", "gt", "lt"

_BEFORE: dict[str, str] = {
    AT_LEAST: (
        "(не/ни) (менее/меньше/ниже/раньше/ранее/старше/дешевле/короче/меньший) [чем] | от | с | со "
        "| минимум | как минимум | минимально | мин | хотя бы | начиная с"
        " | начиная от | at least | from | min | minimum | no less than | not lower than | not less than "
        "| кемінде | кеминде | кем емес | > = | ≥ | не менее чем"
        " | после | since | after | built after | not older than | no older than | newer than | новее | не старее | младше"
    ),
    AT_MOST: (
        "(не/ни) (более/больше/выше/дальше/далее/далеко/позже/позднее/новее/дороже/дольше/свыше/"
        "превышать) [чем] | до | максимум | макс | максимально | в предел | предел"
        " | up to | max | maximum | no more than | not more than | under | within | at most "
        "| not higher than | below | < = | ≤ | дейин"
    ),
    ABOVE: "более | больше | выше | свыше | over | above | more than | higher than | > | более чем | больше чем",
    BELOW: "менее | меньше | ниже | lower than | less than | < | раньше | ранее | старше",
}
_AFTER: dict[str, str] = {
    AT_LEAST: (
        "и (выше/больше/более/новее/позже/далее/дальше/старше) | или (больше/выше/более) | + | плюс | минимум "
        "| не (менее/меньше) | кем емес | and (up/above/more/higher) | or (more/higher) | plus | min | minimum "
        "| жогары"
    ),
    AT_MOST: (
        "и (ниже/меньше/менее/раньше/дешевле) | или (ниже/меньше) | максимум | макс | не (более/больше/выше/"
        "дальше/дороже) | max | maximum | and below | or less | tops | дейин"
    ),
}
_MONTHS = {
    "январь": 1,
    "февраль": 32,
    "март": 60,
    "апрель": 91,
    "май": 121,
    "июнь": 152,
    "июль": 182,
    "август": 213,
    "сентябрь": 244,
    "октябрь": 274,
    "ноябрь": 305,
    "декабрь": 335,
    "january": 1,
    "february": 32,
    "march": 60,
    "april": 91,
    "june": 152,
    "july": 182,
    "august": 213,
    "september": 244,
    "october": 274,
    "november": 305,
    "december": 335,
}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_QUARTER = frozenset({"квартал", "кв", "кв_л", "quarter"})
_PART_OF_MONTH = {"начало": 0, "середина": 14, "конец": 28}
_FLOOR_WORDS = frozenset({"этаж", "эт", "floor", "кабат"})
_ENDINGS = frozenset("й го ый ой м х ти я е ю ем ом му и ми ого его th st nd rd ая ую".split())
_CHARGES = frozenset(
    {
        "ку",
        "коммунальный",
        "коммуналка",
        "счетчик",
        "свет",
        "жку",
        "жкх",
        "комуслуги",
        "залог",
        "комиссия",
        "депозит",
        "utilities",
    }
)
_DASHES = frozenset("-–—−")

#: Words that the parser itself has to know.
VOCABULARY: set[str] = (
    {word for phrases in (*_BEFORE.values(), *_AFTER.values()) for words in expand(phrases) for word in words}
    | set(UNITS)
    | set(_MONTHS)
    | set(_ROMAN)
    | set(_QUARTER)
    | set(_PART_OF_MONTH)
    | {"половина", "год", "т"}
)


_STARTS: list[frozenset[str]] = [frozenset()]
_TREES: dict[str, PhraseTree[str]] = {}


def set_symbols(symbol: Callable[[str], str]) -> None:
    """Tell under which symbols the vocabulary knows the words of limits."""
    for name, table in (("before", _BEFORE), ("after", _AFTER)):
        _TREES[name] = PhraseTree(
            (tuple(map(symbol, words)), how) for how, phrases in table.items() for words in expand(phrases)
        )
    _STARTS[0] = frozenset({*_TREES["before"].root.follows, "$", "€", "₸", *_MONTHS, *_ROMAN, *_PART_OF_MONTH})


def starts_of_limits() -> frozenset[str]:
    """The symbols with which a quantity may start that are no number themselves."""
    return _STARTS[0]


@dataclass(frozen=True, slots=True)
class Quantity:
    """
    A number and its limits.

    Attributes:
        low, high: The limits as said; equal where one number is told.
        how: ge, le, gt, lt, ``eq`` (one number) or ``range``.
        unit: m, m2, min, percent, month, year, money, people, day (of the year), quarter, or "".
        fraction, third: «5/9»; and the last number of «54/32/9».
        start, end: The tokens that it takes, end excluded; *first* is where the number itself starts.
    """

    low: float
    high: float
    how: str
    unit: str
    start: int
    end: int
    first: int
    ordinal: bool = False
    currency: str = ""
    fraction: bool = False
    third: float | None = None


def quantity_at(words: Sequence[Word | None], tokens: Sequence[str], start: int) -> Quantity | None:
    """The quantity that starts at token *start*, with the words that limit it; None where there is none."""
    how, first = "eq", start
    limited = _TREES["before"].longest(words, start)
    if limited is not None:
        first, [how] = limited[0], limited[1]
    first = _skip_words(
        words,
        first,
        frozenset({"примерно", "где", "то", "этак", "около", ":", "в", "на"}) if how != "eq" else frozenset(),
    )
    number = _number(words, tokens, first)
    if number is None:
        return None
    low, end, unit, ordinal, currency = number
    high, fraction = low, False
    joined = end
    if joined < len(words) and (tokens[joined] in _DASHES or _is(words, joined, "до", "по", "to")) and unit != "day":
        other = _number(words, tokens, joined + 1)
        if (
            other is not None
            and (other[0] > low or other[2] != unit)
            and (tokens[joined] in _DASHES or how in (AT_LEAST, "eq"))
        ):
            high_unit = other[2]
            if (
                high_unit
                and not unit
                and low * _factor_of(other) <= other[0]
                and other[0] > 0
                and high_unit == "money"
                and low < 1000
            ):
                low *= _factor_of(other)
            if other[0] >= low:
                dashed = (
                    tokens[joined] in _DASHES
                    and how in (AT_LEAST, AT_MOST)
                    and not _is(words, first - 1, "предел", "within")
                )  # «до 5-7 минут»
                high, end, unit, how = other[0], other[1], high_unit or unit, how if dashed else "range"
                currency = other[4] or currency
    elif joined < len(words) and (tokens[joined] == "/" or _is(words, joined, "из")) and low == int(low) and not unit:
        other = _number(words, tokens, joined + 1)
        if other is not None and other[0] == int(other[0]):
            high, end, fraction = other[0], other[1], True
    if how in ("eq", AT_LEAST) and not fraction:
        after = _TREES["after"].longest(words, end)
        if after is not None and _is(words, end, "+", "плюс") and _is(words, after[0], *_CHARGES):
            after = None  # «35 000 + КУ»
        if after is None and _is(words, end, *_FLOOR_WORDS):
            after = _TREES["after"].longest(words, end + 1)
            if after is not None and after[0] < len(words) and (then := words[after[0]]) is not None and then.number:
                after = None  # «этаж 3, максимум 10 минут»
            if after is not None:
                how = after[1][0]
        elif after is not None and not (how == AT_LEAST and after[1][0] == AT_MOST):
            how, end = after[1][0], after[0]
    third = None
    if (
        fraction
        and end + 1 < len(tokens)
        and tokens[end] == "/"
        and (last := _number(words, tokens, end + 1)) is not None
    ):
        third, end = last[0], last[1]
    return Quantity(low, high, how, unit, start, end, first, ordinal, currency, fraction, third)


def _factor_of(number: tuple[float, int, str, bool, str]) -> float:
    value = number[0]
    return 1e6 if value >= 1e6 else 1e3 if value >= 1e3 else 1.0


def _is(words: Sequence[Word | None], place: int, *symbols: str) -> bool:
    if not 0 <= place < len(words):
        return False
    word = words[place]
    return word is not None and word.symbol in symbols


def _skip_words(words: Sequence[Word | None], place: int, symbols: frozenset[str]) -> int:
    while place < len(words) and (word := words[place]) is not None and word.symbol in symbols:
        place += 1
    return place


def _number(
    words: Sequence[Word | None], tokens: Sequence[str], place: int
) -> tuple[float, int, str, bool, str] | None:
    """``(value, token after it, unit, ordinal, currency)`` of the number at *place*, its unit applied."""
    if place >= len(words) or (word := words[place]) is None:
        return None
    if word.symbol in _ROMAN and place + 1 < len(words) and _is(words, place + 1, *_QUARTER):
        return _quarter(words, place + 1, _ROMAN[word.symbol])
    part = _PART_OF_MONTH.get(word.symbol)
    if word.symbol in _MONTHS or part is not None:
        month = words[place + 1] if part is not None and place + 1 < len(words) else word
        if month is not None and month.symbol in _MONTHS:
            return float(_MONTHS[month.symbol] + (part or 0)), place + (1 if part is None else 2), "day", False, ""
        if part == 28 and _is_year(words, place + 1):  # the end of a year
            year = words[place + 1]
            assert year is not None and year.number is not None
            return year.number + 0.75, _skip_words(words, place + 2, frozenset({"год", "г", "."})), "quarter", False, ""
        return None
    if word.symbol in ("$", "€", "₸") and place + 1 < len(words):  # "$2,000"
        after = _number(words, tokens, place + 1)
        return None if after is None else (after[0], after[1], "money", False, word.symbol)
    if word.number is None:
        return None
    value, end, ordinal = word.number, place + 1, word.ordinal
    if tokens[place].isdigit():
        # «60 000»: groups of three digits go on.
        while (
            end < len(words)
            and len(tokens[end]) == 3
            and tokens[end].isdigit()
            and len(tokens[place]) <= 3
            and value >= 1
        ):
            value, end = value * 1000 + float(tokens[end]), end + 1
    else:
        following = words[end] if end < len(words) else None
        if following is not None and following.number is not None and not tokens[end][0].isdigit():
            if value >= 20 and value % 10 == 0 and 0 < following.number < 10:  # «двадцать пять»
                value, ordinal, end = value + following.number, following.ordinal, end + 1
    if end + 1 < len(words) and tokens[end] in _DASHES and tokens[end + 1].lower() in _ENDINGS:
        ordinal, end = True, end + 2
    elif end < len(words) and tokens[end].lower() in ("й", "го", "ый", "ой", "х", "ти", "th", "st", "nd", "rd", "му"):
        ordinal, end = True, end + 1
    if (
        _is(words, end, *_QUARTER)
        and value in (1, 2, 3, 4)
        and _is_year(words, _skip_words(words, end + 1, frozenset(".-")))
    ):
        return _quarter(words, end, value)
    month = words[end] if end < len(words) else None
    if month is not None and month.symbol in _MONTHS and 1 <= value <= 31:
        return _MONTHS[month.symbol] + value - 1, end + 1, "day", False, ""
    unit, end, factor, currency = _unit(words, tokens, end)
    if unit == "m70":  # «2м70»
        return value + factor / 100, end + 1, "m", False, ""
    return value * factor, end, unit, ordinal, currency


def _is_year(words: Sequence[Word | None], place: int) -> bool:
    if place >= len(words) or (word := words[place]) is None or word.number is None:
        return False
    return 2000 <= word.number <= 2040 and word.number == int(word.number)


def _quarter(words: Sequence[Word | None], place: int, quarter: float) -> tuple[float, int, str, bool, str] | None:
    end = _skip_words(words, place + 1, frozenset(".-"))
    if not _is_year(words, end):
        return None
    year = words[end]
    assert year is not None and year.number is not None
    return year.number + (quarter - 1) / 4, _skip_words(words, end + 1, frozenset({"год", "г"})), "quarter", False, ""


def _unit(words: Sequence[Word | None], tokens: Sequence[str], place: int) -> tuple[str, int, float, str]:
    """``(unit, token after it, factor, currency)``; thousands and a currency may stand together: «60 т. р.»."""
    unit, factor, currency, end = "", 1.0, "", place
    for _ in range(3):
        at = _skip_words(words, end, frozenset(".")) if unit in ("money", "m") else end
        word = words[at] if at < len(words) else None
        if word is None:
            break
        symbol = "тыс" if word.symbol == "т" and unit == "" else word.symbol
        if symbol == "-" and unit == "" and at + 1 < len(words):
            break
        known = UNITS.get(symbol)
        if known is None or unit not in ("", known[0]) and not (unit == "m" and symbol in ("2", "²")):
            if unit == "m" and symbol == "2" and tokens[at] == "2" and at == end:
                unit, end = "m2", at + 1
            break
        if unit == "money" and known[1] > 1 and factor > 1:
            break
        if unit == "m" and symbol not in ("м", "метр", "m", "²"):
            break
        if symbol in ("кв", "квадрат", "квм", "sqm", "м²", "sq"):
            unit = "m2" if symbol in ("квадрат", "квм", "sqm", "м²") else "m"
        else:
            unit = unit or known[0]
        factor *= known[1]
        if known[0] == "money" and known[1] == 1:
            currency = symbol
        end = at + 1
    if unit == "m" and end < len(tokens) and len(tokens[end]) == 2 and tokens[end].isdigit() and tokens[end - 1] == "м":
        return "m70", end, float(tokens[end]), ""
    if unit == "m" and _is(words, end, "2", "²") and tokens[end] in ("2", "²"):
        unit, end = "m2", end + 1
    return unit, end, factor, currency


def limits(quantity: Quantity, meant: str, strict: float) -> dict[str, float]:
    """
    A quantity as the value of a wish.

    Args:
        meant: What one plain number means: ``min``, ``max`` or ``exact``.
        strict: What «выше 3» adds to 3 where the limit itself does not count; 0 where it makes no difference.
    """
    if quantity.how == "range" and meant == "max":
        return {"max": quantity.high}
    if quantity.how == "range":
        return {"min": quantity.low, "max": quantity.high}
    if quantity.how in (AT_LEAST, ABOVE):
        return {"min": quantity.low + (strict if quantity.how == ABOVE else 0)}
    if quantity.how in (AT_MOST, BELOW):
        return {"max": quantity.high - (strict if quantity.how == BELOW else 0)}
    if meant == "exact":
        return {"min": quantity.low, "max": quantity.high}
    return {meant: quantity.low}


def moved(quantity: Quantity, how: str) -> Quantity:
    """The same number with another limit."""
    return replace(quantity, how=how)
