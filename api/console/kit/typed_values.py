"""Values that people type into controls, read by the shared reader of amounts, numbers and rooms."""

from decimal import Decimal
from typing import Any

from models.core.amount_words import Bound, Unit
from models.core.amounts import read_amount, read_number, read_whole
from models.core.errors import DomainError
from models.core.numbers import UnreadableError
from models.core.rooms import read_rooms
from models.market.leads import Lead
from models.market.places import city_of
from models.market.properties import Property

#: Keyed by the unit that a control shows after its number.
_UNITS = {"m²": Unit.AREA, "%": Unit.PERCENT}
#: Keyed by the last part of a control's path.
_WHOLE_UNITS = {"floor": Unit.FLOOR, "total_floors": Unit.FLOOR, "year_built": Unit.YEAR}


def read_typed(kind: str, path: str, unit: str | None, text: str, currency: str | None) -> Any:
    """
    The value of a control that is not empty.

    Args:
        kind: money, number, whole or rooms.
        currency: The currency of amounts in this form; None if any is accepted.
    Raises:
        UnreadableError: It cannot be read, or is an amount in another currency.

    >>> read_typed("money", "requirements.budget.max", None, "до 20 млн ₽", "RUB")
    Decimal('20000000')
    >>> read_typed("rooms", "details.rooms", None, "студия", None)
    0
    """
    last = path.rpartition(".")[2]
    if kind == "money":
        return read_money(text, currency, end=_end_of(last))
    if kind == "number":
        return read_number(text, _UNITS.get(unit or "", Unit.NONE), end=_end_of(last))
    if kind == "rooms":
        return _one_of(text)
    return read_whole(text, _WHOLE_UNITS.get(last, Unit.NONE), negative=True)


def read_money(text: str, currency: str | None, *, end: Bound | None = None) -> Decimal:
    """
    An amount of *currency*.

    Raises:
        UnreadableError: Like :func:`models.core.amounts.read_amount`; also with the code amount.other_currency.
    """
    amount = read_amount(text, end=end)
    if currency is not None and amount.currency not in (None, currency):
        raise UnreadableError("amount.other_currency", first=currency, text=text, second=str(amount.currency))
    return amount.value


def currency_of_town(name: str, current: Lead | Property | None = None) -> str | None:
    """The currency of amounts in a form with this town: that of *current*, otherwise the town's; None if unknown."""
    try:
        city = city_of(name) if name.strip() else None
    except DomainError:  # the form reports the error beside the town
        return None
    if current is not None and (city is None or city.key == current.city_key):
        return current.currency
    return city.currency if city is not None else None


def _one_of(text: str) -> int:
    rooms = read_rooms(text)
    if len(rooms) != 1:
        raise UnreadableError("rooms.none")
    return rooms[0]


def _end_of(name: str) -> Bound | None:
    """Which end of a range a field is, by its name."""
    if name == "min" or name.endswith("_min"):
        return Bound.LOW
    return Bound.HIGH if name == "max" or name.endswith("_max") else None
