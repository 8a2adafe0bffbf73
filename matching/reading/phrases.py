"""
Phrases of the grammar, and a tree in which a text's words are looked up.

A phrase is words in their base form; any form of them is found. ``(a/b c)`` are alternatives, ``[x]`` may be left out,
``=x`` is that form alone, ``_`` is one word of any kind or none, and ``|`` stands between phrases.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Generic, TypeVar

from matching.reading.words import Word

CLASSES: dict[str, str] = {
    "near": (
        "рядом/рядышком/близко/вблизи/близость/около/недалеко/неподалеку/поблизости/возле/"
        "шаговый доступность/пешеходный доступность/пешая доступность"
        "/под бок/два шаг/пара шаг/near/nearby/close to/close/next to/walking distance/жанында/касында/жакын/"
        "доступность"
    ),
    "window": "окно/окошко/вид из окно/вид/window/view/терезе/терезеси",
}

#: Words that a phrase skips where it does not name them.
SKIPPED = frozenset(
    """
    в во на с со у из к ко по о об для и же бы то это быть был есть иметься a an the of in on with to is are
    for очень самый весь свой ваш наш
    """.split()
)
ANY = "_"
#: Marks that the notation uses itself.
_NAMED = {"SLASH": "/", "BACKSLASH": "\\"}
_ENDS = ",.;:!?\n()"

T = TypeVar("T")

_ELEMENT = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|<(\w+)>|(\S+)")


def expand(phrases: str) -> Iterator[tuple[str, ...]]:
    """
    Every sequence of words that *phrases* stands for.

    >>> list(expand("(тихий/спокойный) [зеленый] двор"))
    [('тихий', 'зеленый', 'двор'), ('тихий', 'двор'), ('спокойный', 'зеленый', 'двор'), ('спокойный', 'двор')]
    """
    for phrase in phrases.split("|"):
        slots: list[list[tuple[str, ...]]] = []
        for group, optional, named, word in _ELEMENT.findall(phrase):
            if word:
                slots.append([(word,), ()] if word == ANY else [(word,)])
                continue
            options = [tuple(option.split()) for option in (group or optional or CLASSES[named]).split("/")]
            slots.append([*options, ()] if optional else options)
        if slots:
            for chosen in product(*slots):
                yield tuple(_NAMED.get(word, word) for part in chosen for word in part)


@dataclass(slots=True)
class Node(Generic[T]):
    """A place in the tree: what may follow, and what ends here."""

    follows: dict[str, "Node[T]"] = field(default_factory=dict)
    ends: list[T] = field(default_factory=list)
    inner: bool = True  # not the root


class PhraseTree(Generic[T]):
    """Phrases by their words; :meth:`longest` finds the longest that starts at a word."""

    def __init__(self, phrases: Iterable[tuple[Sequence[str], T]]) -> None:
        self.root: Node[T] = Node(inner=False)
        for words, meaning in phrases:
            node = self.root
            for word in words:
                node = node.follows.setdefault(word, Node())
            if meaning not in node.ends:
                node.ends.append(meaning)
        #: Words that are a phrase of their own are no «_».
        self.whole = frozenset(word for word, node in self.root.follows.items() if node.ends) - SKIPPED

    def longest(self, words: Sequence[Word | None], start: int) -> tuple[int, list[T]] | None:
        """
        The longest phrase from *start*: the token after it, and what it means; None where there is none.

        Up to two words of SKIPPED are passed over between the words of a phrase, and hyphens always.
        """
        return _longest(words, start, self.root, 0, None, self.whole)


def _longest(
    words: Sequence[Word | None],
    place: int,
    node: Node[T],
    skipped: int,
    found: tuple[int, list[T]] | None,
    whole: frozenset[str],
) -> tuple[int, list[T]] | None:
    """The longest phrase that goes on from *node* at *place*, or *found* where none is longer."""
    if place >= len(words):
        return found
    word = words[place]
    follows = node.follows
    if word is not None:
        symbol = word.symbol
        for step in (follows.get(word.exact) if word.exact else None, follows.get(symbol)):
            if step is not None:
                if step.ends and (found is None or place + 1 > found[0]):
                    found = (place + 1, step.ends)
                if step.follows:
                    found = _longest(words, place + 1, step, 0, found, whole)
        if (symbol in SKIPPED or symbol in "-–—") and skipped < 2 and node.inner:
            found = _longest(words, place + 1, node, skipped + 1, found, whole)
        if symbol in _ENDS or symbol in whole:
            return found
    gap = follows.get(ANY)
    if gap is not None:
        found = _longest(words, place + 1, gap, skipped, found, whole)
    return found
