"""
Concurrent edits of one row by two people or two windows: changes to different fields are merged, conflicts are shown.

A form carries its original values in the control `was`. When it is sent, each control is compared with its original
value and with the currently stored value. Values that the form did not show are not changed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from marshmallow import Schema
from werkzeug.datastructures import MultiDict

from api.console.kit.formatting import as_typed
from api.console.kit.forms import Control, Filled, read
from api.console.kit.i18n import translate, word
from api.console.kit.typed_values import read_typed
from models.core.errors import InvalidValueError
from models.core.numbers import UnreadableError

#: The name of the control that carries the form's original values.
ORIGINAL_VALUES = "was"
#: Suffix of a control's path: use the stored value, not the typed one.
USE_STORED_VALUE = ".take"


def merge(controls: Iterable[Control], form: MultiDict, stored: Mapping[str, Any]) -> tuple[MultiDict, dict[str, str]]:
    """The form with others' changes merged, and the conflicts: path -> the stored value, in words.

    Args:
        stored: The form's values if it were opened now.
    """
    originals = _sent_original_values(form)
    merged = MultiDict(form)
    both: dict[str, str] = {}
    for control in controls:
        path = control.path
        present = stored.get(path, "")
        if path not in form and (control.kind != "checks" or path not in originals):
            merged.setlist(path, [str(each) for each in (present if isinstance(present, list) else [present])])
            continue
        theirs, mine = _comparable(control, present), _comparable(control, _given(control, form))
        base = _comparable(control, originals.get(path, present))
        if theirs == mine:
            continue
        if form.get(path + USE_STORED_VALUE) or (mine == base and theirs != base):
            merged.setlist(path, present if isinstance(present, list) else [present])
        elif theirs != base:
            both[path] = in_words(control, stored.get(path, ""))
    return merged, both


def read_edit(
    schema: Schema,
    controls: Sequence[Control],
    form: MultiDict,
    stored: Mapping[str, Any],
    *,
    currency: str | None = None,
) -> tuple[dict | None, Filled]:
    """
    Like :func:`api.console.kit.forms.read`, for an existing row: others' changes since the form was opened are kept,
    and conflicts are returned as questions.

    Args:
        stored: The form's values if it were opened now.
    Raises:
        InvalidValueError: The form holds none of the controls.
    """
    if not any(control.path in form for control in controls):
        raise InvalidValueError("form", "form.outdated")
    merged, theirs = merge(controls, form, stored)
    body, filled = read(schema, list(controls), merged, currency=currency, creates=False)
    sent = None if theirs else form.get(ORIGINAL_VALUES)
    filled.original_values = original_values(stored) if sent is None else sent
    filled.theirs = theirs
    return (None if theirs else body), filled


def original_values(values: Mapping[str, Any]) -> str:
    """A form's original values, in the format in which the form carries them."""
    return json.dumps(dict(values), ensure_ascii=False)


def in_words(control: Control, value: Any) -> str:
    """A control's value in words."""
    if isinstance(value, list):
        value = ", ".join(translate("studio") if each == "0" else each for each in value)
    if not value:
        return translate("nothing")
    if control.kind in ("money", "number"):
        return as_typed(str(value))
    return word(control.words + str(value)) if control.kind == "choice" else str(value)


def _sent_original_values(form: MultiDict) -> dict[str, Any]:
    try:
        originals = json.loads(form.get(ORIGINAL_VALUES, ""))
    except (ValueError, RecursionError):
        return {}
    return originals if isinstance(originals, dict) else {}


def _given(control: Control, form: MultiDict) -> Any:
    return form.getlist(control.path) if control.kind == "checks" else form.get(control.path, "")


def _comparable(control: Control, value: Any) -> Any:
    """
    A value in a form for comparison: line ends, surrounding blanks, and other spellings of the same number do not count
    as changes.
    """
    if isinstance(value, list):
        return sorted(str(each) for each in value)
    text = "\n".join(str(value).splitlines()).strip()
    if control.kind in ("money", "number") and text:
        with suppress(UnreadableError):
            return read_typed(control.kind, control.path, control.unit, text, None)
    return text
