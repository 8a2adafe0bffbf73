"""Numbers of rooms in words: «не более 2», "2-3", «студия или однушка», «4+», «любая».

If only a part of a phrase is understood, the phrase is refused and the error names the rest, because the rest may
reverse the meaning.
"""

from dataclasses import dataclass, replace

from models.core.numbers import UnreadableError, is_unknown
from models.core.room_words import MAX_NAMED, MAX_ROOMS, STUDIO, Item, Kind, bound, items_of

_EXCEPT = frozenset({"кроме", "кроме как", "except", "исключая"})


@dataclass(frozen=True)
class _Term:
    """The numbers that one term admits or excludes, and whether it is a lower or an upper bound."""

    rooms: frozenset[int]
    is_low: bool = False
    is_high: bool = False
    excludes: bool = False
    spreads: bool = False  #: The following numbers are excluded, too.
    joined: Kind = Kind.OR


def read_rooms(text: str) -> list[int]:
    """
    The numbers of rooms that a phrase admits, ascending; 0 is a studio, and an empty list means any number.

    A lower bound admits up to 10 rooms; an upper bound admits everything below it, including a studio.

    Raises:
        UnreadableError: rooms.none, rooms.too_many, rooms.bedrooms, rooms.negated, number.not_understood,
            number.reversed, number.negative, number.not_whole, number.too_long.

    >>> read_rooms("студия или однушка"), read_rooms("2-3"), read_rooms("до 3"), read_rooms("не менее 8")
    ([0, 1], [2, 3], [0, 1, 2, 3], [8, 9, 10])
    >>> read_rooms("любая"), read_rooms("2+1"), read_rooms("двух-трёхкомнатная"), read_rooms("евродвушка")
    ([], [3], [2, 3], [1, 2])
    """
    if is_unknown(text):
        return []
    return _Reading(text).rooms()


class _Reading:
    def __init__(self, text: str) -> None:
        self._text = text.strip()
        self._items = items_of(text)
        self._place = 0

    def rooms(self) -> list[int]:
        terms: list[_Term] = []
        joined: Kind | None = Kind.OR
        is_any = False
        while (item := self._peek()) is not None:
            if item.kind in (Kind.OR, Kind.AND) and joined is None:
                joined, self._place = Kind.AND if item.source == "," else item.kind, self._place + 1
            elif item.kind is Kind.ANY:
                follows = self._items[self._place + 1 : self._place + 2]
                is_any = is_any or not (follows and follows[0].kind in (Kind.COUNT, Kind.EURO))  # «любая двушка» is one
                joined, self._place = None if is_any else joined, self._place + 1
            else:
                term = self._term()
                if joined is None and not self._may_stand_beside(terms, term):
                    raise UnreadableError("number.not_understood", part=self._text)
                if terms and terms[-1].excludes and not term.excludes:
                    term = self._excluded_too(terms[-1], term)
                terms.append(replace(term, joined=joined or Kind.AND))
                joined = None
        if joined is not None and (terms or is_any):
            raise UnreadableError("number.not_understood", part=self._items[-1].source)
        if not terms and not is_any:
            raise UnreadableError("rooms.none")
        if is_any and not all(term.excludes for term in terms):
            raise UnreadableError("number.not_understood", part=self._text)
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
                if is_range and term.joined is Kind.AND:
                    rooms &= term.rooms
                    if not rooms:
                        raise UnreadableError("number.reversed", text=self._text)
                else:
                    rooms |= term.rooms
        if not rooms - excluded:
            raise UnreadableError("rooms.negated", text=self._text)
        return sorted(rooms - excluded)

    def _excluded_too(self, before: _Term, term: _Term) -> _Term:
        """«кроме студий и однушек» excludes both; «не 1 и 2» is ambiguous."""
        if not before.spreads:
            raise UnreadableError("number.not_understood", part=self._text)
        return replace(term, excludes=True, spreads=True)

    def _may_stand_beside(self, terms: list[_Term], term: _Term) -> bool:
        """Whether two terms may be adjacent without a word between them: "от 2 до 4", "1 2 3", "любая кроме студии"."""
        if term.excludes or not terms:
            return True
        before = terms[-1]
        return (
            (before.is_low and term.is_high)
            or (before.is_high and term.is_low)
            or not (before.is_low or before.is_high or term.is_low or term.is_high)
        )

    def _term(self) -> _Term:
        item = self._peek()
        if item is None:
            raise UnreadableError("number.not_understood", part=self._items[-1].source)
        if item.kind is Kind.NOT:
            self._place += 1
            inner = self._term()
            if inner.excludes:
                raise UnreadableError("number.not_understood", part=self._text)
            return replace(inner, excludes=True, spreads=item.source in _EXCEPT)
        if item.kind is Kind.BOUND:
            self._place += 1
            count = self._count()
            following = self._peek()
            if item.is_low and not item.strict and following is not None and following.kind is Kind.LINK:
                return self._range(count)
            return _bounded(item, count)
        if item.kind is Kind.LINK and item.source == "-":
            number = self._items[self._place + 1 : self._place + 2]
            if number and number[0].kind is Kind.COUNT:
                raise UnreadableError("number.negative")
        return self._counts()

    def _counts(self) -> _Term:
        """One number, a sum, a range, or a number followed by a bound."""
        is_euro = self._items[self._place].kind is Kind.EURO
        first = self._count()
        item = self._peek()
        if item is None:
            return _Term(first)
        following = self._items[self._place + 1 : self._place + 2]
        number_follows = bool(following) and following[0].kind in (Kind.COUNT, Kind.EURO)
        if item.kind is Kind.PLUS and not is_euro:
            self._place += 1
            if number_follows:
                return _Term(_sum(first, self._count(), self._text))
            return _bounded(bound(is_low=True), first)
        if item.kind is Kind.BOUND and item.follows and not number_follows:
            self._place += 1
            return _bounded(item, first)
        if number_follows and (item.kind is Kind.LINK or item.source == "до"):
            return self._range(first)
        return _Term(first)

    def _range(self, first: frozenset[int]) -> _Term:
        """«2-3», «1-2-3»: both ends and everything between."""
        low, rooms = max(first), first
        while (item := self._peek()) is not None and (item.kind is Kind.LINK or item.source == "до"):
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
        if item.kind is Kind.EURO:
            counts = self._count()
            if len(counts) > 1 or not max(counts):  # «евро евро двушка», a studio
                raise UnreadableError("number.not_understood", part=self._text)
            return frozenset({max(counts) - 1, max(counts)})
        if item.kind is not Kind.COUNT:
            code = "number.not_understood" if any(each.kind is Kind.COUNT for each in self._items) else "rooms.none"
            raise UnreadableError(code, part=item.source)
        return frozenset({item.count})

    def _peek(self) -> Item | None:
        return self._items[self._place] if self._place < len(self._items) else None


def _bounded(item: Item, count: frozenset[int]) -> _Term:
    if item.is_low:
        low = min(count) + item.strict
        return _Term(frozenset(range(low, max(low, MAX_NAMED) + 1)), is_low=True)
    high = max(count) - item.strict
    if high < STUDIO:
        raise UnreadableError("rooms.negated", text=f"{item.source} {max(count)}")
    return _Term(frozenset(range(STUDIO, high + 1)), is_high=True)


def _sum(first: frozenset[int], second: frozenset[int], text: str) -> frozenset[int]:
    """
    Bedrooms and living rooms, in the notation of Turkey and the Emirates: 2+1 is a home with three rooms, 1+0 a studio.
    """
    bedrooms, living = max(first), max(second)
    total = bedrooms + living
    if len(second) > 1 or not bedrooms or total > MAX_ROOMS:  # «2 + евро 2»
        raise UnreadableError("number.not_understood", part=text)
    return frozenset({STUDIO if (bedrooms, living) == (1, 0) else total})
