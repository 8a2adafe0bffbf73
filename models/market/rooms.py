"""Numbers of rooms in words: «не более 2», "2-3", «студия или однушка», «4+», «любая».

A phrase of which only a part is understood is refused with what was not understood: read in part it may mean its opposite.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from models.core.currencies import one_script
from models.core.numbers import UnreadableError, check_length, is_unknown, prepared

STUDIO = 0
#: Where "3 and more" ends: from here up nobody tells flats apart by rooms.
MAX_NAMED = 10
#: What "12 rooms" may still be; more is a mistake.
MAX_ROOMS = 100


class _Kind(Enum):
    COUNT = 0
    BOUND = 1  #: *low* or *high*; the number is added to them.
    LINK = 2  #: Between the ends of a range.
    OR = 3
    AND = 4
    NOT = 5
    ANY = 6
    EURO = 7  #: A large kitchen that some count as a room: «евродвушка» is advertised with one room and with two.
    PLUS = 8
    NOISE = 9
    OTHER = 10


@dataclass(frozen=True)
class _Item:
    kind: _Kind
    count: int = 0
    is_low: bool = False
    strict: int = 0  #: 1 where the number itself is left out: "more than 2".
    follows: bool = False
    source: str = ""


def _phrases(item: _Item, *phrases: str) -> dict[str, _Item]:
    return dict.fromkeys(phrases, item)


def _bound(*, is_low: bool, strict: int = 0, follows: bool = False) -> _Item:
    return _Item(_Kind.BOUND, is_low=is_low, strict=strict, follows=follows)


_PHRASES: Mapping[str, _Item] = {
    **_phrases(_bound(is_low=True), "от", "с", "не менее", "не меньше", "не ниже", "from", "at least", "no less than",
               "not less than", "no fewer than", "not fewer than", "> =", "≥", "начиная с", "начиная от"),
    **_phrases(_bound(is_low=False), "до", "не более", "не больше", "не выше", "up to", "upto", "at most", "no more than",
               "not more than", "< =", "≤", "в пределах"),
    **_phrases(_bound(is_low=True, strict=1), "более", "больше", "свыше", "более чем", "больше чем", "more than", "over", ">",
               "above"),
    **_phrases(_bound(is_low=False, strict=1), "менее", "меньше", "менее чем", "меньше чем", "less than", "fewer than", "<",
               "under", "below"),
    **_phrases(_bound(is_low=True, follows=True), "минимум", "как минимум", "мин", "min", "minimum", "и более", "и больше",
               "и выше", "или более", "или больше", "или выше", "или более комнат", "и более комнат", "or more", "and more",
               "and up", "or above", "and above", "плюс", "plus"),
    **_phrases(_bound(is_low=False, follows=True), "максимум", "как максимум", "макс", "max", "maximum", "и менее",
               "и меньше", "и ниже", "или менее", "или меньше", "или ниже", "or less", "or fewer", "and less", "and fewer",
               "and below", "or below"),
    **_phrases(_Item(_Kind.LINK), "-", "to", "по", "..", "- -", "through"),
    **_phrases(_Item(_Kind.OR), ",", ";", "/", "или", "либо", "or", "|", "\\"),
    **_phrases(_Item(_Kind.AND), "и", "and", "&", "но", "but", ", но"),
    **_phrases(_Item(_Kind.NOT), "не", "кроме", "кроме как", "без", "not", "except", "but not", "только не", "not a", "исключая",
               "no"),
    **_phrases(_Item(_Kind.ANY), "любое", "любая", "любой", "любые", "любую", "неважно", "не важно", "не имеет значения",
               "без разницы", "все равно", "any", "any number", "all", "все", "любое количество", "любое число", "anything",
               "свободная планировка", "свободной планировки", "свободная", "open plan", "не принципиально", "не указано",
               "doesn't matter", "no matter", "рассмотрим любые", "рассмотрю любые"),
    **_phrases(_Item(_Kind.EURO), "евро", "euro", "евро -"),
    **_phrases(_Item(_Kind.PLUS), "+"),
    **_phrases(_Item(_Kind.NOISE), "комнат", "комнаты", "комната", "комнату", "комн", "комнатная", "комнатную", "комнатные",
               "комнатной", "комнатный", "комнатных", "room", "rooms", "roomed", "квартира", "квартиру", "квартиры", "квартир",
               "кв", "кв - ра", "квартира -", "квартиру -", "квартиры -",
               "flat", "flats", "apartment", "apartments", "только", "строго", "ровно", "именно", "only",
               "exactly", "a", "an", ":", "(", ")", "количество", "количество комнат", "между", "between", "бөлме",
               "бөлмелі", "жилых", "жилые", "жилая", "нужна", "нужно", "ищу", "хочу"),
}  # fmt: skip

#: Whole words for a number of rooms.
_COUNT_PATTERNS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (count, re.compile(pattern))
    for count, pattern in (
        (STUDIO, r"(?:квартир[ауые]-?)?студи(?:я|ю|и|ей|й|ях|йка|йку|йная|йную|о)|studios?|studio-?apartments?|ноль|zero"),
        (1, r"од(?:ин|на|ну|ной|но|нокомнат\w*|нушк\w*|нушек|нокомн|нуха|нуху)|one|single|бір|odnushk\w*"),
        (2, r"дв(?:а|е|ух|умя|ухкомнат\w*|ушк\w*|ушек|ухкомн|уха|уху)|two|double|екі|dvushk\w*"),
        (3, r"тр(?:и|ех|ешк\w*|ешек|ехкомнат\w*|ехкомн|еха|еху|ешница)|three|үш|treshk\w*"),
        (4, r"четыр(?:е|ех|ехкомнат\w*|ешк\w*|ехкомн)|четверк\w*|четырк\w*|four|төрт"),
        (5, r"пят(?:ь|и|икомнат\w*|ерк\w*)|five|бес"),
        (6, r"шест(?:ь|и|икомнат\w*)|six|алты"),
        (7, r"сем(?:ь|и|икомнат\w*)|seven"),
        (8, r"вос(?:емь|ьми|ьмикомнат\w*)|eight"),
        (9, r"девят(?:ь|и|икомнат\w*)|nine"),
        (10, r"десят(?:ь|и|икомнат\w*)|ten"),
    )
)
_EURO_WORD = re.compile(r"евро-?(?=одн|дв|тр|чет)|(?<![^\W\d_])evro-?(?=d|t)")
_BEDROOMS = re.compile(r"(?<![^\W\d_])(?:спал\w*|bed(?:room)?s?|br|bhk|bdr?m?s?)(?![^\W\d_])")
#: What stands behind a number and says "rooms": 2-х комнатная, 2к, 2-к.кв, 2ккв, 2-комн.
_ENDING = r"(?: ?- ?)?(?:х|ух|ех|ми|ти|и|ая|я|й)(?![^\W\d_])"
_NOUN = r" ?-? ?(?:комнатн\w*|комнат\w*|комн?|к\.? ?кв\w*|ккв|кк|к|k|rooms?|roomed|бөлмел?і?)(?![^\W\d_])\.?"
_SUFFIX = re.compile(rf"(?<=[0-9])(?:{_ENDING}(?:{_NOUN})?|{_NOUN})")
_WORD_SUFFIX = re.compile(
    r"(?<=[^\W\d_])-(?=комн)|(?<=двух)[- ](?=комн)|(?<=трех)[- ](?=комн)|(?<=одно)[- ](?=комн)|(?<=четырех)[- ](?=комн)"
)
_EURO_NUMBER = re.compile(r"([0-9])-?[еe](?![^\W\d_])")
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\W\d_]+(?:'[^\W\d_]+)?|\.\.|[^\s.]")
_LONGEST_PHRASE = 3


@dataclass(frozen=True)
class _Term:
    """The numbers that one term admits or excludes, and whether it is a lower or an upper bound."""

    rooms: frozenset[int]
    is_low: bool = False
    is_high: bool = False
    excludes: bool = False
    joined: _Kind = _Kind.OR


def read_rooms(text: str) -> list[int]:
    """
    The numbers of rooms that a phrase admits, ascending, a studio being 0; an empty list leaves them open.

    A lower bound admits up to 10 rooms, an upper one everything below it, a studio too.

    Raises:
        UnreadableError: rooms.none, rooms.too_many, rooms.bedrooms, rooms.negated, number.not_understood, number.reversed,
            number.negative, number.not_whole, number.too_long.

    >>> read_rooms("студия или однушка"), read_rooms("2-3"), read_rooms("до 3"), read_rooms("не менее 8")
    ([0, 1], [2, 3], [0, 1, 2, 3], [8, 9, 10])
    >>> read_rooms("любая"), read_rooms("2+1"), read_rooms("двух-трёхкомнатная"), read_rooms("евродвушка")
    ([], [3], [2, 3], [1, 2])
    """
    check_length(text)
    if is_unknown(text):
        return []
    reading = _Reading(text)
    return reading.rooms()


class _Reading:
    def __init__(self, text: str) -> None:
        self._text = text.strip()
        plain = prepared(text)
        bedrooms = _BEDROOMS.search(plain)
        if bedrooms:
            raise UnreadableError("rooms.bedrooms", text=bedrooms[0])
        plain = _EURO_NUMBER.sub(r"евро \1", _EURO_WORD.sub("евро ", plain))
        plain = _WORD_SUFFIX.sub("", _SUFFIX.sub(" ", plain))
        self._items = [item for item in _items(plain) if item.kind is not _Kind.NOISE]
        self._place = 0

    def rooms(self) -> list[int]:
        terms: list[_Term] = []
        joined: _Kind | None = _Kind.OR
        is_any = False
        while (item := self._peek()) is not None:
            if item.kind in (_Kind.OR, _Kind.AND) and joined is None:
                joined, self._place = item.kind, self._place + 1
            elif item.kind is _Kind.ANY:
                is_any, joined, self._place = True, None, self._place + 1
            else:
                term = self._term()
                if joined is None and not self._may_stand_beside(terms, term):
                    raise UnreadableError("number.not_understood", part=self._text)
                terms.append(replace(term, joined=joined or _Kind.AND))
                joined = None
        if joined is not None and (terms or is_any):
            raise UnreadableError("number.not_understood", part=self._items[-1].source)
        if not terms and not is_any:
            raise UnreadableError("rooms.none")
        return self._combined(terms, is_any=is_any)

    def _combined(self, terms: list[_Term], *, is_any: bool) -> list[int]:
        admitted = [term for term in terms if not term.excludes]
        excluded = frozenset[int]().union(*(term.rooms for term in terms if term.excludes))
        if is_any or not admitted:
            if not excluded:
                return []
            rooms = frozenset(range(STUDIO, MAX_NAMED + 1))
        else:
            rooms = admitted[0].rooms
            for before, term in zip(admitted, admitted[1:], strict=False):
                is_range = (before.is_low and term.is_high) or (before.is_high and term.is_low)
                if is_range and term.joined is _Kind.AND:
                    rooms &= term.rooms
                    if not rooms:
                        raise UnreadableError("number.reversed", text=self._text)
                else:
                    rooms |= term.rooms
        if not rooms - excluded:
            raise UnreadableError("rooms.negated", text=self._text)
        return sorted(rooms - excluded)

    def _may_stand_beside(self, terms: list[_Term], term: _Term) -> bool:
        """Without a word between them: "от 2 до 4", "1 2 3", "любая кроме студии"."""
        if term.excludes or not terms:
            return True
        before = terms[-1]
        return (before.is_low and term.is_high) or (before.is_high and term.is_low) or not (
            before.is_low or before.is_high or term.is_low or term.is_high
        )

    def _term(self) -> _Term:
        item = self._items[self._place]
        if item.kind is _Kind.NOT:
            self._place += 1
            inner = self._term()
            if inner.excludes:
                raise UnreadableError("number.not_understood", part=self._text)
            return replace(inner, excludes=True)
        if item.kind is _Kind.BOUND:
            self._place += 1
            return _bounded(item, self._count())
        if item.kind is _Kind.LINK and item.source == "-":
            following = self._items[self._place + 1 : self._place + 2]
            if following and following[0].kind is _Kind.COUNT:
                raise UnreadableError("number.negative")
        return self._counts()

    def _counts(self) -> _Term:
        """One number, a sum, a range, or a number with a bound behind it."""
        is_euro = self._items[self._place].kind is _Kind.EURO
        first = self._count()
        item = self._peek()
        if item is None:
            return _Term(first)
        following = self._items[self._place + 1 : self._place + 2]
        number_follows = bool(following) and following[0].kind in (_Kind.COUNT, _Kind.EURO)
        if item.kind is _Kind.PLUS and not is_euro:
            self._place += 1
            if number_follows:
                return _Term(_sum(first, self._count(), self._text))
            return _bounded(_bound(is_low=True), first)
        if item.kind is _Kind.BOUND and item.follows and not number_follows:
            self._place += 1
            return _bounded(item, first)
        if number_follows and (item.kind is _Kind.LINK or item.source == "до"):
            return self._range(first)
        return _Term(first)

    def _range(self, first: frozenset[int]) -> _Term:
        """«2-3», «1-2-3»: both ends and everything between."""
        low, rooms = max(first), first
        while (item := self._peek()) is not None and (item.kind is _Kind.LINK or item.source == "до"):
            self._place += 1
            high = self._count()
            if max(high) <= low:
                raise UnreadableError("number.reversed", text=self._text)
            rooms = rooms | frozenset(range(low, max(high) + 1))
            low = max(high)
        return _Term(rooms)

    def _count(self) -> frozenset[int]:
        item = self._peek()
        if item is None:
            raise UnreadableError("number.not_understood", part=self._items[-1].source)
        self._place += 1
        if item.kind is _Kind.EURO:
            [count] = self._count()
            if not count:
                raise UnreadableError("number.not_understood", part=self._text)
            return frozenset({count - 1, count})
        if item.kind is not _Kind.COUNT:
            code = "number.not_understood" if any(each.kind is _Kind.COUNT for each in self._items) else "rooms.none"
            raise UnreadableError(code, part=item.source)
        return frozenset({item.count})

    def _peek(self) -> _Item | None:
        return self._items[self._place] if self._place < len(self._items) else None


def _bounded(bound: _Item, count: frozenset[int]) -> _Term:
    if bound.is_low:
        low = min(count) + bound.strict
        return _Term(frozenset(range(low, max(low, MAX_NAMED) + 1)), is_low=True)
    high = max(count) - bound.strict
    if high < STUDIO:
        raise UnreadableError("rooms.negated", text=f"{bound.source} {max(count)}")
    return _Term(frozenset(range(STUDIO, high + 1)), is_high=True)


def _sum(first: frozenset[int], second: frozenset[int], text: str) -> frozenset[int]:
    """Bedrooms and living rooms, as Turkey and the Emirates write: 2+1 is a place of three rooms, 1+0 a studio."""
    [bedrooms], [living] = first, second
    total = bedrooms + living
    if not bedrooms or total > MAX_ROOMS:
        raise UnreadableError("number.not_understood", part=text)
    return frozenset({STUDIO if (bedrooms, living) == (1, 0) else total})


def _items(plain: str) -> Iterator[_Item]:
    tokens = [one_script(token) for token in _TOKEN.findall(plain)]
    place = 0
    while place < len(tokens):
        for length in range(min(_LONGEST_PHRASE, len(tokens) - place), 0, -1):
            phrase = " ".join(tokens[place : place + length])
            item = _PHRASES.get(phrase) or (_count_item(phrase) if length == 1 else None)
            if item is not None:
                yield replace(item, source=phrase)
                break
        else:
            yield _Item(_Kind.OTHER, source=tokens[place])
            length = 1
        place += length


def _count_item(token: str) -> _Item | None:
    if token[0].isdigit() and token.isascii():
        if "." in token:
            raise UnreadableError("number.not_whole", text=token)
        if len(token) > 3 or int(token) > MAX_ROOMS:
            raise UnreadableError("rooms.too_many", text=token)
        return _Item(_Kind.COUNT, int(token))
    for count, pattern in _COUNT_PATTERNS:
        if pattern.fullmatch(token):
            return _Item(_Kind.COUNT, count)
    return None
