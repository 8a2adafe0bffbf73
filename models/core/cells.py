"""Numbers in cells of imported files, where -1, 0, a dash or the year 1970 often stand for "unknown".

Files are written by programs: 54.125 has a decimal dot. What people typed into a spreadsheet («12,5 млн») is read too.
What a cell says to be unknown is counted by the name of its field, so that a report can tell of it.
"""

from collections import Counter
from decimal import Decimal

from models.core.amount_words import Unit
from models.core.amounts import Amount, read_amount, read_number
from models.core.numbers import UnreadableError, is_unknown
from models.core.rooms import read_rooms

#: What a clock at its beginning gives; 0 is unknown anyway.
_YEARS_NOT_KNOWN = frozenset({1, 1970})


class CellReader:
    """Reads cells and counts in *unknown*, by field, those that hold something which means "unknown"."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()

    def amount(self, field: str, cell: str) -> Amount | None:
        """
        An amount of money above 0; None where it is unknown.

        Raises:
            UnreadableError: See :data:`models.core.numbers.MESSAGES`.

        >>> reader = CellReader()
        >>> reader.amount("price", "12,5 млн ₽"), reader.amount("price", "-1"), reader.amount("price", "")
        (Amount(value=Decimal('12500000'), currency='RUB'), None, None)
        >>> reader.unknown
        Counter({'price': 1})
        """
        if self._says_unknown(field, cell):
            return None
        amount = read_amount(cell)
        return None if self._is_nought(field, amount.value) else amount

    def number(
        self, field: str, cell: str, unit: Unit = Unit.NONE, *, nought: bool = False, negative: bool = False
    ) -> Decimal | None:
        """
        A number; None where it is unknown.

        Args:
            nought: Whether 0 is a value; elsewhere it is unknown.
            negative: Whether numbers below 0 are values, but for -1.
        Raises:
            UnreadableError: See :data:`models.core.numbers.MESSAGES`.

        >>> [CellReader().number("area", cell, Unit.AREA) for cell in ("54.125", "54,3 м²", "0", "-1", "н/д")]
        [Decimal('54.125'), Decimal('54.3'), None, None, None]
        """
        if self._says_unknown(field, cell):
            return None
        value = read_number(cell, unit, negative=negative, machine=True)
        return None if not nought and self._is_nought(field, value) else value

    def whole(
        self, field: str, cell: str, unit: Unit = Unit.NONE, *, nought: bool = False, negative: bool = False
    ) -> int | None:
        """
        As :meth:`number`, whole.

        Raises:
            UnreadableError: number.not_whole, and as :meth:`number`.
        """
        value = self.number(field, cell, unit, nought=nought, negative=negative)
        if value is not None and value != value.to_integral_value():
            raise UnreadableError("number.not_whole", text=cell.strip())
        return None if value is None else int(value)

    def year(self, field: str, cell: str) -> int | None:
        """
        A year of building; those of a clock at its beginning are unknown.

        >>> [CellReader().year("year", cell) for cell in ("1987", "2024 г.", "1970", "1", "0")]
        [1987, 2024, None, None, None]
        """
        year = self.whole(field, cell, Unit.YEAR)
        if year in _YEARS_NOT_KNOWN:
            self.unknown[field] += 1
            return None
        return year

    def rooms(self, field: str, cell: str) -> int | None:
        """
        One number of rooms, a studio being 0.

        Raises:
            UnreadableError: As :func:`models.core.rooms.read_rooms`; rooms.none for several.

        >>> [CellReader().rooms("rooms", cell) for cell in ("2", "студия", "2-комн.", "-1", "любая")]
        [2, 0, 2, None, None]
        """
        if self._says_unknown(field, cell):
            return None
        rooms = read_rooms(cell)
        if len(rooms) > 1:
            raise UnreadableError("rooms.none")
        return rooms[0] if rooms else None

    def coordinates(self, field: str, latitude: str, longitude: str) -> tuple[Decimal, Decimal] | None:
        """
        Degrees of a place on earth; None where one is unknown, or both are 0: a point in the Gulf of Guinea.

        Raises:
            UnreadableError: number.not_a_place: beyond 90 or 180 degrees; and as :meth:`number`.

        >>> CellReader().coordinates("point", "55.7539", "37.6208"), CellReader().coordinates("point", "0", "0.0")
        ((Decimal('55.7539'), Decimal('37.6208')), None)
        """
        given = (latitude, longitude)
        if any(not cell.strip() for cell in given):
            return None
        if any(is_unknown(cell) for cell in given):
            self.unknown[field] += 1
            return None
        north, east = (read_number(cell, negative=True, machine=True) for cell in given)
        if not north and not east:
            self.unknown[field] += 1
            return None
        if abs(north) > 90 or abs(east) > 180:
            raise UnreadableError("number.not_a_place", text=f"{latitude} {longitude}")
        return north, east

    def _says_unknown(self, field: str, cell: str) -> bool:
        """Whether a cell is empty, which is not counted, or says in words or by -1 that nothing is known."""
        if not cell.strip():
            return True
        if is_unknown(cell) or cell.strip() in ("-1", "-1.0", "-1,0", "-1.00"):
            self.unknown[field] += 1
            return True
        return False

    def _is_nought(self, field: str, value: Decimal) -> bool:
        if value:
            return False
        self.unknown[field] += 1
        return True
