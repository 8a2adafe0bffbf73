"""Denied mentions, and mentions that the text declares not to be wishes."""

from collections.abc import Sequence

from matching.reading import markers
from matching.reading.exceptions import concerns_another, is_exception, leaves_a_limit
from matching.reading.lead_markers import DISLIKES
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.refused_lists import deny_rest_of_list, deny_walls_of, is_limit, says_its_own
from matching.reading.rows import (
    REACH,
    WITH,
    after_colon,
    answers,
    denied_row,
    has_own_refusal,
    is_refused_by_need,
    is_worse,
    mentions_in_row,
    next_mention,
    previous_mention,
    row_that_does_not_matter,
)
from matching.reading.single_numbers import DASHES
from matching.reading.vocabulary import CROSSES

#: Denials that also deny a list of genitives: «без детей, животных».
_GOVERN_GENITIVE = frozenset({"без", "против", "кроме", "исключая", "помимо", "нет", "никакой"})

#: Verbs that make a denied thing a required one: «без залога не бывает», «без лифта не обойтись».
_NOT_WITHOUT = frozenset("бывать обойтись обходиться выжить прожить =никак никак подняться подниматься залезть".split())


def deny_ahead(cut_text: Tokens, items: Sequence[Item], index: int) -> bool:
    marker = items[index]
    must = marker.role in (markers.NEVER, markers.REFUSE)
    if not _denies_a_verb(cut_text, items, index) and after_colon(
        cut_text, items, index, lambda item: _deny(cut_text, item, marker, must)
    ):
        return True
    if marker.role == markers.NEVER and index + 1 < len(items) and items[index + 1].role == markers.NOT:
        items[index + 1].role = markers.NEVER  # «ни в коем случае не первый»
        return False
    first = next_mention(items, index)
    if first is None and _can_do_without(cut_text, items, index):
        return True
    if first is None and marker.role == markers.NEVER and answers(cut_text, marker):
        if items[index - 1].role == MENTION:  # «первый этаж? ни за что»
            _deny(cut_text, items[index - 1], marker, must)
        return True
    if first is None:
        behind = previous_mention(items, index) if _denies_behind(cut_text, marker) else None
        if behind is not None:  # "rubbish chute no"
            _deny(cut_text, items[behind], marker, must)
        return behind is not None
    target = items[first]
    near = first > index + 1 and any(
        item.role == markers.NEAR for item in items[index + 1 : first]
    )  # «не рядом с трассой»
    if not near and any(
        word is not None and word.symbol in WITH for word in cut_text.words[marker.end + 1 : target.start]
    ):
        return False  # «недорогая с балконом»
    symbol, word = cut_text.words[marker.start], cut_text.words[target.start]
    governs = symbol is not None and symbol.symbol in _GOVERN_GENITIVE and marker.end - marker.start < 3
    if governs and target.start > marker.end and word is not None and word.case == "nominative":
        return False  # «без соседей сверху, то есть последний этаж»
    unneeded = _of_unneeded_row(cut_text, items, index)
    if unneeded is not None:
        symbols = [word.symbol for word in cut_text.words[unneeded.start : unneeded.end] if word is not None]
        _act_on(cut_text, target, unneeded, symbols)
        return True
    if is_exception(cut_text, items, index, target):
        target.denied, target.by = False, []
        return True
    _deny(cut_text, target, marker, must)
    for following in denied_row(cut_text, items, first, 1, governs):
        refused_too = governs or not target.refused or _is_refused_too(cut_text, items[following])
        if says_its_own(cut_text, items[following]) or not refused_too:
            break  # «не первый и ремонт хороший»
        _deny(cut_text, items[following], marker, must)
    return True


def _of_unneeded_row(cut_text: Tokens, items: Sequence[Item], index: int) -> Item | None:
    """«не нужна ни посудомойка, ни кондиционер»: the marker that «ни» continues."""
    if cut_text.tokens[items[index].start].lower() != "ни":
        return None
    for item in reversed(items[max(0, index - 3 * REACH) : index]):
        if item.sentence != items[index].sentence or item.role == markers.UNNEEDED:
            return item if item.sentence == items[index].sentence else None
        if item.role not in (MENTION, markers.NOT, markers.AND):
            return None
    return None


def _can_do_without(cut_text: Tokens, items: Sequence[Item], index: int) -> bool:
    """«технику можно без, мебель нужна»: the mention before the marker is no wish."""
    marker = items[index]
    after = cut_text.tokens[marker.end] if marker.end < len(cut_text.tokens) else "."
    allowed = items[index - 1] if index else None
    if allowed is not None and allowed.role == markers.AND:
        allowed = next((each for each in reversed(items[:index]) if each.role != markers.AND), None)
    joined = index > 0 and items[index - 1].role == markers.AND and items[index - 1].end == marker.start
    if (
        allowed is None
        or not (allowed.role == markers.CAN or joined)
        or after[0].isalnum()
        or not _lacks(cut_text, marker.start)
    ):
        return False
    behind = previous_mention(items, index)
    if behind is None or items[behind].meanings.of_people:
        return False
    items[behind].cancelled = True
    return True


def _is_refused_too(cut_text: Tokens, item: Item) -> bool:
    """Whether a denial of things that leads refuse extends to *item*, which is in the same row."""
    return item.refused or is_worse(item) or _is_genitive(cut_text, item)


def _denies_a_verb(cut_text: Tokens, items: Sequence[Item], index: int) -> bool:
    """«дом напротив не строят: вид на город»: words after the colon are not denied."""
    marker = items[index]
    word = cut_text.words[marker.start]
    if word is None or word.symbol not in ("не", "not") or index + 1 >= len(items):
        return False
    return items[index + 1].role == markers.COLON and items[index + 1].start > marker.end


def _denies_behind(cut_text: Tokens, marker: Item) -> bool:
    """ "rubbish chute no"; «панель кроме», «животных — никаких», «первый ни в коем случае», where the clause ends."""
    word = cut_text.words[marker.start]
    after = cut_text.tokens[marker.end] if marker.end < len(cut_text.tokens) else "."
    return word is not None and (
        word.symbol in ("no", "not", *CROSSES)
        or (word.symbol == "кроме" or marker.role == markers.NEVER)
        and not after[0].isalnum()
    )


def deny_around(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """Deny or cancel the mentions to which the marker *items[index]* refers."""
    marker = items[index]
    symbols = [word.symbol for word in cut_text.words[marker.start : marker.end] if word is not None]

    def act(item: Item) -> None:
        _act_on(cut_text, item, marker, symbols)

    before = previous_mention(items, index)
    if concerns_another(cut_text, marker, symbols, None if before is None else items[before]):
        return
    spoken_of = before is not None and marker.start - items[before].end <= 1  # «ипотека не подходит: перепланировка»
    if not spoken_of and after_colon(cut_text, items, index, act):
        return
    after = next_mention(items, index)
    if marker.role == markers.REFUSE and after is None and _without_follows(cut_text, items, index):
        before, after = None, next_mention(items, index + 1)
    if marker.role == markers.UNNEEDED and after is not None and has_own_refusal(items, after):
        after = None
    if after is not None and (before is None or _speaks_of_next(cut_text, items, marker, before, after)):
        act(items[after])
        for following in denied_row(cut_text, items, after, 1, _is_no(cut_text, marker)):
            if not _is_no(cut_text, marker) or not _denied_by_without(cut_text, items[following]):
                act(items[following])  # «нет мойки, без лифта» has neither
        return
    if before is None:
        before = _only_mention_before(cut_text, items, index)
        if before is None:
            ahead = _refusal_ahead(items, index)
            if ahead is not None:
                act(ahead)
            for each in _indifferent_ahead(cut_text, items, index):
                act(items[each])
            return
        if marker.clause - items[before].clause > 1:
            return
        if items[before].sentence != marker.sentence and not answers(cut_text, marker):
            return
    _cancel_refused_whole(cut_text, items, before)
    row = (row_that_does_not_matter if marker.role == markers.CANCEL else denied_row)(
        cut_text, items, before, -1, False
    )
    for each in [before, *row]:
        if items[each].denied and each != before and marker.role != markers.CANCEL:
            if not (_denied_by_without(cut_text, items[each]) and items[each].clause == items[before].clause):
                break
        act(items[each])
    deny_walls_of(items, before, act)
    deny_rest_of_list(cut_text, items, index, act)


def _cancel_refused_whole(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """«новостройку без отделки не надо»: only the combination is refused, and a new building is not requested."""
    item = items[index]
    start = min((start for start, _ in item.by), default=item.start)
    if not _lacks(cut_text, start):
        return
    whole = next(
        (each for each in items[max(0, index - 3) : index] if each.role == MENTION and each.end == start), None
    )
    if whole is not None and not whole.denied:
        whole.cancelled = True


def _lacks(cut_text: Tokens, start: int) -> bool:
    """Whether the token *start* is «без»."""
    word = cut_text.words[start]
    return word is not None and word.symbol in ("без", "without")


def _act_on(cut_text: Tokens, item: Item, marker: Item, symbols: Sequence[str]) -> None:
    """Deny one item, or cancel it if the marker, with these *symbols*, states that it does not matter."""
    is_cancelling = marker.role == markers.CANCEL
    if is_cancelling and "против" in symbols and item.meanings.of_people:
        return  # «чтобы хозяин был не против кошки» wants it allowed
    if is_cancelling and leaves_a_limit(item, symbols):
        return
    if marker.role == markers.ABSENT and not _NOT_WITHOUT.isdisjoint(symbols):
        if not item.denied and "бывать" in symbols:
            _deny(cut_text, item, marker, False)
            return
        if not item.denied or cut_text.tokens[marker.end : marker.end + 1] == ["?"]:
            return  # «никак не найдём», «без залога никак?»
        owed = any(meaning.entry.denied is not None for meaning in item.meanings)
        item.denied = False  # «без залога не бывает»; «без лифта не обойтись» asks for one
        item.strength = "wish" if owed else "must"
        return
    rather_not = "лучше" in symbols  # «газ лучше не надо»
    unneeded = marker.role == markers.UNNEEDED and not (
        item.refused
        or not DISLIKES.isdisjoint(symbols)
        or rather_not
        or is_limit(item)  # «дома до 1980 не надо»
        or is_refused_by_need(item)
        or is_worse(item)
        or item.denied
        and _denied_by_without(cut_text, item)
    )
    if is_cancelling or unneeded:
        item.cancelled = True
        return
    unwished = (
        rather_not
        or "болмаса" in symbols
        or any("желательн" in symbol or symbol in ("скорее", "хотеться") for symbol in symbols)
    )
    _deny(cut_text, item, marker, marker.role == markers.REFUSE, unwished)


def _is_no(cut_text: Tokens, marker: Item) -> bool:
    word = cut_text.words[marker.start]
    return word is not None and word.symbol in ("нет", "no", "нету", "отсутствовать", "чтобы", "чтоб")


def _speaks_of_next(cut_text: Tokens, items: Sequence[Item], marker: Item, before: int, after: int) -> bool:
    """Whether a marker between two mentions refers to the one after it: «окна во двор, нет балкона»."""
    if items[after].start - marker.end > 1:
        return False
    if _is_no(cut_text, marker) and _is_genitive(cut_text, items[after]):
        if items[before].denied or not _is_genitive(cut_text, items[before]):
            return True
    if marker.role == markers.REFUSE and items[after].refused and not items[before].refused:
        return True
    return items[before].denied and not _denied_by_without(cut_text, items[before])


def _only_mention_before(cut_text: Tokens, items: Sequence[Item], index: int) -> int | None:
    """
    The last mention before a marker that is alone in its clause: «апартаменты, первый этаж - не предлагать»,
    «…, не предлагать».
    """
    marker = items[index]
    if marker.beside:
        return None
    start = marker.start - (marker.start > 0 and cut_text.tokens[marker.start - 1].lower() in ("то", "тогда"))
    if start != 0 and ((sign := cut_text.words[start - 1]) is None or sign.symbol.isalnum()):
        return None
    dash = marker.start - 1
    unknown = marker.role in (markers.ABSENT, markers.REFUSE) and dash > 0 and cut_text.tokens[dash] in DASHES
    if unknown and cut_text.tokens[dash - 1].isalpha():
        return None  # «ипотека приветствуется, сертификаты — нет» denies what the grammar does not know
    for item in items:
        if item.clause == marker.clause and item is not marker and item.role in (MENTION, NUMBER):
            return None
    return next((i for i in range(index - 1, -1, -1) if items[i].role == MENTION), None)


def _refusal_ahead(items: Sequence[Item], index: int) -> Item | None:
    """The refused mention in the next clause: «не рассматриваем варианты с хозяевами, с подселением»."""
    marker = items[index]
    if marker.role != markers.REFUSE:
        return None
    ahead = next((each for each in items[index + 1 : index + 3] if each.role == MENTION), None)
    if ahead is None or not ahead.refused or ahead.clause - marker.clause != 1:
        return None
    is_near = ahead.sentence == marker.sentence and ahead.start - marker.end <= REACH
    return ahead if is_near else None


def _indifferent_ahead(cut_text: Tokens, items: Sequence[Item], index: int) -> list[int]:
    """«не принципиально, кирпич или панель»: the alternatives of the next clause."""
    marker = items[index]
    if marker.role != markers.CANCEL or marker.end >= len(cut_text.tokens) or cut_text.tokens[marker.end] != ",":
        return []
    first = next((i for i in range(index + 1, min(index + 3, len(items))) if items[i].role == MENTION), None)
    if first is None or items[first].clause - marker.clause != 1 or items[first].start - marker.end > REACH:
        return []
    row = mentions_in_row(cut_text, items, first, 1, False)
    joined = [word.symbol for each in row[:1] for word in cut_text.words[items[first].end : items[each].start] if word]
    return [first, *row] if "или" in joined or "либо" in joined else []


def _without_follows(cut_text: Tokens, items: Sequence[Item], index: int) -> bool:
    """«не предлагать без лифта, панель»: homes without a lift are refused, and panel houses."""
    follower = items[index + 1] if index + 1 < len(items) else None
    if follower is None or follower.role != markers.NOT or follower.start - items[index].end > 1:
        return False
    if follower.clause != items[index].clause:
        return False  # «С детьми не беспокоить. Без кондиционера.», «студии не предлагать, без первых этажей»
    return _lacks(cut_text, follower.start)


def _is_genitive(cut_text: Tokens, item: Item) -> bool:
    first = cut_text.words[item.start]
    return first is not None and first.case == "genitive"


def _denied_by_without(cut_text: Tokens, item: Item) -> bool:
    """«без» or "without" denies it, in its own clause."""
    first = min(start for start, _ in item.by) if item.by else item.start
    symbols = [word.symbol for word in cut_text.words[first : item.start + 1] if word is not None]
    return symbols[:1] in (["без"], ["without"]) and not any(symbol in ",;\n" for symbol in symbols)


def _deny(cut_text: Tokens, item: Item, marker: Item, must: bool, unwished: bool = False) -> None:
    # «без лифта не предлагать» asks for a lift; «не первый, апартаменты не предлагать» for no apartments.
    twice = marker.role == markers.REFUSE and any(item.start - 1 <= end <= item.start for _, end in item.by)
    refuses = item.denied and (marker.role in (markers.REFUSE, markers.UNNEEDED) or _is_no(cut_text, marker))
    by_people = item.meanings.of_people and (marker.role == markers.UNNEEDED or _is_no(cut_text, marker))
    if refuses and not twice and not by_people:
        twice = _denied_by_without(cut_text, item)  # «без лифта и балкона не предлагать»
    item.denied = not (item.denied and twice)
    item.by.append((marker.start, marker.end))
    if unwished:
        item.strength = "soft"
    if must:
        item.strength = "must"
