"""Forms read with the JSON API's own schemas, so that a page accepts exactly what the API does.

A control is named by its field's path (``requirements.budget.min``). The texts of a form become a body, the schema
checks it, and its complaints come back by the same paths, each to be shown beside its control.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import render_template, request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from api.console.i18n import language, say
from models.core.errors import ConflictError, InvalidValueError

Word = TypeVar("Word", bound=StrEnum)
Result = TypeVar("Result")

#: Thousands between commas, as English writes them.
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")


@dataclass(frozen=True)
class Control:
    """One control of a form. *kind*: text, long, number, whole, date, url, choice, checks (several choices), list, lines."""

    path: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: tuple = ()
    hint: str | None = None
    unit: str | None = None
    wide: bool = False
    understand: str = ""  #: "lead" or "property": what the text says is shown while one types.
    words: str = ""  #: What begins the choices' keys in the vocabulary, where a word says another thing than elsewhere.

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
        _put(body, control.path, _value(control, given))
    try:
        return schema.load(body), Filled(values)
    except ValidationError as error:
        errors = _flat(error.messages)
        return None, Filled(values, errors)


def send(
    schema: Schema, controls: list[Control], form: MultiDict, store: Callable[[dict[str, Any]], Result]
) -> tuple[Result | None, Filled]:
    """
    Read a form and *store* its body; what it became, and the form to be shown again where it has errors.

    What the domain refuses stands beside its field too: a move that cannot follow beside the status.
    """
    body, filled = read(schema, controls, form)
    if body is None:
        return None, filled
    try:
        return store(body), filled
    except InvalidValueError as error:
        filled.errors[error.field] = say(error.reason)
    except ConflictError as error:
        if "status" not in filled.values:
            raise
        filled.errors["status"] = say(error.message)
    return None, filled


def show(groups: Sequence[tuple[str, list[Control]]], filled: Filled, *, title: str, cancel: str, here: str) -> str:
    """
    The page of a form, which is sent to the address where it stands.

    Args:
        groups: (English heading, controls) of each part.
        cancel: Where to go without sending.
        here: The page of the menu that the form belongs to.
    """
    return render_template(
        "console/form.html",
        groups=groups,
        filled=filled,
        title=title,
        action=request.path,
        cancel=cancel,
        here=here,
    )


def number_of(text: str) -> float | None:
    """
    A number as people type it; None for what is none.

    A comma is a decimal one, but not between thousands on an English page, which shows amounts as 12,500,000.

    >>> number_of("12 500,5"), number_of("much")
    (12500.5, None)
    """
    plain = "".join(text.split())
    is_grouped = language() == "en" and _GROUPED.fullmatch(plain)
    try:
        return float(plain.replace(",", "" if is_grouped else "."))
    except ValueError:
        return None


def one_of(words: type[Word], raw: str | None, field_: str, reason: str) -> Word:
    """The word that a form names; raises InvalidValueError."""
    if raw not in list(words):
        raise InvalidValueError(field_, reason)
    return words(raw)


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
        number = number_of(given)
        return given if number is None else number
    return _whole(given) if control.kind == "whole" else given


def _whole(text: str) -> Any:
    plain = "".join(text.split())
    return int(plain) if _WHOLE.fullmatch(plain) else text


def _put(body: dict, path: str, value: Any) -> None:
    """Put a value at its path. Of what is left out the outer objects are there, or they would be missed, and not it."""
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    if value is not None:
        body[last] = value


def _flat(messages: Any, path: tuple[str, ...] = ()) -> dict[str, str]:
    """
    Complaints by dotted path, in the page's language; those about one entry of a list are the list's.

    >>> _flat({"area": {"min": ["Not a valid number."]}, "rooms": {0: ["Not a valid integer."]}})
    {'area.min': 'Это не число.', 'rooms': 'Это не целое число.'}
    """
    if isinstance(messages, list):
        return {".".join(path): say(str(messages[0]))}
    found: dict[str, str] = {}
    for name, inner in messages.items():
        deeper = path if isinstance(name, int) or name == "_schema" else (*path, str(name))
        for where, reason in _flat(inner, deeper).items():
            found.setdefault(where, reason)
    return found
