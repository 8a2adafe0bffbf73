"""What a token may do in a text, and which places of a text are worth a look: sentences that tell nothing are none."""

from collections.abc import Container, Sequence

from matching.reading.phrases import ABBREVIATIONS
from matching.reading.quantities import starts_of_limits
from matching.reading.words import MAX_WORDS_REMEMBERED, Vocabulary

#: What a token may do, added up: a phrase or a quantity may start; its sentence tells something; it may end a sentence.
STARTS, TELLS, ENDS = 1, 2, 4
_SENTENCE_ENDS = frozenset(".!?\n")


class Uses(dict[str, int]):
    """
    What each token may do, remembered for every distinct token.

    Args:
        root: What phrases start with.
        anchors: Without one of these words, or a number, a sentence tells nothing.
    """

    def __init__(self, vocabulary: Vocabulary, root: Container[str], anchors: Container[str]) -> None:
        super().__init__()
        self._vocabulary, self._root, self._anchors = vocabulary, root, anchors

    def __missing__(self, token: str) -> int:
        word, use = self._vocabulary.word(token), 0
        if word is not None:
            symbol = word.symbol
            if symbol in _SENTENCE_ENDS:
                use = STARTS | ENDS
            elif word.number is not None or symbol[0].isdigit():
                use = STARTS | TELLS
            else:
                starts = symbol in self._root or symbol in starts_of_limits() or word.exact
                use = (STARTS if starts else 0) | (TELLS if symbol in self._anchors or word.exact else 0)
        if len(self) > MAX_WORDS_REMEMBERED:
            self.clear()
        self[token] = use
        return use


def telling(tokens: Sequence[str], uses: Uses) -> tuple[list[int], set[int]]:
    """
    The places where a phrase or a quantity may start, in sentences that tell something, and every full stop; and the
    places of marks that end no sentence (:func:`goes_on`).
    """
    starts: list[int] = []
    passing: set[int] = set()
    kept, tells = 0, 0
    for place, use in enumerate([uses[token] for token in tokens]):
        if not use:
            continue
        if use & ENDS:
            if not goes_on(tokens, place):
                if not tells:
                    del starts[kept:]
                starts.append(place)
                kept, tells = len(starts), 0
                continue
            passing.add(place)
        if use & STARTS:
            starts.append(place)
        tells |= use & TELLS
    if not tells:
        del starts[kept:]
    return starts, passing


#: Abbreviations that a name may follow.
_BEFORE_NAMES = frozenset("ул ст пр наб пос обл корп стр мкр жк р_н".split())


def goes_on(tokens: Sequence[str], place: int) -> bool:
    """
    A mark that ends no sentence.

    Such is a dot after an abbreviation, or before a small letter or a digit after a short word; and the end of a line
    in a list: after a colon, and before each of the bullets that follow it.
    """
    if tokens[place] == "\n":
        return tokens[place - 1 : place] == [":"] or _is_bullet(tokens, place + 1) and _is_listed(tokens, place)
    if tokens[place] != ".":
        return False
    before = tokens[place - 1].lower() if place else ""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    if after[:1].isupper() and len(before) > 1 and before not in _BEFORE_NAMES:
        return False
    return before in ABBREVIATIONS and after not in _SENTENCE_ENDS


#: What opens a line of a list, and how far back the colon that opens the list is looked for, in tokens.
_BULLETS = frozenset("-–—•*+·●▪✓✔")
_LONGEST_LIST = 300


def _is_bullet(tokens: Sequence[str], place: int) -> bool:
    return place < len(tokens) and tokens[place] in _BULLETS


def _is_listed(tokens: Sequence[str], place: int) -> bool:
    """Whether the line end *place* stands after a colon, or all lines back to one with a colon open with a bullet."""
    end = place
    for here in range(place - 1, max(-2, place - _LONGEST_LIST), -1):
        if here >= 0 and tokens[here] != "\n":
            continue
        if end > here + 1 and tokens[end - 1] == ":":
            return True
        if end > here + 1 and not _is_bullet(tokens, here + 1):
            return False
        end = here
    return False
