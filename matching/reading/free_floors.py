"""Floors without a word for what they count: «квартира на третьем», «не выше четвёртого»."""

from collections.abc import Sequence
from dataclasses import replace

from matching.reading import markers
from matching.reading.limit_words import AT_LEAST
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.quantities import Quantity
from matching.reading.single_numbers import is_word

#: The highest floor of such phrases as «на третьем».
MAX_FLOOR = 40


def is_floor_stated(items: Sequence[Item]) -> bool:
    return any(
        item.quantity is not None and item.role == MENTION and item.meanings[0].entry.kind == "floor" for item in items
    )


def is_floor(tokens: Tokens, quantity: Quantity) -> bool:
    """«не выше четвёртого»: only floors are called high or low with nothing but a number."""
    symbols = {word.symbol for word in tokens.words[quantity.start : quantity.first] if word is not None}
    small = 1 <= quantity.low <= quantity.high <= 60 and quantity.low == int(quantity.low)
    if tokens.tokens[quantity.end : quantity.end + 1] and tokens.tokens[quantity.end].lower().startswith("комн"):
        return False  # «1-2х комнатную»
    if quantity.low == 1 and quantity.how == AT_LEAST or is_word(tokens.words, quantity.end, "число", "год"):
        return False  # «с 1-го числа»
    if tokens.tokens[quantity.end : quantity.end + 1] and tokens.tokens[quantity.end].isalpha():
        if tokens.words[quantity.end] is None and not symbols & {"выше", "ниже"}:
            return False  # «от 5-й больницы»
    return small and (
        bool(symbols & {"выше", "ниже"}) or quantity.ordinal and quantity.how != "eq" and not quantity.fraction
    )


def named_floors(tokens: Tokens, items: Sequence[Item], index: int) -> Quantity | None:
    """«квартира на третьем», «на втором или третьем»: floors, if no word that they could count follows."""
    floors: list[Quantity] = []
    for item in items[index : index + 3]:
        if item.role == markers.AND and len(floors) == 1:
            continue
        number = item.quantity
        if item.role != NUMBER or number is None or not number.ordinal or number.how != "eq" or number.unit:
            break
        if not tokens.tokens[item.end - 1].endswith("м") or number.high > MAX_FLOOR:
            break
        floors.append(number)
    if not floors or not floors[0].start or tokens.tokens[floors[0].start - 1].lower() != "на":
        return None
    end = floors[-1].end
    follows = end < len(tokens.tokens) and tokens.tokens[end][0].isalnum()
    denied = index > 0 and items[index - 1].role in (markers.NOT, markers.NEVER)
    if follows or denied or floors[0].low > floors[-1].high:
        return None
    return replace(floors[0], high=floors[-1].high, how="range")
