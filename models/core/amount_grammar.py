"""How the words of an amount form a number: signs, digits, multipliers, currencies, and both ends of a range."""

from dataclasses import dataclass
from decimal import Decimal

from models.core.amount_words import AND_A_HALF, Bound, Item, Kind, Unit, items_of
from models.core.currencies import one_currency
from models.core.numbers import UnreadableError, decimal_of

_MILLION = Decimal(1_000_000)
#: A number of at least this size is written in full: «800 000 – 1 млн» does not begin at 800,000 millions.
_WRITTEN_OUT = 1000


@dataclass
class _Part:
    """One end of a range. *shown* is the number before the multiplier *scale* (None: it has no multiplier)."""

    value: Decimal
    shown: Decimal
    scale: Decimal | None
    bound: Item | None

    def is_end(self, end: Bound) -> bool:
        return self.bound is not None and self.bound.bound is end


class Reading:
    """The amounts in a text; *unit* None means money. See :mod:`models.core.amounts` for the arguments."""

    def __init__(self, text: str, unit: Unit | None, *, negative: bool = False, machine: bool = False) -> None:
        self._text = text.strip()
        self._unit, self._negative, self._machine = unit, negative, machine
        self._items = items_of(text, unit)
        self._place = 0
        self._codes: list[str] = []
        self._leftover: list[str] = []
        self._parts: list[_Part] = []
        self._read()
        self.currency = one_currency(self._codes)

    def one(self, end: Bound | None) -> Decimal:
        """
        The only number; its bound, if any, must be that of *end*.

        Raises:
            UnreadableError: number.range, number.bound.
        """
        part, *others = self._parts
        if others or (part.bound is not None and end is None):
            raise UnreadableError("number.range")
        if part.bound is not None and part.bound.bound is not end:
            raise UnreadableError("number.bound", text=self._text)
        return _plain(part.value)

    def range(self) -> tuple[Decimal | None, Decimal | None, str | None]:
        """
        Both ends and the currency.

        Raises:
            UnreadableError: number.reversed, number.not_understood.
        """
        first, second = self._parts[0], self._parts[-1]
        if first is second:
            value = _plain(first.value)
            low = None if first.is_end(Bound.HIGH) else value
            return low, None if first.is_end(Bound.LOW) else value, self.currency
        if first.is_end(Bound.HIGH) and second.is_end(Bound.LOW):  # "до 20, от 10"
            first, second = second, first
        if len(self._parts) > 2 or first.is_end(Bound.HIGH) or second.is_end(Bound.LOW):
            raise UnreadableError("number.not_understood", part=self._text)
        low = first.value
        if first.scale is None and second.scale is not None and low < _WRITTEN_OUT:
            low *= second.scale
        if low > second.value:
            raise UnreadableError("number.reversed", text=self._text)
        return _plain(low), _plain(second.value), self.currency

    def _read(self) -> None:
        bound: Item | None = None
        link: Item | None = None
        negated = False
        while self._place < len(self._items):
            item = self._items[self._place]
            if item.kind in (Kind.NUMBER, Kind.CURRENCY, Kind.SCALE):
                joined = not self._parts or bound is not None or link is not None
                part = self._amount(bound)
                if part is None:
                    continue
                if negated:
                    part.value = self._negated(part.value)
                if joined:
                    self._parts.append(part)
                else:
                    self._leftover.append(item.source)
                bound, link, negated = None, None, False
                continue
            self._place += 1
            if item.kind is Kind.BOUND:
                bound = self._bound(item, bound)
            elif item.kind is Kind.LINK and self._is_minus(item, bound, link):
                negated = True
            elif item.kind is Kind.LINK and link is None and self._may_link(item):
                link = item
            elif item.kind is not Kind.NOISE:
                self._leftover.append(item.source)
        self._check(dangling=bound is not None or link is not None or negated)

    def _check(self, *, dangling: bool) -> None:
        if not self._parts:
            raise UnreadableError("number.not_a_number", text=self._text)
        if self._leftover or dangling:
            raise UnreadableError("number.not_understood", part=" ".join(self._leftover) or self._text)

    def _bound(self, item: Item, before: Item | None) -> Item | None:
        """The bound of the next number; a bound after its number stays with that number."""
        if item.source == "+" and not self._parts:
            return before  # "+5"
        if item.follows and self._parts and not self._number_ahead():
            last = self._parts[-1]
            if last.bound is not None and last.bound.bound is not item.bound:
                self._leftover.append(self._text)
            last.bound = last.bound or item
            return before
        if before is not None and before.bound is not item.bound:
            self._leftover.append(self._text)
        return item

    def _number_ahead(self) -> bool:
        return any(item.kind in (Kind.NUMBER, Kind.SCALE) for item in self._items[self._place :])

    def _is_minus(self, item: Item, bound: Item | None, link: Item | None) -> bool:
        """Whether a dash is the sign of the number after it; two dashes, and a dash after a plus, are none."""
        may_begin = not self._parts or bound is not None or link is not None
        if item.text != "-" or len(item.source) > 1 or self._follows_plus() or not may_begin:
            return False
        return self._place < len(self._items) and self._items[self._place].kind is Kind.NUMBER

    def _follows_plus(self) -> bool:
        return self._place > 1 and self._items[self._place - 2].source == "+"

    def _may_link(self, item: Item) -> bool:
        if not self._parts:
            return False
        opening = self._parts[-1].bound
        return item.text != "and" or (opening is not None and opening.text == "between")

    def _negated(self, value: Decimal) -> Decimal:
        if not self._negative and value:
            raise UnreadableError("number.negative")
        return -value + 0  # no negative zero

    def _amount(self, bound: Item | None) -> _Part | None:
        """The amount that begins here, such as «$2 млн 300 тыс»; None if a currency has no number."""
        part: _Part | None = None
        last = Decimal(0)
        while True:
            self._take_currencies()
            start = self._place
            runs = self._take_numbers()
            scale = self._take_scale()
            if not runs and not (scale is not None and self._items[self._place - 1].spelled):
                self._place = start
                break
            if part is not None and not (scale is not None and scale < last):
                self._place = start
                break
            shown = self._shown(runs, scale)
            last = Decimal(1) if scale is None else scale
            if part is None:
                part = _Part(shown * last, shown, scale, bound)
            else:
                part.value += shown * last
        if part is None and self._place < len(self._items) and self._items[self._place].kind is Kind.SCALE:
            self._leftover.append(self._items[self._place].source)  # a unit or multiplier without a number
            self._place += 1
        return part

    def _take_currencies(self) -> None:
        while self._place < len(self._items) and self._items[self._place].kind is Kind.CURRENCY:
            self._codes.append(self._items[self._place].text)
            self._place += 1

    def _take_numbers(self) -> list[Item]:
        """One number in digits, or several in words that add up: «двадцать пять»."""
        taken: list[Item] = []
        while self._place < len(self._items) and self._items[self._place].kind is Kind.NUMBER:
            item = self._items[self._place]
            if taken and not _adds_up(taken[-1], item):
                break
            taken.append(item)
            self._place += 1
        return taken

    def _take_scale(self) -> Decimal | None:
        if self._place < len(self._items) and self._items[self._place].kind is Kind.SCALE:
            item = self._items[self._place]
            if self._unit is None and item.text:
                self._codes.append(item.text)
            self._place += 1
            return item.value
        return None

    def _shown(self, runs: list[Item], scale: Decimal | None) -> Decimal:
        """
        The number before its multiplier. «3,650 млн» has a decimal comma, because no flat costs thousands of millions.
        """
        if not runs:
            return Decimal(1)
        is_fraction = scale is not None and scale >= _MILLION
        return sum(
            (
                decimal_of(run.text, comma_is_decimal=is_fraction, dot_is_decimal=is_fraction or self._machine)
                for run in runs
            ),
            Decimal(0),
        )


def _plain(value: Decimal) -> Decimal:
    """12500000.0 as 12500000."""
    return Decimal(int(value)) if value == value.to_integral_value() else value


def _adds_up(before: Item, item: Item) -> bool:
    """
    >>> twenty, five = Item(Kind.NUMBER, "20", spelled=True), Item(Kind.NUMBER, "5", spelled=True)
    >>> _adds_up(twenty, five), _adds_up(five, twenty)
    (True, False)
    """
    if item.text == AND_A_HALF:
        return "." not in before.text and "," not in before.text
    if not (before.spelled and item.spelled):
        return False
    larger, smaller = Decimal(before.text), Decimal(item.text)
    return smaller < (100 if larger >= 100 else 10 if larger >= 20 else 0)
