"""From a text to its mentions: where a kind is named, and the markers and numbers around it, clause by clause."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from matching.reading import markers
from matching.reading.entry import Entry
from matching.reading.phrases import PhraseTree
from matching.reading.quantities import Quantity, quantity_at, starts_of_limits
from matching.reading.words import TOKEN, Vocabulary, Word

#: What stands in place of a value where an entry's subject is named and a number has to be found.
SUBJECT = "subject"
MENTION, NUMBER = "mention", "number"


class Meaning(NamedTuple):
    """What a phrase may say: a kind's entry, the value (or SUBJECT), and on what conditions."""

    entry: Entry
    value: Any
    only_denied: bool = False
    needs: str = ""


_MARKS_OF_SENTENCE_END = frozenset(".!?\n")


@dataclass(slots=True, eq=False)
class Item:
    """
    A mention, a number or a marker, in the order of the text.

    Attributes:
        role: ``mention``, ``number``, or the name of a marker.
        start, end: Its tokens, end excluded.
        clause, sentence: Running numbers of the clause and the sentence.
        meanings: Of a mention: what it may say.
        denied, cancelled, allowed: What the markers around a mention make of it.
        strength: ``must``, ``wish`` or ``soft``.
        quantity: Of a number: itself. Of a mention: the number that belongs to it.
        other_limit: Of a mention: a second limit that stands before: «не ниже третьего, не выше пятого этажа».
        by: The tokens of denials and numbers that belong to a mention, for its span.
    """

    role: str
    start: int
    end: int
    clause: int
    sentence: int
    meanings: list[Meaning] = field(default_factory=list)
    denied: bool = False
    cancelled: bool = False
    allowed: bool = False
    strength: str = "wish"
    quantity: Quantity | None = None
    other_limit: Quantity | None = None
    transport: bool = False
    taken: bool = False
    by: list[tuple[int, int]] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Leads name it mostly to refuse it."""
        return any(
            entry.refused is True or entry.refused and isinstance(value, str) and value in entry.refused
            for entry, value, _, _ in self.meanings
        )


@dataclass(slots=True)
class Tokens:
    """A text cut into tokens, and what the grammar knows of each."""

    text: str
    tokens: list[str]
    starts: list[int]
    words: list[Word | None]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters of tokens *start* to *end*, end excluded."""
        last = end - 1
        return self.starts[start], self.starts[last] + len(self.tokens[last])


#: A dot after these, or after a single letter, ends no sentence.
_ABBREVIATIONS = frozenset(
    """
    кв эт мин тыс руб р м г ул д стр корп к пр наб мкр р_н пос обл т п с у х б л жк ст тел чел мес комн макс
    кирп пеш изол разд совм см пан мон сан жил общ пл ок оч ном
    """.split()
)


def cut(text: str, vocabulary: Vocabulary) -> Tokens:
    """*text* as tokens."""
    parts = TOKEN.split(text)
    ends = list(accumulate(map(len, parts)))
    tokens = parts[1::2]
    starts = ends[0:-1:2]
    known = vocabulary.remembered
    return Tokens(text, tokens, starts, [known[token] for token in tokens])


def items_of(cut_text: Tokens, tree: PhraseTree[Meaning]) -> list[Item]:
    """The mentions, numbers and markers of a text."""
    words, tokens = cut_text.words, cut_text.tokens
    items: list[Item] = []
    clause = sentence = done = 0
    root = tree.root.follows
    limiting = starts_of_limits()
    starts = [
        (place, word)
        for place, word in enumerate(words)
        if word is not None
        and (word.symbol in root or word.number is not None or word.symbol in limiting or word.exact)
    ]
    for place, word in starts:
        if place < done:
            continue
        symbol = word.symbol
        found = tree.longest(words, place)
        if (word.number is not None or symbol in limiting) and (found is None or found[0] - place < 4):
            quantity = quantity_at(words, tokens, place)
            if quantity is not None and (found is None or quantity.first > place or quantity.end > found[0]):
                items.append(Item(NUMBER, place, quantity.end, clause, sentence, quantity=quantity))
                done = quantity.end
                continue
        if found is None:
            continue
        end, meanings = found
        if len(meanings) > 1 and meanings[0][0].kind != markers.SKIP:  # what is a thing and a marker is a thing
            meanings = [meaning for meaning in meanings if not meaning[0].kind.startswith("_")] or meanings
        name = meanings[0][0].kind
        if name == "_stop":
            if not (symbol == "." and _goes_on(tokens, place)):
                clause, sentence = clause + 1, sentence + 1
        elif name == markers.BREAK:
            if not (symbol in "—–-" and len(symbol) == 1):
                clause += 1
        elif name != markers.SKIP:
            if name.startswith("_"):
                items.append(Item(name, place, end, clause, sentence))
            else:
                items.append(Item(MENTION, place, end, clause, sentence, list(meanings)))
        done = end
    return items


def _goes_on(tokens: Sequence[str], place: int) -> bool:
    """A dot that ends no sentence: after an abbreviation, or before a small letter or a digit after a short word."""
    before = tokens[place - 1].lower() if place else ""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    return before in _ABBREVIATIONS and after not in _MARKS_OF_SENTENCE_END
