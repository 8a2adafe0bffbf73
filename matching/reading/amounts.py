"""Rooms, money and area in a whole message, where no wish has taken the number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matching.reading.mentions import NUMBER, Item, Tokens
from matching.reading.quantities import ABOVE, AT_LEAST, AT_MOST, BELOW, Quantity

#: Less is no price of a month or a home; it guards only numbers that bear no unit.
MIN_BARE_PRICE = 10_000
MIN_AREA, MAX_AREA = 9.0, 2_000.0
#: Sold below this, in roubles, is hardly a home: a budget under it is for rent.
MIN_SALE = 900_000

_CURRENCIES = {
    "доллар": "USD",
    "$": "USD",
    "usd": "USD",
    "евро": "EUR",
    "€": "EUR",
    "eur": "EUR",
    "тенге": "KZT",
    "тг": "KZT",
    "₸": "KZT",
    "kzt": "KZT",
}
_NO_BUDGET = frozenset("взнос пв залог депозит доплата зарплата доход комиссия аванс первоначальный страховой".split())

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
    r"\b(?:евро[\s-]?)?(?:(одн)(?:ушк|ешк|шк|окомнатн|ококмнатн|окомн|о?к)|(дву)(?:шк|хкомнатн|хкомн|ш)|(тре)(?:шк|хкомнатн|хкомн)|(четыр)(?:ешк|ехкомнатн|ехкомн)|(пяти)комнатн|(шести)комнатн)\w*"
)
_ROOM_PAIR = re.compile(
    r"\b(одно|двух|трех|четырех)\s?-?\s?(?:,|и|или|/|-)\s?-?(двух|трех|четырех|пяти)\s?-?\s?комн\w*"
)
_ROOM_DIGITS = re.compile(
    r"(?<![\d.,])([1-9])(?:\s?-?\s?х)?(?:\s?(?:-|–|,|/|и|или)\s?([1-9]))?(?:\s?(?:-|–|,|/"
    r"|и|или)\s?([1-9]))?\s?-?\s?(?:х|ух|ех)?\s?-?\s?"
    r"(?:к\b|ккв\b|кк\b|к\s?\.?\s?кв|комн\b|комн\.|комнат\w*|bed(?:room)?s?\b|br\b|rooms?\b)"
)
_ROOMS_IN_WORDS = re.compile(
    r"\b(одна|одну|две|двух|три|трех|четыре|четырех|пять)(?:\s(?:или|и|-)\s(две|три|четыре|пять|двух|трех|четырех))?\s(?:жил\w+\s)?комнат\w*"
)
_FROM_ROOMS = re.compile(r"\b(?:от|не менее|не меньше|минимум)\s(двух|трех|четырех|[2-6])(?:-?х)?\s?-?\s?комнат")
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
}
_STUDIO = re.compile(r"\b(?:студи[юяией]\w*|studio)\b")


@dataclass(frozen=True, slots=True)
class Amount:
    """Limits, in square metres or in *currency*; None where there is none; and where they stand."""

    low: float | None
    high: float | None
    currency: str
    start: int
    end: int


def rooms_of(folded: str) -> tuple[list[int], list[tuple[int, int]]]:
    """
    The numbers of rooms in a folded text, 0 for a studio, and where they stand.

    >>> rooms_of("двушку или трешку")[0], rooms_of("1к.")[0], rooms_of("от двух комнат")[0]
    ([2, 3], [1], [2, 3, 4, 5, 6])
    """
    rooms: set[int] = set()
    spans: list[tuple[int, int]] = []
    for match in _FROM_ROOMS.finditer(folded):
        least = _WORD_NUMBERS.get(match[1]) or int(match[1])
        rooms |= set(range(least, 7))
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
    for match in _ROOM_DIGITS.finditer(rest):
        numbers = [int(group) for group in match.groups() if group]
        if "-" in match[0] or "–" in match[0]:
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
    """The money that a text speaks of as a price: the limits together, or the largest single sum."""
    low: float | None = None
    high: float | None = None
    currency, spans = "RUB", []
    for item in items:
        quantity = item.quantity
        if item.role != NUMBER or item.taken or quantity is None or not _is_price(tokens, item, quantity):
            continue
        currency = _CURRENCIES.get(quantity.currency, currency)
        spans.append((item.start, item.end))
        if quantity.how == "range":
            low, high = quantity.low, quantity.high
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


def _is_price(tokens: Tokens, item: Item, quantity: Quantity) -> bool:
    if quantity.unit != "money" and not (
        quantity.unit == "" and quantity.high >= MIN_BARE_PRICE and quantity.high < 1e10
    ):
        return False
    if (
        quantity.high < 500
        or quantity.unit == "money"
        and quantity.high < 5_000
        and quantity.currency not in _CURRENCIES
    ):
        return False
    around = tokens.words[max(0, item.start - 3) : item.start] + tokens.words[item.end : item.end + 2]
    return not any(word is not None and word.symbol in _NO_BUDGET for word in around)


def area_of(tokens: Tokens, items: Sequence[Item]) -> Amount | None:
    """The whole area: square metres, or metres after «площадь», that no kitchen, room or ceiling has taken."""
    for item in items:
        quantity = item.quantity
        if item.role != NUMBER or item.taken or quantity is None or quantity.unit not in ("m", "m2", ""):
            continue
        symbols = {word.symbol for word in tokens.words[max(0, item.start - 3) : item.start] if word is not None}
        if quantity.unit == "" and not symbols & {"площадь", "метраж"}:
            continue
        if not MIN_AREA <= quantity.low <= quantity.high <= MAX_AREA:
            continue
        start, end = tokens.span(item.start, item.end)
        if quantity.how == "range":
            return Amount(quantity.low, quantity.high, "", start, end)
        if quantity.how in (AT_MOST, BELOW):
            return Amount(None, quantity.high, "", start, end)
        if quantity.how in (AT_LEAST, ABOVE):
            return Amount(quantity.low, None, "", start, end)
        return Amount(quantity.low, quantity.high, "", start, end)
    return None
