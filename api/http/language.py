"""The language of an answer: the page's, or the best that `Accept-Language` asks for, or else English."""

from flask import Response, request

from api.http.request_state import current
from models.core.errors import DomainError
from models.translations.catalogue import LANGUAGES, describe_error, describe_fault


def request_language() -> str:
    """One of LANGUAGES; a page has chosen it before (api/console/i18n.py)."""
    state = current()
    if state.language is None:
        state.language = request.accept_languages.best_match(LANGUAGES, default=LANGUAGES[0])
    return state.language


def message_of(error: DomainError) -> str:
    """The sentence of an error in the language of the request."""
    return describe_error(request_language(), error)


def reason_of(fault: str) -> str:
    """The sentence of what is wrong with a value, in the language of the request."""
    return describe_fault(request_language(), fault)


def add_language(response: Response) -> Response:
    """Name the language that an answer's sentences are in."""
    response.headers["Content-Language"] = request_language()
    response.vary.add("Accept-Language")
    return response
