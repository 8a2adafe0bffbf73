"""The possible uses of tokens, and the places of a text that must be read; sentences that state nothing are skipped."""

from collections.abc import Container, Sequence

from matching.reading.abbreviations import ABBREVIATIONS
from matching.reading.quantities import starts_of_limits
from matching.reading.words import MAX_WORDS_REMEMBERED, Vocabulary

#: Uses of a token, as flags: a phrase or quantity may start with it; it makes its sentence significant; it may end one.
STARTS, SIGNIFICANT, ENDS = 1, 2, 4
_SENTENCE_ENDS = frozenset(".!?\n")


class Uses(dict[str, int]):
    """
    The possible uses of tokens, cached for every distinct token.

    Args:
        root: The words with which phrases start.
        anchors: A sentence without one of these words and without a number states nothing.
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
                use = STARTS | SIGNIFICANT
            else:
                starts = symbol in self._root or symbol in starts_of_limits() or word.exact in self._root
                is_significant = symbol in self._anchors or word.exact in self._anchors
                use = (STARTS if starts else 0) | (SIGNIFICANT if is_significant else 0)
        if len(self) > MAX_WORDS_REMEMBERED:
            self.clear()
        self[token] = use
        return use


def significant_places(tokens: Sequence[str], uses: Uses) -> tuple[list[int], set[int]]:
    """
    The places where a phrase or a quantity may start, in significant sentences, and every full stop; and the places of
    marks that do not end a sentence (:func:`is_mid_sentence`).
    """
    starts: list[int] = []
    passing: set[int] = set()
    kept, significant = 0, 0
    for place, use in enumerate(map(uses.__getitem__, tokens)):
        if not use:
            continue
        if use & ENDS:
            if not is_mid_sentence(tokens, place):
                if not significant:
                    del starts[kept:]
                starts.append(place)
                # A sentence after a question may be only its answer: «Апартаменты? Нет, спасибо».
                kept, significant = len(starts), SIGNIFICANT if tokens[place] == "?" else 0
                continue
            passing.add(place)
        if use & STARTS:
            starts.append(place)
        significant |= use & SIGNIFICANT
    if not significant:
        del starts[kept:]
    return starts, passing


#: Abbreviations that a name may follow.
_BEFORE_NAMES = frozenset("ул ст пр наб пос обл корп стр мкр жк р_н".split())


def is_mid_sentence(tokens: Sequence[str], place: int) -> bool:
    """
    Whether the mark does not end a sentence.

    This applies to a dot after an abbreviation, or after a short word and before a small letter or a digit; and to the
    end of a line in a list: after a colon, and before each of the following bullets.
    """
    mark = tokens[place]
    if mark == "\n":
        return tokens[place - 1 : place] == [":"] or _is_bullet(tokens, place + 1) and _is_listed(tokens, place)
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    if mark != ".":
        return mark == "!" and after == ")"  # «ванна (не душ!), балкон»
    before = tokens[place - 1].lower() if place else ""
    if after == ")" or len(before) <= 2 and is_bullet(tokens, place - 1):
        return True  # «1. Кухня от 9»
    in_capitals = tokens[place - 1].isupper() and len(after) > 1 and after.isupper()  # «7 МИН. ПЕШКОМ ДО МЕТРО»
    if after[:1].isupper() and len(before) > 1 and before not in _BEFORE_NAMES and not in_capitals:
        return False
    return before in ABBREVIATIONS and after not in _SENTENCE_ENDS


#: Marks that begin a line of a list, and the largest distance of the colon before the list, in tokens.
_BULLETS = frozenset("-–—•*+·●▪✓✔")
_LONGEST_LIST = 300


def _is_bullet(tokens: Sequence[str], place: int) -> bool:
    if place >= len(tokens):
        return False
    return tokens[place] in _BULLETS or is_bullet(tokens, place)


def is_bullet(tokens: Sequence[str], place: int) -> bool:
    """Whether the number *place* begins a line of a numbered list: «1. Кухня от 9», «2) балкон»."""
    if place + 1 >= len(tokens) or tokens[place + 1] not in ".)":
        return False
    if place < 0 or len(tokens[place]) > 2 or not tokens[place].isdecimal():
        return False
    if place == 0 or tokens[place - 1] == "\n":
        return True
    # «1. Не первый этаж. 2. Окна во двор.»
    before = tokens[place - 2].lower() if place > 1 and tokens[place - 1] == "." else ""
    return len(before) > 3 and before.isalpha() and before not in ABBREVIATIONS


def _is_listed(tokens: Sequence[str], place: int) -> bool:
    """Whether the line end *place* follows a colon, or all lines back to one with a colon begin with a bullet."""
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
