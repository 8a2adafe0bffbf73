"""Neighbours of a marker in its clause, and rows of mentions: «первый, последний и угловой»."""

from collections.abc import Callable, Sequence

from matching.reading import markers
from matching.reading.limit_words import AT_LEAST
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.quantities import Quantity
from matching.reading.single_numbers import DASHES
from matching.reading.vocabulary import Word

_ENDS_OF_HOUSE = frozenset({"first_floor", "last_floor"})
ANIMALS = frozenset({"pets", "cats", "dogs"})
#: The largest distance of a marker from its mention, in tokens.
REACH = 5
#: The longest row that is followed, in items; without an end «без животных и без животных и …» would cost its cube.
LONGEST_ROW = 60

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
#: Markers that may be between two mentions of one row.
_CHAINED = frozenset(
    {markers.CAN, markers.NOT, markers.NEAR, markers.WINDOW, markers.WALK, markers.ALSO, markers.OWN, NUMBER}
)
_HOMES = frozenset({"квартира", "вариант", "дом"})
#: Markers that end a list after a colon.
_END_LISTS = frozenset({markers.MUST, markers.SOFT, markers.COLON, markers.CAN, markers.REST})
#: Words that end a row and a denial: «недорогая с балконом».
WITH = frozenset({"с", "со", "with", "плюс"})
_STOPS_ROW = WITH | {"в"}
#: Prepositions that require the genitive, as «без» does.
_WITH_GENITIVE = frozenset({"из", "от", "до", "для", "у"})
_CONTRASTS = frozenset({"а", "но", "зато", "однако"})


def after_colon(cut_text: Tokens, items: Sequence[Item], index: int, act: Callable[[Item], None]) -> bool:
    """«Не предлагать: первый этаж, апартаменты»: act on all mentions after a colon in the sentence."""
    if index + 1 >= len(items) or items[index + 1].role != markers.COLON:
        return False
    marker = items[index]
    colon = items[index + 1]
    reach = 0 if marker.role == markers.ABSENT else REACH  # «нет: ТВ, интернета»
    if colon.clause != marker.clause or colon.start - marker.end > reach:
        return False
    acted = False
    lines = marker.role != markers.ABSENT or cut_text.tokens[colon.end : colon.end + 1] == ["\n"]
    for item in items[index + 2 :]:
        if not lines and "\n" in cut_text.tokens[colon.end : item.start]:
            break  # «- Нет: телевизора», and the next line of the list
        if item.sentence != marker.sentence or item.role in _END_LISTS:
            break
        if item.role == MENTION:
            act(item)
            acted = True
    return acted


def next_mention(items: Sequence[Item], index: int) -> int | None:
    """The nearest mention after the marker *index* in its clause."""
    marker = items[index]
    end = marker.end
    for ahead in range(index + 1, len(items)):
        item = items[ahead]
        if item.clause != marker.clause or item.start - end > REACH:
            return None
        if item.role == MENTION:
            return ahead
        if item.role not in _PASSED:
            return None
        end = item.end
    return None


def previous_mention(items: Sequence[Item], index: int) -> int | None:
    """The nearest mention before the marker *index* in its clause."""
    marker = items[index]
    start = marker.start
    for behind in range(index - 1, -1, -1):
        item = items[behind]
        if item.clause != marker.clause or start - item.end > REACH:
            return None
        if item.role == MENTION:
            return behind
        if item.role not in _PASSED and item.role != markers.COLON:  # «мусоропровод: нет»
            return None
        start = item.start
    return None


def follows_unknown(cut_text: Tokens, marker: Item) -> bool:
    """Whether a word that the grammar does not know directly precedes the marker."""
    before = marker.start - 1
    return before >= 0 and cut_text.words[before] is None and cut_text.tokens[before].isalpha()


def answers(cut_text: Tokens, marker: Item) -> bool:
    """«Апартаменты? Нет, спасибо»: a denial that is the answer to the question before it."""
    after = next(iter(cut_text.tokens[marker.end : marker.end + 1]), ".")
    return marker.start > 0 and cut_text.tokens[marker.start - 1] == "?" and not after[0].isalnum()


def _is_floor(item: Item, quantity: Quantity) -> bool:
    """«кроме 1, 2 и последнего»."""
    return quantity.how == "eq" and quantity.unit == "" and not item.meanings.kinds.isdisjoint(_ENDS_OF_HOUSE)


def has_own_refusal(items: Sequence[Item], index: int) -> bool:
    """«с соседями не надо комнату не предлагать»: a refusal directly follows the mention."""
    own = items[index + 1] if index + 1 < len(items) else None
    return own is not None and own.role == markers.REFUSE and own.start == items[index].end


def is_worse(item: Item) -> bool:
    """«смежные комнаты не нужны» refuses them, because nobody asks for the worse value."""
    return any(isinstance(value, str) and value in entry.worse for entry, value, _, _ in item.meanings)


def is_refused_by_need(item: Item) -> bool:
    """«мебель не нужна» asks for none; «балкон не нужен» asks for nothing."""
    if any(value == "daily" for _, value, _, _ in item.meanings):
        return True  # «посуточная аренда не нужна»
    return not item.meanings.kinds.isdisjoint(
        ("furnished", "kitchen_living_room", "from_owner", "new_building", "handed_over", "floor")
    )


def _is_of_people(item: Item) -> bool:
    return item.meanings.of_people


def _are_people_refused(cut_text: Tokens, item: Item, last: Item) -> bool:
    """«студентов, животных не беспокоить»; not «для семьи, студентов не беспокоить»."""
    if not (_is_of_people(item) and _is_of_people(last)) or item.denied or "couples" in item.meanings.kinds:
        return False
    if item.meanings.kinds | last.meanings.kinds <= ANIMALS and last.start - item.end == 1:
        return _case_of(cut_text, item) == _case_of(
            cut_text, last
        )  # «кошки, собаки - нет»; not «с кошкой, собак нельзя»
    before = cut_text.tokens[item.start - 1].lower() if item.start else ""
    words = cut_text.words[item.start], cut_text.words[last.start]
    return before != "для" and all(word is not None and word.case == "genitive" for word in words)


def _case_of(cut_text: Tokens, item: Item) -> str | None:
    first = cut_text.words[item.start]
    return None if first is None else first.case


def _opens_alternatives(items: Sequence[Item], index: int) -> bool:
    """Whether «или» and a mention that leads do not usually refuse follow: «панель или кирпич»."""
    if index + 2 >= len(items) or items[index + 1].role != markers.AND:
        return False
    other = items[index + 2]
    return other.role == MENTION and not other.refused and other.meanings.kinds == items[index].meanings.kinds


def _opens_both(cut_text: Tokens, item: Item) -> bool:
    """«подойдёт и панель, и кирпич»."""
    return cut_text.tokens[item.start - 1].lower() == "и"


def _is_allowed(items: Sequence[Item], index: int) -> bool:
    """Whether a word of permission follows in the clause, and no other mention before it."""
    item = items[index]
    for after in items[index + 1 : index + 1 + REACH]:
        if after.clause != item.clause or after.role == MENTION:
            return False
        if after.role == markers.CAN:
            return True
    return False


def _stop_words(
    cut_text: Tokens,
    items: Sequence[Item],
    indexes: tuple[int, int, int],
    between: Sequence[Word | None],
    joined: bool,
) -> tuple[bool, frozenset[str]]:
    """
    Whether a mention is joined to its row, and the words that would end the row before it.

    Args:
        indexes: Of the mention that the row starts from, of the last one in the row, and of the new one.
        between: The words between the last mention and the new one.
        joined: Whether a conjunction joins them.
    """
    start, last, item = (items[index] for index in indexes)
    is_forward = indexes[2] > indexes[0]
    stops = WITH if item.refused and last.refused else _STOPS_ROW
    if (
        item.refused
        and last.refused
        and any(each.role == markers.WINDOW for each in items[indexes[2] - 2 : indexes[2]])
    ):
        stops = frozenset()  # «первый этаж и квартиры с окнами на дорогу не предлагать»
    if not is_forward and item.refused and (last.refused or is_worse(last)) and item.clause == last.clause:
        first = cut_text.words[item.end] if item.end < len(cut_text.words) else None
        if first is not None and first.symbol in WITH:  # «хрущёвки со смежными комнатами не надо»
            joined, stops = True, frozenset()
    if joined and is_forward and item.refused and start.denied:
        stops = frozenset()  # «не звонить с апартаментами и с первыми этажами»
    if joined and any(word is not None and word.symbol in _HOMES for word in between):
        stops = frozenset()  # «не предлагайте первые этажи и квартиры с газом»
    if joined and _is_of_people(item) and _is_of_people(last):
        stops = frozenset()  # «курящим и с питомцами не сдаём»
    return joined, stops


def _has_own_genitive(cut_text: Tokens, item: Item, last: Item) -> bool:
    """Whether another word than a denial requires the genitive: «без залога, от 2 санузлов», «…, дом из кирпича»."""
    number = item.quantity
    if number is not None and not number.unit and number.how == AT_LEAST:
        return True  # «без залога, санузлов 2+»
    if number is not None and number.start < item.start and not (number.how == "eq" and number.ordinal):
        return True
    before, before_last = (cut_text.tokens[each.start - 1].lower() if each.start else "" for each in (item, last))
    return before in _WITH_GENITIVE and before != before_last


def mentions_in_row(cut_text: Tokens, items: Sequence[Item], index: int, step: int, governs: bool) -> list[int]:
    """
    Mentions in one row with *items[index]*, forward or backward: joined by «и» or «или», or by a comma if leads usually
    refuse all of them or if they continue a genitive.
    """
    row: list[int] = []
    last_index, joined = index, False
    end_of_row = min(len(items), index + LONGEST_ROW) if step > 0 else max(-1, index - LONGEST_ROW)
    for i in range(index + step, end_of_row, step):
        item, last = items[i], items[last_index]
        if item.sentence != last.sentence:
            break
        if item.role == markers.AND:
            joined = True
        elif item.role == MENTION:
            if not _continues_row(cut_text, items, (index, last_index, i), joined, governs):
                break
            row.append(i)
            last_index, joined = i, False
        elif (
            item.role not in _CHAINED
            or item.role == NUMBER
            and not item.taken
            and not (item.quantity is not None and item.quantity.unit == "year")  # «дети до 3 лет и животные»
            and not (last.refused and item.quantity is not None and _is_floor(last, item.quantity))
        ):
            break
    return row


def _continues_row(
    cut_text: Tokens, items: Sequence[Item], indexes: tuple[int, int, int], joined: bool, governs: bool
) -> bool:
    """
    Whether a mention belongs to a row.

    Args:
        indexes: Of the mention that the row starts from, of the last one in the row, and of the new one.
        joined: Whether a conjunction joins the last one and the new one.
        governs: Whether a preposition before the row requires the genitive.
    """
    _, last, item = (items[index] for index in indexes)
    is_forward = indexes[2] > indexes[0]
    end = last.end
    if is_forward and item.start - end > REACH and last.quantity is not None:
        end = last.span[1]  # «этаж со второго по восьмой и раздельный санузел»
    gap = item.start - end if is_forward else last.start - item.end
    between = cut_text.words[end : item.start] if is_forward else cut_text.words[item.end : last.start]
    joined, stops = _stop_words(cut_text, items, indexes, between, joined)
    first = cut_text.words[item.start]
    if any(word is not None and word.symbol in stops for word in [*between, first]):
        return False
    if item.clause != last.clause and any(word is not None and word.symbol in _CONTRASTS for word in between):
        return False  # «без залога, а животных у нас нет»
    if governs and first is not None and first.case in ("nominative", "other"):
        return False  # «без обременений и один собственник»
    if len(between) == 1 and between[0] is not None and between[0].symbol in DASHES:
        joined = True  # «первый-последний»
    if item.clause == last.clause:
        return joined and gap <= REACH
    if is_forward and gap <= 3 and _is_allowed(items, indexes[2]):
        return False  # «без животных, детей старше 10 лет рассмотрим»
    if is_forward and _opens_alternatives(items, indexes[2]):
        return False  # «не последний, панель или кирпич»
    return (
        abs(item.clause - last.clause) == 1
        and gap <= 3
        and _continues_in_next_clause(cut_text, items, indexes, joined, governs)
    )


def _continues_in_next_clause(
    cut_text: Tokens, items: Sequence[Item], indexes: tuple[int, int, int], joined: bool, governs: bool
) -> bool:
    """Whether a mention behind a comma belongs to a row; the arguments are those of :func:`_continues_row`."""
    start, last, item = (items[index] for index in indexes)
    is_forward = indexes[2] > indexes[0]
    first = cut_text.words[item.start]
    end = cut_text.words[item.end - 1]
    continues = governs and first is not None and first.case == "genitive"
    continues = continues and (end is None or end.case != "other")  # «без кондиционера, семейной паре»
    continues = continues and not _has_own_genitive(cut_text, item, last)
    # «кроме первого, панельный дом» refuses no panel, nor does «не первый; панельный дом».
    low, high = (last.end, item.start) if is_forward else (item.end, last.start)
    is_cut = any(word is not None and word.symbol == ";" for word in cut_text.words[low:high])
    agrees = continues or (first is not None and first.number is not None if governs else not is_cut)
    if item.refused and last.refused and not item.denied and agrees or continues:
        return True
    before = items[max(0, indexes[2] - 2) : indexes[2]]
    is_permitted = is_forward or any(each.role == markers.CAN for each in before if each.clause == item.clause)
    if not is_permitted and _are_people_refused(cut_text, item, last):
        return True
    return joined and is_forward and start.start > 0 and _opens_both(cut_text, start)


def denied_row(cut_text: Tokens, items: Sequence[Item], index: int, step: int, governs: bool) -> list[int]:
    """The part of the row of *items[index]* that a denial covers; it ends at another denial: «не доля, юр. чистая»."""
    row = mentions_in_row(cut_text, items, index, step, governs)
    ended = (i for i, each in enumerate(row) if any(meaning.value is False for meaning in items[each].meanings))
    return row[: next(ended, len(row))]


def row_that_does_not_matter(
    cut_text: Tokens, items: Sequence[Item], index: int, step: int, governs: bool
) -> list[int]:
    """As :func:`denied_row`, with the other answers of the same kind: «новостройка или вторичка неважно»."""
    kinds = items[index].meanings.kinds
    row = mentions_in_row(cut_text, items, index, step, governs)
    ended = (
        i
        for i, each in enumerate(row)
        if items[each].meanings.kinds != kinds and any(meaning.value is False for meaning in items[each].meanings)
    )
    return row[: next(ended, len(row))]
