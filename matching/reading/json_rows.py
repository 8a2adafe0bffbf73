"""Readings as rows for JSON, which are stored with the text and shown."""

from typing import Any

from matching.errors import InvalidInputError
from matching.reading.kind import JsonValue, Kind
from matching.reading.kinds import KIND_OF
from matching.reading.lead_text import read_wishes
from matching.reading.listing_text import read_facts

STRENGTHS = ("must", "wish", "soft")


def wish_rows(text: str) -> list[dict[str, Any]]:
    """
    The wishes in a lead's text.

    >>> wish_rows("нужен балкон")
    [{'kind': 'balcony', 'value': True, 'strength': 'wish', 'quote': 'балкон', 'start': 6, 'end': 12}]
    """
    return [
        {
            "kind": wish.kind,
            "value": wish.value,
            "strength": wish.strength,
            "quote": text[wish.start : wish.end],
            "start": wish.start,
            "end": wish.end,
        }
        for wish in read_wishes(text)
    ]


def fact_rows(text: str) -> list[dict[str, Any]]:
    """
    The facts in a listing's text.

    >>> fact_rows("Есть лоджия.")
    [{'kind': 'balcony', 'value': True, 'quote': 'лоджия', 'start': 5, 'end': 11}]
    """
    return [
        {
            "kind": fact.kind,
            "value": fact.value,
            "quote": text[fact.start : fact.end],
            "start": fact.start,
            "end": fact.end,
        }
        for fact in read_facts(text)
    ]


def check_wish(kind: str, value: JsonValue) -> None:
    """
    Check a wish that a client states.

    Raises:
        InvalidInputError: The kind is unknown, or the value is not valid for the kind.

    >>> check_wish("balcony", True)
    """
    if kind not in KIND_OF:
        raise InvalidInputError(f"{kind!r} is no kind of wish")
    known = KIND_OF[kind]
    known.judge(value)
    if known.form == "choice" and not 0 < len(value.get("any_of") or value.get("none_of") or ()) <= len(known.choices):
        raise InvalidInputError(f"name 1 to {len(known.choices)} of {', '.join(known.choices)}")
    if known.form == "number":
        _check_limits(known, [value[end] for end in ("min", "max") if value.get(end) is not None])


def _check_limits(kind: Kind, limits: list[float]) -> None:
    """Raise InvalidInputError for limits out of order, or outside the period of a kind that has one."""
    if kind.period:
        if not all(0 <= limit <= kind.period for limit in limits):
            raise InvalidInputError(f"limits must be from 0 to {kind.period:g}")
    elif limits != sorted(limits):
        raise InvalidInputError("min must not be above max")
