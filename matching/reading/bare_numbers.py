"""Numbers of a listing without a word for what they count: «5/9», «1937 г.» between marks, near facts of the house."""

import re
from collections.abc import Sequence

from matching.reading import markers
from matching.reading.kinds import KINDS
from matching.reading.limit_words import AT_LEAST
from matching.reading.mentions import Item, Tokens
from matching.reading.quantities import Quantity
from matching.reading.single_numbers import DASHES

_MARKS = frozenset(",;.!?\n()")
#: «16/17.» as a sentence is a floor of a house with at least this many floors; shares, written alike, have fewer parts.
LOWEST_HOUSE = 5
#: A dot after a shorter word may belong to an abbreviation: «арт. 7/12», «ул. 9/12».
SHORTEST_WORD = 5
#: Next to these «5/9» is a floor.
_ROOMS = re.compile(
    r"(?:одну|дву|тр[её]|четв[её]р)ш(?:ечк|к)|[а-я]*комнатн|евро(?:дву|тр[её])шк|студи|кв$|квартир|комн$|кк$"
)
_METRES = frozenset({"м", "м2", "м²", "²", "метров"})
_STREETS = frozenset(
    "ул улица улице пр просп проспект проспекте пер переулок мкр микрорайон наб шоссе бульвар д".split()
)
#: In tokens: how far from the beginning, and from the word for the home, an advert's first «7/9» may be.
OPENING, ROOMS_REACH = 24, 8
_WALLS = frozenset({"material", "house_type"})
_LETTERS_OF_WALLS = {"к": ["brick"], "п": ["panel"], "мк": ["brick", "monolith"]}
#: «пәтер 3/5, кірпіш үй»
_HOMES = frozenset({"пәтер", "квартира", "квартиру", "студия", "студию"})
#: The most floors of a house.
MAX_FLOORS = 90
#: Square metres; a smaller area is not a home.
MIN_AREA = 9.0
_OF_A_HOME = frozenset(kind.name for kind in KINDS if kind.group in ("plan", "house"))


def is_floor_of_house(quantity: Quantity) -> bool:
    """«5/9», but not «7/5» or «54/32/9»."""
    alone = quantity.fraction and quantity.third is None and not quantity.unit
    return alone and 1 <= quantity.low <= quantity.high <= MAX_FLOORS


def floor_with_walls(tokens: Tokens, item: Item) -> tuple[float, float, list[str]] | None:
    """«4/9 к,», «2/5п»: the floor, the floors of the house, and its walls, for which realtors write a letter; "
    "or None."""
    quantity = item.quantity
    if quantity is None or not quantity.fraction or quantity.third is not None:
        return None
    last = item.end - (tokens.tokens[item.end - 1].lower() == "к")  # read as thousands
    walls = _LETTERS_OF_WALLS.get(tokens.tokens[last].lower()) if last < len(tokens.tokens) else None
    if walls is None or last + 1 < len(tokens.tokens) and tokens.tokens[last + 1] not in _MARKS:
        return None
    floors = quantity.high / (1000 if last < item.end else 1)
    return (quantity.low, floors, walls) if 1 <= quantity.low <= floors <= MAX_FLOORS else None


def is_floor_among_facts(tokens: Tokens, items: Sequence[Item], index: int) -> bool:
    """
    «кирпичный дом, 5/9, лифт», «52 м, 5/9 панель»: alone between marks, or before the walls, next to facts of the house
    or the home.
    """
    item = items[index]
    before, after = tokens.tokens[item.start - 1 : item.start], tokens.tokens[item.end : item.end + 1]
    quantity = item.quantity
    if quantity is not None and _follows_rooms(tokens, quantity):
        return True
    if before and before[0] not in _MARKS and before[0].lower() not in _HOMES:
        return False
    follower = items[index + 1] if index + 1 < len(items) else None
    if follower is not None and _are_areas(follower.quantity) and follower.start - item.end <= 1:
        return True  # «5/9, 56/35/8»
    if quantity is not None and quantity.high >= LOWEST_HOUSE and before and after and after[0] in ",.":
        opens = before[0] in ".!\n" and len(tokens.tokens[item.start - 2]) >= SHORTEST_WORD
        if opens or quantity.low == quantity.high:
            return True  # «Счётчики. 16/17.», «Парголово, 18/18, пентхаус»
    if after and after[0] not in _MARKS:
        return follower is not None and follower.start == item.end and not follower.meanings.kinds.isdisjoint(_WALLS)
    return any(
        abs(other.clause - item.clause) == 1
        and (not other.meanings.kinds.isdisjoint(_OF_A_HOME) or _is_area(other.quantity))
        for other in items[max(0, index - 4) : index + 5]
    )


def _are_areas(quantity: Quantity | None) -> bool:
    """«54/32/9»"""
    return quantity is not None and quantity.third is not None and quantity.low > quantity.high > quantity.third >= 3


def _follows_rooms(tokens: Tokens, quantity: Quantity) -> bool:
    """«двушка, 7/9», «1-к кв., 6/10», «2-к квартира 56 м2, 3/5»: the beginning of an advert, but no address."""
    start, end = quantity.start, quantity.end
    if quantity.how != "eq" or not 0 < start <= OPENING or quantity.high < LOWEST_HOUSE:
        return False
    before = [token.lower() for token in tokens.tokens[max(0, start - ROOMS_REACH) : start]]
    if before[-1] not in _MARKS and before[-1] not in _METRES and not _ROOMS.match(before[-1]):
        return False
    if end < len(tokens.tokens) and tokens.tokens[end] not in _MARKS and tokens.tokens[end] not in DASHES:
        return False
    return any(map(_ROOMS.match, before)) and _STREETS.isdisjoint(before)


def is_listed_year(tokens: Tokens, items: Sequence[Item], index: int) -> bool:
    """«61 м², 5/6, 1937 г., без лифта»: a year between commas, next to facts of the house or the home."""
    item = items[index]
    end = item.end + (tokens.tokens[item.end : item.end + 1] == ["."])
    wall = items[index - 1] if index else item
    if wall.end == item.start and not wall.meanings.kinds.isdisjoint(_WALLS):
        return True  # «монолит 2017»
    if tokens.tokens[item.start - 1 : item.start] != [","]:
        return False
    if tokens.tokens[end : end + 1] != [","]:  # «Кирпич, 2015 г. Газ»
        before = items[index - 1] if index else item
        return end > item.end and before.end == item.start - 1 and not before.meanings.kinds.isdisjoint(_WALLS)
    return any(
        other is not item
        and abs(other.clause - item.clause) <= 2
        and (
            not other.meanings.kinds.isdisjoint(_OF_A_HOME)
            or other.quantity is not None
            and (_is_area(other.quantity) or is_floor_of_house(other.quantity))
        )
        for other in items[max(0, index - 3) : index + 4]
    )


def cut_year(tokens: Tokens, items: Sequence[Item], index: int) -> float | None:
    """«Кирпич, 74 год»: the year that two digits after the walls stand for, or None."""
    item, wall = items[index], items[index - 1] if index else items[index]
    quantity = item.quantity
    if quantity is None or quantity.unit != "year" or quantity.how != "eq" or not 30 <= quantity.low <= 99:
        return None
    if tokens.tokens[item.end - 1].lower() not in ("год", "г", "года") or wall.meanings.kinds.isdisjoint(_WALLS):
        return None
    return 1900 + quantity.low if 0 <= item.start - wall.end <= 1 else None


def _is_area(quantity: Quantity | None) -> bool:
    return quantity is not None and quantity.unit in ("m", "m2") and quantity.high >= MIN_AREA


def is_year_of_house(tokens: Tokens, item: Item, house: int | None) -> bool:
    """«2018 г.п.», or a year in the sentence *house*, the last that mentions a house."""
    return house == item.sentence or [each.lower() for each in tokens.tokens[item.end : item.end + 2]] == [".", "п"]


def is_year(quantity: Quantity) -> bool:
    """A whole number from 1900 to 2040."""
    return 1900 <= quantity.low <= quantity.high <= 2040 and quantity.low == int(quantity.low)


def may_be_long(tokens: Tokens, quantity: Quantity) -> bool:
    """«на 11 месяцев», «от 6 месяцев»: a longer rent suits as well; not «от 3 месяцев до полугода»."""
    is_least = quantity.how == AT_LEAST and "до" not in tokens.tokens[quantity.end : quantity.end + 2]
    return is_least and quantity.high < 10 or 10 <= quantity.high <= 11


def refusal_behind(items: Sequence[Item], index: int) -> str | None:
    """«дороже 60 тысяч не предлагать», «до 1980 не надо»: the strength of the refusal behind a number, if any."""
    number, after = items[index].quantity, items[index + 1] if index + 1 < len(items) else None
    if number is None or after is None or after.clause != items[index].clause:
        return None
    if after.role == markers.UNNEEDED and number.how != "eq" and number.unit == "year":
        return "wish"
    return "must" if after.role == markers.REFUSE else None
