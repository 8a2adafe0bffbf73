"""Pictures in place of words; ticks and crosses after the things that they are said of: «🐾 ❌», «плита ✅ ТВ ❌»."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from matching.reading.vocabulary import CROSSES, Vocabulary, Word

_TICKS = "✅☑✔➕"
_REFUSALS = "".join(sorted(CROSSES)) + "➖"
_PICTURES = {
    "🐾": "животное",
    "🐶": "собака",
    "🐕": "собака",
    "🐱": "кошка",
    "🐈": "кошка",
    "🚬": "курение",
    "👶": "дети",
}
_PICTURED = "".join(_PICTURES)
_ANY_MARK = re.compile(f"[{_REFUSALS}{_PICTURED}]")
#: A line whose first mark follows a word, and whose last is followed by nothing: each mark speaks of what is before it.
_MARKED_AFTER = re.compile(
    rf"^(?>[^\w\n{_TICKS}{_REFUSALS}{_PICTURED}]*[\w{_PICTURED}][^\n{_TICKS}{_REFUSALS}]*)[{_TICKS}{_REFUSALS}]"
    rf"(?>(?:[^\n]*[{_TICKS}{_REFUSALS}])?)[\ufe0f \t.,;!]*$",
    re.MULTILINE,
)
_REFUSAL = re.compile(f"[{_REFUSALS}]")
#: «Стиралка ➕ Посудомойка ➖»: a heavy minus denies only where a heavy plus affirms.
_HEAVY_MINUS = re.compile(r"(?<=[\w)])[ \t]*➖(?![ \t]*➖)")
#: A picture of which a mark or a word beside it says whether it is allowed.
_ANSWERED = re.compile(
    rf"[{_PICTURED}](?=\ufe0f?[ \t]*(?:[-–—:][ \t]*)?"
    rf"(?:[{_TICKS}{_REFUSALS}]|(?:можно|нельзя|да|нет|ок|запрещ\w+|разреш\w+)\b))",
    re.IGNORECASE,
)


def has_marks(text: str) -> bool:
    """Whether *text* has a picture, or a cross."""
    return _ANY_MARK.search(text) is not None


def read_marks(text: str, starts: Sequence[int], words: list[Word | None], vocabulary: Vocabulary) -> list[int]:
    """Read «🐾 ❌» as «животные ❌», and «➖» as a cross in a text that has «➕»; the tokens to which this applies."""
    read: list[int] = []
    for match in _ANSWERED.finditer(text):
        token = bisect_left(starts, match.start())
        words[token] = vocabulary.word(_PICTURES[match[0]])
        read += range(token, min(token + 4, len(starts)))
    for match in _HEAVY_MINUS.finditer(text) if "➕" in text else ():
        read.append(bisect_left(starts, match.end() - 1))
        words[read[-1]] = vocabulary.word("❌")
    return read


def crosses_after(text: str, starts: Sequence[int]) -> list[int]:
    """The tokens of the crosses that are said of what is before them, so that a clause ends after each."""
    return [
        bisect_left(starts, mark.start())
        for line in _MARKED_AFTER.finditer(text)
        for mark in _REFUSAL.finditer(text, line.start(), line.end())
    ]
