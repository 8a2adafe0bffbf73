"""Which number belongs to which mention."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.other_limits import fits, is_next_floor, take_laxer_limits, take_other_limit
from matching.reading.quantities import Quantity
from matching.reading.single_numbers import is_word
from matching.reading.ways import WAYS, add_other_ways, measure_ways, starts_another_way, take_next_line

#: The largest distance of a number from the word for what it counts, in tokens.
NUMBER_AHEAD, NUMBER_BEHIND = 6, 4
_REFUSALS = frozenset({markers.REFUSE, markers.ABSENT, markers.UNNEEDED})
#: «без комиссии не бывает, понимаю, но не больше 50 %»: the most tokens of an aside between clauses.
_SHORT = 5
#: What may stand between the names of stations, and how far it may be from the first to the way.
_AMONG_STATIONS = frozenset({"или", "и", "либо", "пешком", "пеш"})
_STATIONS = 12
_SENTENCE_ENDS = frozenset(".!?\n")
_NOTHING = Quantity(-1, -1, "eq", "none", 0, 0, 0)


def attach_numbers(cut_text: Tokens, items: list[Item]) -> None:
    """Assign to every mention that needs a number the nearest number that fits; the closest pairs first."""
    numbers = [index for index, item in enumerate(items) if item.role == NUMBER]
    if not numbers and not any(item.meanings.counts for item in items):
        return
    measure_ways(cut_text, items, numbers)
    pairs: list[tuple[int, int, int]] = []
    for index, item in enumerate(items):
        if not item.meanings.counts:
            continue
        for other in range(max(0, index - 4), min(len(items), index + 5)):
            number = items[other]
            if number.role == NUMBER and number.quantity is not None and fits(item, number.quantity):
                distance = _distance(cut_text, items, index, other)
                if distance is not None:
                    pairs.append((distance, index, other))
    for _, index, other in sorted(pairs):
        item, number = items[index], items[other]
        if item.quantity is None and not number.taken:
            item.quantity, number.taken = number.quantity, True
            word = cut_text.words[number.start]
            if word is not None and word.symbol in ("строгий", "строго", "точно", "категорически"):
                item.strength = "must"
            item.by.append((number.start, number.end))
            _mark_transport(cut_text, items, index, other)
            if not starts_another_way(items, item, other):
                take_other_limit(items, item, other)
    take_laxer_limits(cut_text, items, numbers)
    take_next_line(items, numbers)
    add_other_ways(cut_text, items)
    _limits_after_refusals(items, numbers)


def _limits_after_refusals(items: list[Item], numbers: Sequence[int]) -> None:
    """«маленькая кухня не устроит, надо от 10»: the limit in the next clause belongs to the refused thing."""
    for index in numbers:
        number = items[index]
        if number.taken or number.quantity is None or number.quantity.how in ("eq", "range"):
            continue
        for i in range(index - 1, max(-1, index - 4), -1):
            near = number.clause - items[i].clause <= (1 if number.start - items[i].end > _SHORT else 3)
            if items[i].role == MENTION or not near:
                break
            if items[i].role not in _REFUSALS or items[i].sentence != number.sentence:
                continue
            before = reversed(items[max(0, i - 3) : i])
            refused = next((each for each in before if each.role == MENTION), None)
            if refused is None or refused.clause != items[i].clause or not fits(refused, number.quantity):
                break
            if refused.quantity is None or refused.quantity.how == "eq":
                items[index] = _named_again(number, refused)
            break


def _named_again(number: Item, named: Item) -> Item:
    """A mention with the meanings of *named*, at the position of its number."""
    location = number.start, number.end, number.clause, number.sentence
    return Item(MENTION, *location, named.meanings, quantity=number.quantity)


def _distance(cut_text: Tokens, items: Sequence[Item], index: int, other: int) -> int | None:
    """The distance of the number from the mention, in half tokens; None if it cannot belong to it."""
    item, number = items[index], items[other]
    low, high = (index, other) if index < other else (other, index)
    if number.sentence != item.sentence:
        return None
    between = items[low + 1 : high]
    if _is_of_something_else(cut_text, item, number, between, ahead=index < other):
        return None
    counted = number.quantity
    ahead = number.start >= item.end
    tokens = number.start - item.end if ahead else item.start - number.end
    blocked = sum(1 for each in between if each.role == MENTION) if between else 0
    if number.clause != item.clause:
        return _distance_between_clauses(cut_text, items, index, other)
    counts = any(
        entry.maximum <= 9 and "m" not in entry.units and "month" not in entry.units for entry, _, _, _ in item.meanings
    )
    if ahead and counts and number.quantity is not None and _word_follows(cut_text, number):
        return None
    if _is_ordinal_of_area(cut_text, item, number) or not ahead and other and _ends_run(items[other - 1], number, item):
        return None  # «этаж третий четвертый кухня десять»
    if not ahead and not tokens and _is_taken_before(cut_text, item, number):
        return None
    if counts and not ahead and tokens and counted is not None and counted.ordinal:
        return None  # «второй уровень - спальня»
    on_foot = not ahead and between and between[0].role in (markers.WALK, markers.TRANSPORT)  # "7 minutes on foot to"
    if tokens > (NUMBER_AHEAD if ahead or on_foot else NUMBER_BEHIND):
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
    if not ahead and tokens and is_word(cut_text.words, item.start - 1, "плюс", "+"):
        return None  # «первый месяц плюс депозит»
    if not ahead and (not tokens or tokens == 1 and cut_text.tokens[number.end] == "."):
        if _has_its_own_area(cut_text, items, index, other):
            return None
    if not ahead and not tokens and other > 0 and index + 1 < len(items):
        before, after = items[other - 1], items[index + 1]  # «кухня 12 этаж 5»: each has its own number behind it
        if before.role == MENTION and before.end == number.start and fits(before, number.quantity or _NOTHING):
            if after.role == NUMBER and after.start == item.end and fits(item, after.quantity or _NOTHING):
                return 2
    return 2 * tokens + 8 * blocked + (1 if ahead else 0)


def _is_of_something_else(cut_text: Tokens, item: Item, number: Item, between: Sequence[Item], *, ahead: bool) -> bool:
    """Whether the words at the number, or those *between*, give it to something other than the mention."""
    for each in between:
        if each.role in _REFUSALS or ahead and _is_adversative(cut_text, each):
            return True  # «этажи кроме 1 и 5»
    word, counted = cut_text.words[item.start], number.quantity
    if "kitchen_area" in item.meanings.kinds:
        named = [token.lower()[:3] for token in cut_text.tokens[item.end : number.start]] if ahead else []
        if named[-2:] == ["общ", "пло"]:
            return True  # «с большой кухней, общей площадью 40 м²»
        before, behind = cut_text.tokens[number.start - 1 : number.start], cut_text.tokens[number.end : number.end + 1]
        if behind and behind[0].lower().startswith("комнат"):
            return True  # «4 комнаты + кухня»
        if ahead and number.start > item.end and before and before[0].lower().startswith(("комнат", "спальн")):
            return True  # «большая кухня, комната 25 м2»
    if word is not None and word.exact == "=этажа" and number.end == item.start and counted is not None:
        if counted.how == "eq" and not counted.ordinal and not counted.fraction:
            return True  # «два этажа» is how many, «второй этаж» which one
    if counted is None or "floor" not in item.meanings.kinds:
        return False
    storeys = number.end + (number.end < len(cut_text.tokens) and cut_text.tokens[number.end] in "-–—")
    return is_word(cut_text.words, storeys, "этажный", "этажка")  # «этаж 5-этажного дома»


def _distance_between_clauses(cut_text: Tokens, items: Sequence[Item], index: int, other: int) -> int | None:
    """As :func:`_distance`, for a number that opens the clause after the mention: «кухня, 10 метров», «этаж (3-7)»."""
    item, number = items[index], items[other]
    between = items[min(index, other) + 1 : max(index, other)]
    tokens = number.start - item.end if number.start >= item.end else item.start - number.end
    if index and items[index - 1].role == markers.NOT and items[index - 1].end == item.start:
        return None  # "no deposit, up to 6 months"
    near = any(each.role == markers.NEAR for each in between)
    listed = _is_behind_stations(cut_text, item, number)
    carried = any(each.role in WAYS for each in between)  # «4 остановки на автобусе (12 минут)»
    opens = (
        other == 0
        or items[other - 1].clause != number.clause
        or items[other - 1].role in (markers.WALK, markers.SOFT, markers.MUST, markers.NEAR)
    )
    if not (
        number.start >= item.end
        and opens
        and (listed or number.clause - item.clause <= (2 if _is_adversative_limit(cut_text, number) else 1))
        and (listed or tokens <= (8 if carried else 6 if near else 3))
        and not any(each.role == MENTION for each in between)
    ):
        return None
    instead = cut_text.tokens[number.start - 1].lower() == "а"  # «кухня не 12, а 10 как в плане»
    if number.quantity is not None and not number.quantity.unit and not instead and _word_follows(cut_text, number):
        return None  # «санузел раздельный, 2 лоджии»
    return 2 * tokens + 6


def _is_behind_stations(cut_text: Tokens, item: Item, number: Item) -> bool:
    """«м. Сокол, Аэропорт (до 12 мин пешком)»: only names stand between the metro and the minutes."""
    if number.quantity is None or number.quantity.unit != "min" or "metro_walk" not in item.meanings.kinds:
        return False
    between = cut_text.tokens[item.end : number.start]
    if between[:1] == ["."]:  # «м. Сокол»
        between = between[1:]
    return len(between) <= _STATIONS and all(
        each[0].isupper() or not each[0].isalnum() and each not in _SENTENCE_ENDS or each.lower() in _AMONG_STATIONS
        for each in between
    )


def _is_adversative(cut_text: Tokens, item: Item) -> bool:
    return item.role == markers.NOT and cut_text.tokens[item.start].lower() in ("кроме", "except")


def _is_adversative_limit(cut_text: Tokens, number: Item) -> bool:
    """«можно с комиссией, но не больше 50 процентов»."""
    unit = number.quantity.unit if number.quantity is not None else ""
    return unit in ("percent", "month", "min") and cut_text.tokens[number.start - 1].lower() == "но"


def _ends_run(before: Item, number: Item, item: Item) -> bool:
    """«этаж 3 4 5 кухня 9»."""
    areas = any("m" in meaning.entry.units for meaning in item.meanings)
    return areas and before.role == NUMBER and is_next_floor(before, number)


def _is_ordinal_of_area(cut_text: Tokens, item: Item, number: Item) -> bool:
    """Whether the mention is an area and the number an ordinal in words, which measures nothing."""
    quantity = number.quantity
    if quantity is None or not quantity.ordinal or quantity.unit or not cut_text.tokens[quantity.first].isalpha():
        return False
    return any("m" in meaning.entry.units for meaning in item.meanings)


def _has_its_own_area(cut_text: Tokens, items: Sequence[Item], index: int, other: int) -> bool:
    """«общая 61,4 жилая 38»: an area follows its word if the area before it has its own word."""
    item, number = items[index], items[other]
    after = items[index + 1] if index + 1 < len(items) else None
    if after is None or after.role != NUMBER or not fits(item, after.quantity or _NOTHING):
        return False
    if after.start != item.end and not _is_led_to(cut_text, item.end, after.start):
        return False
    if not all("m" in entry.units and "km" not in entry.units for entry, _, _, _ in item.meanings):
        return False
    then = items[index + 2 : index + 4]
    own = [each.role for each in then] == [MENTION, NUMBER] and (  # «жилая 38 кухня 9»
        then[1].start == then[0].end or _is_led_to(cut_text, then[0].end, then[1].start)
    )
    named = number.start - (number.start > 1 and cut_text.tokens[number.start - 1] in _LEADS)
    return named > 0 and cut_text.tokens[named - 1][0].isalpha() and (own or not _word_follows(cut_text, after))


#: «общая площадь - 62 кв.м. Жилая площадь – 45»
_LEADS = frozenset("-–—:")


def _is_led_to(cut_text: Tokens, end: int, start: int) -> bool:
    return start - end == 1 and cut_text.tokens[end] in _LEADS


#: Square metres; «2 комнаты 2 санузла» counts.
SMALLEST_ROOM = 8
_ROOM_STEMS = ("комнат", "спальн", "гостин", "зал")


def _is_taken_before(cut_text: Tokens, item: Item, number: Item) -> bool:
    """«комната 17 кухня 6 санузел совмещён»: the number after a room belongs to it; nobody writes «6 санузел»."""
    before = cut_text.tokens[number.start - 1].lower() if number.start else ""
    size = number.quantity.low if number.quantity is not None else 0
    if size >= SMALLEST_ROOM and before.startswith(_ROOM_STEMS):
        limited = number.quantity is not None and number.quantity.how != "eq"
        return not (limited and "living_area" in item.meanings.kinds)  # «комнаты от 45 метров жилой»
    return size >= 2 and cut_text.tokens[item.start].lower() in ("санузел", "туалет", "спальня")


def _word_follows(cut_text: Tokens, number: Item) -> bool:
    return number.end < len(cut_text.tokens) and cut_text.tokens[number.end][0].isalpha()


def _is_refused_way(items: Sequence[Item], index: int) -> bool:
    """«до метро 10 минут, на автобусе не хочу», «10 минут, не на автобусе»."""
    way, after = items[index], items[index + 1 : index + 2]
    before = items[index - 1] if index else way
    refused = bool(after) and after[0].role in _REFUSALS and after[0].start - way.end <= 1
    return refused or before.role == markers.NOT and way.start - before.end <= 1


def _mark_transport(cut_text: Tokens, items: Sequence[Item], index: int, other: int) -> None:
    """Mark that the way of *items[index]* is by transport, if the nearest word about the way states so."""
    item, number = items[index], items[other]
    if is_word(cut_text.words, number.end - 1, "мт"):
        item.transport = True
        return
    nearest: tuple[int, bool] | None = None
    for near in range(max(0, min(index, other) - 2), min(len(items), max(index, other) + 4)):
        each = items[near]
        if each.role in WAYS and each.sentence == item.sentence and not _is_refused_way(items, near):
            if each.clause > number.clause and cut_text.tokens[each.start - 1].lower() not in ("на", "by"):
                continue  # «метро в 1 км, автобус у дома»; but «15 минут от метро, можно на автобусе»
            gap = each.start - number.end if each.start >= number.end else number.start - each.end + 1
            if gap <= 5 and (nearest is None or gap < nearest[0]):
                nearest = gap, each.role == markers.TRANSPORT
                each_span = (each.start, each.end)
    if nearest is not None:
        item.transport = nearest[1]
        item.by.append(each_span)
