"""The language of an answer: that of the page, otherwise the best match of `Accept-Language`, otherwise English."""

from typing import overload

from flask import Response, request

from api.http.request_state import current
from models.core.errors import DomainError
from models.translations.catalogue import LANGUAGES, describe_error, describe_fault


def request_language() -> str:
    """The language of the request, one of LANGUAGES; for pages, api/console/kit/i18n.py has already chosen it."""
    state = current()
    if state.language is None:
        state.language = accepted_language(LANGUAGES[0])
    return state.language


def stated_language() -> str | None:
    """The language of the page, otherwise the one that the client requests; None if it is not available."""
    return current().language or accepted_language()


@overload
def accepted_language(default: str) -> str: ...


@overload
def accepted_language(default: None = None) -> str | None: ...


def accepted_language(default: str | None = None) -> str | None:
    """
    The available language that the client prefers; `ru` for `ru-RU`.

    werkzeug's best_match is not used: for `ru-RU, en;q=0.5` it chooses `en`.
    """
    for name, _ in request.accept_languages:  # the most preferred first
        language = name.replace("_", "-").partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return default


def message_of(error: DomainError) -> str:
    """The sentence of an error in the language of the request."""
    return describe_error(request_language(), error)


def reason_of(fault: str) -> str:
    """The sentence of a fault in the language of the request."""
    return describe_fault(request_language(), fault)


def add_language(response: Response) -> Response:
    """Set Content-Language to the language of the answer's sentences."""
    response.headers["Content-Language"] = request_language()
    response.vary.add("Accept-Language")
    return response
