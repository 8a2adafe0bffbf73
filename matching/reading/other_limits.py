"""A second limit of a mention: «не ниже второго и не выше пятого», «третий, четвёртый или пятый этаж»."""

from collections.abc import Sequence
from dataclasses import replace

from matching.reading import markers
from matching.reading.limit_words import ABOVE, AT_LEAST, AT_MOST, BELOW
from matching.reading.mentions import MENTION, NUMBER, SUBJECT, Item, Tokens
from matching.reading.quantities import Quantity, moved
from matching.reading.sizes import fits_entry

#: What may stand between a number and its second limit.
_JOINED = frozenset({markers.AND, MENTION})
_AT_MOST = frozenset({"максимум", "макс", "maximum", "max"})


def take_other_limit(items: Sequence[Item], item: Item, index: int) -> None:
    """Assign a second limit before or after the number: «не ниже второго и не выше пятого», «2 или 3»."""
    number = items[index]
    after: Item | None = None
    for each in items[index + 1 : index + 4]:
        if each.role not in _JOINED:
            after = each
            break
    joined = index + 1 < len(items) and items[index + 1].role == markers.AND
    if after is not None and after.role == NUMBER and not after.taken and after.sentence == number.sentence:
        first, second = number.quantity, after.quantity
        if (
            first is not None
            and second is not None
            and second.unit in ("", first.unit)
            and after.start - number.end <= 3
            and not _is_of_another(items, index, item, after)
        ):
            upward = first.how in (AT_LEAST, ABOVE) and second.how in (AT_MOST, BELOW) and first.low < second.high
            downward = first.how in (AT_MOST, BELOW) and second.how in (AT_LEAST, ABOVE) and second.low < first.high
            limited = (upward or downward) and fits(item, second)
            if is_next_floor(number, after) and "floor" in item.meanings.kinds:  # «этаж третий четвертый», «этаж 3 4 5»
                joined, after = True, _last_of_run(items, items.index(after, index))
                second = after.quantity or second
            else:
                joined = joined and second.how == "eq"
            if limited or joined and first.how == "eq" and first.low < second.high and fits(item, second):
                if not limited:
                    item.quantity, second = moved(first, AT_LEAST), moved(second, AT_MOST)
                item.other_limit, after.taken = second, True
                item.by.append((after.start, after.end))
                return
    if "floor" in item.meanings.kinds and _take_row(items, item, index):
        return
    i = index - 1
    while i >= 0 and items[i].role == markers.AND:
        i -= 1
    before = items[i] if i >= 0 else None
    if before is not None and i < index - 1 and _is_first_or_second(items, item, index, before):
        item.quantity = replace(number.quantity, low=1, how="range") if number.quantity is not None else None
        item.by.append((before.start, before.end))
        return
    if before is None or before.role != NUMBER or before.taken or number.start - before.end > 2:
        return
    if _is_of_another(items, index, item, before):
        return
    first, second = before.quantity, number.quantity
    either = index > 0 and items[index - 1].role == markers.AND and before.clause == number.clause
    if either and first is not None and second is not None and first.how == second.how == "eq" and fits(item, first):
        if first.unit in ("", second.unit) and first.low < second.high and not first.fraction:  # «2-й или 3-й этаж»
            item.other_limit, item.quantity, before.taken = moved(first, AT_LEAST), moved(second, AT_MOST), True
            item.by.append((before.start, before.end))
            return
    if first is not None and second is not None and first.unit in ("", second.unit) and first.low <= second.high:
        if first.how in (AT_LEAST, ABOVE) and second.how in (AT_MOST, BELOW) and before.sentence == number.sentence:
            item.other_limit, before.taken = first, True
            item.by.append((before.start, before.end))


def take_laxer_limits(cut_text: Tokens, items: Sequence[Item], numbers: Sequence[int]) -> None:
    """«метро 5 минут, максимум 8»: the number that begins the next clause is the real limit."""
    for index in numbers:
        number, limit = items[index], items[index].quantity
        item = next((each for each in reversed(items[max(0, index - 3) : index]) if each.role == MENTION), None)
        if number.taken or limit is None or limit.how != AT_MOST or item is None or item.quantity is None:
            continue
        stated = item.quantity
        measured = limit.unit == stated.unit or not limit.unit and cut_text.tokens[limit.start].lower() in _AT_MOST
        follows = number.clause - item.clause == 1 and number.sentence == item.sentence
        counts_most = any(entry.plain_number == "max" for entry, _, _, _ in item.meanings)
        if measured and follows and counts_most and not item.denied and limit.high > stated.high > 0:
            item.quantity, number.taken = replace(limit, unit=stated.unit), True
            item.by.append((number.start, number.end))


def _is_first_or_second(items: Sequence[Item], item: Item, index: int, before: Item) -> bool:
    """«первый или второй этаж»: alone, «первый» is not a number, and only a denial makes it a floor."""
    quantity = items[index].quantity
    if "floor" not in item.meanings.kinds or "first_floor" not in before.meanings.kinds or quantity is None:
        return False
    if quantity.low != 2 or quantity.how != "eq" or index < 2 or items[index - 1].role != markers.AND:
        return False
    denied = index > 2 and items[index - 3].role in (markers.NOT, markers.NEVER)
    after = items[index + 1 : index + 4]
    refused = any(each.role in (markers.REFUSE, markers.ABSENT) and each.clause == item.clause for each in after)
    return not denied and not refused and items[index].start - before.end <= 2


def is_next_floor(number: Item, after: Item) -> bool:
    """Whether the next floor follows directly: «третий четвёртый», «3 4»."""
    first, second = number.quantity, after.quantity
    if first is None or second is None or after.start != number.end or first.how != "eq" or first.unit or second.unit:
        return False
    if first.ordinal != second.ordinal or second.how not in ("eq", AT_MOST):
        return False
    return first.ordinal and first.low < second.low or second.low == first.low + 1


def _last_of_run(items: Sequence[Item], index: int) -> Item:
    """The last floor of a run; the others are marked as used."""
    while index + 1 < len(items) and items[index + 1].role == NUMBER and is_next_floor(items[index], items[index + 1]):
        items[index].taken = True
        index += 1
    return items[index]


def _take_row(items: Sequence[Item], item: Item, index: int) -> bool:
    """«третий, четвёртый или пятый этаж», «третий четвёртый этаж»: the lowest of the numbers before the last "
    "one is a second limit."""
    last = items[index]
    row: list[Item] = []
    for before in reversed(items[max(0, index - 8) : index]):
        if before.role == markers.AND:
            continue
        after, number = (row[-1] if row else last), before.quantity
        if before.role != NUMBER or number is None or after.quantity is None or before.taken:
            break
        if number.how != "eq" or not number.ordinal or number.unit or number.low >= after.quantity.low:
            break
        if after.start - before.end > 2 or before.sentence != last.sentence:
            break
        row.append(before)
    side_by_side = len(row) == 1 and row[0].end == last.start and last.quantity is not None and last.quantity.ordinal
    if (
        len(row) < 2
        and not side_by_side
        or last.quantity is None
        or last.quantity.how != "eq"
        or row[-1].quantity is None
    ):
        return False
    item.other_limit, item.quantity = moved(row[-1].quantity, AT_LEAST), moved(last.quantity, AT_MOST)
    for each in row:
        each.taken = True
        item.by.append((each.start, each.end))
    return True


def _is_of_another(items: Sequence[Item], index: int, item: Item, number: Item) -> bool:
    """«этаж до 9, кухня от 6»: whether *number* is in another clause, next to something else that it fits."""
    if number.quantity is None or number.clause == item.clause:
        return False
    return any(
        each is not item and each.role == MENTION and each.clause == number.clause and fits(each, number.quantity)
        for each in items[max(0, index - 6) : index + 7]
    )


def fits(item: Item, quantity: Quantity) -> bool:
    """Whether the number, by unit and size, may belong to *item*."""
    if item.meanings.counts:
        for entry, value, _, _ in item.meanings:
            if value is SUBJECT and fits_entry(entry, quantity):
                return True
    return False
