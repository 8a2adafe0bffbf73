"""One number of a text with its unit: «2,5», «60 000», «двадцать пять», «5-го», «12,5 млн», «1 сентября»."""

from collections.abc import Sequence

from matching.reading.numerals import UNITS
from matching.reading.words import Word

MONTHS = {
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
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
QUARTER = frozenset({"квартал", "кв", "кв_л", "quarter"})
PART_OF_MONTH = {"начало": 0, "середина": 14, "конец": 28}
PARTS_OF_HOUR = frozenset({"четверть", "полчаса"})
FLOOR_WORDS = frozenset({"этаж", "эт", "floor", "кабат"})
_ENDINGS = frozenset("й го ый ой м х ые ых ти я е ю ем ом му и ми ого его th st nd rd ая ую".split())
#: Minutes to the metro: on foot («минут пешком»), and by transport.
BY_METRO = ("мп", "мтп", "мпт", "мт")
DASHES = frozenset("-–—−")

#: ``(value, token after it, unit, ordinal, currency)``; the unit applied.
Number = tuple[float, int, str, bool, str]


def is_word(words: Sequence[Word | None], place: int, *symbols: str) -> bool:
    """Whether the token *place* is one of *symbols*."""
    if not 0 <= place < len(words):
        return False
    word = words[place]
    return word is not None and word.symbol in symbols


def skip_words(words: Sequence[Word | None], place: int, symbols: frozenset[str]) -> int:
    """The first token from *place* on that is none of *symbols*."""
    while place < len(words) and (word := words[place]) is not None and word.symbol in symbols:
        place += 1
    return place


def number_at(words: Sequence[Word | None], tokens: Sequence[str], place: int) -> Number | None:
    """``(value, token after it, unit, ordinal, currency)`` of the number at *place*, its unit applied."""
    if place >= len(words) or (word := words[place]) is None:
        return None
    if word.symbol in ROMAN and place + 1 < len(words) and is_word(words, place + 1, *QUARTER):
        return _quarter(words, place + 1, ROMAN[word.symbol])
    part = PART_OF_MONTH.get(word.symbol)
    if word.symbol in MONTHS or part is not None:
        month = words[place + 1] if part is not None and place + 1 < len(words) else word
        if month is not None and month.symbol in MONTHS:
            return float(MONTHS[month.symbol] + (part or 0)), place + (1 if part is None else 2), "day", False, ""
        if part == 28 and _is_year(words, place + 1):  # the end of a year
            year = words[place + 1]
            assert year is not None and year.number is not None
            return year.number + 0.75, skip_words(words, place + 2, frozenset({"год", "г", "."})), "quarter", False, ""
        return None
    if word.symbol in ("$", "€", "₸") and place + 1 < len(words):  # "$2,000"
        after = number_at(words, tokens, place + 1)
        return None if after is None else (after[0], after[1], "money", False, word.symbol)
    if word.symbol == "полчаса":
        return 30.0, place + 1, "min", False, ""
    if word.symbol == "четверть" and is_word(words, place + 1, "час"):
        return 15.0, place + 2, "min", False, ""
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
    if end + 1 < len(words) and tokens[end] in DASHES and tokens[end + 1].lower() in _ENDINGS:
        ordinal, end = True, end + 2
    elif end < len(words) and tokens[end].lower() in (
        "й",
        "го",
        "ый",
        "ой",
        "х",
        "ые",
        "ых",
        "ти",
        "th",
        "st",
        "nd",
        "rd",
        "му",
    ):
        ordinal, end = True, end + 1
    if (
        is_word(words, end, *QUARTER)
        and value in (1, 2, 3, 4)
        and _is_year(words, skip_words(words, end + 1, frozenset(".-")))
    ):
        return _quarter(words, end, value)
    month = words[end] if end < len(words) else None
    if month is not None and month.symbol in MONTHS and 1 <= value <= 31:
        return MONTHS[month.symbol] + value - 1, end + 1, "day", False, ""
    unit, end, factor, currency = _unit(words, tokens, end)
    if unit == "m70":  # «2м70»
        return value + factor / 100, end + 1, "m", False, ""
    return value * factor, end, unit, ordinal, currency


def _is_year(words: Sequence[Word | None], place: int) -> bool:
    if place >= len(words) or (word := words[place]) is None or word.number is None:
        return False
    return 2000 <= word.number <= 2040 and word.number == int(word.number)


def _quarter(words: Sequence[Word | None], place: int, quarter: float) -> Number | None:
    end = skip_words(words, place + 1, frozenset(".-"))
    if not _is_year(words, end):
        return None
    year = words[end]
    assert year is not None and year.number is not None
    return year.number + (quarter - 1) / 4, skip_words(words, end + 1, frozenset({"год", "г"})), "quarter", False, ""


def _unit(words: Sequence[Word | None], tokens: Sequence[str], place: int) -> tuple[str, int, float, str]:
    """``(unit, token after it, factor, currency)``; thousands and a currency may stand together: «60 т. р.»."""
    unit, factor, currency, end = "", 1.0, "", place
    for _ in range(3):
        at = skip_words(words, end, frozenset(".")) if unit in ("money", "m") else end
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
    if unit == "m" and end < len(tokens) and len(tokens[end]) == 2 and tokens[end].isdigit():
        if end + 1 < len(tokens) and tokens[end + 1] == "см":
            return "m70", end + 1, float(tokens[end]), ""
    if unit == "m" and end < len(tokens) and len(tokens[end]) == 2 and tokens[end].isdigit() and tokens[end - 1] == "м":
        return "m70", end, float(tokens[end]), ""
    if unit == "m" and is_word(words, end, "2", "²") and tokens[end] in ("2", "²"):
        unit, end = "m2", end + 1
    return unit, end, factor, currency
