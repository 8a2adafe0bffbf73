"""Which number, denial, strength and permission belongs to which mention: nothing reaches past its clause without reason."""

from collections.abc import Callable, Sequence

from matching.reading import markers
from matching.reading.entry import Entry
from matching.reading.mentions import MENTION, NUMBER, SUBJECT, Item, Tokens
from matching.reading.quantities import ABOVE, AT_LEAST, AT_MOST, BELOW, Quantity

#: How far a marker may stand from what it marks, and a number from what it counts, in tokens.
REACH = 5
NUMBER_AHEAD, NUMBER_BEHIND = 6, 4

_PASSED = frozenset(
    {
        markers.AND,
        markers.MUST,
        markers.SOFT,
        markers.CAN,
        markers.WALK,
        markers.TRANSPORT,
        markers.NEAR,
        markers.WINDOW,
        NUMBER,
    }
)
_SEEN_OR_NEAR = frozenset({"park", "motorway", "closed_yard"})
_BESIDE_VIEWS = _SEEN_OR_NEAR | {"quiet", "balcony", "kitchen_area", "bedrooms"}
_ONTO = frozenset({"на", "в", "во", "и", "или", "не"})
#: What may stand between two mentions of one row.
_CHAINED = frozenset({markers.CAN, markers.NOT, markers.NEAR, markers.WINDOW, markers.WALK, NUMBER})
_WITH = frozenset({"с", "со", "with", "плюс"})
#: Denials after which a list of genitives goes on: «без детей, животных».
_GOVERN_GENITIVE = frozenset({"без", "кроме", "исключая", "помимо", "нет"})


def resolve(cut_text: Tokens, items: list[Item]) -> list[Item]:
    """*items*, each mention with all that belongs to it."""
    _meet_needs(cut_text, items)
    items = [item for item in items if item.role != MENTION or item.meanings]
    attach_numbers(cut_text, items)
    items = [item for item in items if item.role != MENTION or item.quantity is not None or not _needs_number(item)]
    for place, item in enumerate(items):
        if item.role in (markers.NOT, markers.NEVER):
            _deny_ahead(cut_text, items, place)
    for place, item in enumerate(items):
        if item.role in (markers.REFUSE, markers.ABSENT, markers.CANCEL, markers.UNNEEDED):
            _deny_around(cut_text, items, place)
    for place, item in enumerate(items):
        if item.role == markers.IF:
            for condition in items[place + 1 :]:
                if condition.clause != item.clause:
                    break
                condition.cancelled = True
        elif item.denied and any(entry.kind == "lift" for entry, _, _, _ in item.meanings) and place + 1 < len(items):
            after = items[place + 1]  # «без лифта не выше третьего» asks for a floor
            if after.quantity is not None and after.quantity.how == AT_MOST and after.start - item.end <= 1:
                item.cancelled = True
        if item.denied and any(entry.kind == "lift" for entry, _, _, _ in item.meanings):
            before = next((each for each in reversed(items[:place]) if each.role in (NUMBER, MENTION)), None)
            if (
                before is not None
                and before.quantity is not None
                and before.quantity.how == AT_MOST
                and item.start - before.end <= 5
            ):
                item.cancelled = True  # «не выше 4-го без лифта»
    for place, item in enumerate(items):
        if item.role in (markers.MUST, markers.SOFT, markers.CAN):
            _strengthen(cut_text, items, place)
    return items


# What needs a word beside it


def _needs_number(item: Item) -> bool:
    """It says nothing without a number, denied or not: «дом», «площадь»."""
    return all(meaning.value is SUBJECT and meaning.entry.denied is None for meaning in item.meanings)


def _meet_needs(cut_text: Tokens, items: Sequence[Item]) -> None:
    """Drop the meanings whose marker is not there; where «окна» makes a park a view, it is not a park near."""
    for place, item in enumerate(items):
        if item.role != MENTION or not any(meaning.needs for meaning in item.meanings):
            continue
        near = _stands_near(items, place, markers.NEAR, 4)
        seen = _is_seen(cut_text, items, place)
        kept = []
        for meaning in item.meanings:
            if meaning.needs == markers.WINDOW:
                if seen:
                    kept.append(meaning)
            elif meaning.needs == markers.NEAR:
                if near:
                    kept.append(meaning)
            elif not (seen and meaning.entry.kind in _SEEN_OR_NEAR):
                kept.append(meaning)
        item.meanings = kept


def _stands_near(items: Sequence[Item], place: int, role: str, reach: int) -> bool:
    item = items[place]
    for other in items[max(0, place - 3) : place + 4]:
        if other.role == role and other.clause == item.clause:
            if max(other.start - item.end, item.start - other.end) <= reach:
                return True
    return False


def _is_seen(cut_text: Tokens, items: Sequence[Item], place: int) -> bool:
    """«окна» or «вид» stands before it in the clause; or in the clause before, and this one goes on with «на»."""
    item = items[place]
    follower = items[place + 1] if place + 1 < len(items) else None
    if follower is not None and follower.role == markers.WINDOW and follower.clause == item.clause:
        if follower.start - item.end <= 1 and follower.end - follower.start <= 2:
            word = cut_text.words[follower.start]
            if word is not None and word.symbol in ("view", "за", "из"):
                return True
    for here in range(place - 1, -1, -1):
        other = items[here]
        if other.sentence != item.sentence or item.clause - other.clause > 2:
            return False
        if other.role == markers.WINDOW or any(meaning.entry.kind == "two_sided" for meaning in other.meanings):
            if other.clause == item.clause:
                return True
            word = cut_text.words[item.start - 1]
            return word is not None and word.symbol in _ONTO
        if other.role == MENTION and not any(meaning.needs == markers.WINDOW for meaning in other.meanings):
            if not any(meaning.entry.kind in _BESIDE_VIEWS for meaning in other.meanings):
                return False
    return False


# Numbers


def attach_numbers(cut_text: Tokens, items: list[Item]) -> None:
    """Give every mention that counts something the nearest number that fits it; the closest pairs first."""
    pairs: list[tuple[int, int, int]] = []
    for place, item in enumerate(items):
        if item.role != MENTION or not any(value is SUBJECT for _, value, _, _ in item.meanings):
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
            item.by.append((number.start, number.end))
            _mark_transport(items, place, other)
            _take_other_limit(items, item, other)
    _other_ways(items)


def _take_other_limit(items: Sequence[Item], item: Item, place: int) -> None:
    number = items[place]
    before = next((each for each in reversed(items[:place]) if each.role != markers.AND), None)
    if before is None or before.role != NUMBER or before.taken or number.start - before.end > 2:
        return
    one, two = before.quantity, number.quantity
    if one is not None and two is not None and one.unit in ("", two.unit) and one.low <= two.high:
        if one.how in (AT_LEAST, ABOVE) and two.how in (AT_MOST, BELOW) and before.sentence == number.sentence:
            item.other_limit, before.taken = one, True
            item.by.append((before.start, before.end))


def _other_ways(items: list[Item]) -> None:
    """«15 минут на автобусе или 25 пешком»: the second number, with a way of its own, is a mention of its own."""
    for place, item in enumerate(list(items)):
        if item.role != MENTION or item.quantity is None or item.quantity.unit != "min":
            continue
        for other in items[place + 1 : place + 6]:
            if other.role != NUMBER or other.taken or other.quantity is None or other.quantity.unit != "min":
                continue
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
                MENTION, other.start, way.end, other.clause, other.sentence, item.meanings, quantity=other.quantity
            )
            twin.transport = way.role == markers.TRANSPORT
            other.taken = True
            items.append(twin)
            break


def fits(item: Item, quantity: Quantity) -> bool:
    """The number may be one of what *item* names, by unit and size."""
    return any(value is SUBJECT and fits_entry(entry, quantity) for entry, value, _, _ in item.meanings)


def fits_entry(entry: Entry, quantity: Quantity) -> bool:
    """As :func:`fits`, for one entry."""
    return quantity.unit in entry.units and entry.least <= quantity.low and quantity.high <= entry.most


def _distance(cut_text: Tokens, items: Sequence[Item], place: int, other: int) -> int | None:
    """How far the number stands from the mention, in half tokens; None where it cannot belong to it."""
    item, number = items[place], items[other]
    low, high = (place, other) if place < other else (other, place)
    between = items[low + 1 : high]
    if any(each.role in (markers.REFUSE, markers.ABSENT) for each in between):
        return None
    if number.sentence != item.sentence:
        return None
    ahead = number.start >= item.end
    tokens = number.start - item.end if ahead else item.start - number.end
    blocked = sum(1 for each in between if each.role == MENTION)
    if number.clause != item.clause:
        # «кухня, 10 метров»; «этаж (3-7)»: the number opens the next clause.
        near = any(each.role == markers.NEAR for each in between)
        opens = (
            other == 0
            or items[other - 1].clause != number.clause
            or items[other - 1].role in (markers.WALK, markers.SOFT, markers.MUST)
        )
        if not (ahead and opens and number.clause - item.clause == 1 and tokens <= (6 if near else 3) and not blocked):
            return None
        if number.quantity is not None and not number.quantity.unit and _word_follows(cut_text, number):
            return None  # «санузел раздельный, 2 лоджии»
        return 2 * tokens + 6
    counts = any(entry.most <= 9 and entry.units == ("",) for entry, _, _, _ in item.meanings)
    if ahead and counts and number.quantity is not None and _word_follows(cut_text, number):
        return None
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
    return 2 * tokens + 8 * blocked + (1 if ahead else 0)


def _word_follows(cut_text: Tokens, number: Item) -> bool:
    return number.end < len(cut_text.tokens) and cut_text.tokens[number.end][0].isalpha()


def _mark_transport(items: Sequence[Item], place: int, other: int) -> None:
    """The way of *items[place]* is by transport where the nearest word of the way says so."""
    item, number = items[place], items[other]
    nearest: tuple[int, bool] | None = None
    for near in range(max(0, min(place, other) - 2), min(len(items), max(place, other) + 4)):
        each = items[near]
        if each.role in (markers.WALK, markers.TRANSPORT) and each.sentence == item.sentence:
            gap = each.start - number.end if each.start >= number.end else number.start - each.end + 1
            if gap <= 4 and (nearest is None or gap < nearest[0]):
                nearest = gap, each.role == markers.TRANSPORT
                each_span = (each.start, each.end)
    if nearest is not None:
        item.transport = nearest[1]
        item.by.append(each_span)


# Denials


def _deny_ahead(cut_text: Tokens, items: Sequence[Item], place: int) -> bool:
    marker = items[place]
    must = marker.role in (markers.NEVER, markers.REFUSE)
    if _after_colon(items, place, lambda item: _deny(item, marker, must)):
        return True
    first = _next_mention(cut_text, items, place)
    if first is None:
        return False
    target = items[first]
    if any(word is not None and word.symbol in _WITH for word in cut_text.words[marker.end + 1 : target.start]):
        return False  # «недорогая с балконом»
    _deny(target, marker, must)
    symbol = cut_text.words[marker.start]
    governs = symbol is not None and symbol.symbol in _GOVERN_GENITIVE
    for following in _chain(cut_text, items, first, 1, governs):
        _deny(items[following], marker, must)
    return True


def _deny_around(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    marker = items[place]
    must = marker.role == markers.REFUSE

    def act(item: Item) -> None:
        if (
            marker.role == markers.CANCEL
            or marker.role == markers.UNNEEDED
            and not item.refused
            and not _is_furniture(item)
        ):
            item.cancelled = True
        else:
            _deny(item, marker, must)

    if _after_colon(items, place, act):
        return
    before = _previous_mention(items, place)
    after = _next_mention(cut_text, items, place)
    word = cut_text.words[marker.start]
    nothing = word is not None and word.symbol in ("нет", "no", "нету", "отсутствовать")
    if after is not None:
        close = items[after].start - marker.end <= 1
        genitive = (first := cut_text.words[items[after].start]) is not None and first.genitive
        if (
            before is None
            or close
            and (
                nothing
                and genitive
                or marker.role == markers.REFUSE
                and items[after].refused
                and not items[before].refused
                or items[before].denied
                and not _denied_by_without(cut_text, items[before])
            )
        ):
            act(items[after])
            for following in _chain(cut_text, items, after, 1, nothing):
                act(items[following])
            return
    if before is None:
        # The marker has the clause for itself: «апартаменты, первый этаж - не предлагать», «…, не предлагать».
        alone = not any(
            item.clause == marker.clause and item is not marker and item.role in (MENTION, NUMBER) for item in items
        )
        if not alone:
            return
        before = next((i for i in range(place - 1, -1, -1) if items[i].role == MENTION), None)
        if before is None or items[before].sentence != marker.sentence or marker.clause - items[before].clause > 1:
            return
    for each in [before, *_chain(cut_text, items, before, -1, False)]:
        if items[each].denied and each != before and marker.role != markers.CANCEL:
            break
        act(items[each])


def _denied_by_without(cut_text: Tokens, item: Item) -> bool:
    first = min(start for start, _ in item.by) if item.by else item.start
    word = cut_text.words[first]
    return word is not None and word.symbol in ("без", "without")


def _deny(item: Item, marker: Item, must: bool) -> None:
    # «без лифта не предлагать» asks for a lift.
    item.denied = not item.denied if marker.role == markers.REFUSE else True
    item.by.append((marker.start, marker.end))
    if must:
        item.strength = "must"


def _is_furniture(item: Item) -> bool:
    return any(entry.kind == "furnished" for entry, _, _, _ in item.meanings)


def _after_colon(items: Sequence[Item], place: int, act: Callable[[Item], None]) -> bool:
    """«Не предлагать: первый этаж, апартаменты»: act on all that follows a colon in the sentence."""
    if place + 1 >= len(items) or items[place + 1].role != markers.COLON:
        return False
    marker = items[place]
    for item in items[place + 2 :]:
        if item.sentence != marker.sentence or item.role in (markers.MUST, markers.SOFT, markers.COLON, markers.CAN):
            break
        if item.role == MENTION:
            act(item)
    return True


def _next_mention(cut_text: Tokens, items: Sequence[Item], place: int) -> int | None:
    marker = items[place]
    end = marker.end
    for ahead in range(place + 1, len(items)):
        item = items[ahead]
        if item.clause != marker.clause or item.start - end > REACH:
            return None
        if item.role == MENTION:
            return ahead
        if item.role not in _PASSED:
            return None
        end = item.end
    return None


def _previous_mention(items: Sequence[Item], place: int) -> int | None:
    marker = items[place]
    start = marker.start
    for behind in range(place - 1, -1, -1):
        item = items[behind]
        if item.clause != marker.clause or start - item.end > REACH:
            return None
        if item.role == MENTION:
            return behind
        if item.role not in _PASSED:
            return None
        start = item.start
    return None


def _chain(cut_text: Tokens, items: Sequence[Item], place: int, step: int, governs: bool) -> list[int]:
    """
    Mentions that stand in one row with *items[place]*, going forward or backward: joined by «и» or «или»; over a comma
    where all are such as leads refuse, or where a genitive goes on.
    """
    row: list[int] = []
    at, joined = place, False
    here = place + step
    while 0 <= here < len(items):
        item, last = items[here], items[at]
        gap = item.start - last.end if step > 0 else last.start - item.end
        if item.sentence != last.sentence:
            break
        if item.role == markers.AND:
            joined = True
        elif item.role == MENTION:
            between = cut_text.words[last.end : item.start] if step > 0 else cut_text.words[item.end : last.start]
            if any(word is not None and word.symbol in _WITH for word in between):
                break
            first = cut_text.words[item.start]
            if item.clause == last.clause:
                if not joined or gap > REACH:
                    break
            elif abs(item.clause - last.clause) == 1 and gap <= 3:
                goes_on = governs and first is not None and first.genitive
                if not (item.refused and last.refused and not item.denied) and not goes_on:
                    break
            else:
                break
            row.append(here)
            at, joined = here, False
        elif (
            item.role not in _CHAINED
            or item.role == NUMBER
            and not item.taken
            and not (item.quantity is not None and item.quantity.unit == "year")  # «дети до 3 лет и животные»
        ):
            break
        here += step
    return row


# Strength and permission


def _strengthen(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    marker = items[place]

    def act(item: Item) -> None:
        if marker.role == markers.CAN:
            item.allowed = True
        elif marker.role == markers.SOFT:
            item.strength = "soft"
            item.cancelled = False
        else:
            item.strength = "must"

    if _after_colon(items, place, act):
        return
    ahead = behind = None
    for here in range(place + 1, len(items)):
        item = items[here]
        if item.clause != marker.clause or item.start - marker.end > 3 * REACH:
            break
        if item.role == MENTION:
            ahead = here
            break
        if item.role in (markers.MUST, markers.SOFT):
            break
    for here in range(place - 1, -1, -1):
        item = items[here]
        if item.clause != marker.clause or marker.start - item.end > 2 * REACH:
            break
        if item.role == MENTION:
            behind = here
            break
        if item.role in (markers.MUST, markers.SOFT):
            break
    word = cut_text.words[marker.start]
    adjective = word is not None and word.symbol.endswith(("ый", "ен", "required", "mandatory", "desirable"))
    target = behind if behind is not None and (adjective or ahead is None) else ahead
    if target is None:
        target = _neighbour_clause(cut_text, items, place)
        if target is None:
            return
    step = 1 if target > place else -1
    for each in [target, *_chain(cut_text, items, target, step, False)]:
        act(items[each])


def _neighbour_clause(cut_text: Tokens, items: Sequence[Item], place: int) -> int | None:
    """A marker alone in its clause speaks of the clause before, or after «чтобы» of the one after it."""
    marker = items[place]
    after = cut_text.words[marker.end + 1] if marker.end + 1 < len(cut_text.words) else None
    forward = marker.end < len(cut_text.words) and (
        (comma := cut_text.words[marker.end]) is not None
        and (
            comma.symbol in ("чтобы", "что")
            or comma.symbol == ","
            and after is not None
            and after.symbol in ("чтобы", "что")
        )
    )
    ends = (
        marker.end >= len(cut_text.words)
        or (mark := cut_text.words[marker.end]) is not None
        and not mark.symbol.isalnum()
    )
    if not forward and not ends:
        return None  # «балкон, желательно застеклённый»
    step = 1 if forward else -1
    here = place + step
    while 0 <= here < len(items) and items[here].sentence == marker.sentence:
        if items[here].role == MENTION:
            return here if abs(items[here].clause - marker.clause) <= (2 if forward else 1) else None
        here += step
    return None
