"""Forms validated by the JSON API's own schemas, so that a page accepts exactly what the API accepts.

A control is named by its field's path (``requirements.budget.min``). The form's texts become a body, the schema
validates it, and errors return by the same paths, each to be shown beside its control.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import render_template, request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from api.console.kit.i18n import translate, translate_error, translate_fault
from api.console.kit.place_names import suggested_places, suggested_towns
from api.console.kit.typed_values import read_typed
from models.core.errors import ConflictError, InvalidValueError
from models.core.numbers import UnreadableError
from models.market.known_places import PlaceKind
from models.market.towns.reading import TownError, read_town

Word = TypeVar("Word", bound=StrEnum)
Result = TypeVar("Result")

_WHOLE = re.compile(r"-?[0-9]{1,18}")

#: Controls of one place, for which the market's own names are suggested.
PLACE_KINDS = {"address.district": PlaceKind.DISTRICT, "address.metro_station": PlaceKind.STATION}


@dataclass(frozen=True)
class Control:
    """
    One control of a form.

    *kind*: text, long, money, number, whole, rooms (one number of them), date, url, choice, checks (several choices),
    list, lines, town.
    """

    path: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: tuple = ()
    hint: str | None = None
    unit: str | None = None
    wide: bool = False
    understand: str = ""  #: "lead" or "property": what the text says is shown while one types.
    none: str = "Choose"  #: What stands in a choice that is left open.
    labels: Mapping[str, str] = field(default_factory=dict)  #: What choices are called that are no words, such as ids.
    words: str = ""  #: What begins the choices' keys in the vocabulary, where a word says another thing than elsewhere.

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")


@dataclass
class Filled:
    """A form with its present texts and errors."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    #: Doubtful values that the next sending keeps as they are, by their control.
    kept: dict[str, str] = field(default_factory=dict)
    #: What a control's value may have been meant to be.
    suggestions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: What stood in the form when it was opened, as JSON; None: it makes something new.
    was: str | None = None
    #: What somebody else has stored meanwhile, in words, of controls that were changed here too.
    theirs: dict[str, str] = field(default_factory=dict)
    #: The words of a pasted text that a control's value was read from, by its path.
    read: dict[str, str] = field(default_factory=dict)
    #: What stands in the database, in words, of controls in which something else is proposed.
    proposed: dict[str, str] = field(default_factory=dict)


def read(
    schema: Schema, controls: list[Control], form: MultiDict, *, currency: str | None = None, asks: bool = True
) -> tuple[dict | None, Filled]:
    """The body from the form, and the form to show again.

    Args:
        currency: In which amounts are written here; None where any will do.
        asks: Whether a town that is unknown, while others have names like its, is asked about once.
    Returns:
        (None, the form with its errors) if something cannot be read, the schema refuses it, or something is to be
        asked.
    """
    values: dict[str, Any] = {}
    body: dict[str, Any] = {}
    unreadable: dict[str, str] = {}
    for control in controls:
        given = form.getlist(control.path) if control.kind == "checks" else form.get(control.path, "").strip()
        values[control.path] = given
        try:
            _put(body, control.path, _value(control, given, currency))
        except UnreadableError as error:
            unreadable[control.path] = translate_error(error)
            _put(body, control.path, None)
    try:
        loaded = schema.load(body)
    except ValidationError as error:
        return None, Filled(values, _flat(error.messages) | _of_lines(error.messages, controls, body) | unreadable)
    filled = Filled(values, unreadable)
    for control in controls:
        if asks and control.kind == "town":
            _ask_about_town(control.path, values[control.path], form, filled)
    return (None if filled.errors else loaded), filled


def _ask_about_town(path: str, town: str, form: MultiDict, filled: Filled) -> None:
    """Ask once about an unknown town whose name resembles a known one; if the form is sent again, it is accepted."""
    if not town or form.get(f"{path}.kept") == town:
        return
    reading = read_town(town)
    if not reading.known and reading.nearest:
        filled.kept[path] = town
        filled.suggestions[path] = reading.nearest
        names = ", ".join(reading.nearest)
        filled.errors[path] = translate(
            "Did you mean {names}? If not, save again: the town stays as it is.", names=names
        )


def send(
    schema: Schema, controls: list[Control], form: MultiDict, store: Callable[[dict[str, Any]], Result]
) -> tuple[Result | None, Filled]:
    """Read a form and *store* its body; returns the result, or the form to show again with its errors.

    Errors of the domain are shown beside their field too, such as a forbidden change of status.
    """
    body, filled = read(schema, controls, form)
    if body is None:
        return None, filled
    try:
        return store(body), filled
    except InvalidValueError as error:
        filled.errors[error.field] = translate_error(error)
    except ConflictError as error:
        if "status" not in filled.values:
            raise
        filled.errors["status"] = translate_error(error)
    return None, filled


def show(
    groups: Sequence[tuple[str, list[Control]]],
    filled: Filled,
    *,
    title: str,
    cancel: str,
    here: str,
    action: str | None = None,
    template: str = "console/form.html",
    **more: Any,
) -> str:
    """Render the page of a form.

    Args:
        groups: (English heading, controls) of each part.
        cancel: Where to go without sending.
        here: The page of the menu that the form belongs to.
        action: Where it is sent; None: to the address where it stands.
        template: One that extends the page of a form, which gets *more*.
    """
    return render_template(
        template,
        groups=groups,
        filled=filled,
        known=_known_places(groups, filled),
        title=title,
        action=action or request.path,
        cancel=cancel,
        here=here,
        **more,
    )


def _known_places(groups: Sequence[tuple[str, list[Control]]], filled: Filled) -> dict[str, list[str]]:
    """Suggestions for the form: known towns, and districts and stations once a town is named."""
    controls = [control for _, listed in groups for control in listed]
    town = next((control.path for control in controls if control.kind == "town"), None)
    if town is None:
        return {}
    known = {town: suggested_towns()}
    named = filled.values.get(town)
    try:
        reading = read_town(named) if named else None
    except TownError:
        reading = None
    for control in controls if named and reading else ():
        if control.path in PLACE_KINDS:
            known[control.path] = suggested_places(PLACE_KINDS[control.path], str(named))
    return known


def one_of(words: type[Word], raw: str | None, field_: str, reason: str) -> Word:
    """The enumeration's word in a form; raises InvalidValueError."""
    if raw not in list(words):
        raise InvalidValueError(field_, reason)
    return words(raw)


def _value(control: Control, given: Any, currency: str | None) -> Any:
    """A control's text as a JSON value; None: left out. Raises UnreadableError."""
    if control.kind == "checks":
        return [_whole(each) for each in given]
    if control.kind == "list":
        return [part.strip() for part in given.replace("\n", ",").replace(";", ",").split(",") if part.strip()]
    if control.kind == "lines":
        return [line.strip() for line in given.splitlines() if line.strip()]
    if given == "":
        return None
    if control.kind in ("money", "number", "whole", "rooms"):
        return read_typed(control.kind, control.path, control.unit, given, currency)
    return given


def _whole(text: str) -> Any:
    plain = "".join(text.split())
    return int(plain) if _WHOLE.fullmatch(plain) else text


def _put(body: dict, path: str, value: Any) -> None:
    """
    Set a value at its path. For a value that is left out, only the outer objects are created, because they are
    required.
    """
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    if value is not None:
        body[last] = value


def _of_lines(messages: Any, controls: list[Control], body: dict[str, Any]) -> dict[str, str]:
    """Errors of controls that take one item a line, by path: one text for each line."""
    values = {}
    for control in controls:
        wrong, given = messages, body
        for name in control.path.split(".") if control.kind == "lines" else ():
            wrong = wrong.get(name) if isinstance(wrong, dict) else None
            given = given.get(name, {})
        if control.kind == "lines" and isinstance(wrong, dict):
            told = ((given[place], translate_fault(reasons[0])) for place, reasons in sorted(wrong.items()))
            values[control.path] = "\n".join(f"{line[:80]} — {reason}" for line, reason in told)
    return values


def _flat(messages: Any, path: tuple[str, ...] = ()) -> dict[str, str]:
    """Errors by dotted path, in the page's language; those of list entries belong to the list.

    >>> _flat({"area": {"min": ["number.invalid"]}, "rooms": {0: ["number.not_integer"]}})
    {'area.min': 'Это не число.', 'rooms': 'Это не целое число.'}
    """
    if isinstance(messages, list):
        return {".".join(path): translate_fault(messages[0])}
    sentences: dict[str, str] = {}
    for name, inner in messages.items():
        deeper = path if isinstance(name, int) or name == "_schema" else (*path, str(name))
        for where, reason in _flat(inner, deeper).items():
            sentences.setdefault(where, reason)
    return sentences
