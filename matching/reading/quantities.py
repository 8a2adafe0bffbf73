"""
Numbers of a text with what limits and measures them: «от 9 м», «не выше пятого», «3-5», «12,5 млн», «с 1 сентября».

A :class:`Quantity` says nothing of what is counted; the clause in which it stands does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matching.reading.numerals import UNITS
from matching.reading.phrases import PhraseTree, expand
from matching.reading.single_numbers import (
    DASHES,
    FLOOR_WORDS,
    MONTHS,
    PART_OF_MONTH,
    PARTS_OF_HOUR,
    QUARTER,
    ROMAN,
    Number,
    is_word,
    number_at,
    skip_words,
)
from matching.reading.words import Word

AT_LEAST, AT_MOST, ABOVE, BELOW = "ge", "le", "gt", "lt"

_BEFORE: dict[str, str] = {
    AT_LEAST: (
        "[строго/точно/категорически] (не/ни) (менее/меньше/ниже/раньше/ранее/старше/дешевле/короче/"
        "меньший) [чем] | от | с | со "
        "| минимум | как минимум | минимально | мин | хотя бы | начиная с"
        " | начиная от | at least | from | min | minimum | no less than | not lower than | not less than "
        "| кемінде | кеминде | кем емес | > = | ≥ | не менее чем"
        " | после | since | after | built after"
        " | not older than | no older than | newer than | новее | не старее | младше"
    ),
    AT_MOST: (
        "[строго/точно/категорически] (не/ни) (более/больше/выше/дальше/далее/далеко/позже/позднее/новее/"
        "дороже/дольше/свыше/"
        "превышать) [чем] | до | максимум | макс | максимально | в предел | предел"
        " | up to | max | maximum | no more than | not more than | under | within | at most "
        "| not higher than | below | < = | ≤ | дейин"
    ),
    ABOVE: "более | больше | выше | свыше | дальше | дороже | дольше | over | above | more than | higher than | > "
    "| более чем | больше чем",
    BELOW: "менее | меньше | ниже | lower than | less than | < | раньше | ранее | старше",
}
_AFTER: dict[str, str] = {
    AT_LEAST: (
        "и (выше/больше/более/новее/позже/далее/дальше/старше/моложе) | хотя бы | как "
        "минимум | или (больше/выше/более) | + | плюс | минимум "
        "| не (менее/меньше) | кем емес | and (up/above/more/higher) | or (more/higher) | plus | min | minimum "
        "| жогары"
    ),
    AT_MOST: (
        "и (ниже/меньше/менее/раньше/дешевле) | или (ниже/меньше) | максимум | макс | не (более/больше/выше/"
        "дальше/дороже) | max | maximum | and below | or less | tops | дейин"
    ),
}
_UNITS_AHEAD = frozenset({"метр", "минута", "процент"})
CHARGES = frozenset(
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

#: Words that the parser itself has to know.
VOCABULARY: set[str] = (
    {word for phrases in (*_BEFORE.values(), *_AFTER.values()) for words in expand(phrases) for word in words}
    | set(UNITS)
    | set(MONTHS)
    | set(ROMAN)
    | set(QUARTER)
    | set(PART_OF_MONTH)
    | {"половина", "год", "т", "включительно", *PARTS_OF_HOUR, "час"}
)


_STARTS: list[frozenset[str]] = [frozenset()]
_TREES: dict[str, PhraseTree[str]] = {}


def set_symbols(symbol: Callable[[str], str]) -> None:
    """Tell under which symbols the vocabulary knows the words of limits."""
    for name, table in (("before", _BEFORE), ("after", _AFTER)):
        _TREES[name] = PhraseTree(
            (tuple(map(symbol, words)), how) for how, phrases in table.items() for words in expand(phrases)
        )
    _STARTS[0] = frozenset(
        {*_TREES["before"].root.follows, "$", "€", "₸", *MONTHS, *ROMAN, *PART_OF_MONTH, *PARTS_OF_HOUR, *_UNITS_AHEAD}
    )


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
        inclusive: The limit itself is allowed by its words: «не позже 2023», «до 2023 включительно».
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
    inclusive: bool = False


def quantity_at(words: Sequence[Word | None], tokens: Sequence[str], start: int) -> Quantity | None:
    """The quantity that starts at token *start*, with the words that limit it; None where there is none."""
    how, first = _limit_before(words, start)
    listed = _listed_floors(words, tokens, first)
    if listed is not None:
        return Quantity(listed[0], listed[1], "range", "", start, first + 1, first)
    number = number_at(words, tokens, first) or _number_after_unit(words, tokens, first)
    if number is None:
        return None
    low, end, unit, ordinal, currency = number
    quantity = Quantity(low, low, how, unit, start, end, first, ordinal, currency)
    quantity = _with_second_number(words, tokens, quantity)
    quantity = _with_limit_behind(words, quantity)
    quantity = _with_third_number(words, tokens, quantity)
    quantity = _with_inclusion(words, tokens, quantity)
    if quantity.unit == "year" and _is_short_year(words, tokens, quantity):
        return replace(quantity, low=2000 + low, high=2000 + low)
    if quantity.how != "range" and not quantity.fraction and _is_decade(tokens, first, number):
        low = 1900 + quantity.low if quantity.low < 100 else quantity.low
        how = "range" if quantity.how == "eq" else quantity.how
        return replace(quantity, low=low, high=low + 9, unit="year", how=how)
    return quantity


def _limit_before(words: Sequence[Word | None], start: int) -> tuple[str, int]:
    """How the words at *start* limit the number behind them, and where that number starts."""
    limited = _TREES["before"].longest(words, start)
    if limited is None:
        return "eq", start
    first, [how] = limited
    between = frozenset({"примерно", "где", "то", "этак", "около", ":", "в", "на"}) if how != "eq" else frozenset()
    return how, skip_words(words, first, between)


def _with_second_number(words: Sequence[Word | None], tokens: Sequence[str], quantity: Quantity) -> Quantity:
    """A range («3-5», «от 3 до 5») or a fraction («5/9», «5 из 9»)."""
    low, joined, unit, how = quantity.low, quantity.end, quantity.unit, quantity.how
    has_dash = joined < len(words) and tokens[joined] in DASHES
    if joined < len(words) and (has_dash or is_word(words, joined, "до", "по", "to")) and unit != "day":
        other = number_at(words, tokens, joined + 1)
        if other is None or other[0] <= low and other[2] == unit or not (has_dash or how in (AT_LEAST, "eq")):
            return quantity
        high, end, high_unit, ordinal, currency = other
        factor = _factor_of(other)
        if high_unit == "money" and not unit and high > 0 and low * factor <= high and low < 1000:
            low *= factor  # «3-5 млн»
        if high < low:
            return quantity
        is_limit = has_dash and how in (AT_LEAST, AT_MOST)  # «до 5-7 минут»
        return replace(
            quantity,
            low=low,
            high=high,
            end=end,
            unit=high_unit or unit,
            how=how if is_limit and not is_word(words, quantity.first - 1, "предел", "within") else "range",
            ordinal=quantity.ordinal or ordinal,
            currency=currency or quantity.currency,
        )
    if is_word(words, joined, "/", "из") and low == int(low) and not unit:
        other = number_at(words, tokens, joined + 1)
        if other is not None and other[0] == int(other[0]):
            return replace(quantity, high=other[0], end=other[1], fraction=True)
    return quantity


def _with_limit_behind(words: Sequence[Word | None], quantity: Quantity) -> Quantity:
    """«9+», «3 этаж и выше»."""
    how, end = quantity.how, quantity.end
    if how not in ("eq", AT_LEAST) or quantity.fraction:
        return quantity
    after = _TREES["after"].longest(words, end)
    if after is not None and is_word(words, end, "+", "плюс") and is_word(words, after[0], *CHARGES):
        after = None  # «35 000 + КУ»
    floor = end + (end < len(words) and (word := words[end]) is not None and word.symbol in DASHES)  # «3-қабаттан»
    if after is None and is_word(words, floor, *FLOOR_WORDS):
        after = _TREES["after"].longest(words, floor + 1)
        if after is not None and after[0] < len(words) and (then := words[after[0]]) is not None and then.number:
            after = None  # «этаж 3, максимум 10 минут»
        return quantity if after is None else replace(quantity, how=after[1][0])
    if after is None or how == AT_LEAST and after[1][0] == AT_MOST:
        return quantity
    return replace(quantity, how=after[1][0], end=after[0])


def _with_third_number(words: Sequence[Word | None], tokens: Sequence[str], quantity: Quantity) -> Quantity:
    """«54/32/9»."""
    if not quantity.fraction or quantity.end + 1 >= len(tokens) or not is_word(words, quantity.end, "/"):
        return quantity
    last = number_at(words, tokens, quantity.end + 1)
    return quantity if last is None else replace(quantity, third=last[0], end=last[1])


def _with_inclusion(words: Sequence[Word | None], tokens: Sequence[str], quantity: Quantity) -> Quantity:
    """«не позже 2023», «до 2023 включительно»."""
    start, end = quantity.start, quantity.end
    ended = end + (end < len(tokens) and tokens[end] == ".")
    if is_word(words, ended, "включительно"):
        return replace(quantity, inclusive=True, end=ended + 1)
    is_denied = quantity.first - start > 1 and is_word(words, start, "не", "ни", "no", "not")
    if is_denied and quantity.how in (AT_LEAST, AT_MOST):
        return replace(quantity, inclusive=True)
    return quantity


def _listed_floors(words: Sequence[Word | None], tokens: Sequence[str], place: int) -> tuple[float, float] | None:
    """«2,3,4 этаж»: the first and the last."""
    if place >= len(tokens) or "," not in tokens[place] or not is_word(words, place + 1, *FLOOR_WORDS):
        return None
    floors = [int(part) for part in tokens[place].split(",") if part.isdigit() and len(part) < 3]
    if len(floors) < tokens[place].count(",") + 1 or floors != sorted(set(floors)):
        return None
    return float(floors[0]), float(floors[-1])


def _number_after_unit(words: Sequence[Word | None], tokens: Sequence[str], place: int) -> Number | None:
    """«метров 10», «минут десять»."""
    word = words[place] if place < len(words) else None
    if word is None or word.symbol not in _UNITS_AHEAD or word.symbol == tokens[place].lower():
        return None
    number = number_at(words, tokens, place + 1)
    if number is None or number[2] or number[3]:
        return None
    unit, factor = UNITS[word.symbol]
    return number[0] * factor, number[1], unit, False, ""


def _is_short_year(words: Sequence[Word | None], tokens: Sequence[str], quantity: Quantity) -> bool:
    """«не старше 15 года»; «не старше 15 лет» tells an age."""
    named = any(
        is_word(words, place, "старше", "новее", "раньше", "ранее") for place in range(quantity.start, quantity.first)
    )
    return (
        named
        and quantity.low == quantity.high
        and 5 <= quantity.low <= 40
        and tokens[quantity.end - 1] in ("года", "г")
    )


def _is_decade(tokens: Sequence[str], first: int, number: Number) -> bool:
    """«90-х годов», «в 80-х», «2000-х годов»."""
    value, end, unit = number[0], number[1], number[2]
    last = next((token for token in tokens[first + 1 : min(end, first + 4)] if token.isalpha()), "").lower()
    if not number[3] or last not in ("х", "е", "ые", "ых", "гг"):
        return False
    if unit == "year":
        return (20 <= value <= 90 or 1900 <= value <= 2020) and value % 10 == 0
    return unit == "" and 40 <= value <= 90 and value % 10 == 0


def _factor_of(number: Number) -> float:
    value = number[0]
    return 1e6 if value >= 1e6 else 1e3 if value >= 1e3 else 1.0


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


_FLIPPED = {ABOVE: AT_MOST, AT_LEAST: BELOW, BELOW: AT_LEAST, AT_MOST: ABOVE}


def flipped(quantity: Quantity) -> Quantity | None:
    """What a denial leaves of it: «выше 5 не предлагать» is at most 5; of one number or a range, nothing."""
    return moved(quantity, _FLIPPED[quantity.how]) if quantity.how in _FLIPPED else None


def moved(quantity: Quantity, how: str) -> Quantity:
    """The same number with another limit."""
    return replace(quantity, how=how)
