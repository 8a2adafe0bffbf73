"""Forms validated by the JSON API's own schemas, so that a page accepts exactly what the API accepts.

A control is named by its field's path (``requirements.budget.min``). The form's texts become a body, and the schema
validates it. Errors have the same paths, so each is shown beside its control.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import render_template, request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from api.console.kit import form_keys
from api.console.kit.i18n import translate, translate_error, translate_fault
from api.console.kit.place_names import suggested_places, suggested_towns
from api.console.kit.typed_values import read_typed
from api.http.market_places import with_known_parts
from models.core.errors import ConflictError, InvalidValueError
from models.core.numbers import UnreadableError
from models.market.known_places import PlaceKind
from models.market.towns.reading import TownError, read_town

Word = TypeVar("Word", bound=StrEnum)
Result = TypeVar("Result")

_WHOLE = re.compile(r"-?[0-9]{1,18}")

#: The maximum number of districts or stations that a form suggests; Moscow has the most.
MAX_KNOWN = 400
#: Controls of a single place, for which names are suggested.
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
    understand: str = ""  #: "lead" or "property": the reading of the text is shown while one types.
    none: str = "Choose"  #: The text of a choice that is left open.
    labels: Mapping[str, str] = field(default_factory=dict)  #: Names of choices that are not words, such as ids.
    words: str = ""  #: Prefix of the choices' keys in the vocabulary, if a word has another meaning here.

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")


@dataclass
class Filled:
    """A form with its current texts and errors."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    #: Doubtful values that are accepted if the form is sent again, by control.
    kept: dict[str, str] = field(default_factory=dict)
    #: Suggested corrections of a control's value.
    suggestions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: The form's values when it was opened, as JSON; None if it creates a new row.
    original_values: str | None = None
    #: Conflicts: the values, in words, that somebody else has stored meanwhile in controls that were changed here too.
    theirs: dict[str, str] = field(default_factory=dict)
    #: The words of a pasted text that a control's value was read from, by its path.
    read: dict[str, str] = field(default_factory=dict)
    #: The stored values, in words, of controls in which another value is proposed.
    proposed: dict[str, str] = field(default_factory=dict)
    #: What this form has already created from other texts.
    saved: form_keys.Saved | None = None


def read(
    schema: Schema,
    controls: list[Control],
    form: MultiDict,
    *,
    currency: str | None = None,
    asks: bool = True,
    creates: bool = True,
) -> tuple[dict | None, Filled]:
    """Read the form: returns its body, and the form to show again.

    Args:
        currency: The currency of the form's amounts; None if any is accepted.
        asks: Whether to ask once about an unknown town whose name resembles those of known towns.
        creates: Whether to claim the form's one-time key, if it has one.
    Returns:
        (None, the form with its errors) if a value cannot be read, the schema refuses the body, there is a question, or
        the form was already saved with other texts.
    Raises:
        FormSentAgainError: The form was already saved with the same texts.
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
    if creates and not filled.errors:
        filled.saved = form_keys.claim(json.dumps(values, ensure_ascii=False))
    return (None if filled.errors or filled.saved else loaded), filled


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
            "Did you mean {names}? If not, save again and the town stays as typed.", names=names
        )


def send(
    schema: Schema, controls: list[Control], form: MultiDict, store: Callable[[dict[str, Any]], Result]
) -> tuple[Result | None, Filled]:
    """Read a form and *store* its body; returns the result, or the form to show again with its errors.

    Errors of the domain are shown beside their field too, such as a status change that is not allowed.
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
    menu_path: str,
    action: str | None = None,
    creates: bool = False,
    change: str = "",
    template: str = "console/form.html",
    **more: Any,
) -> str:
    """Render the page of a form.

    Args:
        groups: (English heading, controls) of each part.
        cancel: The address of the link that leaves the form without sending it.
        menu_path: The menu entry that the form belongs to.
        action: The address that the form is sent to; None: the form's own address.
        creates: The form creates something, so it carries a one-time key.
        change: What follows a created row's address in that of its own form, where the same fields change it.
        template: A template that extends the page of a form; it receives *more*.
    """
    return render_template(
        template,
        groups=groups,
        filled=filled,
        known=_known_places(groups, filled),
        title=title,
        action=action or request.path,
        creates=creates,
        change=change,
        cancel=cancel,
        menu_path=menu_path,
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
            kind, in_town = PLACE_KINDS[control.path], str(named)
            known[control.path] = with_known_parts(suggested_places(kind, in_town), kind, in_town, limit=MAX_KNOWN)
    return known


def one_of(words: type[Word], raw: str | None, field_: str, reason: str) -> Word:
    """The enumeration's word in a form; raises InvalidValueError for any other text."""
    if raw not in list(words):
        raise InvalidValueError(field_, reason)
    return words(raw)


def pressed_button(*values: str, name: str = "do") -> str:
    """Which of a form's buttons was pressed; raises InvalidValueError for none of *values*."""
    value = request.form.get(name, "")
    if value not in values:
        raise InvalidValueError(name, "action.choose")
    return value


def tick(name: str) -> bool | None:
    """Whether a checkbox of the form is ticked; None if the form did not show it.

    Browsers leave out unticked boxes, so each box is followed by a hidden, empty field of the same name.
    """
    return any(request.form.getlist(name)) if name in request.form else None


def check_complete(*names: str) -> None:
    """
    Raise InvalidValueError for a form that lacks a field of its page, so that a missing field does not count as empty.
    """
    for name in names:
        if name not in request.form:
            raise InvalidValueError(name, "form.outdated")


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
    """Errors of controls with one item per line, by path: one text for each line."""
    values = {}
    for control in controls:
        wrong, given = messages, body
        for name in control.path.split(".") if control.kind == "lines" else ():
            wrong = wrong.get(name) if isinstance(wrong, dict) else None
            given = given.get(name, {})
        if control.kind == "lines" and isinstance(wrong, dict):
            mistakes = ((given[index], translate_fault(reasons[0])) for index, reasons in sorted(wrong.items()))
            values[control.path] = "\n".join(f"{line[:80]} — {reason}" for line, reason in mistakes)
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
