"""Errors as answers: one shape, `{code, status, message, errors?}`, and one table from the domain's to HTTP's."""

import errno
import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing.exceptions import WebsocketMismatch

from api.http.blueprint import MAX_FAULTS
from api.http.request_state import current
from models.core import errors

log = logging.getLogger(__name__)

#: A SettingsError never meets a request: it stops the start.
STATUS = {
    errors.InvalidValueError: HTTPStatus.BAD_REQUEST,
    errors.TooLargeFileError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.WrongFileTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.NotSignedInError: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowedError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
}

#: What a busy or restarting database costs a client: a little patience.
RETRY_AFTER_SECONDS = 2
#: Somebody has to make room first.
NO_SPACE_RETRY_SECONDS = 300


def register(app: Flask) -> None:
    """Answer every error of *app* in the one shape."""
    for kind, handle in HANDLERS:
        app.register_error_handler(kind, handle)


def answer_to(error: Exception) -> Response:
    """What the JSON API answers to *error*; for pages, which tell the same in words."""
    return next(handle for kind, handle in HANDLERS if isinstance(error, kind))(error)


def answer(status: int, message: str, fields: dict | None = None) -> Response:
    """An error's answer; *fields* are the reasons by place and field path."""
    status = HTTPStatus(status)
    body: dict[str, Any] = {"code": status.value, "status": status.phrase, "message": message}
    if fields:
        body["errors"] = fields
    # "replace": a reason may repeat what was sent, and JSON can name lone surrogates, which UTF-8 has no bytes for.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status.value, mimetype="application/json")


def _domain_error(error: errors.DomainError) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        return _unexpected(error)
    if isinstance(error, errors.InvalidValueError):
        place = error.place or current().read_from
        return answer(status, error.message, _nested(place, error.field, error.reason))
    response = answer(status, error.message)
    if isinstance(error, errors.TooManyError | errors.BusyError):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, errors.NotSignedInError):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _nested(place: str, path: str, reason: str) -> dict:
    """("json", "a.b", reason) as marshmallow nests it: {"json": {"a": {"b": [reason]}}}."""
    found: dict | list = [reason]
    for name in reversed(path.split(".")):
        found = {name: found}
    return {place: found}


def _http_error(error: HTTPException) -> Response:
    data = getattr(error, "data", None) or {}
    fields = data.get("messages")
    if fields:
        path, reason = _first(fields)
        named = _named(fields, [MAX_FAULTS])
        more = current().more_faults + _count(fields) - _count(named)
        message = f"{path}: {reason}" if path else reason
        return answer(
            error.code or 500, f"{message} (and {more} more faults than are named)" if more else message, named
        )
    if isinstance(error, WebsocketMismatch) and "websocket" not in request.headers.get("Upgrade", "").lower():
        response = answer(426, "Open a WebSocket here.")
        response.headers["Upgrade"] = "websocket"
        return response
    too_large = isinstance(error, RequestEntityTooLarge)
    response = answer(error.code or 500, _too_large() if too_large else data.get("message") or error.description or "")
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After", "Location"):
            response.headers[name] = value
    return response


def _named(fields: Any, left: list[int]) -> Any:
    """The first faults of a nested dict, as many as *left* holds in its one element."""
    if not isinstance(fields, dict):
        reasons = fields if isinstance(fields, list) else [fields]
        taken = reasons[: left[0]]
        left[0] -= len(taken)
        return taken
    found = {}
    for name, part in fields.items():
        if left[0] <= 0:
            break
        found[name] = _named(part, left)
    return found


def _count(fields: Any) -> int:
    if isinstance(fields, dict):
        return sum(map(_count, fields.values()))
    return len(fields) if isinstance(fields, list) else 1


def _too_large() -> str:
    limit = request.max_content_length
    if limit is not None and (request.content_length or 0) > limit:
        most = f"{limit / (1 << 20):g} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
        return f"The request is larger than {most}; send less at once."
    return "The request is too large; send less at once."  # a form of too many parts, a body of untold length


def _first(fields: object, path: tuple[str, ...] = ()) -> tuple[str, str]:
    """The dotted path and the reason of the first complaint, without the place (json, query, ...) that leads it."""
    while isinstance(fields, dict):
        name, fields = next(iter(fields.items()))
        path += (str(name),)
    reason = fields[0] if isinstance(fields, list) and fields else fields
    return ".".join(part for part in path[1:] if part != "_schema"), str(reason)


def _database_away(error: Exception) -> Response:
    log.error("database_unavailable", extra={"path": request.path, "kind": type(error).__name__})
    response = answer(503, "The database is busy or away; try again in a moment.")
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


#: SQLSTATEs that heal by themselves: serialization failures, no resources, lock and statement timeouts, shutdown.
_PASSING = ("40", "53", "55P03", "57")


def _database_error(error: DBAPIError) -> Response:
    state = getattr(error.orig, "pgcode", None) or ""
    return _database_away(error) if state.startswith(_PASSING) else _unexpected(error)


def _no_space(error: OSError) -> Response:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return _unexpected(error)
    log.error("disk_full", extra={"path": request.path})
    response = answer(503, "There is no room for files just now; try again later.")
    response.headers["Retry-After"] = str(NO_SPACE_RETRY_SECONDS)
    return response


def _unexpected(error: Exception) -> Response:
    # The trace goes to the log, not to the client. Of a database error only the statement and the primary message go
    # there: its parameters and details may hold personal data.
    facts = {"path": request.path, "kind": type(error).__name__}
    if isinstance(error, DBAPIError):
        primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
        log.error("request_failed", extra=facts | {"statement": error.statement, "reason": primary or type(error.orig)})
    else:
        log.error("request_failed", extra=facts, exc_info=error)
    return answer(500, "Something broke on our side; it has been noted.")


#: What answers which errors; a kind stands before what it is a kind of.
HANDLERS: tuple[tuple[type[Exception], Callable[..., Response]], ...] = (
    (errors.DomainError, _domain_error),
    (HTTPException, _http_error),
    (OperationalError, _database_away),
    (PoolTimeoutError, _database_away),
    (DBAPIError, _database_error),
    (OSError, _no_space),
    (Exception, _unexpected),
)
