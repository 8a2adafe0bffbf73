"""What belongs to a mention, clause by clause: nothing reaches past its clause without reason."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.counted import attach_numbers
from matching.reading.denials import cancel_own, deny_ahead, deny_also, deny_around
from matching.reading.kinds import KINDS
from matching.reading.mentions import MENTION, NUMBER, SUBJECT, Item, Senses, Tokens
from matching.reading.quantities import AT_MOST
from matching.reading.strength import strengthen

#: What is near unless windows look at it.
_SEEN_OR_NEAR = frozenset({"park", "motorway", "closed_yard"})
_BESIDE_VIEWS = _SEEN_OR_NEAR | {"quiet", "balcony", "kitchen_area", "bedrooms"}
_HAVE_TERMS = frozenset({"instalments", "mortgage", "subsidised_mortgage", "registration", "deposit"})
#: Markers that may speak of the clause before.
_SPEAKS_BACK = frozenset({markers.REFUSE, markers.ABSENT, markers.CANCEL, markers.UNNEEDED})
#: How many things one «рядом» may speak of.
LONGEST_LIST = 12
_OUTSIDE = frozenset(kind.name for kind in KINDS if kind.group == "outside")
_ONTO = frozenset({"на", "в", "во", "и", "или", "не"})


def resolve(cut_text: Tokens, items: list[Item]) -> list[Item]:
    """*items*, each mention with all that belongs to it."""
    _meet_needs(cut_text, items)
    items = [item for item in items if item.role != MENTION or item.meanings]
    _settle_denied_numbers(items)
    attach_numbers(cut_text, items)
    everything = items
    items = _with_what_tells(items)
    for place, item in enumerate(items):
        if item.role in (markers.NOT, markers.NEVER):
            deny_ahead(cut_text, items, place)
    for place, item in enumerate(items):
        if item.role in (markers.REFUSE, markers.ABSENT, markers.CANCEL, markers.UNNEEDED):
            deny_around(cut_text, items, place)
    for place, item in enumerate(items):
        if item.role == markers.ALSO:
            deny_also(cut_text, items, place)
        elif item.role == markers.OWN:
            cancel_own(items, place)
    for place, item in enumerate(items):
        if item.role == markers.FUTURE:
            _cancel_planned(items, place)
        elif item.role == markers.IF:
            _cancel_condition(cut_text, items, place)
        elif item.meanings.watched:
            _settle_watched(cut_text, items, place)
    for place, item in enumerate(items):
        if item.role in (markers.MUST, markers.SOFT, markers.CAN):
            strengthen(cut_text, items, place)
    return everything


def _cancel_condition(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    """«не выше 5, если нет лифта»; but «если выше третьего этажа то лифт» asks for a lift."""
    marker = items[place]
    ahead = cut_text.tokens[marker.end : marker.end + 3 * LONGEST_LIST]
    then = next((at for at, token in enumerate(ahead, marker.end) if token.lower() in ("то", "тогда")), None)
    for condition in items[place + 1 :]:
        if condition.clause != marker.clause or then is not None and condition.start > then:
            break
        condition.cancelled = True


def _settle_watched(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    """A term that is not of the rent, a school that is under construction, a limit of floors for want of a lift."""
    item = items[place]
    word, kinds = cut_text.words[item.start], item.meanings.kinds
    if "rent_term" in kinds and word is not None:
        item.cancelled = item.cancelled or word.symbol == "на" and has_term_of_its_own(items, place)
    if "handed_over" in kinds and _is_built_near(cut_text, items, place):
        items[place - 1].cancelled = item.cancelled = True
    if item.denied and "lift" in kinds:
        after = items[place + 1] if place + 1 < len(items) else None
        if after is not None and after.quantity is not None and after.quantity.how == AT_MOST:
            item.cancelled |= after.start - item.end <= 1  # «без лифта не выше третьего» asks for a floor
        before = next((each for each in reversed(items[:place]) if each.role in (NUMBER, MENTION)), None)
        if before is not None and before.quantity is not None and before.quantity.how == AT_MOST:
            item.cancelled |= item.start - before.end <= 5  # «не выше 4-го без лифта»


def _with_what_tells(items: list[Item]) -> list[Item]:
    """*items* without the mentions that lack their number; markers in their clauses speak of nothing before."""
    kept = [item for item in items if item.role != MENTION or item.quantity is not None or not _needs_number(item)]
    if len(kept) < len(items) and not _SPEAKS_BACK.isdisjoint({item.role for item in kept}):
        told = {item.clause for item in kept if item.role == MENTION}
        named = {item.clause for item in items if item.role == MENTION} - told
        for item in kept:
            item.beside = item.clause in named
    return kept


def _cancel_planned(items: Sequence[Item], place: int) -> None:
    """«планируется школа»: what is only planned is not there."""
    for item in items[max(0, place - 5) : place + 6]:
        item.cancelled |= item.clause == items[place].clause and not item.meanings.kinds.isdisjoint(_OUTSIDE)


def _is_built_near(cut_text: Tokens, items: Sequence[Item], place: int) -> bool:
    """«новая школа строится»: it is the school that is under construction."""
    item, word = items[place], cut_text.words[items[place].start]
    if not place or word is None or word.symbol != "строиться":
        return False
    before = items[place - 1]
    return (
        before.clause == item.clause and item.start - before.end <= 3 and not before.meanings.kinds.isdisjoint(_OUTSIDE)
    )


def _settle_denied_numbers(items: Sequence[Item]) -> None:
    """«ни в коем случае не меньше восьми» is a strict limit; the number of «не 2,5, а выше» is none that is wanted."""
    for place, item in enumerate(items[:-1]):
        number = items[place + 1]
        if item.role not in (markers.NOT, markers.NEVER) or number.role != NUMBER or number.quantity is None:
            continue
        if item.role == markers.NEVER and number.quantity.how != "eq" and number.start == item.end:
            item.role = markers.MUST
        elif item.role == markers.NOT and number.quantity.how == "eq" and number.start == item.end:
            after = items[place + 2] if place + 2 < len(items) else None
            if after is None or after.clause != item.clause:
                number.taken = True


# What needs a word beside it


def _needs_number(item: Item) -> bool:
    """It says nothing without a number, denied or not: «дом», «площадь»."""
    if not item.meanings.counts:
        return False
    return all(meaning.value is SUBJECT and meaning.entry.denied is None for meaning in item.meanings)


def _meet_needs(cut_text: Tokens, items: Sequence[Item]) -> None:
    """Drop the meanings whose marker is not there; where «окна» makes a park a view, it is not a park near."""
    for place, item in enumerate(items):
        if not item.meanings.needs:
            continue
        near = _stands_near(items, place, markers.NEAR, 4)
        seen = _is_seen(cut_text, items, place)
        kept = []
        for meaning in item.meanings:
            if meaning.needs == markers.WINDOW:
                if seen:
                    kept.append(meaning)
            elif meaning.needs:
                listed = meaning.needs == markers.NEAR and (near or _is_listed_near(items, place))
                if listed if meaning.needs == markers.NEAR else _stands_near(items, place, meaning.needs, 5):
                    kept.append(meaning)
            elif not (seen and meaning.entry.kind in _SEEN_OR_NEAR):
                kept.append(meaning)
        item.meanings = Senses(kept) if len(kept) < len(item.meanings) else item.meanings


def has_term_of_its_own(items: Sequence[Item], place: int) -> bool:
    """«рассрочка на год», «прописка на полгода»: the term is not that of a rent."""
    return any(
        other.clause == items[place].clause and not other.meanings.kinds.isdisjoint(_HAVE_TERMS)
        for other in items[max(0, place - 6) : place + 7]
    )


def _is_listed_near(items: Sequence[Item], place: int) -> bool:
    """«рядом магазины, спортзал, метро»."""
    for here in range(place - 1, max(-1, place - LONGEST_LIST), -1):
        item, after = items[here], items[here + 1]
        if item.sentence != after.sentence or after.clause - item.clause > 1:
            return False
        if item.role == markers.NEAR:
            return True
        if item.role != markers.AND and not item.meanings.kinds & _OUTSIDE:
            return False
    return False


def _stands_near(items: Sequence[Item], place: int, role: str, reach: int) -> bool:
    item = items[place]
    for other in items[max(0, place - 3) : place + 4]:
        named = other.role == role or role in other.meanings.kinds
        near = other.clause == item.clause or (
            role == "bathrooms" and other.sentence == item.sentence and item.clause - other.clause == 1
        )  # «санузел в кафеле, совмещённый»
        if named and other is not item and near:
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
        if other.role == markers.WINDOW or "two_sided" in other.meanings.kinds:
            if other.clause == item.clause:
                return True
            word = cut_text.words[item.start - 1]
            return word is not None and word.symbol in _ONTO
        if other.role == MENTION and not any(meaning.needs == markers.WINDOW for meaning in other.meanings):
            if not other.meanings.kinds & _BESIDE_VIEWS:
                return False
    return False
