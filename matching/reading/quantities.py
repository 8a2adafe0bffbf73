"""
Numbers of a text with their limits and units: «от 9 м», «не выше пятого», «3-5», «12,5 млн», «с 1 сентября».

A :class:`Quantity` does not state what is counted; its clause does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matching.reading.limit_words import ABOVE, AFTER, AT_LEAST, AT_MOST, BEFORE, BELOW
from matching.reading.numerals import UNITS
from matching.reading.phrases import PhraseTree, slots_of, words_of
from matching.reading.single_numbers import (
    DASHES,
    FLOOR_WORDS,
    MONTHS,
    PART_OF_MONTH,
    PARTS_OF_HOUR,
    QUARTER,
    ROMAN,
    Number,
    is_decade,
    is_word,
    listed_floors,
    number_at,
    skip_words,
    unit_at,
    year_at,
)
from matching.reading.vocabulary import Word

#: Units, besides areas, of numbers that may follow a plus.
_PLUS_UNITS = frozenset({"month", "min", "percent"})
_UNITS_AHEAD = frozenset({"метр", "минута", "процент"})
CHARGES = frozenset(
    """
    ку коммунальный коммуналка счетчик свет электричество электроэнергия жку жкх комуслуги квартплата кварплата
    залог комиссия депозит utilities комм ком коммуна счет кем к вода газ
    """.split()
)

#: Words that the parser itself has to know.
VOCABULARY: set[str] = (
    {word for phrases in (*BEFORE.values(), *AFTER.values()) for slots in slots_of(phrases) for word in words_of(slots)}
    | set(UNITS)
    | set(MONTHS)
    | set(ROMAN)
    | set(QUARTER)
    | set(PART_OF_MONTH)
    | {"половина", "год", "т", "включительно", "for", "командировка", *PARTS_OF_HOUR, "час"}
)


#: «не старше 15 года» is 2015, «не старше 90 года» 1990.
_LATEST_SHORT_YEAR = 40
#: The most floors of a house.
HIGHEST_HOUSE = 60
_STARTS: list[frozenset[str]] = [frozenset()]
_TREES: dict[str, PhraseTree[str]] = {}


def set_symbols(symbol: Callable[[str], str]) -> None:
    """Set the symbols that the vocabulary gives to the words of limits."""
    for name, table in (("before", BEFORE), ("after", AFTER)):
        phrases = ((slots, how) for how, written in table.items() for slots in slots_of(written))
        _TREES[name] = PhraseTree(phrases, symbol)
    _STARTS[0] = frozenset(
        {*_TREES["before"].root.follows, "$", "€", "₸", *MONTHS, *ROMAN, *PART_OF_MONTH, *PARTS_OF_HOUR, *_UNITS_AHEAD}
    )


def starts_of_limits() -> frozenset[str]:
    """The symbols, other than numbers, with which a quantity may start."""
    return _STARTS[0]


@dataclass(frozen=True, slots=True)
class Quantity:
    """
    A number and its limits.

    Attributes:
        low, high: The limits as written; equal if there is one number.
        how: ge, le, gt, lt, ``eq`` (one number) or ``range``.
        unit: m, m2, min, percent, month, year, money, people, day (of the year), quarter, or "".
        inclusive: Whether the words include the limit itself: «не позже 2023», «до 2023 включительно».
        fraction, third: «5/9»; and the last number of «54/32/9», or the year of «декабрь 2025».
        start, end: Its tokens, end excluded; *first* is where the number itself starts.
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
    """The quantity that starts at token *start*, with the words that limit it; None if there is none."""
    how, first = "eq", start
    opening = words[start]
    if opening is None or opening.number is None:  # no number is the first word of a limit
        if opening is not None and opening.symbol in _UNITS_AHEAD:
            measured = _unit_before_limit(words, tokens, start, opening.symbol)
            if measured is not None:
                return measured
        how, first = _limit_before(words, start)
    if first < len(tokens) and "," in tokens[first]:
        listed = listed_floors(words, tokens, first)
        if listed is not None:
            return Quantity(listed[0], listed[1], "range", "", start, first + 1, first)
    if how == AT_LEAST and tokens[first - 1].lower() in ("с", "со") and tokens[first : first + 1]:
        if tokens[first].lower().endswith(("ыми", "ими", "вым", "рым")):
            return None  # «с первыми этажами не предлагать»
    number = number_at(words, tokens, first) or _number_after_unit(words, tokens, first)
    if number is None:
        return None
    low, end, unit, ordinal, currency = number
    quantity = Quantity(low, low, how, unit, start, end, first, ordinal, currency)
    if how != "eq" and not unit and any(is_word(words, position, "дольше") for position in range(start, first)):
        quantity = replace(quantity, unit="min")  # «до метро не дольше 10»
    quantity = _with_second_number(words, tokens, quantity)
    if quantity.how == "range":
        quantity = _with_floors_of_house(words, tokens, quantity)
    quantity = _with_limit_behind(words, tokens, quantity)
    if quantity.fraction:
        quantity = _with_third_number(words, tokens, quantity)
    quantity = _with_inclusion(words, tokens, quantity)
    if quantity.unit == "day" and (year := year_at(words, quantity.end)) is not None:
        end = skip_words(words, quantity.end + 1, frozenset({"год", "г"}))
        return replace(quantity, third=year, end=end)  # «декабрь 2025»
    if quantity.unit == "year" and ordinal and 5 <= low <= 30 and tokens[first].isalpha():
        return replace(quantity, low=2000 + low, high=2000 + low)  # «двадцатого года»
    if quantity.unit == "year" and _is_short_year(words, tokens, quantity):
        low += 2000 if low <= _LATEST_SHORT_YEAR else 1900
        return replace(quantity, low=low, high=low)
    if ordinal and quantity.how != "range" and not quantity.fraction and is_decade(tokens, first, number):
        low = 1900 + quantity.low if quantity.low < 100 else quantity.low
        how = "range" if quantity.how == "eq" else quantity.how
        return replace(quantity, low=low, high=low + 9, unit="year", how=how)
    return quantity


def _unit_before_limit(
    words: Sequence[Word | None], tokens: Sequence[str], start: int, measured_in: str
) -> Quantity | None:
    """«метров от восьми», «минут до десяти»."""
    if measured_in == tokens[start].lower() or _limit_before(words, start + 1)[0] == "eq":
        return None
    quantity = quantity_at(words, tokens, start + 1)
    if quantity is None or quantity.unit or quantity.how == "range":
        return None
    unit, factor = UNITS[measured_in]
    return replace(quantity, low=quantity.low * factor, high=quantity.high * factor, unit=unit, start=start)


def _limit_before(words: Sequence[Word | None], start: int) -> tuple[str, int]:
    """How the words at *start* limit the following number, and where that number starts."""
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
    if not has_dash and not is_word(words, joined, "до", "по", "to", "/", "из"):
        return quantity
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
    if is_word(words, joined, "/", "из") and not unit:
        other = number_at(words, tokens, joined + 1)
        whole = other is not None and low == int(low) and other[0] == int(other[0])
        if other is not None and (whole or is_word(words, joined, "/") and is_word(words, other[1], "/")):
            return replace(quantity, high=other[0], end=other[1], fraction=True)  # «5/9», «51,7/30,2/8,1»
    return quantity


def _with_floors_of_house(words: Sequence[Word | None], tokens: Sequence[str], quantity: Quantity) -> Quantity:
    """«2-4/5»: floors of a house of five, which need no word for what they count."""
    if quantity.how != "range" or quantity.unit or not is_word(words, quantity.end, "/"):
        return quantity
    house = number_at(words, tokens, quantity.end + 1)
    if house is None or house[2] or not quantity.high <= house[0] <= HIGHEST_HOUSE or is_word(words, house[1], "/"):
        return quantity
    return replace(quantity, end=house[1], ordinal=True)


def _with_limit_behind(words: Sequence[Word | None], tokens: Sequence[str], quantity: Quantity) -> Quantity:
    """«9+», «3 этаж и выше»."""
    how, end = quantity.how, quantity.end
    if how not in ("eq", AT_LEAST) or quantity.fraction or not _may_be_limited(words, end):
        return quantity
    after = _TREES["after"].longest(words, end)
    if after is not None and is_word(words, end, "+", "плюс") and is_word(words, after[0], *CHARGES):
        after = None  # «35 000 + КУ»
    if after is not None and is_word(words, end, "+", "плюс") and _is_charge(words, after[0]):
        after = None  # «35 000 + 5 000 КУ»
    floor = end + (end < len(words) and (word := words[end]) is not None and word.symbol in DASHES)  # «3-қабаттан»
    if after is None and is_word(words, floor, *FLOOR_WORDS):
        after = _TREES["after"].longest(words, floor + 1 + is_word(words, floor + 1, "."))
        if after is not None and after[0] < len(words) and (then := words[after[0]]) is not None and then.number:
            after = None  # «этаж 3, максимум 10 минут»
        return quantity if after is None else replace(quantity, how=after[1][0])
    if after is None or how == AT_LEAST and after[1][0] == AT_MOST:
        return quantity
    unit, unit_end, factor, _ = unit_at(words, tokens, after[0])
    if not quantity.unit and factor == 1 and (unit in ("m", "m2") or unit in _PLUS_UNITS and is_word(words, end, "+")):
        return replace(quantity, how=after[1][0], end=unit_end, unit=unit)  # «60+ м²», «11+ мес.»
    return replace(quantity, how=after[1][0], end=after[0])


def _is_charge(words: Sequence[Word | None], position: int) -> bool:
    """Whether an amount and the name of a charge start at *position*."""
    word = words[position] if position < len(words) else None
    return (
        word is not None
        and word.number is not None
        and any(is_word(words, position + offset, *CHARGES) for offset in (1, 2, 3))
    )


def _may_be_limited(words: Sequence[Word | None], end: int) -> bool:
    """Whether a limit, or a floor followed by a limit, may start at the token *end* or after a dash there."""
    word = words[end] if end < len(words) else None
    if word is None:
        return False
    symbol = word.symbol
    return bool(word.exact) or symbol in _TREES["after"].root.follows or symbol in FLOOR_WORDS or symbol in DASHES


def _with_third_number(words: Sequence[Word | None], tokens: Sequence[str], quantity: Quantity) -> Quantity:
    """«54/32/9»."""
    if not quantity.fraction or quantity.end + 1 >= len(tokens) or not is_word(words, quantity.end, "/"):
        return quantity
    last = number_at(words, tokens, quantity.end + 1)
    if last is not None and quantity.low + 2 == quantity.high + 1 == last[0]:
        return replace(quantity, high=last[0], end=last[1], how="range", fraction=False)  # «этаж 2/3/4»
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


def _number_after_unit(words: Sequence[Word | None], tokens: Sequence[str], position: int) -> Number | None:
    """«метров 10», «минут десять»."""
    word = words[position] if position < len(words) else None
    if word is None or word.symbol not in _UNITS_AHEAD or word.symbol == tokens[position].lower():
        return None
    number = number_at(words, tokens, position + 1)
    if number is None or number[2] or number[3]:
        return None
    unit, factor = UNITS[word.symbol]
    return number[0] * factor, number[1], unit, False, ""


def _is_short_year(words: Sequence[Word | None], tokens: Sequence[str], quantity: Quantity) -> bool:
    """«не старше 15 года»; «не старше 15 лет» is an age."""
    named = any(
        is_word(words, position, "старше", "новее", "раньше", "ранее")
        for position in range(quantity.start, quantity.first)
    )
    return (
        named
        and quantity.low == quantity.high
        and 5 <= quantity.low <= 99
        and tokens[quantity.end - 1] in ("года", "г")
    )


def _factor_of(number: Number) -> float:
    value = number[0]
    return 1e6 if value >= 1e6 else 1e3 if value >= 1e3 else 1.0


def limits(quantity: Quantity, plain_number: str, strict: float) -> dict[str, float]:
    """
    A quantity as the value of a wish.

    Args:
        plain_number: The meaning of one plain number: ``min``, ``max`` or ``exact``.
        strict: What «выше 3» adds to 3 if the limit itself is excluded; 0 if it makes no difference.
    """
    if quantity.how == "range" and plain_number == "max":
        return {"max": quantity.high}
    if quantity.how == "range":
        return {"min": quantity.low, "max": quantity.high}
    if quantity.how in (AT_LEAST, ABOVE):
        return {"min": quantity.low + (strict if quantity.how == ABOVE else 0)}
    if quantity.how in (AT_MOST, BELOW):
        return {"max": quantity.high - (strict if quantity.how == BELOW else 0)}
    if plain_number == "exact":
        return {"min": quantity.low, "max": quantity.high}
    return {plain_number: quantity.low}


_FLIPPED = {ABOVE: AT_MOST, AT_LEAST: BELOW, BELOW: AT_LEAST, AT_MOST: ABOVE}


def flipped(quantity: Quantity) -> Quantity | None:
    """The opposite, for denials: «выше 5 не предлагать» is at most 5; None for one number or a range."""
    return moved(quantity, _FLIPPED[quantity.how]) if quantity.how in _FLIPPED else None


def moved(quantity: Quantity, how: str) -> Quantity:
    """The same number with another limit."""
    return replace(quantity, how=how)
