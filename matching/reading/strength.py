"""How strongly a thing is asked for, and what is only allowed."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.mentions import MENTION, Item, Tokens
from matching.reading.rows import REACH, after_colon, row_of

#: Said of all that is listed before.
_OF_MANY = frozenset({"обязательны", "желательны", "необходимы", "приветствуются"})


def strengthen(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    """Apply the marker *place* (must, soft or can) to what it speaks of."""
    marker = items[place]

    def act(item: Item) -> None:
        if marker.role == markers.CAN:
            # «подойдёт любой этаж, кроме первого» refuses it all the same.
            item.allowed = not any(_is_but(cut_text, start) for start, _ in item.by)
        elif marker.role == markers.SOFT:
            item.strength = "soft"
            item.cancelled = False
        else:
            item.strength = "must"

    if after_colon(items, place, act):
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
        if item.role == markers.AND and item.end == marker.start:
            break  # «окна во двор и желательно на юг»
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
    row = [target, *row_of(cut_text, items, target, step, False)]
    if step < 0 and cut_text.tokens[marker.start].lower() in _OF_MANY:
        row += _list_before(items, row[-1])
    for each in row:
        act(items[each])


def _list_before(items: Sequence[Item], place: int) -> list[int]:
    """«посудомойка, кондиционер и холодильник обязательны»: the plural speaks of the whole list."""
    listed: list[int] = []
    last = items[place]
    for here in range(place - 1, max(-1, place - 4 * REACH), -1):
        item = items[here]
        if item.role not in (MENTION, markers.AND) or last.clause - item.clause > 1 or item.sentence != last.sentence:
            break
        if item.role == MENTION:
            if item.denied or item.cancelled:
                break
            listed.append(here)
            last = item
    return listed


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


def _is_but(cut_text: Tokens, place: int) -> bool:
    word = cut_text.words[place]
    return word is not None and word.symbol in ("кроме", "исключая", "except")
