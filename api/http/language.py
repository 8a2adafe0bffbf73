"""The language of an answer: the page's, or the best match of `Accept-Language`, or else English."""

from typing import overload

from flask import Response, request

from api.http.request_state import current
from models.core.errors import DomainError
from models.translations.catalogue import LANGUAGES, describe_error, describe_fault


def request_language() -> str:
    """The language of the request, one of LANGUAGES; for pages it was chosen before (api/console/kit/i18n.py)."""
    state = current()
    if state.language is None:
        state.language = accepted_language(LANGUAGES[0])
    return state.language


def stated_language() -> str | None:
    """The language of the page, or else the one that the client asks for; None if we do not have it."""
    return current().language or accepted_language()


@overload
def accepted_language(default: str) -> str: ...


@overload
def accepted_language(default: None = None) -> str | None: ...


def accepted_language(default: str | None = None) -> str | None:
    """
    The language that the client likes best of those that we have, `ru` for `ru-RU`.

    Not werkzeug's best_match, which takes `en` of `ru-RU, en;q=0.5`.
    """
    for name, _ in request.accept_languages:  # the best first
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
    """Set the Content-Language of the answer's sentences."""
    response.headers["Content-Language"] = request_language()
    response.vary.add("Accept-Language")
    return response
