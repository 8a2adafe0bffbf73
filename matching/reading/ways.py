"""Minutes of the way to the metro on foot and by transport."""

from collections.abc import Sequence
from dataclasses import replace

from matching.reading import markers
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.single_numbers import is_word

WAYS = frozenset({markers.WALK, markers.TRANSPORT})


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
