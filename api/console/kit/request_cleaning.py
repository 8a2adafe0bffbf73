"""Changes to a page's request before its view: HEAD becomes GET, and characters that cannot be stored are removed."""

from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict


def answer_head_like_get() -> None:
    """
    Treat HEAD as GET, so that a view that asks for the method does not take it for a sent form. Programs that check the
    links of an e-mail would otherwise use up those that work once.
    """
    if request.method == "HEAD":
        request.method = "GET"  # the server still leaves out the body


def leave_out_nul() -> None:
    """
    Remove U+0000 from forms and addresses, because PostgreSQL cannot store it and nobody types it. The JSON API refuses
    it instead.
    """
    if any("\x00" in part for pair in request.args.items(multi=True) for part in pair):
        request.args = _without_nul(request.args)
    if request.method == "POST" and any("\x00" in part for pair in request.form.items(multi=True) for part in pair):
        request.form = _without_nul(request.form)


def _without_nul(given: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    pairs = ((name.replace("\x00", ""), value.replace("\x00", "")) for name, value in given.items(multi=True))
    return ImmutableMultiDict(pairs)


def address_in(field: str, longest: int) -> list[tuple[str, str]]:
    """The names and values of a query string that a form field contains, cleaned as by :func:`leave_out_nul`."""
    return [
        (name.replace("\x00", ""), value.replace("\x00", ""))
        for name, value in parse_qsl(request.form.get(field, "")[:longest])
    ]
