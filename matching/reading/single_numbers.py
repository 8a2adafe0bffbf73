"""One number of a text with its unit: «2,5», «60 000», «двадцать пять», «5-го», «12,5 млн», «1 сентября»."""

from collections.abc import Sequence

from matching.reading.numerals import UNITS
from matching.reading.vocabulary import Word

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
    "янв": 1,
    "фев": 32,
    "февр": 32,
    "апр": 91,
    "авг": 213,
    "сен": 244,
    "сент": 244,
    "окт": 274,
    "ноя": 305,
    "нояб": 305,
    "дек": 335,
    "jan": 1,
    "feb": 32,
    "apr": 91,
    "aug": 213,
    "sept": 244,
    "oct": 274,
    "nov": 305,
    "dec": 335,
}
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
QUARTER = frozenset({"квартал", "кв", "кв_л", "quarter"})
PART_OF_MONTH = {"начало": 0, "середина": 14, "конец": 28, "mid": 14, "early": 0, "late": 20}
PARTS_OF_HOUR = frozenset({"четверть", "полчаса", "пол"})
FLOOR_WORDS = frozenset({"этаж", "эт", "floor", "кабат"})
_ENDINGS = frozenset(
    "й го ый ой м х ые ых и ти я е ю ем ом му ми ого его th st nd rd ая ую тый том того тий тьем рой ром мой".split()
)
_ENDINGS_WITHOUT_DASH = frozenset("й го ый ой х ые ых ти th st nd rd му".split())
#: Minutes to the metro: on foot («минут пешком»), and by transport.
BY_METRO = ("мп", "мтп", "мпт", "мт")
DASHES = frozenset("-–—−")

#: «3 м/м» are places for cars.
_PLACES = (["м"], ["мест"], ["места"], ["место"])

#: ``(value, token after it, unit, ordinal, currency)``; the unit applied.
Number = tuple[float, int, str, bool, str]


def is_word(words: Sequence[Word | None], position: int, *symbols: str) -> bool:
    """Whether the symbol of the token *position* is one of *symbols*."""
    if not 0 <= position < len(words):
        return False
    word = words[position]
    return word is not None and word.symbol in symbols


def skip_words(words: Sequence[Word | None], position: int, symbols: frozenset[str]) -> int:
    """The first token from *position* on whose symbol is not one of *symbols*."""
    while position < len(words) and (word := words[position]) is not None and word.symbol in symbols:
        position += 1
    return position


def number_at(words: Sequence[Word | None], tokens: Sequence[str], position: int) -> Number | None:
    """``(value, token after it, unit, ordinal, currency)`` of the number at *position*, its unit applied."""
    if position >= len(words) or (word := words[position]) is None:
        return None
    if word.number is None:
        return _named_number(words, tokens, position, word.symbol)
    if (
        len(tokens[position]) == 5
        and tokens[position][2] == "."
        and (day := _date(words, tokens, position)) is not None
    ):
        return day, position + 1, "day", False, ""
    if word.symbol == "пол" and is_word(words, position + 1, "час"):
        return 30.0, position + 2, "min", False, ""
    if word.symbol == "пара" and not _is_measured(words, position + 1):
        return None  # «паре до 35 лет» is said of two people
    if tokens[position].isdigit():
        value, end = _grouped(tokens, position, word.number)
        ordinal = word.ordinal
    else:
        value, end, ordinal = _numeral_at(words, tokens, position, word.number, word.ordinal)
    if is_word(words, end, "с") and is_word(words, end + 1, "половина"):
        value, end = value + 0.5, end + 2  # «семь с половиной»
    end, ordinal = _with_ending(words, tokens, end, ordinal)
    if value in (1, 2, 3, 4) and is_word(words, end, *QUARTER):
        quarter = _quarter(words, end, value)
        if quarter is not None:
            return quarter
    month = words[end] if end < len(words) else None
    if month is not None and month.symbol in MONTHS and 1 <= value <= 31:
        return MONTHS[month.symbol] + value - 1, end + 1, "day", False, ""
    if ordinal and is_word(words, end, "of") and end + 1 < len(tokens):  # "the 1st of May"
        english = words[end + 1]
        name = "май" if tokens[end + 1].lower() == "may" else english.symbol if english is not None else ""
        if name in MONTHS and 1 <= value <= 31:
            return MONTHS[name] + value - 1, end + 2, "day", False, ""
    if value == 2 and is_word(words, end, "тысяча") and (year := _year_in_words(words, tokens, end + 1)) is not None:
        return year
    unit, end, factor, currency = unit_at(words, tokens, end)
    if unit == "m70":  # «2м70»
        return value + factor / 100, end + 1, "m", False, ""
    if factor >= 1e6:
        return _millions(words, tokens, position, (value, end, unit, ordinal, currency))
    return round(value * factor, 9), end, unit, ordinal, currency  # 280 cm are 2.8 m


#: The first days of the months.
_FIRST_DAYS = (1, 32, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335)
_BEFORE_DATES = frozenset({"с", "со", "по", "заезд", "въезд", "заселение", "from"})


def _date(words: Sequence[Word | None], tokens: Sequence[str], position: int) -> float | None:
    """The day of the year of «с 20.12»; None if a unit shows that it is no date: «до 10.05 млн»."""
    day, dot, month = tokens[position].partition(".")
    if not dot or not (len(day) == len(month) == 2 and day.isdecimal() and month.isdecimal()):
        return None
    if not (
        1 <= int(day) <= 31 and 1 <= int(month) <= 12 and position and tokens[position - 1].lower() in _BEFORE_DATES
    ):
        return None
    after = words[position + 1] if position + 1 < len(words) else None
    return None if after is not None and after.symbol in UNITS else float(_FIRST_DAYS[int(month) - 1] + int(day) - 1)


def _named_number(words: Sequence[Word | None], tokens: Sequence[str], position: int, symbol: str) -> Number | None:
    """A number that does not begin with digits or a numeral: «III кв. 2026», «конец мая», "$2,000", «полчаса»."""
    if symbol in ROMAN and is_word(words, quarter := skip_words(words, position + 1, DASHES), *QUARTER):
        return _quarter(words, quarter, ROMAN[symbol])  # «III кв. 2026», «IV-кв. 2021»
    if symbol in MONTHS:
        day = words[position + 1] if symbol.isascii() and position + 1 < len(words) else None
        if day is not None and day.number is not None and 1 <= day.number <= 31:  # "Feb 1st"
            return (
                MONTHS[symbol] + day.number - 1,
                _with_ending(words, tokens, position + 2, False)[0],
                "day",
                False,
                "",
            )
        return float(MONTHS[symbol]), position + 1, "day", False, ""
    if symbol in PART_OF_MONTH:
        return _part_of_month(words, position, PART_OF_MONTH[symbol])
    if symbol in ("$", "€", "₸"):
        after = number_at(words, tokens, position + 1)
        return None if after is None else (after[0], after[1], "money", False, symbol)
    if symbol == "полчаса":
        return 30.0, position + 1, "min", False, ""
    if symbol == "четверть" and is_word(words, position + 1, "час"):
        return 15.0, position + 2, "min", False, ""
    return None


def _part_of_month(words: Sequence[Word | None], position: int, days: int) -> Number | None:
    """«в середине мая», and «до конца 2026 года»."""
    month = words[position + 1] if position + 1 < len(words) else None
    if month is not None and month.symbol in MONTHS:
        return float(MONTHS[month.symbol] + days), position + 2, "day", False, ""
    year = year_at(words, position + 1)
    if year is None or days != PART_OF_MONTH["конец"]:
        return None
    return year + 0.75, skip_words(words, position + 2, frozenset({"год", "г", "."})), "quarter", False, ""


def _grouped(tokens: Sequence[str], position: int, value: float) -> tuple[float, int]:
    """The number *value* with further groups of three digits («60 000»), and the token after it."""
    end = position + 1
    if len(tokens[position]) <= 3 and value >= 1:
        while end < len(tokens) and len(tokens[end]) == 3 and tokens[end].isdigit():
            value, end = value * 1000 + float(tokens[end]), end + 1
    return value, end


def _numeral_at(
    words: Sequence[Word | None], tokens: Sequence[str], position: int, value: float, ordinal: bool
) -> tuple[float, int, bool]:
    """A number in one or two words, «двадцать пятый»: its value, the token after it, and whether it is an ordinal."""
    end = position + 1
    following = words[end] if end < len(words) else None
    if following is None or following.number is None or tokens[end][0].isdigit():
        return value, end, ordinal
    if value >= 20 and value % 10 == 0 and 0 < following.number < 10:
        return value + following.number, end + 1, following.ordinal
    return value, end, ordinal


def _year_in_words(words: Sequence[Word | None], tokens: Sequence[str], position: int) -> Number | None:
    """The year of «две тысячи десятый», whose last words are at *position*."""
    word = words[position] if position < len(words) else None
    if word is None or word.number is None or tokens[position][0].isdigit():
        return None
    value, end, ordinal = _numeral_at(words, tokens, position, word.number, word.ordinal)
    if not ordinal or not 1 <= value <= 40:
        return None
    unit, after, _, _ = unit_at(words, tokens, end)
    return (2000 + value, after, unit, False, "") if unit == "year" else (2000 + value, end, "", False, "")


def _with_ending(words: Sequence[Word | None], tokens: Sequence[str], end: int, ordinal: bool) -> tuple[int, bool]:
    """The token after the ending of a number in digits, and whether it is an ordinal: «5-го», «3й»."""
    if end + 1 < len(tokens) and tokens[end] in DASHES and tokens[end + 1].lower() in _ENDINGS:
        return end + 2, True
    if end < len(tokens) and tokens[end].lower() in _ENDINGS_WITHOUT_DASH:
        return end + 1, True
    if end < len(tokens) and tokens[end] in ("м", "ом", "ем") and is_word(words, end + 1, *FLOOR_WORDS):
        return end + 1, True  # «на 3м этаже»
    return end, ordinal


def _millions(words: Sequence[Word | None], tokens: Sequence[str], position: int, number: Number) -> Number:
    """«9,950 млн» does not mean 9,950 millions; «12 миллионов 300 тысяч» is one number."""
    value, end, unit, ordinal, currency = number
    if value >= 1e3 and len(parts := tokens[position].replace(".", ",").split(",")) == 2:
        value = float(".".join(parts))
    value *= 1e6
    rest = number_at(words, tokens, end) if end < len(tokens) and tokens[end].isdigit() else None
    if rest is not None and rest[2] == "money" and 1e3 <= rest[0] < 1e6:
        return value + rest[0], rest[1], unit, ordinal, currency or rest[4]
    return value, end, unit, ordinal, currency


def _is_measured(words: Sequence[Word | None], position: int) -> bool:
    word = words[position] if position < len(words) else None
    return word is not None and word.symbol in UNITS


def year_at(words: Sequence[Word | None], position: int) -> float | None:
    """The year from 2000 to 2040 that the token *position* is, or None."""
    number = word.number if 0 <= position < len(words) and (word := words[position]) is not None else None
    return number if number is not None and 2000 <= number <= 2040 and number == int(number) else None


def _quarter(words: Sequence[Word | None], position: int, quarter: float) -> Number | None:
    """The quarter whose word is at *position*, if its year follows."""
    end = skip_words(words, position + 1, frozenset(".-"))
    year = year_at(words, end)
    if year is None:
        return None
    return year + (quarter - 1) / 4, skip_words(words, end + 1, frozenset({"год", "г"})), "quarter", False, ""


_BEFORE_PRICES = frozenset("за до от бюджет около максимум цена".split())


def _counts_rooms(tokens: Sequence[str], position: int) -> bool:
    """Whether «кк» after a number means rooms: «сдам 2 кк», but «12 кк» and «за 5 кк» are millions."""
    number, before = tokens[position - 1], tokens[position - 2].lower() if position > 1 else ""
    return number in ("1", "2", "3", "4", "5", "6") and before not in _BEFORE_PRICES


def unit_at(words: Sequence[Word | None], tokens: Sequence[str], position: int) -> tuple[str, int, float, str]:
    """``(unit, token after it, factor, currency)``; thousands and a currency may be combined: «60 т. р.»."""
    if tokens[position : position + 3] == ["м", ".", "п"]:  # «15 м.п. от метро»
        return "min", position + 3, 1.0, ""
    unit, factor, currency, end = "", 1.0, "", position
    for _ in range(3):
        after = skip_words(words, end, frozenset(".")) if unit in ("money", "m") else end
        word = words[after] if after < len(words) else None
        if word is None:
            break
        symbol = "тыс" if word.symbol == "т" and unit == "" else word.symbol
        if symbol == "-" and unit == "" and after + 1 < len(words):
            break
        known = UNITS.get(symbol)
        if known is None or unit not in ("", known[0]) and not (unit == "m" and symbol in ("2", "²")):
            if unit == "m" and symbol == "2" and tokens[after] == "2" and after == end:
                unit, end = "m2", after + 1
            break
        if unit == "money" and known[1] > 1 and factor > 1:
            break
        if (
            symbol == "м"
            and not unit
            and tokens[after + 1 : after + 2] == ["/"]
            and tokens[after + 2 : after + 3][:1] in _PLACES
        ):
            break  # «3 м/м», «2 м/места»
        if unit == "m" and symbol not in ("м", "метр", "m", "²") or symbol == "кк" and _counts_rooms(tokens, after):
            break
        if symbol in ("кв", "квадрат", "квм", "sqm", "м²", "sq"):
            unit = "m2" if symbol in ("квадрат", "квм", "sqm", "м²") else "m"
        else:
            unit = unit or known[0]
        factor *= known[1]
        if known[0] == "money" and known[1] == 1:
            currency = symbol
        end = after + 1
    if unit == "m" and end < len(tokens) and len(tokens[end]) == 2 and tokens[end].isdigit():
        if end + 1 < len(tokens) and tokens[end + 1] == "см":
            return "m70", end + 1, float(tokens[end]), ""
    if unit == "m" and end < len(tokens) and len(tokens[end]) == 2 and tokens[end].isdigit() and tokens[end - 1] == "м":
        return "m70", end, float(tokens[end]), ""
    if unit == "m" and is_word(words, end, "2", "²") and tokens[end] in ("2", "²"):
        unit, end = "m2", end + 1
    return unit, end, factor, currency


def is_decade(tokens: Sequence[str], first: int, number: Number) -> bool:
    """«90-х годов», «в 80-х», «2000-х годов»."""
    value, end, unit = number[0], number[1], number[2]
    if value % 10:
        return False
    last = next((token for token in tokens[first + 1 : min(end, first + 4)] if token.isalpha()), "").lower()
    if not number[3] or last not in ("х", "е", "ые", "ых", "гг"):
        return False
    if unit == "year":
        return (20 <= value <= 90 or 1900 <= value <= 2020) and value % 10 == 0
    return unit == "" and 40 <= value <= 90 and value % 10 == 0


def listed_floors(words: Sequence[Word | None], tokens: Sequence[str], position: int) -> tuple[float, float] | None:
    """«2,3,4 этаж», «этажи 3,4,5»: the first and the last."""
    if position >= len(tokens) or "," not in tokens[position]:
        return None
    is_after = tokens[position].count(",") > 1 and is_word(words, position - 1, *FLOOR_WORDS)
    if not is_after and not is_word(words, position + 1, *FLOOR_WORDS):
        return None
    floors = [int(part) for part in tokens[position].split(",") if part.isdigit() and len(part) < 3]
    if len(floors) < tokens[position].count(",") + 1 or floors != sorted(set(floors)):
        return None
    return float(floors[0]), float(floors[-1])
