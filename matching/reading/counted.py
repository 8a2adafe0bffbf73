"""Which number belongs to which mention."""

from collections.abc import Sequence
from dataclasses import replace

from matching.reading import markers
from matching.reading.entry import Entry
from matching.reading.mentions import MENTION, NUMBER, SUBJECT, Item, Tokens
from matching.reading.quantities import ABOVE, AT_LEAST, AT_MOST, BELOW, Quantity, moved
from matching.reading.single_numbers import is_word

#: How far a number may stand from what it counts, in tokens.
NUMBER_AHEAD, NUMBER_BEHIND = 6, 4
#: How far one walks in a minute, as adverts of homes count it.
METRES_A_MINUTE = 80
_NOTHING = Quantity(-1, -1, "eq", "none", 0, 0, 0)


def attach_numbers(cut_text: Tokens, items: list[Item]) -> None:
    """Give every mention that counts something the nearest number that fits it; the closest pairs first."""
    pairs: list[tuple[int, int, int]] = []
    for place, item in enumerate(items):
        if not item.meanings.counts:
            continue
        for other in range(max(0, place - 4), min(len(items), place + 5)):
            number = items[other]
            if number.role == NUMBER and number.quantity is not None and fits(item, number.quantity):
                distance = _distance(cut_text, items, place, other)
                if distance is not None:
                    pairs.append((distance, place, other))
    for _, place, other in sorted(pairs):
        item, number = items[place], items[other]
        if item.quantity is None and not number.taken:
            item.quantity, number.taken = number.quantity, True
            word = cut_text.words[number.start]
            if word is not None and word.symbol in ("строгий", "строго", "точно", "категорически"):
                item.strength = "must"
            item.by.append((number.start, number.end))
            _mark_transport(cut_text, items, place, other)
            _take_other_limit(items, item, other)
    _other_ways(cut_text, items)


def _take_other_limit(items: Sequence[Item], item: Item, place: int) -> None:
    """A second limit before or after the number: «не ниже второго и не выше пятого», «2 или 3»."""
    number = items[place]
    after = next((each for each in items[place + 1 : place + 4] if each.role not in (markers.AND, MENTION)), None)
    joined = place + 1 < len(items) and items[place + 1].role == markers.AND
    if after is not None and after.role == NUMBER and not after.taken and after.sentence == number.sentence:
        first, second = number.quantity, after.quantity
        if (
            first is not None
            and second is not None
            and second.unit in ("", first.unit)
            and after.start - number.end <= 3
        ):
            upward = first.how in (AT_LEAST, ABOVE) and second.how in (AT_MOST, BELOW) and first.low < second.high
            downward = first.how in (AT_MOST, BELOW) and second.how in (AT_LEAST, ABOVE) and second.low < first.high
            limited = (upward or downward) and fits(item, second)
            if limited or joined and first.how == second.how == "eq" and first.low < second.high and fits(item, second):
                if not limited:
                    item.quantity, second = moved(first, AT_LEAST), moved(second, AT_MOST)
                item.other_limit, after.taken = second, True
                item.by.append((after.start, after.end))
                return
    before = next((each for each in reversed(items[:place]) if each.role != markers.AND), None)
    if before is None or before.role != NUMBER or before.taken or number.start - before.end > 2:
        return
    first, second = before.quantity, number.quantity
    either = place > 0 and items[place - 1].role == markers.AND and before.clause == number.clause
    if either and first is not None and second is not None and first.how == second.how == "eq" and fits(item, first):
        if first.unit in ("", second.unit) and first.low < second.high and not first.fraction:  # «2-й или 3-й этаж»
            item.other_limit, item.quantity, before.taken = moved(first, AT_LEAST), moved(second, AT_MOST), True
            item.by.append((before.start, before.end))
            return
    if first is not None and second is not None and first.unit in ("", second.unit) and first.low <= second.high:
        if first.how in (AT_LEAST, ABOVE) and second.how in (AT_MOST, BELOW) and before.sentence == number.sentence:
            item.other_limit, before.taken = first, True
            item.by.append((before.start, before.end))


def _other_ways(cut_text: Tokens, items: list[Item]) -> None:
    """«15 минут на автобусе или 25 пешком»: the second number, with a way of its own, is a mention of its own."""
    for place, item in enumerate(list(items)):
        if item.role != MENTION or item.quantity is None or item.quantity.unit != "min":
            continue
        for other in items[place + 1 : place + 6]:
            if other.role != NUMBER or other.taken or other.quantity is None or other.quantity.unit not in ("min", ""):
                continue
            if not other.quantity.unit and is_word(cut_text.words, other.end, "остановка"):
                continue  # «или 4 остановки на автобусе»
            way = next(
                (
                    each
                    for each in items
                    if each.role in (markers.WALK, markers.TRANSPORT) and 0 <= each.start - other.end <= 2
                ),
                None,
            )
            if way is None or other.sentence != item.sentence or (way.role == markers.TRANSPORT) == item.transport:
                continue
            twin = Item(
                MENTION,
                other.start,
                way.end,
                other.clause,
                other.sentence,
                item.meanings,
                quantity=replace(other.quantity, unit="min"),
            )
            twin.transport = way.role == markers.TRANSPORT
            other.taken = True
            items.append(twin)
            break


def fits(item: Item, quantity: Quantity) -> bool:
    """The number may be one of what *item* names, by unit and size."""
    return item.meanings.counts and any(
        value is SUBJECT and fits_entry(entry, quantity) for entry, value, _, _ in item.meanings
    )


def fits_entry(entry: Entry, quantity: Quantity) -> bool:
    """As :func:`fits`, for one entry."""
    size = 0.01 if entry.hundredths and quantity.high >= 100 else 1.0
    if "km" in entry.units and quantity.unit != "min":
        size = _minutes_of(quantity)
        if quantity.low * size < 1:
            return False  # «до метро 5 м» is no five metres
    return quantity.unit in entry.units and entry.least <= quantity.low * size and quantity.high * size <= entry.most


def _distance(cut_text: Tokens, items: Sequence[Item], place: int, other: int) -> int | None:
    """How far the number stands from the mention, in half tokens; None where it cannot belong to it."""
    item, number = items[place], items[other]
    low, high = (place, other) if place < other else (other, place)
    between = items[low + 1 : high]
    if any(each.role in (markers.REFUSE, markers.ABSENT) for each in between):
        return None
    if number.sentence != item.sentence:
        return None
    word, counted = cut_text.words[item.start], number.quantity
    if word is not None and word.exact == "=этажа" and number.end == item.start and counted is not None:
        if counted.how == "eq" and not counted.ordinal and not counted.fraction:
            return None  # «два этажа» is how many, «второй этаж» which one
    if counted is not None and "floor" in item.meanings.kinds:
        storeys = number.end + (number.end < len(cut_text.tokens) and cut_text.tokens[number.end] in "-–—")
        if is_word(cut_text.words, storeys, "этажный", "этажка"):
            return None  # «этаж 5-этажного дома»
    ahead = number.start >= item.end
    tokens = number.start - item.end if ahead else item.start - number.end
    blocked = sum(1 for each in between if each.role == MENTION)
    if number.clause != item.clause:
        # «кухня, 10 метров»; «этаж (3-7)»: the number opens the next clause.
        near = any(each.role == markers.NEAR for each in between)
        carried = any(each.role == markers.TRANSPORT for each in between)  # «4 остановки на автобусе (12 минут)»
        opens = (
            other == 0
            or items[other - 1].clause != number.clause
            or items[other - 1].role in (markers.WALK, markers.SOFT, markers.MUST, markers.NEAR)
        )
        if not (
            ahead
            and opens
            and number.clause - item.clause == 1
            and tokens <= (8 if carried else 6 if near else 3)
            and not blocked
        ):
            return None
        if number.quantity is not None and not number.quantity.unit and _word_follows(cut_text, number):
            return None  # «санузел раздельный, 2 лоджии»
        return 2 * tokens + 6
    counts = any(
        entry.most <= 9 and "m" not in entry.units and "month" not in entry.units for entry, _, _, _ in item.meanings
    )
    if ahead and counts and number.quantity is not None and _word_follows(cut_text, number):
        return None
    if counts and not ahead and tokens and counted is not None and counted.ordinal:
        return None  # «второй уровень - спальня»
    if tokens > (NUMBER_AHEAD if ahead else NUMBER_BEHIND):
        return None
    if (
        not ahead
        and tokens > 1
        and any(
            word is not None and word.symbol in ("с", "со", "and", "и")
            for word in cut_text.words[number.end : item.start]
        )
    ):
        return None
    if not ahead and not tokens and _has_its_own_area(cut_text, items, place, other):
        return None
    if not ahead and not tokens and other > 0 and place + 1 < len(items):
        before, after = items[other - 1], items[place + 1]  # «кухня 12 этаж 5»: each has its own number behind it
        if before.role == MENTION and before.end == number.start and fits(before, number.quantity or _NOTHING):
            if after.role == NUMBER and after.start == item.end and fits(item, after.quantity or _NOTHING):
                return 2
    return 2 * tokens + 8 * blocked + (1 if ahead else 0)


def _has_its_own_area(cut_text: Tokens, items: Sequence[Item], place: int, other: int) -> bool:
    """«общая 61,4 жилая 38»: an area stands behind its word where the one before it has a word of its own."""
    item, number = items[place], items[other]
    after = items[place + 1] if place + 1 < len(items) else None
    if after is None or after.role != NUMBER or after.start != item.end or not fits(item, after.quantity or _NOTHING):
        return False
    if not all("m" in entry.units and "km" not in entry.units for entry, _, _, _ in item.meanings):
        return False
    then = items[place + 2 : place + 4]
    own = [each.role for each in then] == [MENTION, NUMBER] and then[1].start == then[0].end  # «жилая 38 кухня 9»
    return (
        number.start > 0
        and cut_text.tokens[number.start - 1][0].isalpha()
        and (own or not _word_follows(cut_text, after))
    )


def _word_follows(cut_text: Tokens, number: Item) -> bool:
    return number.end < len(cut_text.tokens) and cut_text.tokens[number.end][0].isalpha()


def _mark_transport(cut_text: Tokens, items: Sequence[Item], place: int, other: int) -> None:
    """The way of *items[place]* is by transport where the nearest word of the way says so."""
    item, number = items[place], items[other]
    if is_word(cut_text.words, number.end - 1, "мт"):
        item.transport = True
        return
    nearest: tuple[int, bool] | None = None
    for near in range(max(0, min(place, other) - 2), min(len(items), max(place, other) + 4)):
        each = items[near]
        if each.role in (markers.WALK, markers.TRANSPORT) and each.sentence == item.sentence:
            if each.clause > number.clause and cut_text.tokens[each.start - 1].lower() not in ("на", "by"):
                continue  # «метро в 1 км, автобус у дома»; but «15 минут от метро, можно на автобусе»
            gap = each.start - number.end if each.start >= number.end else number.start - each.end + 1
            if gap <= 5 and (nearest is None or gap < nearest[0]):
                nearest = gap, each.role == markers.TRANSPORT
                each_span = (each.start, each.end)
    if nearest is not None:
        item.transport = nearest[1]
        item.by.append(each_span)


def _minutes_of(quantity: Quantity) -> float:
    """Minutes on foot for a metre or a kilometre, at 80 m a minute."""
    return 1000 / METRES_A_MINUTE if quantity.unit == "km" else 1 / METRES_A_MINUTE


def scaled(entry: Entry, quantity: Quantity) -> Quantity:
    """*quantity* in the unit of the kind: «потолки 270» are 2.7 m."""
    if "km" in entry.units and quantity.unit in ("m", "km"):
        minutes = _minutes_of(quantity)
        return replace(quantity, low=round(quantity.low * minutes), high=round(quantity.high * minutes), unit="min")
    if entry.hundredths and quantity.high >= 100:
        return replace(quantity, low=quantity.low / 100, high=quantity.high / 100)
    return quantity
