"""Facts that decorators state about an operation: who may call it, what it writes, how large its body may be."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import current_app, request
from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])

#: The attribute of a view that holds its facts. `functools.wraps` copies it to wrappers of the view.
_ATTRIBUTE = "operation_facts"


@dataclass(frozen=True)
class Access:
    """
    Who may call: as text (`name`), as an OpenAPI security scheme (`scheme`, None: anybody) and as a check of the
    request (`check`).

    *may_forbid*: the check may answer 403. *is_optional*: it may admit callers without a proof. *leaves_to_view*: it
    checks only the token's signature; code that answers without the view's query must call `api.http.access.sign_in`
    first.
    """

    name: str
    scheme: str | None
    check: Callable[[], object]
    may_forbid: bool = False
    is_optional: bool = False
    leaves_to_view: bool = False


@dataclass(frozen=True)
class OperationFacts:
    """The facts that one view's decorators have stated."""

    access: Access | None = None  #: None: not declared, which stops the start.
    only_reads: bool = False  #: It writes nothing; see `api.http.db.only_reads`.
    largest_body: int | None = None  #: Bytes; None: the application's limit.
    ignores_idempotency_key: bool = (
        False  #: It ignores Idempotency-Key; see `api.http.idempotency.ignores_idempotency_key`.
    )
    is_auth_attempt: bool = False  #: It signs up or signs in; see `api.http.access.auth_attempt`.
    guards_updates: bool = False  #: It compares If-Match; see `api.http.lost_updates.guards_updates`.
    answers: tuple[type[Schema], ...] = ()  #: The schemas of reading the same resource; see `api.http.answered`.


def facts_of(view: object) -> OperationFacts:
    """The facts of a view; the defaults if none were stated, or if there is no view."""
    facts = getattr(view, _ATTRIBUTE, None)
    return facts if isinstance(facts, OperationFacts) else OperationFacts()


def with_facts(view: View, **facts: Any) -> View:
    """The view itself, with these fields of its OperationFacts set; TypeError for an unknown field."""
    setattr(view, _ATTRIBUTE, replace(facts_of(view), **facts))
    return view


def facts_of_request() -> OperationFacts:
    """The facts of the view that answers the request; the defaults if there is none."""
    if request.url_rule is None or request.endpoint is None:
        return OperationFacts()
    return facts_of(view_of(current_app.view_functions[request.endpoint], request.method))


def view_of(function: Callable[..., Any], method: str) -> Callable[..., Any]:
    """The callable that answers *method*: a method of a view class, or the function itself."""
    view_class = getattr(function, "view_class", None)
    if view_class is None:
        return function
    name = "get" if method == "HEAD" else method.lower()
    return getattr(view_class, name, function)
