"""An id for each request, which is passed on to its tasks, and one log line when it is answered."""

import logging
import re
import time
import uuid

from flask import Flask, Response, request

from api.http import request_metrics
from api.http.request_state import current
from models.platform import logs, tracing

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"

#: Request ids that are accepted from a proxy or client; other text could inject content into logs.
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

#: Paths that machines request every few seconds; their log lines would bury the others.
PROBE_PATHS = ("/health", "/api/health", "/health/live", "/health/ready", "/metrics")


def register(app: Flask) -> None:
    """Give an id to each request of *app* and log it. Call this before other hooks are registered."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_end_trace)


def route() -> str:
    """The pattern that the request's path matched; the path itself may hold ids or arbitrary text."""
    return request.url_rule.rule if request.url_rule is not None else "(none)"


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    state = current()
    state.request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
    state.began = time.perf_counter()
    # A client's trace is not continued, because its sampling is not ours.
    state.trace = tracing.begin(
        f"{request.method} {route()}", "SERVER", **{"http.route": route(), "request_id": state.request_id}
    )
    logs.begin(request_id=state.request_id, trace_id=state.trace and state.trace.trace_id)


def _end(response: Response) -> Response:
    state = current()
    response.headers[HEADER] = state.request_id
    seconds = time.perf_counter() - state.began
    state.status = response.status_code
    method, pattern = request.method, route()
    request_metrics.count_request(method, pattern, state.status, seconds)
    facts = {
        "method": method,
        "route": pattern,
        "status": state.status,
        "ms": round(seconds * 1000, 1),
        "caller": state.caller,
    }
    quiet = pattern in PROBE_PATHS and state.status < 400
    log.log(logging.DEBUG if quiet else logging.INFO, "request", extra=facts)
    return response


def _end_trace(_error: BaseException | None) -> None:
    status = current().status
    tracing.end(current().trace, status >= 500, **{"http.response.status_code": status})
