"""Forms read with the JSON API's own schemas, so that a page accepts exactly what the API does.

A control is named by its field's path (``requirements.budget.min``). The texts of a form become a body, the schema
checks it, and its complaints come back by the same paths, each to be shown beside its control.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from api.console.speech import say

MISSING = "Missing data for required field."


@dataclass(frozen=True)
class Control:
    """One control of a form. *kind*: text, long, number, whole, choice, checks (several choices), list, lines."""

    path: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: tuple = ()
    hint: str | None = None
    unit: str | None = None
    wide: bool = False
    datalist: str | None = None

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")


@dataclass
class Filled:
    """A form as it is shown: what stands in its controls, and what is wrong with that."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def read(schema: Schema, controls: list[Control], form: MultiDict) -> tuple[dict | None, Filled]:
    """
    The body that the form says, and the form itself to be shown again.

    Returns:
        (None, the form with its errors) if the schema refuses it.
    """
    values: dict[str, Any] = {}
    body: dict[str, Any] = {}
    for control in controls:
        given = form.getlist(control.path) if control.kind == "checks" else form.get(control.path, "").strip()
        values[control.path] = given
        value = _value(control, given)
        if value is not None:
            _put(body, control.path, value)
    try:
        return schema.load(body), Filled(values)
    except ValidationError as error:
        errors = _flat(error.messages)
        return None, Filled(values, errors)


def errors_of(schema: Schema, body: dict) -> dict[str, str]:
    """The schema's complaints about a body, by path; none if it accepts it."""
    return _flat(schema.validate(body))


def put(body: dict, path: str, value: Any) -> None:
    """Set a value at a dotted path."""
    _put(body, path, value)


def _value(control: Control, given: Any) -> Any:
    """A control's text as JSON holds it; None: left out. What is no number stays text, for the schema to refuse."""
    if control.kind == "checks":
        return [_whole(each) for each in given]
    if control.kind == "list":
        return [part.strip() for part in given.replace("\n", ",").replace(";", ",").split(",") if part.strip()]
    if control.kind == "lines":
        return [line.strip() for line in given.splitlines() if line.strip()]
    if given == "":
        return None
    if control.kind == "number":
        return _number(given)
    return _whole(given) if control.kind == "whole" else given


def _number(text: str) -> Any:
    plain = "".join(text.split()).replace("\u00a0", "").replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return text


def _whole(text: str) -> Any:
    plain = "".join(text.split())
    return int(plain) if plain.lstrip("-").isdecimal() and len(plain) < 19 else text


def _put(body: dict, path: str, value: Any) -> None:
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


def _flat(messages: Any, path: tuple[str, ...] = ()) -> dict[str, str]:
    """
    Complaints by dotted path; those about one entry of a list are the list's.

    >>> _flat({"area": {"min": ["Not a valid number."]}, "rooms": {0: ["Not a valid integer."]}})
    {'area.min': 'Not a valid number.', 'rooms': 'Not a valid integer.'}
    """
    if isinstance(messages, list):
        return {".".join(path): say(str(messages[0]))}
    found: dict[str, str] = {}
    for name, inner in messages.items():
        deeper = path if isinstance(name, int) or name == "_schema" else (*path, str(name))
        for where, reason in _flat(inner, deeper).items():
            found.setdefault(where, reason)
    return found
