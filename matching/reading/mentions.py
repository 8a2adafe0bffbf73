"""From a text to its mentions: where a kind is named, and the markers and numbers around it, clause by clause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from matching.reading import markers
from matching.reading.entry import Entry
from matching.reading.phrases import PhraseTree
from matching.reading.quantities import CHARGES, FLOOR_WORDS, Quantity, quantity_at, starts_of_limits
from matching.reading.uses import Uses, telling
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


_WATCHED = frozenset({"rent_term", "handed_over", "lift"})


class Senses(tuple[Meaning, ...]):
    """
    All that one phrase may say, and what the reader asks of it most often.

    Attributes:
        role: ``mention``, or the name of a marker.
        kinds: Names of the kinds.
        counts: A number has to be found.
        needs: Something must stand beside it.
        of_people: It is said of the people who will live there.
        refused: Leads name it mostly to refuse it.
        watched: What stands beside it may make something else of it.
    """

    role: str
    kinds: frozenset[str]
    counts: bool
    needs: bool
    of_people: bool
    refused: bool
    watched: bool

    def __new__(cls, meanings: Iterable[Meaning]) -> "Senses":
        """Of a phrase that is a thing and a marker the thing is kept; what is skipped is skipped."""
        every = list(meanings)
        if len(every) > 1 and every[0].entry.kind != markers.SKIP:
            every = [meaning for meaning in every if not meaning.entry.kind.startswith("_")] or every
        senses = super().__new__(cls, every)
        name = every[0].entry.kind if every else ""
        senses.role = name if name.startswith("_") else MENTION
        senses.kinds = frozenset(meaning.entry.kind for meaning in every)
        senses.counts = any(meaning.value is SUBJECT for meaning in every)
        senses.needs = any(meaning.needs for meaning in every)
        senses.of_people = any(meaning.entry.of_people for meaning in every)
        senses.watched = not senses.kinds.isdisjoint(_WATCHED)
        senses.refused = any(
            entry.refused is True or entry.refused and isinstance(value, str) and value in entry.refused
            for entry, value, _, _ in every
        )
        return senses


NOTHING = Senses(())
_CLAUSE_END = Word(";")


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
        beside: Of a marker: its clause names something of which it says no more, as «санузел - любой».
        by: The tokens of denials and numbers that belong to a mention, for its span.
    """

    role: str
    start: int
    end: int
    clause: int
    sentence: int
    meanings: Senses = NOTHING
    denied: bool = False
    cancelled: bool = False
    allowed: bool = False
    strength: str = "wish"
    quantity: Quantity | None = None
    other_limit: Quantity | None = None
    transport: bool = False
    taken: bool = False
    beside: bool = False
    by: list[tuple[int, int]] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Leads name it mostly to refuse it."""
        return self.meanings.refused


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


def cut(text: str, vocabulary: Vocabulary) -> Tokens:
    """*text* as tokens."""
    parts = TOKEN.split(text)
    ends = list(accumulate(map(len, parts)))
    tokens = parts[1::2]
    starts = ends[0:-1:2]
    known = vocabulary.remembered
    words = [known[token] for token in tokens]
    if " + " in text or " / " in text:
        _split_lists(text, tokens, starts, words)
    return Tokens(text, tokens, starts, words)


#: What stands on both sides of « / » where it means "or".
_ALTERNATIVES = frozenset(
    """
    балкон лоджия кухня гостиная кирпич монолит панель блок кошка собака ванна душ двор улица парк река школа сад
    комиссия залог мебель техника
    """.split()
)


def _split_lists(text: str, tokens: Sequence[str], starts: Sequence[int], words: list[Word | None]) -> None:
    """«балкон / кухня 9 + лифт»: a plus or a slash between blanks ends a clause as a comma does."""
    for place in range(1, len(tokens) - 1):
        mark, at = tokens[place], starts[place]
        if mark not in ("+", "/") or text[at - 1] != " " or text[at + 1 : at + 2] != " ":
            continue
        before, after = tokens[place - 1], tokens[place + 1]
        if mark == "/" and (_is_fraction(before, after) or len(before) == len(after) == 1 and before.isalpha()):
            continue  # «5 / 9», «с / у»
        sides = words[place - 1], words[place + 1]
        if mark == "/" and all(side is not None and side.symbol in _ALTERNATIVES for side in sides):
            continue
        if mark == "+" and sides[1] is not None and sides[1].symbol in CHARGES:
            continue  # «35 000 + КУ»
        words[place] = _CLAUSE_END


def _is_fraction(before: str, after: str) -> bool:
    """«5 / 9», but not «кухня от 15 / 14 этаж»."""
    if not (before.isdecimal() and after.isdecimal()):
        return before[0].isdecimal() and after[0].isdecimal()
    return len(before) > 4 or len(after) > 4 or int(before) <= int(after)


def items_of(cut_text: Tokens, tree: PhraseTree[Meaning], uses: Uses) -> list[Item]:
    """The mentions, numbers and markers of a text; sentences that tell nothing are passed over."""
    words, tokens = cut_text.words, cut_text.tokens
    items: list[Item] = []
    clause = sentence = done = 0
    limiting = starts_of_limits()
    longest = tree.longest
    places, passing = telling(tokens, uses)
    for place in places:
        if place < done:
            continue
        word = words[place]
        if word is None:
            continue
        symbol = word.symbol
        match = longest(words, place)
        if (word.number is not None or symbol in limiting or symbol[0].isdigit()) and (
            match is None or match[0] - place < 4
        ):
            quantity = quantity_at(words, tokens, place)
            if quantity is not None and (
                match is None
                or quantity.first > place
                or quantity.end > match[0]
                or match[1][0].only_denied
                and _follows_floor(words, place)
            ):
                items.append(Item(NUMBER, place, quantity.end, clause, sentence, quantity=quantity))
                done = quantity.end
                continue
        if match is None:
            continue
        done, meanings = match
        assert isinstance(meanings, Senses)
        role = meanings.role
        if role == "_stop":
            if place not in passing:
                clause, sentence = clause + 1, sentence + 1
            elif symbol == "\n":
                clause += 1
        elif role == markers.BREAK:
            if not (symbol in "—–-" and len(symbol) == 1):
                clause += 1
        elif role == MENTION:
            items.append(Item(role, place, done, clause, sentence, meanings))
        elif role != markers.SKIP:
            items.append(Item(role, place, done, clause, sentence))
    return items


def _follows_floor(words: Sequence[Word | None], place: int) -> bool:
    """«этаж 1», «этаж: 1»."""
    before = words[place - 1] if place else None
    if before is not None and before.symbol in (":", "-", "–", "—") and place > 1:
        before = words[place - 2]
    return before is not None and before.symbol in FLOOR_WORDS
