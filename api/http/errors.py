"""
Errors as answers: one format, and one table that maps the domain's errors to HTTP statuses.

    {"code": 409, "status": "Conflict", "message": "...", "error_code": "inquiry.cannot_go_back", "facts": {...}}

`code`, `status`, `message` and `errors` are flask-smorest's. `error_code` and `facts` are for programs; `faults` has
the same for each field. Sentences are in the language of the request.
"""

import errno
import json
import logging
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing.exceptions import WebsocketMismatch

from api.http.blueprint import MAX_FAULTS
from api.http.faults import coded
from api.http.language import add_language, reason_of, request_language
from api.http.request_state import current
from models.core import errors
from models.core.errors import Fault
from models.translations.catalogue import fact_text, is_known

log = logging.getLogger(__name__)

#: A SettingsError never occurs in a request: it stops the start.
STATUS = {
    errors.InvalidValueError: HTTPStatus.BAD_REQUEST,
    errors.TooLargeFileError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.WrongFileTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.NotSignedInError: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowedError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ChangedMeanwhileError: HTTPStatus.PRECONDITION_FAILED,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
}

#: The maximum number of characters of one fact in an answer; the message contains the complete fact.
LONGEST_FACT = 200

#: The wait after which a client may retry while the database is busy or restarts.
RETRY_AFTER_SECONDS = 2
#: The wait if the disk is full: an operator has to free space first.
NO_SPACE_RETRY_SECONDS = 300


def register(app: Flask) -> None:
    """Answer every error of *app* in the same format."""
    for kind, handle in HANDLERS:
        app.register_error_handler(kind, handle)


def answer_to(error: Exception) -> Response:
    """The JSON API's answer to *error*; pages show its content as text."""
    return next(handle for kind, handle in HANDLERS if isinstance(error, kind))(error)


def answer(status: int, fault: str, fields: dict | None = None) -> Response:
    """The answer to an error.

    Args:
        fault: A code of the catalogue; a Fault also carries its facts.
        fields: The faults of single values, by place and field path; the message begins with the first.
    """
    status = HTTPStatus(status)
    body: dict[str, Any] = {"code": status.value, "status": status.phrase}
    if fields:
        named = _named(fields, [MAX_FAULTS])
        path, first = _first(named)
        more = current().more_faults + _count(fields) - _count(named)
        reason = f"{path}: {reason_of(first)}" if path else reason_of(first)
        body["message"] = reason_of(Fault("input.more_faults", reason=reason, count=more)) if more else reason
        body |= {"error_code": "input.invalid", "errors": _rendered(named), "faults": _flat(named)}
    else:
        body |= {"message": reason_of(fault), "error_code": _code(fault), "facts": _facts(fault)}
    # "replace": a reason may repeat the client's input, and JSON can contain lone surrogates, which UTF-8 cannot
    # encode.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return add_language(Response(content, status.value, mimetype="application/json"))


def _domain_error(error: errors.DomainError) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        return _unexpected(error)
    if isinstance(error, errors.InvalidValueError):
        location = error.location or current().read_from
        return answer(status, error.code, _nested(location, error.field, error.fault))
    response = answer(status, Fault(error.code, **error.facts))
    if isinstance(error, errors.TooManyError | errors.BusyError):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, errors.NotSignedInError):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _nested(location: str, path: str, fault: Fault) -> dict:
    """("json", "a.b", fault) as marshmallow nests it: {"json": {"a": {"b": [fault]}}}."""
    nested: dict | list = [fault]
    for name in reversed(path.split(".")):
        nested = {name: nested}
    return {location: nested}


def _http_error(error: HTTPException) -> Response:
    data = getattr(error, "data", None) or {}
    status = error.code or 500
    if data.get("messages"):
        return answer(status, "input.invalid", data["messages"])
    if isinstance(error, WebsocketMismatch) and "websocket" not in request.headers.get("Upgrade", "").lower():
        response = answer(426, "http.426")
        response.headers["Upgrade"] = "websocket"
        return response
    if isinstance(error, RequestEntityTooLarge):
        fault = _too_large()
    elif isinstance(error.description, Fault):
        fault = error.description
    else:
        fault = Fault(f"http.{status}" if is_known("en", f"http.{status}") else "http.other")
    response = answer(status, fault)
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After", "Location"):
            response.headers[name] = value
    return response


def _code(fault: str) -> str:
    return str(fault) if is_known("en", fault) else "input.invalid"


def _facts(fault: str) -> dict[str, Any]:
    """Facts as JSON shows them."""
    facts = fault.facts if isinstance(fault, Fault) else {}
    shown = {name: fact.value if isinstance(fact, Enum) else fact for name, fact in facts.items()}
    return {
        name: fact if isinstance(fact, int | float | None) else str(fact_text(request_language(), fact))[:LONGEST_FACT]
        for name, fact in shown.items()
    }


def _rendered(fields: Any) -> Any:
    """Nested faults as sentences."""
    if isinstance(fields, dict):
        return {name: _rendered(part) for name, part in fields.items()}
    return [reason_of(fault) for fault in fields]


def _flat(fields: Any, path: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """A flat list of nested faults: place, dotted path of the field, code and facts."""
    if isinstance(fields, dict):
        return [fault for name, part in fields.items() for fault in _flat(part, (*path, str(name)))]
    field = ".".join(part for part in path[1:] if part != "_schema")
    return [{"place": path[0], "field": field, "code": _code(each), "facts": _facts(each)} for each in fields]


def _named(fields: Any, left: list[int]) -> Any:
    """The first faults of a nested dict; *left* holds their maximum number in its only element."""
    if not isinstance(fields, dict):
        reasons = fields if isinstance(fields, list) else [fields]
        taken = [coded(reason) for reason in reasons[: left[0]]]
        left[0] -= len(taken)
        return taken
    messages = {}
    for name, part in fields.items():
        if left[0] <= 0:
            break
        messages[name] = _named(part, left)
    return messages


def _count(fields: Any) -> int:
    if isinstance(fields, dict):
        return sum(map(_count, fields.values()))
    return len(fields) if isinstance(fields, list) else 1


def _too_large() -> Fault:
    limit = request.max_content_length
    if limit is not None and (request.content_length or 0) > limit:
        if limit < 1 << 20:
            return Fault("http.larger_than_kib", kibibytes=limit >> 10)
        return Fault("http.larger_than", mebibytes=f"{limit / (1 << 20):g}")
    return Fault("http.413")  # a form with too many parts, or a body of unknown length


def _first(fields: object, path: tuple[str, ...] = ()) -> tuple[str, str]:
    """
    The dotted path and the fault of the first field, without the place (json, query, ...) at the path's beginning.
    """
    while isinstance(fields, dict):
        name, fields = next(iter(fields.items()))
        path += (str(name),)
    fault = fields[0] if isinstance(fields, list) and fields else fields
    return ".".join(part for part in path[1:] if part != "_schema"), fault if isinstance(fault, str) else str(fault)


def _database_away(error: Exception) -> Response:
    log.error("database_unavailable", extra={"path": request.path, "kind": type(error).__name__})
    response = answer(503, "database.away")
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


#: SQLSTATEs of temporary conditions: serialization failures, no resources, lock and statement timeouts, shutdown.
_PASSING = ("40", "53", "55P03", "57")


def _database_error(error: DBAPIError) -> Response:
    state = getattr(error.orig, "pgcode", None) or ""
    return _database_away(error) if state.startswith(_PASSING) else _unexpected(error)


def _no_space(error: OSError) -> Response:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return _unexpected(error)
    log.error("disk_full", extra={"path": request.path})
    response = answer(503, "storage.full")
    response.headers["Retry-After"] = str(NO_SPACE_RETRY_SECONDS)
    return response


def _unexpected(error: Exception) -> Response:
    # The traceback is logged and not sent to the client. Of a database error only the statement and the primary message
    # are logged, because parameters and details may contain personal data.
    facts = {"path": request.path, "kind": type(error).__name__}
    if isinstance(error, DBAPIError):
        primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
        log.error("request_failed", extra=facts | {"statement": error.statement, "reason": primary or type(error.orig)})
    else:
        log.error("request_failed", extra=facts, exc_info=error)
    return answer(500, "http.500")


#: The handler of each class of errors; a subclass comes before its base class.
HANDLERS: tuple[tuple[type[Exception], Callable[..., Response]], ...] = (
    (errors.DomainError, _domain_error),
    (HTTPException, _http_error),
    (OperationalError, _database_away),
    (PoolTimeoutError, _database_away),
    (DBAPIError, _database_error),
    (OSError, _no_space),
    (Exception, _unexpected),
)
