"""Repetition by «тоже», and things that the tenants bring themselves."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.kinds import KINDS
from matching.reading.mentions import MENTION, Item, Tokens
from matching.reading.rows import previous_mention

_FURNISHING = frozenset(kind.name for kind in KINDS if kind.group == "furnishing")


def deny_also(cut_text: Tokens, items: Sequence[Item], place: int) -> None:
    """«первый этаж не смотрим, последний тоже»: a mention followed by «тоже» is denied like the mention before it."""
    marker = items[place]
    after = cut_text.words[marker.end] if marker.end < len(cut_text.words) else None
    if after is not None and after.symbol.isalnum() or marker.end < len(cut_text.words) and after is None:
        return
    here = previous_mention(items, place)
    if here is None or items[here].denied or items[here].cancelled:
        return
    item = items[here]
    before = next((each for each in reversed(items[:here]) if each.role == MENTION), None)
    if before is None or before.sentence != item.sentence or item.clause - before.clause > 2:
        return
    if item.clause == before.clause and not any(before.end <= start < item.start for start, _ in before.by):
        return  # «первый не предлагать последний тоже», without a comma
    item.cancelled = before.cancelled
    item.allowed = any(each.role == markers.CAN and each.clause == before.clause for each in items)
    if before.denied:
        item.denied, item.strength = True, before.strength
        item.by.append((marker.start, marker.end))


def cancel_own(items: Sequence[Item], place: int) -> None:
    """«холодильник свой» is no wish; «мебель своя» asks for an unfurnished home."""
    marker = items[place]
    also = place > 0 and items[place - 1].role == markers.ALSO  # «стиралку тоже привезём»
    for here in (place - 1 - also, place + 1):
        if not 0 <= here < len(items):
            continue
        item = items[here]
        if here < place and item.role == markers.AND and place > 1 and items[place - 1].end == marker.start:
            continue  # «стиралка и свой санузел»
        gap = marker.start - item.end - also if here < place else item.start - marker.end
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
