"""Repetition by «тоже», and things that the tenants bring themselves."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.kinds import KINDS
from matching.reading.mentions import MENTION, Item, Tokens
from matching.reading.rows import previous_mention
from matching.reading.vocabulary import fold

_SEVERAL = frozenset({"свои", "наши", "собственные"})
_FURNISHING = frozenset(kind.name for kind in KINDS if kind.group == "furnishing")


def deny_also(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """«первый этаж не смотрим, последний тоже»: a mention followed by «тоже» is denied like the mention before it."""
    marker = items[index]
    after = cut_text.words[marker.end] if marker.end < len(cut_text.words) else None
    if after is not None and after.symbol.isalnum() or marker.end < len(cut_text.words) and after is None:
        return
    previous = previous_mention(items, index)
    if previous is None or items[previous].denied or items[previous].cancelled:
        return
    item = items[previous]
    before = next((each for each in reversed(items[:previous]) if each.role == MENTION), None)
    if before is None or before.sentence != item.sentence or item.clause - before.clause > 2:
        return
    if item.clause == before.clause and not any(before.end <= start < item.start for start, _ in before.by):
        return  # «первый не предлагать последний тоже», without a comma
    item.cancelled = before.cancelled
    item.allowed = any(each.role == markers.CAN and each.clause == before.clause for each in items)
    if before.denied:
        item.denied, item.strength = True, before.strength
        item.by.append((marker.start, marker.end))


def cancel_own(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """«холодильник свой» is no wish; «мебель своя» asks for an unfurnished home."""
    marker = items[index]
    also = index > 0 and items[index - 1].role == markers.ALSO  # «стиралку тоже привезём»
    for i in (index - 1 - also, index + 1):
        if not 0 <= i < len(items):
            continue
        item = items[i]
        if i < index and item.role == markers.AND and index > 1 and items[index - 1].end == marker.start:
            continue  # «стиралка и свой санузел»
        gap = marker.start - item.end - also if i < index else item.start - marker.end
        if item.clause == marker.clause and gap <= 1 and _is_furnishing(item):
            if "furnished" in item.meanings.kinds:
                item.denied = True
                item.by.append((marker.start, marker.end))
            else:
                item.cancelled = True
            if i < index and fold(cut_text.tokens[marker.start]) in _SEVERAL:
                _cancel_listed(cut_text, items, i)
            break
    if index + 1 < len(items) and items[index + 1].role == markers.COLON:
        for item in items[index + 2 :]:
            if item.sentence != marker.sentence:
                break
            item.cancelled = item.cancelled or _is_furnishing(item)


def _cancel_listed(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """«телевизор, стиралка и холодильник свои»: cancel the rest of the list that ends with *items[index]*."""
    start = items[index].start
    for item in reversed(items[:index]):
        if item.role == markers.AND:
            continue
        joined = all(fold(token) in (",", "и") for token in cut_text.tokens[item.end : start])
        if not joined or item.role != MENTION or not _is_furnishing(item) or "furnished" in item.meanings.kinds:
            break
        item.cancelled, start = True, item.start


def _is_furnishing(item: Item) -> bool:
    return not item.meanings.kinds.isdisjoint(_FURNISHING)
