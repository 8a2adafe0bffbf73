"""Exceptions to a denial and to a cancellation: «без животных, кроме кошек», «залог половина или без»."""

from collections.abc import Sequence

from matching.reading.mentions import MENTION, Item, Tokens
from matching.reading.rows import ANIMALS, follows_unknown
from matching.reading.single_numbers import DASHES

#: Words with which a consequence begins: «соседей нет — можно, удобно, с детьми».
_CONSEQUENCES = frozenset({"с", "со", "для", "можно", "и", "в", "поэтому", "значит"})
_EXCEPTING = frozenset({"кроме", "за", "исключая", "помимо"})


def is_exception(cut_text: Tokens, items: Sequence[Item], index: int, target: Item) -> bool:
    """«без животных, кроме кошек»: the animal after «кроме» is allowed."""
    marker, word = items[index], cut_text.words[items[index].start]
    if word is None or word.symbol not in _EXCEPTING or target.meanings.kinds.isdisjoint(ANIMALS):
        return False
    whole = next((item for item in reversed(items[max(0, index - 3) : index]) if item.role == MENTION), None)
    if whole is None or not whole.denied or whole.sentence != marker.sentence:
        return False
    return "pets" in whole.meanings.kinds and marker.start - whole.end <= 2


def leaves_a_limit(item: Item, symbols: Sequence[str]) -> bool:
    """«залог половина или без»: the most that is paid remains a wish."""
    return symbols[-1:] == ["без"] and any(meaning.entry.denied == 0 for meaning in item.meanings)


def concerns_another(cut_text: Tokens, marker: Item, symbols: Sequence[str], before: Item | None) -> bool:
    """Whether the marker is said of something that the grammar does not know, and so of no mention."""
    if symbols == ["аллергия"]:  # «у дочки аллергия»; «на кошек аллергия» refuses them
        return before is None or cut_text.tokens[before.start - 1].lower() != "на"
    if before is not None:
        return False
    if symbols[:1] == ["по"]:
        return follows_unknown(cut_text, marker)  # «шторы по желанию, на длительный срок»
    # «соседей снизу нет — можно с собакой»; but «нет — телевизора»
    after = cut_text.words[marker.end : marker.end + 2]
    said = symbols == ["нет"] and marker.start > 0 and cut_text.tokens[marker.start - 1].isalpha()
    leads = marker.end + 1 < len(cut_text.tokens) and cut_text.tokens[marker.end] in DASHES
    return said and leads and (after[1] is None or after[1].symbol in _CONSEQUENCES)
