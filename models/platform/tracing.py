"""Traces for an OpenTelemetry collector: a span for each request, each task and each statement, one trace through all.

Off, and nothing imported, unless OTEL_EXPORTER_OTLP_ENDPOINT is set (the SDK reads it and its other variables itself,
OTEL_SERVICE_NAME and OTEL_TRACES_SAMPLER among them); the extra ``leadmatch[tracing]`` brings what is needed.

The spans are ours rather than those of ready-made instrumentations, which write down paths with query strings,
addresses and statements: here a span holds the route's pattern, a task's name, ids and the first word of a statement,
and nothing personal can get in.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Engine, event

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass
class OpenSpan:
    """A span that is going on, and what there was before it."""

    span: Any
    token: Any

    @property
    def trace_id(self) -> str:
        return f"{self.span.get_span_context().trace_id:032x}"


def is_on() -> bool:
    return any(os.environ.get(name) for name in ENDPOINTS)


@cache
def _tracer(_process: int) -> tuple[Any, Any]:
    """A tracer, and what keeps it, whose sender is a thread of this very process: threads do not survive a fork."""
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
    Begin a span of *kind* SERVER, CONSUMER or CLIENT within what is going on, or within *parent* (a ``traceparent``).

    None when tracing is off. :func:`end` must follow in the same thread.
    """
    if not is_on():
        return None
    from opentelemetry import context, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    around = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    span = _tracer(os.getpid())[0].start_span(name, around, trace.SpanKind[kind], attributes)
    return OpenSpan(span, context.attach(trace.set_span_in_context(span)))


def end(opened: OpenSpan | None, failed: bool = False, **attributes: Any) -> None:
    """End what :func:`begin` gave."""
    if opened is None:
        return
    from opentelemetry import context
    from opentelemetry.trace import StatusCode

    opened.span.set_attributes(attributes)
    if failed:
        opened.span.set_status(StatusCode.ERROR)
    opened.span.end()
    context.detach(opened.token)


def handed_on() -> Mapping[str, str]:
    """The header by which a task becomes part of the trace that asks for it."""
    if not is_on():
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return {"traceparent": carrier["traceparent"]} if "traceparent" in carrier else {}


def flush() -> None:
    """Send what has been collected; for processes that are about to end."""
    if is_on():
        _tracer(os.getpid())[1].force_flush(2000)


def watch_statements(engine: Engine) -> None:
    """A span for each statement on *engine*: its first word only. Off when tracing is."""
    if not is_on():
        return

    def before(connection, cursor, statement, parameters, context, executemany) -> None:
        word = statement.split(None, 1)[0].upper() if statement.strip() else "SQL"
        connection.info["span"] = begin(word, "CLIENT", **{"db.system": "postgresql"})

    def after(connection, *_: Any) -> None:
        end(connection.info.pop("span", None))

    def failed(about) -> None:
        if about.connection is not None:
            end(about.connection.info.pop("span", None), failed=True)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)
