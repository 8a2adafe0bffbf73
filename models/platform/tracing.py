"""Traces for an OpenTelemetry collector: one trace with a span for each request, task and SQL statement.

Tracing is off, and its libraries are not imported, unless OTEL_EXPORTER_OTLP_ENDPOINT is set (the SDK reads it and its
other variables, such as OTEL_SERVICE_NAME and OTEL_TRACES_SAMPLER). The extra ``leadmatch[tracing]`` installs the
libraries.

The spans are created here, because ready-made instrumentations record paths with query strings, addresses and
statements. These spans contain the route's pattern, a task's name, ids and the first word of a statement, but no
personal data.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, event

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass
class OpenSpan:
    """A span that has begun, with the token that restores the context before it."""

    span: Any
    token: Any

    @property
    def trace_id(self) -> str:
        return f"{self.span.get_span_context().trace_id:032x}"


def is_on() -> bool:
    return any(os.environ.get(name) for name in ENDPOINTS)


@cache
def _tracer(_process: int) -> tuple[Any, Any]:
    """Return a tracer and its provider for this process; the provider's sending thread does not survive a fork."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", "leadmatch")
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("leadmatch"), provider


def begin(name: str, kind: str, parent: str | None = None, **attributes: Any) -> OpenSpan | None:
    """
    Begin a span of *kind* SERVER, CONSUMER or CLIENT within the current span, or within *parent* (a ``traceparent``).

    Returns None when tracing is off. :func:`end` must follow in the same thread.
    """
    if not is_on():
        return None
    from opentelemetry import context, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    around = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    span = _tracer(os.getpid())[0].start_span(name, around, trace.SpanKind[kind], attributes)
    return OpenSpan(span, context.attach(trace.set_span_in_context(span)))


def end(opened: OpenSpan | None, failed: bool = False, **attributes: Any) -> None:
    """End a span that :func:`begin` returned."""
    if opened is None:
        return
    from opentelemetry import context
    from opentelemetry.trace import StatusCode

    opened.span.set_attributes(attributes)
    if failed:
        opened.span.set_status(StatusCode.ERROR)
    opened.span.end()
    context.detach(opened.token)


def trace_headers() -> Mapping[str, str]:
    """The header by which a task becomes part of the trace of its caller."""
    if not is_on():
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return {"traceparent": carrier["traceparent"]} if "traceparent" in carrier else {}


def flush() -> None:
    """Send the collected spans, before a process ends."""
    if is_on():
        _tracer(os.getpid())[1].force_flush(2000)


def watch_statements(engine: Engine) -> None:
    """Record a span for each statement on *engine*, named by its first word, while tracing is on."""
    if not is_on():
        return

    def before(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        word = statement.split(None, 1)[0].upper() if statement.strip() else "SQL"
        connection.info["span"] = begin(word, "CLIENT", **{"db.system": "postgresql"})

    def after(connection: Connection, *_: Any) -> None:
        end(connection.info.pop("span", None))

    def failed(context: ExceptionContext) -> None:
        if context.connection is not None:
            end(context.connection.info.pop("span", None), failed=True)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)
