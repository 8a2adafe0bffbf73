"""Exceptions to a denial and to a cancellation: «без животных, кроме кошек», «залог половина или без»."""

from collections.abc import Sequence

from matching.reading.mentions import MENTION, Item, Tokens
from matching.reading.rows import ANIMALS

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
