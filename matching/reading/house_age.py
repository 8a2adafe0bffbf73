"""The age of a house: «дом не старше 15 лет»."""

from collections.abc import Sequence

from matching.reading.limit_words import AT_LEAST, AT_MOST
from matching.reading.mentions import MENTION, NUMBER, Item, Tokens
from matching.reading.single_numbers import is_word

#: The year from which an age is counted. It changes with the grammar, so that no text is read anew on New Year's Day.
PRESENT_YEAR = 2026
_OLDEST = 60
#: What the words before «не старше» may be about: «ремонт не старше 5 лет», «мебель не старше трёх лет».
_NO_HOUSE = frozenset({"renovation", "furnished", "appliances"})
_HOUSE = frozenset({"year_built", "house_type", "new_building", "material"})
#: The largest distance of the house from its age, in tokens.
_REACH = 4


def ages(cut_text: Tokens, items: Sequence[Item]) -> list[tuple[int, Item]]:
    """The earliest year of the house, and the number from which it was read, of each age that a lead states."""
    return [
        (PRESENT_YEAR - int(item.quantity.low), item)
        for index, item in enumerate(items)
        if item.role == NUMBER and item.quantity is not None and _is_age(cut_text, items, index)
    ]


def _is_age(cut_text: Tokens, items: Sequence[Item], index: int) -> bool:
    item, quantity = items[index], items[index].quantity
    if quantity is None or item.taken or quantity.unit != "year" or not 1 <= quantity.low <= _OLDEST:
        return False
    if cut_text.tokens[item.end - 1].lower() not in ("лет", "года", "год") or cut_text.tokens[
        item.end : item.end + 1
    ] == ["?"]:
        return False
    older = any(is_word(cut_text.words, position, "старше") for position in range(quantity.start, quantity.first))
    before = [each for each in items[max(0, index - 3) : index] if each.sentence == item.sentence]
    things = [each for each in before if each.role == MENTION]
    beside = things[-1] if things and item.start - things[-1].end <= _REACH else None
    if beside is not None and beside.meanings.kinds & _HOUSE:
        return quantity.how in (AT_LEAST, AT_MOST) and (older or quantity.how == AT_MOST)
    spoken = any(each.meanings.of_people or each.meanings.kinds & _NO_HOUSE for each in things)
    opens = item.start == 0 or not cut_text.tokens[item.start - 1][0].isalnum()
    return older and opens and not spoken and quantity.how == AT_LEAST
