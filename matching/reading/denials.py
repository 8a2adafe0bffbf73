"""What is denied, and what is said to be no wish at all."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.kinds import KINDS
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.rows import REACH, WITH, after_colon, next_mention, previous_mention, row_of

_FURNISHING = frozenset(kind.name for kind in KINDS if kind.group == "furnishing")
#: Denials after which a list of genitives goes on: «без детей, животных».
_GOVERN_GENITIVE = frozenset({"без", "кроме", "исключая", "помимо", "нет"})


def deny_ahead(cut_text: Tokens, items: Sequence[Item], place: int) -> bool:
    marker = items[place]
    must = marker.role in (markers.NEVER, markers.REFUSE)
    if after_colon(items, place, lambda item: _deny(cut_text, item, marker, must)):
        return True
    if marker.role == markers.NEVER and place + 1 < len(items) and items[place + 1].role == markers.NOT:
        items[place + 1].role = markers.NEVER  # «ни в коем случае не первый»
        return False
    first = next_mention(items, place)
    if first is None:
        behind = previous_mention(items, place) if _denies_behind(cut_text, marker) else None
        if behind is not None:  # "rubbish chute no"
            _deny(cut_text, items[behind], marker, must)
        return behind is not None
    target = items[first]
    near = any(item.role == markers.NEAR for item in items[place + 1 : first])  # «не рядом с трассой»
    if not near and any(
        word is not None and word.symbol in WITH for word in cut_text.words[marker.end + 1 : target.start]
    ):
        return False  # «недорогая с балконом»
    _deny(cut_text, target, marker, must)
    symbol = cut_text.words[marker.start]
    governs = symbol is not None and symbol.symbol in _GOVERN_GENITIVE
    for following in _denied_row(cut_text, items, first, 1, governs):
        _deny(cut_text, items[following], marker, must)
    return True


def _denies_behind(cut_text: Tokens, marker: Item) -> bool:
    """ "rubbish chute no"; «панель кроме», where the clause ends."""
    word = cut_text.words[marker.start]
    after = cut_text.tokens[marker.end] if marker.end < len(cut_text.tokens) else "."
    return word is not None and (word.symbol in ("no", "not") or word.symbol == "кроме" and not after[0].isalnum())


def deny_around(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    """Deny, or make no wish of, what the marker at *place* of the items speaks of."""
    marker = items[place]
    symbols = [word.symbol for word in cut_text.words[marker.start : marker.end] if word is not None]

    def act(item: Item) -> None:
        _act_on(cut_text, item, marker, symbols)

    if after_colon(items, place, act):
        return
    before = previous_mention(items, place)
    after = next_mention(items, place)
    if marker.role == markers.REFUSE and after is None and _without_follows(cut_text, items, place):
        before, after = None, next_mention(items, place + 1)
    if after is not None and (before is None or _speaks_of_next(cut_text, items, marker, before, after)):
        act(items[after])
        for following in _denied_row(cut_text, items, after, 1, _is_no(cut_text, marker)):
            act(items[following])
        return
    if before is None:
        before = _only_mention_before(cut_text, items, place)
        if before is None:
            ahead = _refusal_ahead(items, place)
            if ahead is not None:
                act(ahead)
            return
        if items[before].sentence != marker.sentence or marker.clause - items[before].clause > 1:
            return
    _cancel_refused_whole(cut_text, items, before)
    for each in [before, *_denied_row(cut_text, items, before, -1, False)]:
        if items[each].denied and each != before and marker.role != markers.CANCEL:
            if not (_denied_by_without(cut_text, items[each]) and items[each].clause == items[before].clause):
                break
        act(items[each])


def _cancel_refused_whole(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    """«новостройку без отделки не надо»: what is refused is both together, and a new building is not asked for."""
    item = items[place]
    start = min((start for start, _ in item.by), default=item.start)
    if not _lacks(cut_text, start):
        return
    whole = next(
        (each for each in items[max(0, place - 3) : place] if each.role == MENTION and each.end == start), None
    )
    if whole is not None and not whole.denied:
        whole.cancelled = True


def _lacks(cut_text: Tokens, start: int) -> bool:
    """Whether «без» stands at the token *start*."""
    word = cut_text.words[start]
    return word is not None and word.symbol in ("без", "without")


def _act_on(cut_text: Tokens, item: Item, marker: Item, symbols: Sequence[str]) -> None:
    """Deny one item, or cancel it: a marker of *symbols* that says that it does not matter makes no wish of it."""
    is_cancelling = marker.role == markers.CANCEL
    if is_cancelling and "против" in symbols and item.meanings.of_people:
        return  # «чтобы хозяин был не против кошки» wants it allowed
    unneeded = marker.role == markers.UNNEEDED and not (
        item.refused
        or _is_refused_by_need(item)
        or _is_worse(item)
        or item.denied
        and _denied_by_without(cut_text, item)
    )
    if is_cancelling or unneeded:
        item.cancelled = True
        return
    unwished = any("желательн" in symbol for symbol in symbols)
    _deny(cut_text, item, marker, marker.role == markers.REFUSE, unwished)


def _is_no(cut_text: Tokens, marker: Item) -> bool:
    word = cut_text.words[marker.start]
    return word is not None and word.symbol in ("нет", "no", "нету", "отсутствовать")


def _speaks_of_next(cut_text: Tokens, items: Sequence[Item], marker: Item, before: int, after: int) -> bool:
    """Whether a marker between two mentions speaks of the one behind it: «окна во двор, нет балкона»."""
    if items[after].start - marker.end > 1:
        return False
    if _is_no(cut_text, marker) and _is_genitive(cut_text, items[after]):
        if items[before].denied or not _is_genitive(cut_text, items[before]):
            return True
    if marker.role == markers.REFUSE and items[after].refused and not items[before].refused:
        return True
    return items[before].denied and not _denied_by_without(cut_text, items[before])


def _only_mention_before(cut_text: Tokens, items: Sequence[Item], place: int) -> int | None:
    """
    The last mention before a marker that has its clause for itself: «апартаменты, первый этаж - не предлагать»,
    «…, не предлагать».
    """
    marker = items[place]
    if marker.beside:
        return None
    if marker.start != 0 and ((sign := cut_text.words[marker.start - 1]) is None or sign.symbol.isalnum()):
        return None
    for item in items:
        if item.clause == marker.clause and item is not marker and item.role in (MENTION, NUMBER):
            return None
    return next((i for i in range(place - 1, -1, -1) if items[i].role == MENTION), None)


def _refusal_ahead(items: Sequence[Item], place: int) -> Item | None:
    """What is refused in the next clause: «не рассматриваем варианты с хозяевами, с подселением»."""
    marker = items[place]
    if marker.role != markers.REFUSE:
        return None
    ahead = next((each for each in items[place + 1 : place + 3] if each.role == MENTION), None)
    if ahead is None or not ahead.refused or ahead.clause - marker.clause != 1:
        return None
    is_near = ahead.sentence == marker.sentence and ahead.start - marker.end <= REACH
    return ahead if is_near else None


def _without_follows(cut_text: Tokens, items: Sequence[Item], place: int) -> bool:
    """«не предлагать без лифта, панель»: homes without a lift are refused, and panel houses."""
    follower = items[place + 1] if place + 1 < len(items) else None
    if follower is None or follower.role != markers.NOT or follower.start - items[place].end > 1:
        return False
    word = cut_text.words[follower.start]
    return word is not None and word.symbol in ("без", "without")


def _is_genitive(cut_text: Tokens, item: Item) -> bool:
    first = cut_text.words[item.start]
    return first is not None and first.case == "genitive"


def _denied_row(cut_text: Tokens, items: Sequence[Item], place: int, step: int, governs: bool) -> list[int]:
    """The row of *items[place]* that a denial runs through, up to what is a denial itself: «не доля, юр. чистая»."""
    row = row_of(cut_text, items, place, step, governs)
    ended = (at for at, each in enumerate(row) if any(meaning.value is False for meaning in items[each].meanings))
    return row[: next(ended, len(row))]


def _denied_by_without(cut_text: Tokens, item: Item) -> bool:
    """«без» or "without" denies it, in its own clause."""
    first = min(start for start, _ in item.by) if item.by else item.start
    symbols = [word.symbol for word in cut_text.words[first : item.start + 1] if word is not None]
    return symbols[:1] in (["без"], ["without"]) and not any(symbol in ",;\n" for symbol in symbols)


def _deny(cut_text: Tokens, item: Item, marker: Item, must: bool, unwished: bool = False) -> None:
    # «без лифта не предлагать» asks for a lift; «не первый, апартаменты не предлагать» for no apartments.
    twice = marker.role == markers.REFUSE and any(item.start - 1 <= end <= item.start for _, end in item.by)
    refuses = item.denied and (marker.role in (markers.REFUSE, markers.UNNEEDED) or _is_no(cut_text, marker))
    if refuses and not twice:
        twice = _denied_by_without(cut_text, item)  # «без лифта и балкона не предлагать»
    item.denied = not (item.denied and twice)
    item.by.append((marker.start, marker.end))
    if unwished:
        item.strength = "soft"
    if must:
        item.strength = "must"


def _is_refused_by_need(item: Item) -> bool:
    """«мебель не нужна» asks for none; «балкон не нужен» asks for nothing."""
    if any(value == "daily" for _, value, _, _ in item.meanings):
        return True  # «посуточная аренда не нужна»
    return not item.meanings.kinds.isdisjoint(("furnished", "kitchen_living_room", "from_owner", "new_building"))


def _is_worse(item: Item) -> bool:
    """«смежные комнаты не нужны» refuses them: nobody asks for what is worse."""
    return any(isinstance(value, str) and value in entry.worse for entry, value, _, _ in item.meanings)


def deny_also(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    """«первый этаж не смотрим, последний тоже»: what ends with «тоже» is denied as the mention before it."""
    marker = items[place]
    after = cut_text.words[marker.end] if marker.end < len(cut_text.words) else None
    if after is not None and after.symbol.isalnum() or marker.end < len(cut_text.words) and after is None:
        return
    here = previous_mention(items, place)
    if here is None or items[here].denied or items[here].cancelled:
        return
    item = items[here]
    before = next((each for each in reversed(items[:here]) if each.role == MENTION), None)
    if before is None or before.sentence != item.sentence or not 0 < item.clause - before.clause <= 2:
        return
    item.cancelled = before.cancelled
    if before.denied:
        item.denied, item.strength = True, before.strength
        item.by.append((marker.start, marker.end))


def cancel_own(items: Sequence[Item], place: int) -> None:
    """«холодильник свой» asks for none; «мебель своя» asks for a home without."""
    marker = items[place]
    for here in (place - 1, place + 1):
        if not 0 <= here < len(items):
            continue
        item = items[here]
        gap = marker.start - item.end if here < place else item.start - marker.end
        if item.clause == marker.clause and gap <= 1 and _is_furnishing(item):
            if "furnished" in item.meanings.kinds:
                item.denied = True
                item.by.append((marker.start, marker.end))
            else:
                item.cancelled = True
            break
    if place + 1 < len(items) and items[place + 1].role == markers.COLON:
        for item in items[place + 2 :]:
            if item.sentence != marker.sentence:
                break
            item.cancelled = item.cancelled or _is_furnishing(item)


def _is_furnishing(item: Item) -> bool:
    return not item.meanings.kinds.isdisjoint(_FURNISHING)
