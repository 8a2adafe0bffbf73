"""Neighbours of a marker in its clause, and mentions that stand in one row: «первый, последний и угловой»."""

from collections.abc import Callable, Sequence

from matching.reading import markers
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.quantities import Quantity
from matching.reading.single_numbers import DASHES

_ENDS_OF_HOUSE = frozenset({"first_floor", "last_floor"})
_ANIMALS = frozenset({"pets", "cats", "dogs"})
#: How far a marker may stand from what it marks, in tokens.
REACH = 5

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
        markers.ALSO,
        markers.OWN,
        NUMBER,
    }
)
#: What may stand between two mentions of one row.
_CHAINED = frozenset(
    {markers.CAN, markers.NOT, markers.NEAR, markers.WINDOW, markers.WALK, markers.ALSO, markers.OWN, NUMBER}
)
#: What ends a row and a denial: «недорогая с балконом».
WITH = frozenset({"с", "со", "with", "плюс"})
_STOPS_ROW = WITH | {"в"}


def after_colon(items: Sequence[Item], place: int, act: Callable[[Item], None]) -> bool:
    """«Не предлагать: первый этаж, апартаменты»: act on all that follows a colon in the sentence."""
    if place + 1 >= len(items) or items[place + 1].role != markers.COLON:
        return False
    marker = items[place]
    if items[place + 1].sentence != marker.sentence or items[place + 1].start - marker.end > REACH:
        return False
    for item in items[place + 2 :]:
        if item.sentence != marker.sentence or item.role in (markers.MUST, markers.SOFT, markers.COLON, markers.CAN):
            break
        if item.role == MENTION:
            act(item)
    return True


def next_mention(items: Sequence[Item], place: int) -> int | None:
    """The nearest mention after the marker *place* in its clause."""
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


def previous_mention(items: Sequence[Item], place: int) -> int | None:
    """The nearest mention before the marker *place* in its clause."""
    marker = items[place]
    start = marker.start
    for behind in range(place - 1, -1, -1):
        item = items[behind]
        if item.clause != marker.clause or start - item.end > REACH:
            return None
        if item.role == MENTION:
            return behind
        if item.role not in _PASSED and item.role != markers.COLON:  # «мусоропровод: нет»
            return None
        start = item.start
    return None


def _is_floor(item: Item, quantity: Quantity) -> bool:
    """«кроме 1, 2 и последнего»."""
    return quantity.how == "eq" and quantity.unit == "" and not item.meanings.kinds.isdisjoint(_ENDS_OF_HOUSE)


def _is_of_people(item: Item) -> bool:
    return item.meanings.of_people


def _are_people_refused(cut_text: Tokens, item: Item, last: Item) -> bool:
    """«студентов, животных не беспокоить»; not «для семьи, студентов не беспокоить»."""
    if not (_is_of_people(item) and _is_of_people(last)) or item.denied or "couples" in item.meanings.kinds:
        return False
    if item.meanings.kinds | last.meanings.kinds <= _ANIMALS and last.start - item.end == 1:
        return True  # «кошки, собаки - нет»
    before = cut_text.tokens[item.start - 1].lower() if item.start else ""
    words = cut_text.words[item.start], cut_text.words[last.start]
    return before != "для" and all(word is not None and word.case == "genitive" for word in words)


def row_of(cut_text: Tokens, items: Sequence[Item], place: int, step: int, governs: bool) -> list[int]:
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
            stops = WITH if item.refused and last.refused else _STOPS_ROW
            if item.refused and last.refused and any(each.role == markers.WINDOW for each in items[here - 2 : here]):
                stops = frozenset()  # «первый этаж и квартиры с окнами на дорогу не предлагать»
            if joined and _is_of_people(item) and _is_of_people(last):
                stops = frozenset()  # «курящим и с питомцами не сдаём»
            if any(word is not None and word.symbol in stops for word in [*between, cut_text.words[item.start]]):
                break
            first = cut_text.words[item.start]
            if governs and first is not None and first.case in ("nominative", "other"):
                break  # «без обременений и один собственник»
            if len(between) == 1 and between[0] is not None and between[0].symbol in DASHES:
                joined = True  # «первый-последний»
            if item.clause == last.clause:
                if not joined or gap > REACH:
                    break
            elif abs(item.clause - last.clause) == 1 and gap <= 3:
                goes_on = governs and first is not None and first.case == "genitive"
                # «кроме первого, панельный дом» refuses no panel.
                agrees = not governs or goes_on or first is not None and first.number is not None
                let = step > 0 or any(
                    each.role == markers.CAN for each in items[max(0, here - 2) : here] if each.clause == item.clause
                )
                if not let and _are_people_refused(cut_text, item, last):
                    goes_on = True
                if not (item.refused and last.refused and not item.denied and agrees) and not goes_on:
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
            and not (last.refused and item.quantity is not None and _is_floor(last, item.quantity))
        ):
            break
        here += step
    return row
