"""Lists of refused things: «хрущёвки, пятиэтажки без лифта и первые этажи не рассматриваем»."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from matching.reading import markers
from matching.reading.mentions import MENTION, Item, Tokens
from matching.reading.single_numbers import DASHES
from matching.reading.vocabulary import fold, morphology

#: The fewest things in a list: «новостройки, апартаменты не предлагать» may ask for new buildings.
MIN_LISTED = 3
#: Words of a list besides the things themselves.
_BETWEEN = frozenset(", и или без квартиры дома варианты этажи с в".split())
#: Kinds of homes that leads want or refuse: «кирпичные дома, хрущёвки и панельки не предлагать» asks for brick.
_HOMES = frozenset({"new_building", "house_floors"})
#: What a listing may say in a row to be absent; of other kinds the words before may say something else.
_ABSENT_THINGS = frozenset(
    "fridge washing_machine dishwasher air_conditioner tv internet balcony lift concierge storage".split()
)
#: The longest row of absent things.
LONGEST_ABSENT = 12
_POOR_WALLS = ("panel", "block", "wood")
_STARTS_SENTENCE = frozenset(".!?\n")


def deny_rest_of_list(cut_text: Tokens, items: Sequence[Item], index: int, deny: Callable[[Item], None]) -> None:
    """
    Deny the things that begin the list which the refusal *items[index]* ends.

    The whole sentence before the refusal must be a list of at least :data:`MIN_LISTED` things in the plural, or denied
    by «без»: «балкон, студии и первый этаж не предлагать» asks for a balcony.
    """
    marker = items[index]
    if marker.role == markers.ABSENT:
        _deny_absent_row(cut_text, items, index, deny)
    listed = [item for item in items[:index] if item.role == MENTION and item.sentence == marker.sentence]
    if len(listed) < MIN_LISTED or marker.role != markers.REFUSE:
        return
    position = listed[0].start
    if position and cut_text.tokens[position - 1] not in _STARTS_SENTENCE:
        return
    for item in listed:
        if not _only_joins(cut_text, position, item.start):
            return
        position = item.end
    rest = [item for item in listed if not item.by]
    plural = all(_is_refusable(item) and _is_plural(fold(cut_text.tokens[item.start])) for item in rest)
    for item in rest if plural and _only_joins(cut_text, position, marker.start) else ():
        deny(item)


#: What is said of a row of genitives: «посудомойки, кондиционера нет», «… не имеется».
_OF_GENITIVES = frozenset({"нет", "нету", "имеется", "предусмотрено", "установлено", "предоставляется"})


def _deny_absent_row(cut_text: Tokens, items: Sequence[Item], index: int, deny: Callable[[Item], None]) -> None:
    """«посудомойки, кондиционера нет», «посудомойка, кондиционер отсутствуют»: deny the things before the last one."""
    marker, tokens = items[index], cut_text.tokens
    said = fold(tokens[marker.end - 1])
    if said not in _OF_GENITIVES and said != "отсутствуют":
        return
    case = "genitive" if said in _OF_GENITIVES else "nominative"
    following: Item | None = None
    for item in reversed(items[max(0, index - 2 * LONGEST_ABSENT) : index]):
        if item.role == markers.AND:
            continue
        if item.role != MENTION or item.sentence != marker.sentence:
            return
        if following is None:
            if (marker.start, marker.end) not in item.by or _case_at(cut_text, item) not in (case, ""):
                return
        elif tokens[item.end : following.start] not in ([","], ["и"]):
            return
        elif (marker.start, marker.end) not in item.by:
            if item.by or item.meanings.kinds.isdisjoint(_ABSENT_THINGS) or not _is_in(cut_text, item, case):
                return
            deny(item)
        following = item


def _is_in(cut_text: Tokens, item: Item, case: str) -> bool:
    """Whether a thing is in the *case*, or opens the row in a form that may be it: «стиралки, кондиционера нет»."""
    known = _case_at(cut_text, item)
    before = [fold(token) for token in cut_text.tokens[max(0, item.start - 2) : item.start]]
    opens = not before or before[-1] in _STARTS_SENTENCE or before in (["есть", ","], ["имеется", ","])
    return known == case or not known and opens and fold(cut_text.tokens[item.start])[-1] in "иы"


def _case_at(cut_text: Tokens, item: Item) -> str:
    word = cut_text.words[item.start]
    return "other" if word is None else word.case


#: Kinds of which a limit that is not needed is refused: «дома до 1980 не надо», «выше десятого не нужно».
_LIMITED = frozenset({"year_built", "floor", "kitchen_area", "metro_walk", "deposit"})


def is_limit(item: Item) -> bool:
    """Whether the item is a number with one limit, of a kind whose refused limit is the opposite limit."""
    number = item.quantity
    return number is not None and number.how not in ("eq", "range") and not item.meanings.kinds.isdisjoint(_LIMITED)


def _is_refusable(item: Item) -> bool:
    return item.refused or not item.meanings.kinds.isdisjoint(_HOMES)


def says_its_own(cut_text: Tokens, item: Item) -> bool:
    """«не первый и не выше 12 этажа», «без лифта, детей пустим»: the second has its own «не», or its own verb."""
    number, tokens = item.quantity, cut_text.tokens
    if item.meanings.of_people and item.start and tokens[item.start - 1] == ",":
        verb = item.end + (fold(tokens[item.end]) == "не" if item.end < len(tokens) else 0)
        return verb < len(tokens) and _is_verb_of_owner(fold(tokens[verb]))
    return number is not None and number.how not in ("eq", "range") and fold(tokens[number.start]) == "не"


def _only_joins(cut_text: Tokens, start: int, end: int) -> bool:
    """Whether the tokens from *start* to *end* (excluded) only join the things of a list."""
    return all(fold(token) in _BETWEEN or token in DASHES for token in cut_text.tokens[start:end])


@lru_cache(maxsize=5_000)
def _is_verb_of_owner(word: str) -> bool:
    """«пустим», «рассмотрю»."""
    return any(each.tag.POS == "VERB" and each.tag.person == "1per" for each in morphology().parse(word))


@lru_cache(maxsize=5_000)
def _is_plural(word: str) -> bool:
    return any("plur" in each.tag and each.tag.case in ("nomn", "accs") for each in morphology().parse(word))


def deny_walls_of(items: Sequence[Item], index: int, deny: Callable[[Item], None]) -> None:
    """«панельные девятиэтажки исключаем» refuses panel; «панельные хрущёвки исключаем» leaves other panel houses."""
    head, walls = items[index], items[index - 1] if index else items[index]
    kinds = head.meanings.kinds & {"house_floors", "house_type"}
    if not (kinds and head.denied) or walls.meanings.kinds != {"material"} or walls.end != head.start or walls.denied:
        return
    if "house_floors" in kinds and any(meaning.value in _POOR_WALLS for meaning in walls.meanings):
        deny(walls)
    else:
        walls.cancelled = True
