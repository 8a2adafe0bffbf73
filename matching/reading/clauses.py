"""Relating markers and numbers to mentions, clause by clause; only specific markers act beyond their clause."""

from collections.abc import Mapping, Sequence

from matching.reading import markers
from matching.reading.counted import attach_numbers
from matching.reading.denials import deny_ahead, deny_around
from matching.reading.kinds import KINDS
from matching.reading.limit_words import AT_MOST
from matching.reading.mentions import MENTION, NUMBER, SUBJECT, Item, Meanings, Tokens
from matching.reading.present_home import NOW, PAST, PRESENT, cancel_present
from matching.reading.repetition import cancel_own, deny_also
from matching.reading.rows import LONGEST_ROW
from matching.reading.strength import strengthen

#: Things that are near the home, unless they are seen from the windows.
_SEEN_OR_NEAR = frozenset({"park", "motorway", "closed_yard"})
_BESIDE_VIEWS = _SEEN_OR_NEAR | {"quiet", "balcony", "kitchen_area", "bedrooms"}
_HAVE_TERMS = frozenset({"instalments", "mortgage", "subsidised_mortgage", "registration", "deposit"})
#: Markers that may refer to the clause before.
_SPEAKS_BACK = frozenset(
    {markers.REFUSE, markers.ABSENT, markers.CANCEL, markers.UNNEEDED, markers.MUST, markers.SOFT, markers.CAN}
)
#: The round of :func:`resolve` in which each marker acts: denials come before cancellations, and strength comes last.
_ROUND: dict[str, int] = {
    role: turn
    for turn, roles in enumerate(
        (
            (markers.NOT, markers.NEVER),
            (markers.REFUSE, markers.ABSENT, markers.CANCEL, markers.UNNEEDED),
            (markers.ALSO, markers.OWN),
            (markers.FUTURE, markers.IF, markers.OTHERS, markers.ELSEWHERE, PRESENT, PAST, NOW),
            (markers.MUST, markers.SOFT, markers.CAN),
        )
    )
    for role in roles
}
#: The most things to which one «рядом» may refer.
LONGEST_LIST = 12
_OUTSIDE = frozenset(kind.name for kind in KINDS if kind.group == "outside")
_ONTO = frozenset({"на", "в", "во", "и", "или", "не", "("})


def resolve(cut_text: Tokens, items: list[Item]) -> list[Item]:
    """*items*, with all related markers and numbers applied to each mention."""
    _drop_unmet_meanings(cut_text, items)
    items = [item for item in items if item.role != MENTION or item.meanings]
    _resolve_denied_numbers(items)
    attach_numbers(cut_text, items)
    everything = items
    items = _without_incomplete(items)
    # The few items of a text that act on others, in five rounds.
    rounds: tuple[list[int], ...] = ([], [], [], [], [])
    for index, item in enumerate(items):
        turn = _ROUND.get(item.role)
        if turn is not None:
            rounds[turn].append(index)
        elif item.meanings.watched:
            rounds[3].append(index)
    for index in rounds[0]:
        deny_ahead(cut_text, items, index)
    for index in rounds[1]:
        deny_around(cut_text, items, index)
    for index in rounds[2]:
        if items[index].role == markers.ALSO:
            deny_also(cut_text, items, index)
        else:
            cancel_own(cut_text, items, index)
    for index in rounds[3]:
        if items[index].role == markers.FUTURE:
            _cancel_planned(items, index)
        elif items[index].role == markers.IF:
            _cancel_condition(cut_text, items, index)
        elif items[index].role == markers.OTHERS:
            _cancel_sentence(items, index)
        elif items[index].role == markers.ELSEWHERE:
            _cancel_clause(items, index)
        elif items[index].role in (PRESENT, PAST, NOW):
            cancel_present(cut_text, items, index)
        else:
            _cancel_watched_terms(cut_text, items, index)
    for index in rounds[4]:
        strengthen(cut_text, items, index)
    return everything


def _cancel_condition(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """«не выше 5, если нет лифта»; but «если выше третьего этажа то лифт» asks for a lift."""
    marker = items[index]
    if cut_text.tokens[marker.start].lower() in ("только", "разве", "лишь") and index and items[index - 1].refused:
        items[index - 1].allowed = not items[index - 1].denied  # «первый этаж только если высокий»
    if cut_text.tokens[marker.end : marker.end + 1] == [":"]:
        return  # «Когда: с 5 сентября»
    ahead = cut_text.tokens[marker.end : marker.end + 3 * LONGEST_LIST]
    then = next(
        (position for position, token in enumerate(ahead, marker.end) if token.lower() in ("то", "тогда")), None
    )
    is_condition: bool | None = None
    #: Whether furniture is denied in the condition, and the end of the first that is.
    furnished: dict[bool, int] = {}
    for i in range(index + 1, min(len(items), index + LONGEST_ROW)):
        condition = items[i]
        if condition.clause != marker.clause or then is not None and condition.start > then:
            break
        if condition.meanings.of_people:
            is_condition = _is_objection_or_permission(items, index) if is_condition is None else is_condition
            if is_condition:
                continue  # «если хозяин не против кошки»
        if not (condition.denied and condition.strength == "must"):  # «если дом панельный, то не рассматриваю»
            condition.cancelled = True
            if "furnished" in condition.meanings.kinds:
                furnished.setdefault(condition.denied, condition.end)
    if furnished:
        _cancel_other_case(items, index, furnished)


def _cancel_other_case(items: Sequence[Item], index: int, furnished: Mapping[bool, int]) -> None:
    """«если без мебели — до 30, с мебелью — до 40» asks for neither."""
    marker = items[index]
    for item in items[max(0, index - LONGEST_ROW) : index + LONGEST_ROW]:
        if item.sentence == marker.sentence and "furnished" in item.meanings.kinds:
            item.cancelled |= item.start > furnished.get(not item.denied, item.start)


def _is_objection_or_permission(items: Sequence[Item], index: int) -> bool:
    """Whether the condition is that somebody objects to something or allows it."""
    marker, near = items[index], items[max(0, index - LONGEST_ROW) : index + LONGEST_ROW]
    return any(each.clause == marker.clause and each.role in (markers.CANCEL, markers.CAN) for each in near)


def _cancel_watched_terms(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """Cancel a term that is not that of a rent, a school under construction, and a missing lift that limits floors."""
    item = items[index]
    word, kinds = cut_text.words[item.start], item.meanings.kinds
    if "rent_term" in kinds and word is not None:
        item.cancelled = item.cancelled or word.symbol == "на" and has_term_of_its_own(items, index)
    if "handed_over" in kinds and _is_built_near(cut_text, items, index):
        items[index - 1].cancelled = item.cancelled = True
    if item.denied and "lift" in kinds:
        after = items[index + 1] if index + 1 < len(items) else None
        if after is not None and _is_highest_floor(item, after):
            item.cancelled |= after.start - item.end <= 1  # «без лифта не выше третьего» asks for a floor
        before = next((each for each in reversed(items[:index]) if each.role in (NUMBER, MENTION)), None)
        if before is not None and _is_highest_floor(item, before):
            item.cancelled |= item.start - before.end <= 5  # «не выше 4-го без лифта»
        elif before is not None and before.denied and "floor" in before.meanings.kinds:
            item.cancelled |= item.start - before.end <= 1  # «не пятый этаж без лифта»


def _is_highest_floor(lift: Item, other: Item) -> bool:
    """«не выше 4-го без лифта»; not «до конца апреля. Лифта нет»."""
    limit = other.quantity
    return limit is not None and limit.how == AT_MOST and not limit.unit and other.sentence == lift.sentence


def _without_incomplete(items: list[Item]) -> list[Item]:
    """*items* without the mentions that lack their number; markers in their clauses then refer to no earlier clause."""
    kept = [
        item
        for item in items
        if not item.meanings.counts or item.quantity is not None or item.role != MENTION or not _needs_number(item)
    ]
    if len(kept) < len(items) and not _SPEAKS_BACK.isdisjoint({item.role for item in kept}):
        with_mentions = {item.clause for item in kept if item.role == MENTION}
        named = {item.clause for item in items if item.role == MENTION} - with_mentions
        for item in kept:
            item.beside = item.clause in named
    return kept


def _cancel_planned(items: Sequence[Item], index: int) -> None:
    """«планируется школа»: cancel things that are only planned."""
    for item in items[max(0, index - 5) : index + 6]:
        item.cancelled |= item.clause == items[index].clause and not item.meanings.kinds.isdisjoint(_OUTSIDE)


def _cancel_sentence(items: Sequence[Item], index: int) -> None:
    """«также в нашей базе есть двушки и студии»: cancel a sentence about other homes."""
    for item in items[max(0, index - LONGEST_ROW) :]:
        if item.sentence > items[index].sentence:
            break
        item.cancelled |= item.sentence == items[index].sentence and item.clause >= items[index].clause


def _cancel_clause(items: Sequence[Item], index: int) -> None:
    """«раньше сдавали семье с собакой»: cancel the rest of a clause about other times or homes."""
    for item in items[index : index + LONGEST_ROW]:
        if item.clause > items[index].clause:
            break
        item.cancelled = True


def _is_built_near(cut_text: Tokens, items: Sequence[Item], index: int) -> bool:
    """«новая школа строится»: the school, not the house, is under construction."""
    item, word = items[index], cut_text.words[items[index].start]
    if not index or word is None or word.symbol != "строиться":
        return False
    before = items[index - 1]
    return (
        before.clause == item.clause and item.start - before.end <= 3 and not before.meanings.kinds.isdisjoint(_OUTSIDE)
    )


def _resolve_denied_numbers(items: Sequence[Item]) -> None:
    """«ни в коем случае не меньше восьми» is a strict limit; in «не 2,5, а выше» the number itself is not wanted."""
    for index, item in enumerate(items[:-1]):
        if item.role not in (markers.NOT, markers.NEVER):
            continue
        number = items[index + 1]
        if number.role != NUMBER or number.quantity is None:
            continue
        if item.role == markers.NEVER and number.quantity.how != "eq" and number.start == item.end:
            item.role = markers.MUST
        elif item.role == markers.NOT and number.quantity.how == "eq" and number.start == item.end:
            after = items[index + 2] if index + 2 < len(items) else None
            if after is None or after.clause != item.clause:
                number.taken = True


# Mentions that need another word


def _needs_number(item: Item) -> bool:
    """Whether it is meaningless without a number, even if denied: «дом», «площадь»."""
    return all(meaning.value is SUBJECT and meaning.entry.denied is None for meaning in item.meanings)


def _drop_unmet_meanings(cut_text: Tokens, items: Sequence[Item]) -> None:
    """Drop the meanings whose marker is missing; if «окна» makes a park a view, it does not also mean a park nearby."""
    for index, item in enumerate(items):
        if not item.meanings.needs:
            continue
        near = _stands_near(items, index, markers.NEAR, 4)
        seen = _is_seen(cut_text, items, index)
        kept = []
        for meaning in item.meanings:
            if meaning.needs == markers.WINDOW:
                if seen:
                    kept.append(meaning)
            elif meaning.needs:
                listed = meaning.needs == markers.NEAR and (near or _is_listed_near(items, index))
                if listed if meaning.needs == markers.NEAR else _stands_near(items, index, meaning.needs, 5):
                    kept.append(meaning)
            elif not (seen and meaning.entry.kind in _SEEN_OR_NEAR):
                kept.append(meaning)
        item.meanings = Meanings(kept) if len(kept) < len(item.meanings) else item.meanings


def has_term_of_its_own(items: Sequence[Item], index: int) -> bool:
    """«рассрочка на год», «прописка на полгода»: whether the term is not that of a rent."""
    return any(
        other.clause == items[index].clause
        and not other.meanings.kinds.isdisjoint(_HAVE_TERMS)
        and ("deposit" not in other.meanings.kinds or other.start < items[index].start)  # «на год + депозит»
        for other in items[max(0, index - 6) : index + 7]
    )


def _is_listed_near(items: Sequence[Item], index: int) -> bool:
    """«рядом магазины, спортзал, метро»."""
    for i in range(index - 1, max(-1, index - LONGEST_LIST), -1):
        item, after = items[i], items[i + 1]
        if item.sentence != after.sentence or after.clause - item.clause > 1:
            return False
        if item.role == markers.NEAR:
            return True
        if item.role != markers.AND and not item.meanings.kinds & _OUTSIDE:
            return False
    return False


def _stands_near(items: Sequence[Item], index: int, role: str, reach: int) -> bool:
    item = items[index]
    for other in items[max(0, index - 3) : index + 4]:
        named = other.role == role or role in other.meanings.kinds
        near = other.clause == item.clause or (
            role == "bathrooms" and other.sentence == item.sentence and item.clause - other.clause == 1
        )  # «санузел в кафеле, совмещённый»
        if named and other is not item and near:
            if max(other.start - item.end, item.start - other.end) <= reach:
                return True
    return False


def _is_seen(cut_text: Tokens, items: Sequence[Item], index: int) -> bool:
    """Whether «окна» or «вид» precedes it in the clause, or in the previous clause if this one continues with «на»."""
    item = items[index]
    follower = items[index + 1] if index + 1 < len(items) else None
    if follower is not None and follower.role == markers.WINDOW and follower.clause == item.clause:
        if follower.start - item.end <= 1 and follower.end - follower.start <= 2:
            word = cut_text.words[follower.start]
            if word is not None and word.symbol in ("view", "за", "из"):
                return True
    for i in range(index - 1, max(-1, index - LONGEST_ROW), -1):
        other = items[i]
        if other.sentence != item.sentence or item.clause - other.clause > 2:
            return False
        if other.role == markers.WINDOW or "two_sided" in other.meanings.kinds:
            if other.clause == item.clause:
                return True
            word = cut_text.words[item.start - 1]
            return word is not None and word.symbol in _ONTO
        if other.role == MENTION and not any(meaning.needs == markers.WINDOW for meaning in other.meanings):
            if not other.meanings.kinds & _BESIDE_VIEWS:
                return False
    return False
