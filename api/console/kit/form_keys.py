"""
One-time keys of forms that create something, so that a form that was saved is not saved a second time by the browser's
back button, a repeated request or a duplicated tab.

A form carries its key (`form_keys.js` keeps it in the history entry, because the back button fetches the page again).
The first sending claims the key in the transaction of the write; :func:`keep` stores what it created. Sent again with
the same texts, the form leads to that page. Sent again with other texts, it creates nothing either: its page shows the
texts again, and the visitor chooses between changing what was saved and creating another one.
"""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

from api.console.kit.access import CSRF_FIELD, visitor
from api.http.db import session
from api.http.request_state import current
from models.core.errors import InvalidValueError
from models.platform import idempotency

FIELD = "form_key"
_KEY = re.compile(r"[\w-]{8,40}", re.ASCII)
#: Fields that may differ although a person has changed nothing: those of the page, and the order of files.
_BOOKKEEPING = {CSRF_FIELD, FIELD, "photo_order"}


@dataclass(frozen=True)
class Saved:
    """What a form has created."""

    path: str
    #: The form's values at that time, as JSON for :mod:`api.console.kit.edits`; None if it has none to compare.
    was: str | None


class FormSentAgainError(Exception):
    """The form was sent with the same texts before; *path* is the page of what it created."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def form_key() -> str:
    """The key for the page's form: that of the refused form that the page shows again, otherwise a new one."""
    state = current()
    if state.form_key is None:
        state.form_key = _sent_key() or secrets.token_urlsafe(12)
    return state.form_key


def claim(was: str | None = None) -> Saved | None:
    """
    Claim the form's key for this request, which is about to create something.

    Args:
        was: The form's values as JSON, kept so that a later sending can be merged with changes made meanwhile.
    Returns:
        None if the form has created nothing yet; otherwise what it created from other texts. Its page then gets a
        new key.
    Raises:
        FormSentAgainError: The form has already created something from the same texts.
    """
    key = _sent_key()
    if key is None:
        return None
    caller, stored_key = f"user:{visitor().id}", f"form {key} {request.path}"[:200]
    fingerprint = _fingerprint()
    earlier = idempotency.find_or_claim(session(), caller, stored_key, fingerprint)
    if earlier is None or earlier.body is None:
        if earlier is not None:  # a refused form whose photos were kept
            earlier.fingerprint = fingerprint
        current().idempotency = (caller, stored_key)
        current().form_values = was
        return None
    saved = Saved(**json.loads(earlier.body))
    if earlier.fingerprint == fingerprint and not any(each.filename for each in request.files.values()):
        raise FormSentAgainError(saved.path)
    current().form_key = secrets.token_urlsafe(12)
    return saved


def refuse_saved_form(field: str) -> None:
    """
    :func:`claim` for a form that shows an error beside *field*: raises InvalidValueError if it was already saved with
    other texts. Sent once more, it creates another row.
    """
    if claim() is not None:
        raise InvalidValueError(field, "form.saved_already")


def keep(path: str) -> None:
    """Record that the form whose key this request claimed created what is at *path*. Without a claim, do nothing."""
    state = current()
    if state.idempotency is not None and state.idempotency[1].startswith("form "):
        caller, key = state.idempotency
        body = json.dumps({"path": urlsplit(path).path, "was": state.form_values}, ensure_ascii=False)
        idempotency.keep(session(), caller, key, 303, body.encode())


def _sent_key() -> str | None:
    key = request.form.get(FIELD, "") if request.method == "POST" else ""
    return key if _KEY.fullmatch(key) else None


def _fingerprint() -> bytes:
    """SHA-256 of the form's texts, in which a browser's line ends and a confirmed town make no difference."""
    digest = hashlib.sha256()
    for name, value in sorted(request.form.items(multi=True)):
        if name not in _BOOKKEEPING and not name.endswith(".kept"):
            text = value.replace("\r\n", "\n").strip()
            digest.update(f"{len(name)}:{name}={len(text)}:{text}\n".encode("utf-8", "replace"))
    return digest.digest()
