"""
Phrases of the grammar, and a tree in which the words of a text are looked up.

A phrase consists of words in their base form, which match any of their forms. ``(a/b c)`` are alternatives, ``[x]`` is
optional, ``=x`` is only that form, ``_`` is one word of any kind or none, and ``|`` separates phrases.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from matching.reading.abbreviations import ABBREVIATIONS
from matching.reading.vocabulary import Word

CLASSES: dict[str, str] = {
    "near": (
        "рядом/рядышком/близко/вблизи/близость/около/недалеко/неподалеку/поблизости/возле/"
        "шаговый доступность/пешеходный доступность/пешая доступность"
        "/под бок/два шаг/пара шаг/near/nearby/close to/close/next to/walking distance/жанында/касында/жакын/"
        "доступность"
    ),
    "window": "окно/окошко/вид из окно/вид/window/view/терезе/терезеси",
}

#: Words that may occur inside a phrase without being part of it.
SKIPPED = frozenset(
    """
    в во на с со у из к ко по о об для и же бы то это быть был есть иметься a an the of in on with to is are
    for очень самый весь свой ваш наш
    """.split()
)
ANY = "_"
#: Names of marks that are part of the notation.
_NAMED = {"SLASH": "/", "BACKSLASH": "\\", "NEWLINE": "\n", "OPEN": "(", "CLOSE": ")"}
_ENDS = frozenset(",.;:!?\n()")
_HYPHENS = frozenset("-–—")
#: Tokens that may be skipped between the words of a phrase.
_PASSABLE = SKIPPED | _HYPHENS | {"."}

T = TypeVar("T")

_ELEMENT = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|<(\w+)>|(\S+)")


#: One slot of a phrase: its alternatives, each a sequence of words; an empty one if the slot may be left out.
Slot = Sequence[tuple[str, ...]]


def slots_of(phrases: str) -> Iterator[list[Slot]]:
    """
    The slots of every phrase of *phrases*.

    >>> list(slots_of("(тихий/очень спокойный) [зеленый] двор | сад"))
    [[[('тихий',), ('очень', 'спокойный')], [('зеленый',), ()], [('двор',)]], [[('сад',)]]]
    """
    # An apostrophe is a separate token that no phrase contains: "don't" is «don _ t».
    for phrase in phrases.replace("'", " _ ").split("|"):
        slots: list[Slot] = []
        for group, optional, named, word in _ELEMENT.findall(phrase):
            if word:
                slots.append([(word,), ()] if word == ANY else [(_NAMED.get(word, word),)])
                continue
            options = [
                tuple(_NAMED.get(word, word) for word in option.split())
                for option in (group or optional or CLASSES[named]).split("/")
            ]
            slots.append([*options, ()] if optional else options)
        if slots:
            yield slots


def words_of(slots: Iterable[Slot]) -> set[str]:
    """The words in any alternative, without the placeholder «_»."""
    return {word for slot in slots for option in slot for word in option} - {ANY}


@dataclass(slots=True, eq=False)
class Node(Generic[T]):
    """A node of the tree: the words that may follow, and the phrases that end here."""

    follows: dict[str, "Node[T]"]
    ends: Sequence[T] = ()
    inner: bool = True  # not the root


#: Nodes and the node that joins them, by the ids of the former, which stay alive so that no id is used again.
_Joined = dict[tuple[int, ...], tuple[list[Node[T]], Node[T]]]


class PhraseTree(Generic[T]):
    """
    Phrases by their words; :meth:`longest` finds the longest that starts at a word.

    A node may follow several others: phrases that differ only at the beginning share the nodes of their ends. A choice
    of thirty words, followed by another of thirty, takes sixty nodes instead of nine hundred.

    Args:
        phrases: The slots and the meaning of each.
        symbol: Gives the symbol of a word in the spelling of a phrase.
        finish: Combines the meanings of one phrase, which are in the order of *phrases* and without duplicates.
    """

    def __init__(
        self,
        phrases: Iterable[tuple[Iterable[Slot], T]],
        symbol: Callable[[str], str],
        finish: Callable[[list[T]], Sequence[T]] = list,
    ) -> None:
        joined: _Joined[T] = {}
        single = [_nodes_of(slots, symbol, meaning, joined) for slots, meaning in phrases]
        root = _join(single, joined)
        self.root: Node[T] = Node(root.follows, inner=False)
        _finish(root, finish)
        #: Words that are phrases themselves do not match «_».
        self.whole = frozenset(word for word, node in self.root.follows.items() if node.ends) - SKIPPED

    def longest(self, words: Sequence[Word | None], start: int) -> tuple[int, Sequence[T]] | None:
        """
        The longest phrase from *start*: the token after it, and what it means; None where there is none.

        Up to two words of SKIPPED, and any hyphens, are skipped between the words of a phrase.
        """
        if start >= len(words):
            return None
        word = words[start]
        if word is not None and not word.exact:
            node = self.root.follows.get(word.symbol)
            if node is None:
                return None
            follows = node.follows
            if not follows:  # most marks and many words do not begin a longer phrase
                return start + 1, node.ends
            after = words[start + 1] if start + 1 < len(words) else None
            if after is None:
                alone = ANY not in follows
            else:
                symbol = after.symbol
                alone = not (after.exact or symbol in follows) and (
                    symbol not in _PASSABLE or symbol == "." and not _is_short(word)
                )
                alone = alone and (ANY not in follows or symbol in _ENDS or symbol in self.whole)
            if alone:
                return (start + 1, node.ends) if node.ends else None
        return _longest(words, start, self.root, 0, None, self.whole)


def _longest(
    words: Sequence[Word | None],
    position: int,
    node: Node[T],
    skipped: int,
    match: tuple[int, Sequence[T]] | None,
    whole: frozenset[str],
) -> tuple[int, Sequence[T]] | None:
    """The longest phrase that continues from *node* at *position*, or *match* if none is longer."""
    while position < len(words):
        word, follows = words[position], node.follows
        gap = follows.get(ANY)
        if word is None:
            if gap is None:
                return match
            node, position = gap, position + 1
            continue
        symbol = word.symbol
        if gap is not None and (symbol in _ENDS or symbol in whole):
            gap = None
        step = follows.get(symbol)
        if word.exact and (exact := follows.get(word.exact)) is not None:
            match = _stepped(words, position, exact, match, whole)
        skips = (
            node.inner
            and skipped < 2
            and (symbol in SKIPPED or symbol in _HYPHENS or symbol == "." and _is_short(words[position - 1]))
        )
        if step is not None:
            if step.ends and (match is None or position + 1 > match[0]):
                match = (position + 1, step.ends)
            if skips:
                match = _longest(words, position + 1, node, skipped + 1, match, whole)
            if gap is not None:
                match = _longest(words, position + 1, gap, skipped, match, whole)
            node, skipped = step, 0
        elif skips:
            if gap is not None:
                match = _longest(words, position + 1, gap, skipped, match, whole)
            skipped += 1
        elif gap is not None:
            node = gap
        else:
            return match
        position += 1
    return match


def _is_short(word: Word | None) -> bool:
    return word is not None and (word.short or word.symbol in ABBREVIATIONS)


def _stepped(
    words: Sequence[Word | None],
    position: int,
    step: Node[T],
    match: tuple[int, Sequence[T]] | None,
    whole: frozenset[str],
) -> tuple[int, Sequence[T]] | None:
    if step.ends and (match is None or position + 1 > match[0]):
        match = (position + 1, step.ends)
    return _longest(words, position + 1, step, 0, match, whole)


def _nodes_of(slots: Iterable[Slot], symbol: Callable[[str], str], meaning: T, joined: "_Joined[T]") -> Node[T]:
    """The first of the nodes of one phrase. All alternatives of a slot lead to the same node of the next one."""
    node: Node[T] = Node({}, (meaning,))
    for options in reversed(list(slots)):
        heads = []
        for option in options:
            head = node
            for word in reversed(option):
                head = Node({symbol(word): head})
            heads.append(head)
        node = _join(heads, joined)
    return node


def _join(nodes: list[Node[T]], joined: "_Joined[T]") -> Node[T]:
    """
    A node from which every phrase of *nodes* continues; the nodes are not changed.

    Args:
        joined: The results so far.
    """
    nodes = list({id(node): node for node in nodes}.values())
    if len(nodes) == 1:
        return nodes[0]
    key = tuple(map(id, nodes))
    if key not in joined:
        after: dict[str, list[Node[T]]] = {}
        ends: list[T] = []
        for node in nodes:
            for word, next_node in node.follows.items():
                after.setdefault(word, []).append(next_node)
            ends += [end for end in node.ends if end not in ends]
        result = Node({word: _join(each, joined) for word, each in after.items()}, tuple(ends))
        joined[key] = nodes, result
    return joined[key][1]


def _finish(root: Node[T], finish: Callable[[list[T]], Sequence[T]]) -> None:
    """Combine the meanings of every node below *root*; equal meanings are combined once."""
    finished: dict[tuple[int, ...], Sequence[T]] = {(): ()}
    seen, waiting = {id(root)}, list(root.follows.values())
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        key = tuple(map(id, node.ends))
        if key not in finished:
            finished[key] = finish(list(node.ends))
        node.ends = finished[key]
        waiting += node.follows.values()
