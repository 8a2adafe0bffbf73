"""From a text to its mentions (phrases that name a kind), markers and numbers, divided into clauses."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from matching.reading import markers
from matching.reading.entry import Entry
from matching.reading.marks import crosses_after, has_marks, read_marks
from matching.reading.phrases import PhraseTree
from matching.reading.quantities import CHARGES, FLOOR_WORDS, Quantity, quantity_at, starts_of_limits
from matching.reading.uses import Uses, is_bullet, significant_positions
from matching.reading.vocabulary import TOKEN, Vocabulary, Word

#: The value of a mention that names an entry's subject and still needs a number.
SUBJECT = "subject"
MENTION, NUMBER = "mention", "number"


class Meaning(NamedTuple):
    """A possible meaning of a phrase: a kind's entry, the value (or SUBJECT), and the conditions."""

    entry: Entry
    value: Any
    only_denied: bool = False
    needs: str = ""


_WATCHED = frozenset({"rent_term", "handed_over", "lift"})


class Meanings(tuple[Meaning, ...]):
    """
    All possible meanings of one phrase, and their most frequently used properties.

    Attributes:
        role: ``mention``, or the name of a marker.
        kinds: Names of the kinds.
        counts: It needs a number.
        needs: It needs a certain marker in its clause.
        of_people: It is about the people who will live there.
        refused: Leads mostly name it in order to refuse it.
        watched: Neighbouring words may change its meaning.
    """

    role: str
    kinds: frozenset[str]
    counts: bool
    needs: bool
    of_people: bool
    refused: bool
    watched: bool

    def __new__(cls, meanings: Iterable[Meaning]) -> "Meanings":
        """If a phrase is both a thing and a marker, only the thing is kept; a phrase to be skipped is only that."""
        every = list(meanings)
        if len(every) > 1 and every[0].entry.kind != markers.SKIP:
            every = [meaning for meaning in every if not meaning.entry.kind.startswith("_")] or every
        kept = super().__new__(cls, every)
        name = every[0].entry.kind if every else ""
        kept.role = name if name.startswith("_") else MENTION
        kept.kinds = frozenset(meaning.entry.kind for meaning in every)
        kept.counts = any(meaning.value is SUBJECT for meaning in every)
        kept.needs = any(meaning.needs for meaning in every)
        kept.of_people = any(meaning.entry.of_people for meaning in every)
        kept.watched = not kept.kinds.isdisjoint(_WATCHED)
        kept.refused = any(
            entry.refused is True or entry.refused and isinstance(value, str) and value in entry.refused
            for entry, value, _, _ in every
        )
        return kept


NOTHING = Meanings(())
_CLAUSE_END = Word(";")


@dataclass(slots=True, eq=False)
class Item:
    """
    A mention, a number or a marker, in the order of the text.

    Attributes:
        role: ``mention``, ``number``, or the name of a marker.
        start, end: Its tokens, end excluded.
        clause, sentence: Running numbers of the clause and the sentence.
        meanings: For a mention: its possible meanings.
        denied, cancelled, allowed: The effect of the markers around a mention.
        strength: ``must``, ``wish`` or ``soft``.
        quantity: For a number: its value. For a mention: the number that belongs to it.
        other_limit: For a mention: a second limit before it: «не ниже третьего, не выше пятого этажа».
        beside: For a marker: its clause names something without stating more about it, such as «санузел - любой».
        by: The tokens of denials and numbers that belong to a mention, for its span.
    """

    role: str
    start: int
    end: int
    clause: int
    sentence: int
    meanings: Meanings = NOTHING
    quantity: Quantity | None = None
    denied: bool = False
    cancelled: bool = False
    allowed: bool = False
    strength: str = "wish"
    other_limit: Quantity | None = None
    transport: bool = False
    taken: bool = False
    beside: bool = False
    by: list[tuple[int, int]] = field(default_factory=list)

    @property
    def span(self) -> tuple[int, int]:
        """The range of its own tokens and of those in *by*, end excluded."""
        start, end = self.start, self.end
        for first, last in self.by:
            if first < start:
                start = first
            if last > end:
                end = last
        return start, end

    @property
    def refused(self) -> bool:
        """Whether leads mostly name it in order to refuse it."""
        return self.meanings.refused


@dataclass(slots=True)
class Tokens:
    """
    The tokens of a text, and the grammar's word for each.

    Attributes:
        minuses: The tokens of signs that deny: «+ балкон - лифт»; and pictures that are read as words.
        crosses: The tokens of crosses that end a clause: «балкон ❌ лифт ✅».
    """

    text: str
    tokens: list[str]
    starts: list[int]
    words: list[Word | None]
    minuses: Sequence[int] = ()
    crosses: Sequence[int] = ()

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
    for match in _DISTRICT.finditer(text) if "-н" in text or "-Н" in text else ():
        words[bisect_left(starts, match.start(1))] = None
    minuses = _deny_minuses(text, starts, words, vocabulary) if "+" in text else []
    if text.isascii() or not has_marks(text):
        return Tokens(text, tokens, starts, words, minuses)
    minuses += read_marks(text, starts, words, vocabulary)
    return Tokens(text, tokens, starts, words, minuses, crosses_after(text, starts))


#: «в р-не школы»: «не» is the end of «районе».
_DISTRICT = re.compile(r"\bр-(н[аеу]?|нах?|ном|ны|нов)\b", re.IGNORECASE)
#: A line that opens with a plus, and one that opens with a minus.
_PLUS_LINE, _MINUS_LINE = re.compile(r"^[ \t]*\+", re.MULTILINE), re.compile(r"^[ \t]*([-–—−])", re.MULTILINE)
#: A list in one line that opens with a plus, and its minuses: «Техника: + плита, - стиралка», «+плита -стиралка».
_PLUS_LIST = re.compile(r"(?:^|[:.!?\n])[ \t]*\+[ \t]?[^\W\d]", re.MULTILINE)
_MINUS_IN_LIST = re.compile(r"(?:[,;][ \t]*|[ \t])([-–—−])(?=[^\W\d])|[,;][ \t]*([-–—−])(?=[ \t]+[^\W\d])")
#: «+ плита + балкон - стиралка».
_SPACED_PLUSES = re.compile(r"(?:^|[:.!?\n])[ \t]*\+[ \t][^\W\d][^+.\n]{1,40}[ \t]\+[ \t][^\W\d]", re.MULTILINE)
_SPACED_MINUS = re.compile(r"[ \t]([-–—−])(?=[ \t][^\W\d])")
#: A plus after the thing, and a minus: «плита +, стиралка -», «плита (+), стиралка (-)».
_PLUS_AFTER = re.compile(r"[^\W\d][ \t]?\(?\+\)?[ \t]*[,;\n]")
_MINUS_AFTER = re.compile(r"[^\W\d][ \t]?\(?([-–—−])\)?[ \t]*(?=[,;.\n]|$)")


def _deny_minuses(text: str, starts: Sequence[int], words: list[Word | None], vocabulary: Vocabulary) -> list[int]:
    """«+ балкон», «- первый этаж»: in a list of pluses, a minus means that the thing is absent or not wanted."""
    minuses: list[int] = []
    for plus, minus, denial in (
        (_PLUS_LINE, _MINUS_LINE, "не"),
        (_PLUS_LIST, _MINUS_IN_LIST, "не"),
        (_SPACED_PLUSES, _SPACED_MINUS, "не"),
        (_PLUS_AFTER, _MINUS_AFTER, "нет"),
    ):
        if plus.search(text) is None:
            continue
        for match in minus.finditer(text):
            minuses.append(bisect_left(starts, match.start(match.lastindex or 1)))
            words[minuses[-1]] = vocabulary.word(denial)
    return minuses


#: Words on both sides of « / » if it means "or".
_ALTERNATIVES = frozenset(
    """
    балкон лоджия кухня гостиная кирпич монолит панель блок кошка собака ванна душ двор улица парк река школа сад
    комиссия залог мебель техника
    """.split()
)


def _split_lists(text: str, tokens: Sequence[str], starts: Sequence[int], words: list[Word | None]) -> None:
    """«балкон / кухня 9 + лифт»: a plus or a slash between blanks ends a clause like a comma."""
    for position in range(1, len(tokens) - 1):
        mark, start = tokens[position], starts[position]
        if mark not in ("+", "/") or text[start - 1] != " " or text[start + 1 : start + 2] != " ":
            continue
        before, after = tokens[position - 1], tokens[position + 1]
        if mark == "/" and (_is_fraction(before, after) or len(before) == len(after) == 1 and before.isalpha()):
            continue  # «5 / 9», «с / у»
        sides = words[position - 1], words[position + 1]
        if mark == "/" and all(side is not None and side.symbol in _ALTERNATIVES for side in sides):
            continue
        if after == "все" and position + 2 < len(tokens):
            sides = sides[0], words[position + 2]  # «+ все счётчики»
        if mark == "+" and after[0].isdecimal():  # «35 000 + 5 000 КУ»
            charged = words[position + 2 : position + 6]
        else:
            charged = [sides[1]]
        if mark == "+" and any(word is not None and word.symbol in CHARGES for word in charged):
            continue  # «35 000 + КУ»
        words[position] = _CLAUSE_END


def _is_fraction(before: str, after: str) -> bool:
    """«5 / 9», but not «кухня от 15 / 14 этаж»."""
    if not (before.isdecimal() and after.isdecimal()):
        return before[0].isdecimal() and after[0].isdecimal()
    return len(before) > 4 or len(after) > 4 or int(before) <= int(after)


def items_of(cut_text: Tokens, tree: PhraseTree[Meaning], uses: Uses) -> list[Item]:
    """The mentions, numbers and markers of a text; sentences without an anchor or number are skipped."""
    words, tokens = cut_text.words, cut_text.tokens
    items: list[Item] = []
    clause = sentence = done = 0
    limiting = starts_of_limits()
    longest, root = tree.longest, tree.root.follows
    positions, passing = significant_positions(tokens, uses)
    if cut_text.minuses:
        positions = sorted({*positions, *cut_text.minuses})
    for position in positions:
        if position < done:
            continue
        word = words[position]
        if word is None:
            continue
        counts = word.number is not None
        if counts and is_bullet(tokens, position):
            continue
        symbol = word.symbol
        match = longest(words, position) if symbol in root or word.exact else None
        if (counts or symbol in limiting or symbol[0].isdigit()) and (match is None or match[0] - position < 4):
            quantity = quantity_at(words, tokens, position)
            if quantity is not None and (
                match is None
                or quantity.first > position
                or quantity.end > match[0]
                or match[1][0].only_denied
                and _follows_floor(words, position)
            ):
                items.append(Item(NUMBER, position, quantity.end, clause, sentence, quantity=quantity))
                done = quantity.end
                continue
        if match is None:
            continue
        done, meanings = match
        assert isinstance(meanings, Meanings)
        role = meanings.role
        if role == "_stop":
            if position not in passing:
                clause, sentence = clause + 1, sentence + 1
            elif symbol == "\n" or tokens[position - 1].isdecimal():
                clause += 1
        elif role == markers.BREAK:
            if not (symbol in "—–-" and len(symbol) == 1):
                clause += 1
        elif role == MENTION:
            if symbol == "болме" and items and items[-1].role == NUMBER and items[-1].end == position:
                continue  # «1-2 бөлме» counts rooms
            items.append(Item(role, position, done, clause, sentence, meanings))
        elif role != markers.SKIP:
            items.append(Item(role, position, done, clause, sentence))
    for item in items if cut_text.crosses else ():
        item.clause += bisect_left(cut_text.crosses, item.start)
    return items


def _follows_floor(words: Sequence[Word | None], position: int) -> bool:
    """«этаж 1», «этаж: 1»."""
    before = words[position - 1] if position else None
    if before is not None and before.symbol in (":", "-", "–", "—") and position > 1:
        before = words[position - 2]
    return before is not None and before.symbol in FLOOR_WORDS
