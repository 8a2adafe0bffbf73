"""Warnings in answers: input that was accepted but may not mean what its sender intended."""

from decimal import Decimal
from typing import Any

from marshmallow import fields, missing

from api.http.language import reason_of
from api.http.request_state import current
from models.core.errors import Fault
from models.market.places import NO_CURRENCY
from models.market.towns.reading import TownReading, read_town


class Warnings(fields.Field):
    """The answer's warnings, from the request's state; left out if there are none."""

    _CHECK_ATTRIBUTE = False

    def __init__(self, **kwargs: Any) -> None:
        shape = {"type": "array", "items": _warning_shape(), "description": "Present only if input is doubtful."}
        super().__init__(dump_only=True, metadata=shape, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return current().warnings or missing


def warn(field: str, fault: Fault, suggestions: tuple[str, ...] = ()) -> None:
    """Add a warning to the answer of the current request.

    Args:
        field: The path of the value in the request.
        fault: `warning.<code>`, and its facts.
    """
    code = fault.removeprefix("warning.").removesuffix("_like")
    warning = {"field": field, "code": code, "message": reason_of(fault), "suggestions": list(suggestions)}
    current().warnings.append(warning)


def warn_of_town(field: str, town: str, currency: str | None = None) -> None:
    """Warn of a town that is unknown, or that was read differently from its spelling.

    Args:
        field: The path of the town in what was sent.
        town: The text that was sent; it names one town.
        currency: The currency of the row's amounts.
    """
    reading = read_town(town)
    doubt = _doubt(reading)
    if doubt:
        warn(field, *doubt)
    if currency == NO_CURRENCY:
        warn(field, Fault("warning.unknown_currency"))


def warn_of_price(field: str, price: Decimal) -> None:
    """Warn of a price of 0, which is within every budget."""
    if not price:
        warn(field, Fault("warning.price_zero"))


def _doubt(reading: TownReading) -> tuple[Fault, tuple[str, ...]] | None:
    if not reading.known:
        if reading.nearest:
            return Fault("warning.unknown_town_like", names=reading.nearest), reading.nearest
        return Fault("warning.unknown_town"), ()
    if reading.corrected:
        return Fault("warning.corrected_town", name=reading.name), (reading.name,)
    if reading.by_region:
        return Fault("warning.town_of_region", name=reading.name), (reading.name,)
    return None


def _warning_shape() -> dict[str, Any]:
    """The OpenAPI schema of a warning; written out, because a field of our own has no generated one."""
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "field": text,
            "code": text,
            "message": text,
            "suggestions": {"type": "array", "items": text},
        },
    }
