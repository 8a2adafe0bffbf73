"""Names of towns, districts and stations in a text, in any case: «у Сокола», «в Хамовниках», «на Речном вокзале»."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal, Protocol

from matching.reading.mentions import Tokens
from matching.reading.vocabulary import fold, morphology

PlaceKind = Literal["town", "district", "station"]

MAX_WORDS = 4
MAX_NAME = 100  # characters; no place has a longer name, and searching takes more than linear time
MAX_SPELLINGS = 24
#: The most variants of one word to try: «Тверской» is a district as written, and a form of «Тверская».
MAX_FORMS = 4

_STATION_WORDS = frozenset("метро м станция ст metro subway station мцд мцк".split())
_DISTRICT_WORDS = frozenset("район р микрорайон мкр мкрн district area аудан ауданы".split())
_TOWN_WORDS = frozenset("город г city town кала каласы".split())
_DENIALS = frozenset("не кроме исключая без no not except ни".split())
_JOINED = frozenset({"или", "и", "/"})
_REFUSALS = ("предлаг", "рассматр", "интерес", "подход", "смотр", "хот")
_PREPOSITIONS = frozenset("на в во у около возле до от из с со к ко".split())
_BETWEEN = frozenset({"-", "–", "."})


class PlaceLexicon(Protocol):
    """The caller's places. Each method accepts a name as people write it and returns the canonical name, or None."""

    def town(self, name: str) -> str | None:
        """The town called *name*."""

    def district(self, name: str) -> str | None:
        """The district called *name*."""

    def station(self, name: str) -> str | None:
        """The station called *name*."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    One place that a text names.

    Attributes:
        kind: town, district or station.
        name: Its canonical name.
        denied: Whether it is refused: «кроме Митино».
        start, end: Its words in the text.
    """

    kind: PlaceKind
    name: str
    denied: bool
    start: int
    end: int


def find_places(cut_text: Tokens, lexicon: PlaceLexicon) -> list[Place]:
    """
    The places in a text, longest names first at each word.

    A name of both a district and a station is the district, unless a word such as «метро» precedes it.
    """
    places: list[Place] = []
    place, tokens = 0, cut_text.tokens
    while place < len(tokens):
        if not tokens[place][0].isalnum():
            place += 1
            continue
        match = _longest_name(cut_text, place, lexicon)
        if match is None:
            place += 1
            continue
        end, kind, name = match
        denied = any(fold(token) in _DENIALS for token in tokens[max(0, place - 3) : place])
        if "," in tokens[max(0, place - 3) : place]:
            denied = fold(tokens[place - 1]) in _DENIALS
        denied = denied or _is_refused(tokens, end)
        places.append(Place(kind, name, denied, *cut_text.span(place, end)))
        place = end
    return places


def _is_refused(tokens: Sequence[str], end: int) -> bool:
    """«Аэропорт - не предлагать»."""
    at = end + (end < len(tokens) and tokens[end] in "-–—")
    words = [token.lower() for token in tokens[at : at + 2]]
    return len(words) == 2 and words[0] == "не" and words[1].startswith(_REFUSALS)


def _longest_name(cut_text: Tokens, start: int, lexicon: PlaceLexicon) -> tuple[int, PlaceKind, str] | None:
    tokens = cut_text.tokens
    ends = [start + 1]
    while len(ends) < MAX_WORDS and ends[-1] < len(tokens):
        after = ends[-1]
        if tokens[after] in _BETWEEN and after + 1 < len(tokens) and tokens[after + 1][0].isalnum():
            after += 1
        if not tokens[after][0].isalnum():
            break
        ends.append(after + 1)
    before = fold(tokens[start - 1]) if start else ""
    if before == "." and start > 1:
        before = fold(tokens[start - 2])
    if before in _JOINED and start > 2:  # «м. Динамо или Сокол»
        introduced = start - 3 if tokens[start - 3] != "." else start - 4
        before = "метро" if introduced >= 0 and fold(tokens[introduced]) in _STATION_WORDS else before
    for end in reversed(ends):
        words = [token for token in tokens[start:end] if token[0].isalnum()]
        if sum(map(len, words)) > MAX_NAME:
            continue
        if len(words) == 1 and not _may_be_a_name(cut_text, start, before):
            continue
        hyphened = any(mark in "-–" for mark in tokens[start:end])
        for name in _spellings(words, hyphened, before in _PREPOSITIONS):
            place = _look_up(name, before, lexicon)
            if place is not None:
                return end, *place
    return None


def _may_be_a_name(cut_text: Tokens, place: int, before: str) -> bool:
    """Whether a single word may be a name: it is no word of the grammar, or is written or introduced as a name."""
    token = cut_text.tokens[place]
    if len(token) < 3 or token.isdigit():
        return len(token) == 3 and token.isalpha() or before in _STATION_WORDS and not token.isdigit()
    if before in _STATION_WORDS or before in _DISTRICT_WORDS or before in _TOWN_WORDS:
        return True
    return (
        cut_text.words[place] is None
        or token[0].isupper()
        and (place > 0 and cut_text.tokens[place - 1] not in ".!?\n" or cut_text.tokens[place + 1 : place + 2] == [","])
    )


def _look_up(name: str, before: str, lexicon: PlaceLexicon) -> tuple[PlaceKind, str] | None:
    order: Sequence[PlaceKind] = ("town", "district", "station")
    # A lexicon may know «метро Сокол» by the same key as «Сокол».
    first, _, rest = name.partition(" ")
    before = fold(first) if rest and fold(first) in _STATION_WORDS | _DISTRICT_WORDS else before
    if before in _STATION_WORDS:
        order = ("station", "district", "town")
    elif before in _DISTRICT_WORDS:
        order = ("district", "town", "station")
    for kind in order:
        canonical: str | None = getattr(lexicon, kind)(name)
        if canonical is not None:
            return kind, canonical
    return None


def _spellings(words: Sequence[str], hyphened: bool, governed: bool) -> Iterator[str]:
    """
    A name as written, with all words in the nominative, and with only the first word in it: «Парка Победы».

    After a preposition (*governed*) the written form comes last: «на Тверской» is «Тверская», not «Тверской».
    """
    joints = [" ", "-"] if hyphened else [" "]
    seen: set[str] = set()
    forms = [_nominatives(word, governed) for word in words]
    written = [tuple(words)]
    spelt = [*([] if governed else written), *((first, *words[1:]) for first in forms[0])]
    spelt += [tuple(chosen) for chosen in list(product(*forms))[:MAX_SPELLINGS]]
    spelt += written
    for spelling in spelt:
        for joint in joints:
            name = joint.join(spelling)
            if name not in seen:
                seen.add(name)
                yield name


@lru_cache(maxsize=20_000)
def _nominatives(word: str, governed: bool = False) -> tuple[str, ...]:
    """
    Possible nominatives of *word*: in its own number and gender, and as in a dictionary.

    >>> _nominatives("Хамовниках")[0], "тверская" in _nominatives("Тверской")
    ('хамовники', True)
    """
    forms: dict[str, None] = {}
    for parse in morphology().parse(word.lower())[:MAX_FORMS]:
        if governed and parse.tag.POS == "ADJF" and parse.tag.case in ("nomn", "accs"):
            continue
        if parse.tag.POS in ("NOUN", "ADJF", "PRTF"):
            nominative = parse.inflect({"nomn"})
            if nominative is not None:
                forms.setdefault(nominative.word)
        forms.setdefault(parse.normal_form)
    forms.setdefault(word.lower())
    return tuple(forms)
