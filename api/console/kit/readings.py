"""Wishes and facts in words, in the page's language: «не первый этаж», «кухня от 9 м²».

The texts are in the catalogue (`readings.po`): `reading.<kind>.yes` and `.no` for a flag, `.label` for a number or a
choice, and `reading.<kind>.<word>` for each choice.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from api.console.kit.i18n import language
from matching.reading.kinds import KIND_OF
from models.translations.catalogue import is_known, translate


def describe_reading(kind: str, value: Any) -> str:
    """A wish or a fact in words; unknown kinds are shown by name."""
    known = KIND_OF.get(kind)
    if known is None:
        return kind
    if known.form == "flag":
        return _message(f"{kind}.{'yes' if value else 'no'}", known.label if value else f"no {known.label}")
    return _number(kind, value) if known.form == "number" else _choice(kind, value)


def _message(code: str, other: str = "", **facts: object) -> str:
    """A message of a reading, without double spaces where a value is empty; *other* if there is no message."""
    code = f"reading.{code}"
    return (
        " ".join(filter(None, translate(language(), code, facts).split(" "))) if is_known(language(), code) else other
    )


def _number(kind: str, value: Any) -> str:
    known = KIND_OF[kind]
    unit = "" if kind in _DATES else _unit(known.unit)  # dates are complete without a unit
    facts = {"label": _message(f"{kind}.label", known.label), "unit": unit}
    format_value = _DATES.get(kind, _plain)
    if not isinstance(value, Mapping):
        return _message("exactly", value=format_value(value), **facts)
    minimum, maximum = value.get("min"), value.get("max")
    if kind in _DATES and maximum == 0 or (minimum is not None and minimum == maximum):
        return _message("exactly", value=format_value(maximum), **facts)
    if minimum is not None and maximum is not None:
        return _message("exactly", value=f"{format_value(minimum)}–{format_value(maximum)}", **facts)
    if minimum is not None:
        return _message("at_least", value=format_value(minimum), **facts)
    return _message("at_most", value=format_value(maximum), **facts)


def _unit(name: str) -> str:
    code = f"unit.{name.lower()}"
    return translate(language(), code) if is_known(language(), code) else ""


def _choice(kind: str, value: Any) -> str:
    label = _message(f"{kind}.label")
    if isinstance(value, Mapping):
        allowed = ""
        for each in value.get("any_of") or ():
            word = _word(kind, each)
            allowed = _message("or", first=allowed, second=word) if allowed else word
        refused = ", ".join(_message("not", word=_word(kind, each)) for each in value.get("none_of") or ())
        parts = [allowed, refused]
    else:
        parts = [", ".join(_word(kind, each) for each in ([value] if isinstance(value, str) else value or ()))]
    return " ".join(part for part in (label, *parts) if part)


def _word(kind: str, choice: str) -> str:
    return _message(f"{kind}.{choice}", choice)


def _quarter(year: float) -> str:
    """A year, with .25, .5 or .75 for its second to fourth quarter; 0 means that the house is completed."""
    if year == 0:
        return _message("completed")
    later = round((year - int(year)) * 4)
    return _message("quarter", quarter=later + 1, year=int(year)) if later else str(int(year))


def _day(number: float) -> str:
    """
    A day of the year; 0 means at once. Numbers outside a year, which earlier releases accepted in wishes, are shown as
    they are.
    """
    if number == 0:
        return _message("at_once")
    if not 1 <= number < 366:
        return _plain(number)
    day = date(2023, 1, 1) + timedelta(days=int(number) - 1)  # any year that is not a leap year
    return f"{day.day} {day:%b}" if language() == "en" else f"{day:%d.%m}"


def _plain(number: Any) -> str:
    """A number as pages show it: with separated thousands, without trailing zeros."""
    if isinstance(number, float | int) and abs(number) >= 10_000:
        return f"{number:,.0f}".replace(",", "\u00a0")
    text = f"{number:g}" if isinstance(number, float | int) else str(number)
    return text if language() == "en" else text.replace(".", ",")


#: Numbers that are dates, and the functions that write them.
_DATES: Mapping[str, Callable[[float], str]] = {"completion": _quarter, "move_in": _day}
