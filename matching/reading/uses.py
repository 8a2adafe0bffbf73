"""The possible uses of tokens, and the tokens that must be read; sentences that state nothing are skipped."""

from collections.abc import Container, Sequence

from matching.reading.abbreviations import ABBREVIATIONS
from matching.reading.quantities import starts_of_limits
from matching.reading.vocabulary import MAX_WORDS_REMEMBERED, TOKEN, Vocabulary

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


def significant_positions(tokens: Sequence[str], uses: Uses) -> tuple[list[int], set[int]]:
    """
    The positions where a phrase or a quantity may start, in significant sentences, and of every full stop; and those of
    marks that do not end a sentence (:func:`is_mid_sentence`).
    """
    starts: list[int] = []
    passing: set[int] = set()
    kept, significant = 0, 0
    for position, use in enumerate(map(uses.__getitem__, tokens)):
        if not use:
            continue
        if use & ENDS:
            if not is_mid_sentence(tokens, position):
                if not significant:
                    del starts[kept:]
                starts.append(position)
                # A sentence after a question may be only its answer: «Апартаменты? Нет, спасибо».
                kept, significant = len(starts), SIGNIFICANT if tokens[position] == "?" else 0
                continue
            passing.add(position)
        if use & STARTS:
            starts.append(position)
        significant |= use & SIGNIFICANT
    if not significant:
        del starts[kept:]
    return starts, passing


#: Abbreviations that a name may follow.
_BEFORE_NAMES = frozenset("ул ст пр наб пос обл корп стр мкр жк р_н".split())


#: Units of one letter, which also abbreviate «метро» and «город».
_UNITS = frozenset("мг")


def _is_measured(tokens: Sequence[str], position: int) -> bool:
    """«9 м», «9 кв.м»: whether the letter *position* is a unit."""
    before = [each.lower() for each in tokens[max(0, position - 2) : position] if each not in _SENTENCE_ENDS]
    return bool(before) and (before[-1] == "кв" or before[-1][-1:].isdecimal())


def is_mid_sentence(tokens: Sequence[str], position: int) -> bool:
    """
    Whether the mark does not end a sentence.

    This applies to a dot after an abbreviation, or after a short word and before a small letter or a digit; and to the
    end of a line in a list: after a colon, and before each of the following bullets.
    """
    mark = tokens[position]
    if mark == "\n":
        return (
            tokens[position - 1 : position] == [":"]
            or _is_bullet(tokens, position + 1)
            and _is_listed(tokens, position)
        )
    after = tokens[position + 1] if position + 1 < len(tokens) else ""
    if mark != ".":
        return mark == "!" and after == ")"  # «ванна (не душ!), балкон»
    before = tokens[position - 1].lower() if position else ""
    if after == ")" or len(before) <= 2 and is_bullet(tokens, position - 1):
        return True  # «1. Кухня от 9»
    in_capitals = tokens[position - 1].isupper() and len(after) > 1 and after.isupper()  # «7 МИН. ПЕШКОМ ДО МЕТРО»
    named = (
        len(before) > 1
        and before not in _BEFORE_NAMES
        or before in _UNITS
        and len(after) > 1
        and _is_measured(tokens, position - 1)
    )
    if after[:1].isupper() and named and not in_capitals:
        return False
    return before in ABBREVIATIONS and after not in _SENTENCE_ENDS


def dots_within_sentences(text: str) -> frozenset[int]:
    """The positions of dots that do not end a sentence.

    >>> sorted(dots_within_sentences("у м. Сокол. Кухня от 9 кв. м"))
    [3, 25]
    """
    tokens = TOKEN.findall(text)
    starts = (match.start() for match in TOKEN.finditer(text))
    return frozenset(
        start for position, start in enumerate(starts) if tokens[position] == "." and is_mid_sentence(tokens, position)
    )


#: Marks that begin a line of a list, and the largest distance of the colon before the list, in tokens.
_BULLETS = frozenset("-–—•*+·●▪✓✔")
_LONGEST_LIST = 300


def _is_bullet(tokens: Sequence[str], position: int) -> bool:
    if position >= len(tokens):
        return False
    return tokens[position] in _BULLETS or is_bullet(tokens, position)


def is_bullet(tokens: Sequence[str], position: int) -> bool:
    """Whether the number *position* begins a line of a numbered list: «1. Кухня от 9», «2) балкон»."""
    if position + 1 >= len(tokens) or tokens[position + 1] not in ".)":
        return False
    if position < 0 or len(tokens[position]) > 2 or not tokens[position].isdecimal():
        return False
    if position == 0 or tokens[position - 1] == "\n":
        return True
    # «1. Не первый этаж. 2. Окна во двор.»
    before = tokens[position - 2].lower() if position > 1 and tokens[position - 1] == "." else ""
    return len(before) > 3 and before.isalpha() and before not in ABBREVIATIONS


def _is_listed(tokens: Sequence[str], position: int) -> bool:
    """Whether the line end *position* follows a colon, or all lines back to one with a colon begin with a bullet."""
    end = position
    for i in range(position - 1, max(-2, position - _LONGEST_LIST), -1):
        if i >= 0 and tokens[i] != "\n":
            continue
        if end > i + 1 and tokens[end - 1] == ":":
            return True
        if end > i + 1 and not _is_bullet(tokens, i + 1):
            return False
        end = i
    return False
