"""Rooms, money and area in a whole message, from numbers that belong to no wish."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from matching.reading.limit_words import ABOVE, AT_LEAST, AT_MOST, BELOW
from matching.reading.mentions import NUMBER, Item, Tokens
from matching.reading.quantities import Quantity
from matching.reading.vocabulary import fold

#: A smaller number is not the price of a month or a home; only applied to numbers without a unit.
MIN_BARE_PRICE = 10_000
#: The limits of one range differ at most so many times: «2к до 45 млн тенге» is a number of rooms and a price.
MAX_PRICE_RATIO = 100
#: A smaller number is not the price of a month, in roubles, with a unit or without.
MIN_PRICE = 5_000
#: A smaller number is not the price of a day.
MIN_PRICE_OF_DAY = 300
MIN_AREA, MAX_AREA, MIN_KITCHEN = 9.0, 2_000.0, 3.0
#: Homes hardly sell below this price, by currency: a lower budget is for rent.
MIN_SALE = {"RUB": 900_000, "KZT": 3_000_000, "USD": 20_000, "EUR": 20_000}

_CURRENCIES = {
    "доллар": "USD",
    "$": "USD",
    "usd": "USD",
    "евро": "EUR",
    "€": "EUR",
    "eur": "EUR",
    "тенге": "KZT",
    "тг": "KZT",
    "тенгеге": "KZT",
    "тенгеден": "KZT",
    "₸": "KZT",
    "kzt": "KZT",
}
_ENDS_CLAUSE = frozenset(",;\n()")
_NO_BUDGET = ("взнос", "залог", "депоз", "доплат", "зарплат", "доход", "комисс", "аванс", "первонач", "страхов")

_STEMS = {
    "одн": 1,
    "двух": 2,
    "двус": 2,
    "дву": 2,
    "двуш": 2,
    "треш": 3,
    "трех": 3,
    "тре": 3,
    "четыр": 4,
    "пяти": 5,
    "шести": 6,
}
_ROOM_WORD = re.compile(
    r"\b(?:евро[\s-]?)?(?:(одн)(?:ушк|ешк|шк|ух[уае]\b|окомнатн|ококмнатн|окомн|о?к)|(дву)(?:шк|хкомнатн|хкомн|х[уае]\b|ш)|(тре)(?:шк|хкомнатн|хкомн|х[уа]\b)|(четыр)(?:ешк|ехкомнатн|ехкомн)|(пяти)комнатн|(шести)комнатн)\w*"
)
_ROOM_PAIR = re.compile(
    r"\b(одно|двух|трех|четырех)\s?-?\s?(?:,|и|или|/|-)\s?-?(двух|трех|четырех|пяти)\s?-?\s?комн\w*"
)
_ROOM_DIGITS = re.compile(
    r"(?<![\w.])(?<!\d,)([1-9])(?:\s?-?\s?(?:х|ух|ех|ти))?(?:\s?(?:-|–|,|/|и|или)\s?([1-9]))?(?:\s?-?\s?(?:ух|ех|ти))?(?:\s?(?:-|–|,|/"
    r"|и|или)\s?([1-9]))?\s?-?\s?(?:х|ух|ех|ти)?\s?-?\s?"
    r"(?:(?:изолир\w*|раздельн\w+|отдельн\w+)\s)?"
    r"(?:к\b|ку\b|ка\b|шк[ауи]\b|ккв\b|кк\b|к\s?\.?\s?кв|ком\b\.?\s?кв|[юя]\s?кв|комн\b|комн\.|комнат\w*|болмели\w*|bed(?:room)?s?\b|br\b|rooms?\b)"
)
#: «этаж 5, 3 комнаты» has no five rooms.
_NUMBERED = re.compile(
    r"(?:№|\b(?:этаж|дом|д|корпус|корп|строение|стр|подъезд|секция|блок|школа|литер)\b)[\s.:№-]{0,3}$"
)
#: «за 5 кк» are millions.
_BEFORE_MILLIONS = re.compile(r"\b(?:за|до|от|бюджет|около|максимум|цена)\s$")
#: «2-3 кв до 12 млн», but not «2-3 кв. м» and not the quarters of «сдача 2-3 кв 2027».
_ROOM_RANGE_OF_FLATS = re.compile(
    r"(?<!сдача )(?<!сдачи )(?<!срок )(?<!ввод )(?<!в )(?<!на )(?<![\d.,])"
    r"([1-6])\s?[-–,]\s?([1-6])\s?кв\b(?!\.?\s?(?:м\b|м2|метр|20\d\d|года|г\b))"
)
_ROOMS_IN_WORDS = re.compile(
    r"\b(одна|одну|две|двух|три|трех|четыре|четырех|пять)(?:\s(?:или|и|-)\s(две|три|четыре|пять|двух|трех|четырех))?\s(?:(?:жил|изолир|раздельн|отдельн)\w+\s)?комнат\w*"
)
#: «евро2», but not «500 евро 2 месяца»
_EURO_ROOMS = re.compile(r"\bевро-?([2-4])\b")
#: «комнат - 2», «екі бөлмелі»
_ROOMS_AHEAD = re.compile(r"\bкомнат\w*\s?[-–—:]\s?([1-9])\b(?![.,]\d|\s?(?:м|кв))")
_KAZAKH_ROOMS = re.compile(r"\b(бир|еки|уш|торт|бес)\sболмели\w*")
_FROM_ROOMS = re.compile(
    r"\b(?:от|не менее|не меньше|минимум)\s(двух|трех|четырех|[2-6])(?:-?х)?\s?-?\s?комнат"
    r"|\b([2-6])(?:\s?\+|\sи более)\s?-?\s?комнат"
)
_WORD_NUMBERS = {
    "одна": 1,
    "одну": 1,
    "одно": 1,
    "две": 2,
    "двух": 2,
    "три": 3,
    "трех": 3,
    "четыре": 4,
    "четырех": 4,
    "пять": 5,
    "пяти": 5,
    "бир": 1,
    "еки": 2,
    "уш": 3,
    "торт": 4,
    "бес": 5,
}
_STUDIO = re.compile(r"\b(?:студи[юяией]\w*|studio)\b")


@dataclass(frozen=True, slots=True)
class Amount:
    """Limits (None: no limit) in square metres or in *currency* ("" if not named), and their span in the text."""

    low: float | None
    high: float | None
    currency: str
    start: int
    end: int


def rooms_of(folded: str) -> tuple[list[int], list[tuple[int, int]]]:
    """
    The numbers of rooms in a folded text, 0 for a studio, and their spans in the text.

    >>> rooms_of("двушку или трешку")[0], rooms_of("1к.")[0], rooms_of("от двух комнат")[0]
    ([2, 3], [1], [2, 3, 4, 5, 6])
    >>> rooms_of("дом 150 м2, 4 комнаты")[0], rooms_of("этаж 5, 3 комнаты")[0], rooms_of("2к,3к")[0]
    ([4], [3], [2, 3])
    """
    rooms: set[int] = set()
    spans: list[tuple[int, int]] = []
    for match in _FROM_ROOMS.finditer(folded):
        named = match[1] or match[2]
        minimum = _WORD_NUMBERS.get(named) or int(named)
        rooms |= set(range(minimum, 7))
        spans.append(match.span())
    rest = _FROM_ROOMS.sub(lambda match: " " * len(match[0]), folded)
    for match in _ROOM_PAIR.finditer(rest):
        rooms |= {_WORD_NUMBERS[match[1]], _WORD_NUMBERS[match[2]]}
        spans.append(match.span())
    for match in _ROOM_WORD.finditer(rest):
        stem = next(group for group in match.groups() if group)
        rooms.add(_STEMS[stem])
        spans.append(match.span())
    for match in _ROOMS_IN_WORDS.finditer(rest):
        rooms |= {_WORD_NUMBERS[group] for group in match.groups() if group}
        spans.append(match.span())
    for match in (*_ROOMS_AHEAD.finditer(rest), *_EURO_ROOMS.finditer(rest), *_KAZAKH_ROOMS.finditer(rest)):
        rooms.add(_WORD_NUMBERS.get(match[1]) or int(match[1]))
        spans.append(match.span())
    for match in (*_ROOM_DIGITS.finditer(rest), *_ROOM_RANGE_OF_FLATS.finditer(rest)):
        if match[0].endswith("кк") and _BEFORE_MILLIONS.search(rest, max(0, match.start() - 12), match.start()):
            continue
        numbers = [int(group) for group in match.groups() if group]
        if len(numbers) > 1 and _NUMBERED.search(rest, max(0, match.start() - 14), match.start()):
            numbers = numbers[1:]
        if re.search(r"[-–]\s?\d", match[0]):
            numbers = list(range(numbers[0], numbers[-1] + 1)) if numbers[-1] > numbers[0] else numbers
        rooms |= set(numbers)
        spans.append(match.span())
    for match in _STUDIO.finditer(rest):
        before = folded[max(0, match.start() - 12) : match.start()]
        if not re.search(r"\b(?:не|без|кроме|кухн\w+)[\s-]*$", before) and not re.match(
            r"\W*не (?:предлаг|рассм|интер)", folded[match.end() :]
        ):
            rooms.add(0)
            spans.append(match.span())
    return sorted(rooms), spans


def budget_of(tokens: Tokens, items: Sequence[Item]) -> Amount | None:
    """The price in a text: its limits, or the largest single sum."""
    low: float | None = None
    high: float | None = None
    currency, spans = "", []
    for item in items:
        quantity = item.quantity
        if item.role != NUMBER or item.taken or quantity is None or not _is_price(tokens, item, quantity):
            continue
        currency = _CURRENCIES.get(quantity.currency, "RUB" if quantity.currency else currency)
        spans.append((item.start, item.end))
        if quantity.how == "range":
            # «1к до 50 000» is a number of rooms and a price.
            is_low = quantity.low >= MIN_PRICE or quantity.currency in _CURRENCIES
            is_low &= quantity.low * MAX_PRICE_RATIO >= quantity.high
            low, high = quantity.low if is_low else None, quantity.high
        elif quantity.how in (AT_LEAST, ABOVE):
            low = max(low or 0.0, quantity.low)
        elif quantity.how in (AT_MOST, BELOW):
            high = max(high or 0.0, quantity.high)
        elif high is None or high < quantity.high:
            high = quantity.high
    if not spans:
        return None
    if low is not None and high is not None and low > high:
        low, high = None, low
    start, end = tokens.span(spans[0][0], spans[-1][1])
    return Amount(low, high, currency, start, end)


_OF_DAY = frozenset({"сутки", "ночь", "день", "day", "night"})
#: «Цена снижена! Было 17 млн»
_BEFORE_OLD_PRICES = frozenset("было была вместо раньше".split())


def _is_price(tokens: Tokens, item: Item, quantity: Quantity) -> bool:
    if item.start and tokens.tokens[item.start - 1].lower() in _BEFORE_OLD_PRICES:
        return False
    behind = tokens.words[item.end : item.end + 3]
    if quantity.unit in ("money", "") and any(word is not None and word.symbol in _OF_DAY for word in behind):
        return quantity.high >= MIN_PRICE_OF_DAY
    if quantity.unit != "money" and not (
        quantity.unit == "" and quantity.high >= MIN_BARE_PRICE and quantity.high < 1e10
    ):
        return False
    if (
        quantity.high < 500
        or quantity.unit == "money"
        and quantity.high < MIN_PRICE
        and quantity.currency not in _CURRENCIES
    ):
        return False
    around = _words_around(tokens, item)
    return not any(word == "пв" or word.startswith(_NO_BUDGET) for word in around)


def _words_around(tokens: Tokens, item: Item) -> list[str]:
    """The three words before a number and the two behind it, without those of other clauses: «до 60, залог месяц»."""
    words = tokens.tokens
    before = takewhile(lambda word: word not in _ENDS_CLAUSE, reversed(words[max(0, item.start - 3) : item.start]))
    behind = takewhile(lambda word: word not in _ENDS_CLAUSE, words[item.end : item.end + 2])
    return [fold(word) for word in (*before, *behind)]


def area_of(tokens: Tokens, items: Sequence[Item]) -> Amount | None:
    """The whole area: square metres, or metres after «площадь», that do not belong to a kitchen, room or ceiling."""
    for item in items:
        quantity = item.quantity
        if item.role != NUMBER or item.taken or quantity is None or quantity.unit not in ("m", "m2", ""):
            continue
        symbols = {word.symbol for word in tokens.words[max(0, item.start - 3) : item.start] if word is not None}
        start, end = tokens.span(item.start, item.end)
        if quantity.third is not None and quantity.low > quantity.high > quantity.third >= MIN_KITCHEN:  # «54/32/9»
            return Amount(quantity.low, quantity.low, "", start, end)
        if quantity.unit == "" and not symbols & {"площадь", "метраж"}:
            if not any(token.lower().startswith("общ") for token in tokens.tokens[max(0, item.start - 2) : item.start]):
                continue
        if not MIN_AREA <= quantity.low <= quantity.high <= MAX_AREA or _is_distance(tokens, item, quantity):
            continue
        if quantity.how == "range":
            return Amount(quantity.low, quantity.high, "", start, end)
        if quantity.how in (AT_MOST, BELOW):
            return Amount(None, quantity.high, "", start, end)
        if quantity.how in (AT_LEAST, ABOVE):
            return Amount(quantity.low, None, "", start, end)
        return Amount(quantity.low, quantity.high, "", start, end)
    return None


_BEHIND_DISTANCES = frozenset("от до пешком from to".split())
#: «студия 24 метра от собственника»
_OFFERERS = ("собственник", "хозя", "владел", "застройщик", "агент")
_BEFORE_LENGTHS = frozenset("высота высотой расстояние расстоянии протяженность".split())


def _is_distance(tokens: Tokens, item: Item, quantity: Quantity) -> bool:
    """«в 350 метрах от остановки», «высотой 264 метра»."""
    if quantity.unit != "m":
        return False
    before = tokens.tokens[max(0, item.start - 2) : item.start]
    if not _BEFORE_LENGTHS.isdisjoint(map(str.lower, before)):
        return True
    behind = [token.lower() for token in tokens.tokens[item.end : item.end + 2]]
    return len(behind) > 1 and behind[0] in _BEHIND_DISTANCES and not behind[1].startswith(_OFFERERS)
