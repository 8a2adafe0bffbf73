"""What an answer warns of: input that was taken, but may not say what its sender meant."""

from typing import Any

from marshmallow import fields, missing

from api.http.request_state import current
from models.market.places import NO_CURRENCY
from models.market.towns.reading import TownReading, read_town


class Warnings(fields.Field):
    """The answer's warnings, from the request's state; left out where there is nothing to warn of."""

    _CHECK_ATTRIBUTE = False

    def __init__(self, **kwargs: Any) -> None:
        shape = {"type": "array", "items": _warning_shape(), "description": "Only where something sent is doubtful."}
        super().__init__(dump_only=True, metadata=shape, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return current().warnings or missing


def warn(field: str, code: str, message: str, suggestions: tuple[str, ...] = ()) -> None:
    """Put a warning into the answer of the request at hand; *field* is the path of what was sent."""
    current().warnings.append({"field": field, "code": code, "message": message, "suggestions": list(suggestions)})


def warn_of_town(field: str, town: str, currency: str | None = None) -> None:
    """
    Warn of a town that is unknown or was not read as it was written.

    Args:
        field: The path of the town in what was sent.
        town: As it was sent; it names one town.
        currency: What the row's amounts are kept in.
    """
    reading = read_town(town)
    told = _doubt(reading)
    if told:
        warn(field, *told)
    if currency == NO_CURRENCY:
        warn(
            field,
            "unknown_currency",
            "No currency was told and the town's country is unknown: amounts are compared only with others like it.",
        )


def _doubt(reading: TownReading) -> tuple[str, str, tuple[str, ...]] | None:
    if not reading.known:
        if reading.nearest:
            return (
                "unknown_town",
                f"No such town is known. Did you mean {' or '.join(reading.nearest)}?",
                reading.nearest,
            )
        return "unknown_town", "No such town is known.", ()
    if reading.corrected:
        return "corrected_town", f"Read as {reading.name}.", (reading.name,)
    if reading.by_region:
        return "town_of_region", f"A region is named; its main town is meant: {reading.name}.", (reading.name,)
    return None


def _warning_shape() -> dict[str, Any]:
    """OpenAPI's shape of a warning; written out, for a field of our own has no schema of its own."""
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
