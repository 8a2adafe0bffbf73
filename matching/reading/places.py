"""Names of towns, districts and stations in a text, in any case: «у Сокола», «в Хамовниках», «на Речном вокзале»."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal, NamedTuple, Protocol

from matching.reading.lookalikes import Name, is_geographic, is_no_part, is_no_town
from matching.reading.mentions import Tokens
from matching.reading.vocabulary import fold, morphology

PlaceKind = Literal["town", "district", "station"]

MAX_WORDS = 4
MAX_NAME = 100  # characters; no place has a longer name, and searching takes more than linear time
MAX_SPELLINGS = 24
#: The most variants of one word to try: «Тверской» is a district as written, and a form of «Тверская».
MAX_FORMS = 4

_STATION_WORDS = frozenset("метро м станция станции станций ст metro subway station мцд мцк".split())
_DISTRICT_WORDS = frozenset(
    """
    район района районе районы районов районах р н рн микрорайон микрорайона микрорайоне мкр мкрн district area
    аудан ауданы ауданында
    """.split()
)
_TOWN_WORDS = frozenset("город города городе городом г city town кала каласы каласында".split())
_DENIALS = frozenset("не кроме исключая без no not except ни".split())
_JOINED = frozenset({"или", "и", "/"})
_REFUSALS = ("предлаг", "рассматр", "интерес", "подход", "смотр", "хот")
_PREPOSITIONS = frozenset("на в во у около возле до от из с со к ко".split())
_BETWEEN = frozenset({"-", "–", "."})
#: Words with which no name begins, and which no name contains.
_OUTSIDE = frozenset(
    """
    в во у около возле до от из со ко к и или рядом недалеко близко вблизи напротив near in at the to from and or
    """.split()
)
#: The only large town that is a word of the grammar: «вид на москву реку».
_TOWN_AND_RIVER = "москва"
#: «Ростов на Дону», but not «Москва на Соколе».
_RIVERS = ("дон", "амур", "майн", "волг", "одер")


class PlaceLexicon(Protocol):
    """The caller's places. Each method accepts a name as people write it and returns the canonical name, or None."""

    def town(self, name: str) -> str | None:
        """The town called *name*."""

    def district(self, name: str) -> str | None:
        """The district called *name*."""

    def station(self, name: str) -> str | None:
        """The station called *name*."""

    def kinds(self, name: str) -> Sequence[PlaceKind]:
        """The kinds that *name* may mean if no word such as «метро» says it; the likeliest first."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    One place that a text names.

    Attributes:
        kind: town, district or station.
        name: Its canonical name.
        denied: Whether it is refused: «кроме Митино».
        marked: Whether a word such as «метро», «район» or «город» states its kind.
        start, end: Its words in the text.
    """

    kind: PlaceKind
    name: str
    denied: bool
    start: int
    end: int
    marked: bool = False


def find_places(cut_text: Tokens, lexicon: PlaceLexicon) -> list[Place]:
    """
    The places in a text, longest names first at each word.

    A word such as «метро» before or after a name states its kind; otherwise :meth:`PlaceLexicon.kinds` decides. A word
    that only looks like the name of a place is none (:mod:`matching.reading.lookalikes`).
    """
    places: list[Place] = []
    place, tokens, after_place = 0, cut_text.tokens, 0
    while place < len(tokens):
        if not tokens[place][0].isalnum():
            place += 1
            continue
        last = places[-1] if places and after_place == place - 1 and _joins(tokens[after_place]) else None
        like = last.kind if last is not None and last.marked else None
        match = None if _is_outside(tokens, place) else _longest_name(cut_text, place, lexicon, like, after_place)
        if match is None or not match.marked and _is_no_part(cut_text, place, match, listed=last is not None):
            place += 1
            continue
        end, kind, name, marked = match
        denied = any(fold(token) in _DENIALS for token in tokens[max(0, place - 3) : place])
        if "," in tokens[max(0, place - 3) : place]:
            denied = fold(tokens[place - 1]) in _DENIALS
        denied = denied or _is_refused(tokens, end)
        places.append(Place(kind, name, denied, *cut_text.span(place, end), marked))
        place = after_place = end
    return places


class _Match(NamedTuple):
    """A name from some token to *end* (excluded)."""

    end: int
    kind: PlaceKind
    name: str
    marked: bool


def _joins(mark: str) -> bool:
    """Whether a token stands between the places of a list."""
    return mark == "," or fold(mark) in _JOINED


def _is_no_town(cut_text: Tokens, start: int, match: _Match) -> bool:
    name = Name(cut_text.tokens, start, match.end, match.name)
    if match.end - start > 1 and None not in cut_text.words[start : match.end] and all(map(str.islower, name.words)):
        if not is_geographic(name.words[0]):
            return True  # «two-room flat» is not Rome; «ростов на дону» is a town
    return is_no_town(name)


def _is_no_part(cut_text: Tokens, start: int, match: _Match, *, listed: bool) -> bool:
    name = Name(cut_text.tokens, start, match.end, match.name)
    if match.kind == "town" or match.end < len(name.tokens) and _stated_kinds(fold(name.tokens[match.end])):
        return False  # «в Тверском районе»
    return is_no_part(name, listed=listed)


def _is_refused(tokens: Sequence[str], end: int) -> bool:
    """«Аэропорт - не предлагать»."""
    at = end + (end < len(tokens) and tokens[end] in "-–—")
    words = [token.lower() for token in tokens[at : at + 2]]
    return len(words) == 2 and words[0] == "не" and words[1].startswith(_REFUSALS)


def _is_outside(tokens: Sequence[str], place: int) -> bool:
    """Whether no name contains this word."""
    word = fold(tokens[place])
    if word == "на":
        after = next((token for token in tokens[place + 1 : place + 3] if token not in _BETWEEN), "")
        return not fold(after).startswith(_RIVERS)
    return word in _OUTSIDE


def _longest_name(
    cut_text: Tokens, start: int, lexicon: PlaceLexicon, like: PlaceKind | None, after_place: int
) -> _Match | None:
    """
    The longest name from *start*.

    Args:
        like: The stated kind of the place before it in a list, if any.
        after_place: The end of the place before it. «район» of «Ауэзовский район Алматы» does not introduce Алматы.
    """
    tokens = cut_text.tokens
    ends = [start + 1]
    while len(ends) < MAX_WORDS and ends[-1] < len(tokens):
        after = ends[-1]
        if tokens[after] in _BETWEEN and after + 1 < len(tokens) and tokens[after + 1][0].isalnum():
            after += 1
        if not tokens[after][0].isalnum() or _is_outside(tokens, after):
            break
        ends.append(after + 1)
        if _stated_kinds(fold(tokens[after])):
            break  # «Октябрьский район Новосибирска»
    before = fold(tokens[start - 1]) if start > after_place else ""
    if before == "." and start > 1:
        before = fold(tokens[start - 2])
    is_introduced = bool(_stated_kinds(before))
    for end in reversed(ends):
        words = [token for token in tokens[start:end] if token[0].isalnum()]
        if sum(map(len, words)) > MAX_NAME or not any(
            len(word) > 1 and not _stated_kinds(fold(word)) for word in words
        ):
            continue  # «с метро» is not a village called Метро
        if not is_introduced and not any(map(str.isalpha, "".join(words))):
            continue  # «12-14» is a place only beside a word that says so
        if len(words) == 1 and not _may_be_a_name(cut_text, start, before):
            continue
        hyphened = any(mark in "-–" for mark in tokens[start:end])
        for name in _spellings(words, hyphened, before in _PREPOSITIONS):
            place = _look_up(name, before, lexicon, like)
            if place is not None:
                match = _Match(end, *place)
                if match.kind == "town" and not match.marked and _is_no_town(cut_text, start, match):
                    continue
                return match
    return None


def _may_be_a_name(cut_text: Tokens, place: int, before: str) -> bool:
    """Whether a single word may be a name: it is no word of the grammar, or is written or introduced as a name."""
    token = cut_text.tokens[place]
    if len(token) < 3 or token.isdigit():
        return len(token) == 3 and token.isalpha() or before in _STATION_WORDS and not token.isdigit()
    if before in _STATION_WORDS or before in _DISTRICT_WORDS or before in _TOWN_WORDS:
        return True
    word = cut_text.words[place]
    if word is not None and word.symbol == _TOWN_AND_RIVER and before != "на":
        after = fold(cut_text.tokens[place + 1]) if place + 1 < len(cut_text.tokens) else ""
        return not after.startswith(("рек", "сити"))
    return (
        word is None
        or token[0].isupper()
        and (
            place > 0
            and cut_text.tokens[place - 1] not in ".!?\n"
            or cut_text.tokens[place + 1 : place + 2] in ([","], [":"], ["."], ["\n"])
        )
    )


def _look_up(
    name: str, before: str, lexicon: PlaceLexicon, like: PlaceKind | None
) -> tuple[PlaceKind, str, bool] | None:
    """The kind and canonical name of a place, and whether a word states the kind: *before* the name, or in it."""
    order = _stated_kinds(before)
    words = name.split()
    if len(words) > 1:  # a lexicon may know «метро Сокол» by the same key as «Сокол»
        order = _stated_kinds(fold(words[0])) or _stated_kinds(fold(words[-1])) or order
    kinds = order or lexicon.kinds(name)
    goes_on = not order and like in kinds and kinds[0] != "town"  # «м. Сокол, Аэропорт»
    for kind in sorted(kinds, key=lambda kind: kind != like) if goes_on else kinds:
        if kind == "town" and (name[0].isdigit() or name.isascii() and order[:1] not in ((), ("town",))):
            continue  # «14,2 млн» is also how a part of Helsinki is called; "of metro" is no town called Metro
        canonical: str | None = getattr(lexicon, kind)(name)
        if canonical is not None:
            return kind, canonical, bool(order) or goes_on
    return None


def _stated_kinds(word: str) -> Sequence[PlaceKind]:
    """The kinds that a word beside a name states, the likeliest first; none if it states no kind."""
    if word in _STATION_WORDS:
        return ("station", "district", "town")
    if word in _DISTRICT_WORDS:
        return ("district", "town", "station")
    if word in _TOWN_WORDS:
        return ("town", "district", "station")
    return ()


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
                if parse.tag.POS != "NOUN":
                    continue  # the dictionary's form is masculine: «Октябрьской» is not «Октябрьский»
        forms.setdefault(parse.normal_form)
    forms.setdefault(word.lower())
    return tuple(forms)
