"""Traces are sent to a collector with OTLP over HTTP; here the test runs one."""

import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy.orm import Session

from models.platform import tracing
from tests.factories import lead_body, make_user, token_header
from tests.serving import serve_in_thread
from tests.waiting import wait_for

collector_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")


@pytest.fixture
def spans():
    """The spans that the collector has received so far; ``spans.url`` is its address."""

    class Spans(list):
        url = ""

    found = Spans()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            request = collector_service.ExportTraceServiceRequest()
            request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
            found.extend(
                span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    serve_in_thread(server)
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def traced(spans, process_environment, monkeypatch):
    """This process and the workers that it starts send their spans to the collector."""
    for name, value in {"OTEL_EXPORTER_OTLP_ENDPOINT": spans.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}.items():
        monkeypatch.setenv(name, value)
        process_environment[name] = value
    tracing._tracer.cache_clear()
    yield
    tracing.flush()
    tracing._tracer.cache_clear()


def test_a_write_and_the_task_that_follows_are_one_trace_without_personal_data(
    traced, spans, client, engine, start_worker
):
    with Session(engine) as session:
        headers = token_header(make_user(session))
        session.commit()
    start_worker("entities")
    body = lead_body(client_name="Агафья Лыкова", notes="звонить соседке")
    assert client.post("/leads?secret=70450", json=body, headers=headers).status_code == 201

    def named(name):
        return [span for span in list(spans) if span.name == name]

    [task] = wait_for(lambda: named("rescore_lead"), what="the task's span")
    [request] = wait_for(lambda: named("POST /leads"), what="the request's span")
    statements = wait_for(
        lambda: [span for span in list(spans) if span.parent_span_id == task.span_id], what="the task's statements"
    )
    assert (task.trace_id, task.parent_span_id) == (request.trace_id, request.span_id)
    assert {"SELECT", "INSERT"} & {span.name for span in statements}
    exported = b"".join(span.SerializeToString() for span in list(spans))
    for secret in ("Агафья", "соседке", "+7701", "70450", "VALUES", "127.0.0.1"):
        assert secret.encode() not in exported


def test_without_an_endpoint_nothing_is_imported(process_environment):
    # redis-py imports a part of the SDK if it is installed; only our code imports the part that sends spans.
    ours = "('opentelemetry.exporter', 'opentelemetry.sdk.trace')"
    modules = "api.http.request_log, models.platform.database, worker.celery_app.task_signals"
    code = f"import sys, {modules}; print([name for name in sys.modules if name.startswith({ours})])"
    done = subprocess.run([sys.executable, "-c", code], env=process_environment, capture_output=True, text=True)

    assert done.stdout.strip() == "[]", done.stderr
