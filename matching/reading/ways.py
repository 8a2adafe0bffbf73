"""Minutes of the way to the metro on foot and by transport."""

from collections.abc import Sequence
from dataclasses import replace

from matching.reading import markers
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.single_numbers import is_word

WAYS = frozenset({markers.WALK, markers.TRANSPORT})
_AHEAD = 6


def measure_ways(cut_text: Tokens, items: Sequence[Item], numbers: Sequence[int]) -> None:
    """«до метро 15 пешком или 10 на автобусе», «на автобусе 15»: a number next to a way of travel counts minutes."""
    for index in numbers:
        number = items[index]
        if number.quantity is None or number.quantity.unit or number.quantity.fraction:
            continue
        before = items[index - 1] if index else None
        after = items[index + 1] if index + 1 < len(items) else None
        measured = before is not None and before.role == MENTION and before.end == number.start
        measured = measured and cut_text.tokens[number.start - 1].lower() == "пешком"  # «метро пешком 10»
        if after is not None and after.role in WAYS and after.clause == number.clause:
            between = cut_text.tokens[number.end : after.start]
            measured = between == (["на"] if after.role == markers.TRANSPORT else [])
        if not measured and before is not None and before.role in WAYS and before.clause == number.clause:
            follows = number.end < len(cut_text.tokens) and cut_text.tokens[number.end][0].isalpha()
            measured = before.end == number.start and not follows
        if measured:
            number.quantity = replace(number.quantity, unit="min")


def take_next_line(items: Sequence[Item], numbers: Sequence[int]) -> None:
    """«у м. Сокол», and on the next line «5 мин пешком»: the way belongs to the station."""
    for index in numbers:
        number, quantity = items[index], items[index].quantity
        way = items[index + 1] if index + 1 < len(items) else None
        if number.taken or quantity is None or quantity.unit != "min" or way is None or way.role not in WAYS:
            continue
        near = [each for each in items[max(0, index - 4) : index + 4] if each.role == MENTION]
        if way.start != number.end or any(each.sentence == number.sentence for each in near):
            continue
        station = max((each for each in near if each.start < number.start), key=lambda each: each.start, default=None)
        if station is None or station.quantity is not None or number.sentence - station.sentence > 1:
            continue
        if "metro_walk" in station.meanings.kinds and number.start - station.end <= _AHEAD:
            station.quantity, number.taken = quantity, True
            station.transport = way.role == markers.TRANSPORT
            station.by.append((number.start, number.end))


def starts_another_way(items: Sequence[Item], item: Item, other: int) -> bool:
    """«автобусом 10 минут или 25 пешком»: 25 is no second limit of the ride."""
    after = next((i for i in range(other + 1, min(other + 4, len(items))) if items[i].role == NUMBER), None)
    if "metro_walk" not in item.meanings.kinds or after is None or after + 1 >= len(items):
        return False
    way = items[after + 1]
    return way.role in WAYS and way.start - items[after].end <= 2 and (way.role == markers.TRANSPORT) != item.transport


def add_other_ways(cut_text: Tokens, items: list[Item]) -> None:
    """«15 минут на автобусе или 25 пешком»: the second number, with its own way of travel, is a separate mention."""
    for index, item in enumerate(list(items)):
        if item.role != MENTION or item.quantity is None or item.quantity.unit != "min":
            continue
        for other in items[index + 1 : index + 6]:
            if other.role != NUMBER or other.taken or other.quantity is None or other.quantity.unit not in ("min", ""):
                continue
            if not other.quantity.unit and is_word(cut_text.words, other.end, "остановка"):
                continue  # «или 4 остановки на автобусе»
            ways = [each for each in items if each.role in WAYS]
            way = next((each for each in ways if 0 <= each.start - other.end <= 2), None)
            if way is None and other.quantity.unit == "min":  # «на автобусе 10 минут, пешком 25»
                written = other.end - other.start > 1  # «можно автобусом 5» adds no minutes
                written = written and cut_text.tokens[other.end : other.end + 1] != ["до"]  # «на машине 3 мин до МКАД»
                way = next(
                    (each for each in ways if each.end == other.start and (written or each.role == markers.WALK)), None
                )
            if way is None or other.sentence != item.sentence or (way.role == markers.TRANSPORT) == item.transport:
                continue
            twin = Item(
                MENTION,
                min(way.start, other.start),
                max(way.end, other.end),
                other.clause,
                other.sentence,
                item.meanings,
                quantity=replace(other.quantity, unit="min"),
            )
            twin.transport = way.role == markers.TRANSPORT
            other.taken = True
            items.append(twin)
            break
