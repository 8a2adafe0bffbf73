"""The strength of wishes, and things that are only allowed."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.rows import REACH, after_colon, mentions_in_row
from matching.reading.unknown_things import speaks_of_unknown

#: Words that apply to everything listed before.
_OF_MANY = frozenset({"обязательны", "желательны", "необходимы", "приветствуются"})
#: Words that apply to everything listed after them.
_PREDICATES = frozenset(
    {
        "плюсом",
        "бонусом",
        "здорово",
        "приветствуется",
        "приветствуются",
        "приятно",
        "порадует",
        "хотелось",
        "необходимы",
    }
)
#: How markers begin that apply to the whole list which they open or sum up, unlike «только» and «главное».
_OF_LISTS = ("обязат", "необход", "желат", "непремен")
#: The tokens between two things of such a list.
_BETWEEN = ([","], ["и"])
_STRENGTHS = frozenset({markers.MUST, markers.SOFT, markers.CAN})
_SO_THAT = frozenset({"чтобы", "чтоб", "что"})
_IN_LISTS = frozenset({MENTION, markers.AND, markers.WINDOW, markers.NEAR})


def strengthen(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """Apply the marker *index* (must, soft or can) to its mentions."""
    marker = items[index]

    def act(item: Item) -> None:
        if marker.role == markers.CAN:
            # «подойдёт любой этаж, кроме первого» still refuses the first.
            item.allowed = not any(_is_adversative(cut_text, start) for start, _ in item.by)
        elif marker.role == markers.SOFT:
            item.strength = "soft"
            if item.cancelled:  # «не обязателен, но хорошо бы»; «смотрела вашу — супер» speaks of another home
                item.cancelled = any(each.role == markers.OTHERS and each.sentence == item.sentence for each in items)
        else:
            item.strength = "must"

    if after_colon(cut_text, items, index, act):
        return
    target = _target(cut_text, items, index)
    if target is None:
        return
    if target < index and items[target].refused and not items[target].denied and _opens_condition(cut_text, marker):
        items[target].allowed = True  # «первый этаж — только с решётками»
        return
    for each in _row_of(cut_text, items, index, target):
        act(items[each])


def _target(cut_text: Tokens, items: Sequence[Item], index: int) -> int | None:
    """The mention that the marker applies to: in its clause, in a neighbouring one, or in a question before it."""
    marker = items[index]
    ahead, behind = _mention_ahead(items, index), _mention_behind(items, index)
    if marker.role == markers.CAN and behind is not None and items[behind].end == marker.start:
        if index + 1 < len(items) and items[index + 1].role == markers.AND and items[index + 1].start == marker.end:
            ahead = None  # «с кошкой можно и метро рядом»
    if ahead is not None and items[ahead].denied and behind is not None:
        own = items[behind].end == marker.start and any(start >= items[ahead].end for start, _ in items[ahead].by)
        if items[ahead].strength == "must" or marker.role == markers.CAN and own:
            ahead = None  # «лифт обязательно первый не предлагать», «последний можно первый нет»
    word = cut_text.words[marker.start]
    adjective = word is not None and word.symbol.endswith(("ый", "ен", "required", "mandatory", "desirable"))
    target = behind if behind is not None and (adjective or ahead is None) else ahead
    if target is None:
        target = _neighbour_clause(cut_text, items, index)
    return _question_before(cut_text, items, index) if target is None else target


def _mention_ahead(items: Sequence[Item], index: int) -> int | None:
    marker = items[index]
    for i in range(index + 1, len(items)):
        item = items[i]
        if item.clause != marker.clause or item.start - marker.end > 3 * REACH:
            return None
        if item.role == MENTION and _is_significant(item):
            return i
        if item.role in (markers.MUST, markers.SOFT, markers.IF):
            return None
    return None


def _mention_behind(items: Sequence[Item], index: int) -> int | None:
    marker = items[index]
    for i in range(index - 1, -1, -1):
        item = items[i]
        if item.clause != marker.clause or marker.start - item.end > 2 * REACH:
            return None
        if item.role == markers.AND and item.end == marker.start:
            return None  # «окна во двор и желательно на юг»
        if item.role == MENTION:
            return i
        if item.role in (markers.MUST, markers.SOFT):
            return None
    return None


def _row_of(cut_text: Tokens, items: Sequence[Item], index: int, target: int) -> list[int]:
    """The mentions that the marker applies to: *target*, its row, and the list that the marker opens or sums up."""
    marker, step = items[index], 1 if target > index else -1
    row = [target, *mentions_in_row(cut_text, items, target, step, False)]
    if step < 0 and marker.role == markers.CAN:
        ended = (i for i, each in enumerate(row) if i and _denies_itself(items[each]))
        row = row[: next(ended, len(row))]  # «до предпоследнего, панель можно»
    if step < 0 and cut_text.tokens[marker.start].lower() in _OF_MANY:
        row += _listed(items, row[-1], -1)
    if step > 0 and _speaks_of_list(cut_text, items, index):
        row += _listed(items, row[-1], 1)
    if step > 0 and _opens_list_by_dash(cut_text, marker):
        row += _listed(items, row[-1], 1)
    if _states_list(cut_text, items, index, step):
        row += _alike(cut_text, items, _listed(items, row[-1], step), row[-1])
    return row


def _opens_condition(cut_text: Tokens, marker: Item) -> bool:
    after = cut_text.tokens[marker.end : marker.end + 1]
    return cut_text.tokens[marker.start].lower() in ("только", "лишь") and after in (["с"], ["со"], ["при"])


def _opens_list_by_dash(cut_text: Tokens, marker: Item) -> bool:
    """«Обязательно — лифт, балкон.»"""
    if marker.end >= len(cut_text.tokens) or cut_text.tokens[marker.end] not in "—–-":
        return False
    opens = not marker.start or cut_text.tokens[marker.start - 1] in ".!?\n"
    return opens and cut_text.tokens[marker.start].lower().startswith(("обязат", "необходим"))


def _states_list(cut_text: Tokens, items: Sequence[Item], index: int, step: int) -> bool:
    """Whether the marker opens or sums up a list: «Обязательно балкон, лифт», «балкон, лифт — обязательно»."""
    marker = items[index]
    if not cut_text.tokens[marker.start].lower().startswith(_OF_LISTS):
        return False
    beside = cut_text.tokens[marker.start - 1].lower() if marker.start else "."
    if step > 0:
        return beside in ".!?\n" or cut_text.tokens[marker.start - 1 : marker.start] == ["очень"]
    after = cut_text.tokens[marker.end].lower() if marker.end < len(cut_text.tokens) else "."
    return (beside in "—–-" or beside in ("все", "всё", "это")) and not after[0].isalnum()


def _alike(cut_text: Tokens, items: Sequence[Item], listed: Sequence[int], last: int) -> list[int]:
    """The part of a list whose things directly follow each other and have no strength of their own."""
    alike: list[int] = []
    for i in listed:
        item, other = items[i], items[last]
        first, second = sorted((item.span, other.span))
        own = (each for each in items[max(0, i - REACH) : i + REACH] if each.clause == item.clause)
        if cut_text.tokens[first[1] : second[0]] not in _BETWEEN or any(each.role in _STRENGTHS for each in own):
            break
        alike.append(i)
        last = i
    return alike


def _denies_itself(item: Item) -> bool:
    """«не под крышей», «предпоследний»: whether the phrase itself is a refusal."""
    return item.refused and any(meaning.value is False for meaning in item.meanings)


def _is_significant(item: Item) -> bool:
    """Whether a mention states something without a number: «комнаты» does if it is denied."""
    return item.denied or any(not meaning.only_denied for meaning in item.meanings)


def _speaks_of_list(cut_text: Tokens, items: Sequence[Item], index: int) -> bool:
    """«Плюсом будет посудомойка, кондиционер»: it begins its sentence and is the predicate of the whole list."""
    marker = items[index]
    if all(token.lower() not in _PREDICATES for token in cut_text.tokens[marker.start : marker.end]):
        return False
    return not any(item.role == MENTION and item.sentence == marker.sentence for item in items[:index])


def _listed(items: Sequence[Item], index: int, step: int) -> list[int]:
    """«посудомойка, кондиционер и холодильник обязательны»: the rest of the list, before or after *items[index]*."""
    listed: list[int] = []
    last = items[index]
    end = max(-1, index - 4 * REACH) if step < 0 else min(len(items), index + 4 * REACH)
    for i in range(index + step, end, step):
        item = items[i]
        if abs(last.clause - item.clause) > 1 or item.sentence != last.sentence:
            break
        if item.role not in _IN_LISTS and not (item.role == NUMBER and item.taken):
            break
        if item.role == MENTION:
            if item.denied or item.cancelled or item.meanings.of_people:
                break  # «с кошкой, балкон и лоджия желательны»
            listed.append(i)
            last = item
    return listed


def _neighbour_clause(cut_text: Tokens, items: Sequence[Item], index: int) -> int | None:
    """The mention of a marker that is alone in its clause: in the clause before, or after «чтобы» in the next one."""
    marker = items[index]
    if marker.beside:
        return None  # «мебель частично, кухня обязательно»
    after = cut_text.words[marker.end + 1] if marker.end + 1 < len(cut_text.words) else None
    forward = marker.end < len(cut_text.words) and (
        (comma := cut_text.words[marker.end]) is not None
        and (comma.symbol in _SO_THAT or comma.symbol == "," and after is not None and after.symbol in _SO_THAT)
    )
    ends = (
        marker.end >= len(cut_text.words)
        or (mark := cut_text.words[marker.end]) is not None
        and not mark.symbol.isalnum()
    )
    if not forward and not ends:
        return None  # «балкон, желательно застеклённый»
    step = 1 if forward else -1
    i = index + step
    while 0 <= i < len(items) and items[i].sentence == marker.sentence:
        if items[i].role == MENTION and _is_significant(items[i]):
            if not forward and "furnished" not in items[i].meanings.kinds and speaks_of_unknown(cut_text, marker):
                return None  # «стиралка обязательно, микроволновка желательно»
            return i if abs(items[i].clause - marker.clause) <= (2 if forward else 1) else None
        i += step
    return None


def _question_before(cut_text: Tokens, items: Sequence[Item], index: int) -> int | None:
    """«Лифт? Обязательно.»: the marker is the whole answer to the question before it."""
    marker = items[index]
    after = cut_text.tokens[marker.end] if marker.end < len(cut_text.tokens) else "."
    if not index or not marker.start or cut_text.tokens[marker.start - 1] != "?" or after[0].isalnum():
        return None
    return index - 1 if items[index - 1].role == MENTION and _is_significant(items[index - 1]) else None


def _is_adversative(cut_text: Tokens, position: int) -> bool:
    word = cut_text.words[position]
    return word is not None and word.symbol in ("кроме", "исключая", "except")
