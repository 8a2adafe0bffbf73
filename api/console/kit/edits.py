"""
Concurrent edits of one row by two people or two windows: changes to different fields are merged, conflicts are shown.

A form carries its original values (`was`). When it is sent, each control is compared with its original value and with
the value that is stored by now.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marshmallow import Schema
from werkzeug.datastructures import MultiDict

from api.console.kit.forms import Control, Filled, read
from api.console.kit.i18n import translate, word

#: The name of the control that carries what stood in the form.
WAS = "was"
#: Suffix of a control's path: take the stored value, not the typed one.
TAKE = ".take"


def merge(controls: Iterable[Control], form: MultiDict, stored: Mapping[str, Any]) -> tuple[MultiDict, dict[str, str]]:
    """The form with others' changes merged, and the conflicts: path -> the stored value, in words.

    Args:
        stored: What would stand in the form if it were opened now.
    """
    was = _was(form)
    merged = MultiDict(form)
    both: dict[str, str] = {}
    for control in controls:
        path = control.path
        theirs, mine = _plain(stored.get(path, "")), _plain(_given(control, form))
        base = _plain(was.get(path, theirs))
        if theirs == mine:
            continue
        if form.get(path + TAKE) or (mine == base and theirs != base):
            merged.setlist(path, theirs if isinstance(theirs, list) else [theirs])
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
    As :func:`api.console.kit.forms.read`, for an existing row: others' changes since the form was opened are kept, and
    conflicts are returned as questions.

    Args:
        stored: What would stand in the form if it were opened now.
    """
    merged, theirs = merge(controls, form, stored)
    body, filled = read(schema, list(controls), merged, currency=currency)
    filled.was = as_was(stored) if theirs or WAS not in form else form[WAS]
    filled.theirs = theirs
    return (None if theirs else body), filled


def as_was(values: Mapping[str, Any]) -> str:
    """A form's original values, as it carries them."""
    return json.dumps(dict(values), ensure_ascii=False)


def in_words(control: Control, value: Any) -> str:
    """A control's value in words."""
    if isinstance(value, list):
        value = ", ".join(translate("studio") if each == "0" else each for each in value)
    if not value:
        return translate("nothing")
    return word(control.words + str(value)) if control.kind == "choice" else str(value)


def _was(form: MultiDict) -> dict[str, Any]:
    try:
        was = json.loads(form.get(WAS, ""))
    except ValueError:
        return {}
    return was if isinstance(was, dict) else {}


def _given(control: Control, form: MultiDict) -> Any:
    return form.getlist(control.path) if control.kind == "checks" else form.get(control.path, "")


def _plain(value: Any) -> Any:
    """Line ends, and blanks at the ends, do not count as changes."""
    if isinstance(value, list):
        return sorted(str(each) for each in value)
    return "\n".join(str(value).splitlines()).strip()
