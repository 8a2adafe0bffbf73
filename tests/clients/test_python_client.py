"""
Our Python client: strict types, errors, retries, lists, webhooks. Part of `make clients`.

The examples (test_examples.py) show its use with each contract.
"""

import datetime
import http.server
import importlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import standardwebhooks

from models.version import VERSION
from tests.clients.conftest import ROOT, ran

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CLIENTS"), reason="part of `make clients`"),
    pytest.mark.timeout(600),
]


@contextmanager
def server(*answers: tuple[int, dict[str, str], object]) -> Iterator[tuple[str, list]]:
    """A server that sends these answers in order, repeating the last one; yields its URL and the requests."""
    requests, left = [], list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            requests.append((self.command, self.path, dict(self.headers), body))
            status, headers, content = left.pop(0) if len(left) > 1 else left[0]
            content_sent = (content if isinstance(content, str) else json.dumps(content)).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(content_sent)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content_sent)

        do_POST = do_PATCH = do_GET

        def log_message(self, *arguments):
            pass

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}", requests
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()


def test_its_types_pass_the_strict_check(generator, python_client):
    (python_client / "mypy.ini").write_text(
        "[mypy]\nstrict = true\n[mypy-leadmatch_client.generated.*]\nignore_errors = true\nfollow_imports = silent\n"
    )
    python = generator.parent / "python"

    ran(sys.executable, "-m", "mypy", "--python-executable", python, "-p", "leadmatch_client", cwd=python_client)


def test_its_version_is_the_systems():
    assert f'version = "{VERSION}"' in (ROOT / "clients/python/pyproject.toml").read_text()


def test_a_write_that_was_not_done_is_sent_again_under_the_same_key(client):
    waits = []
    busy = (503, {"Retry-After": "7"}, {})
    with server(busy, busy, (201, {}, {"access_token": "t"})) as (url, requests):
        transport = client.Retrying(sleep=waits.append)
        with client.Leadmatch(url, transport=transport) as leadmatch:
            answer = leadmatch.client.get_httpx_client().post("/leads", json={"x": 1})

    assert answer.status_code == 201
    assert waits == [7, 7]
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in requests}) == 1
    assert {body for *_, body in requests} == {requests[0][3]}


def test_a_request_that_may_have_succeeded_is_not_repeated_without_a_key(client):
    with server((502, {}, {})) as (url, requests), client.Leadmatch(url) as leadmatch:
        with pytest.raises(client.UnavailableError):
            leadmatch.client.get_httpx_client().patch("/users/1", json={})

    assert len(requests) == 1


def test_errors_of_the_system_are_exceptions_with_code_and_fields(client, served):
    auth = importlib.import_module("leadmatch_client.generated.api.auth")
    models = importlib.import_module("leadmatch_client.generated.models")
    with client.Leadmatch(served, language="ru") as stranger:
        with pytest.raises(client.NotSignedInError):
            stranger.call(models.Profile, importlib.import_module(f"{auth.__name__}.get_profile").sync)
        with pytest.raises(client.InvalidError) as caught:
            stranger.client.get_httpx_client().post("/auth/register", json={"telegram_id": "42"})

    assert (caught.value.status, caught.value.code) == (400, "input.invalid")
    assert list(caught.value.errors["json"]) == ["phone"]
    assert caught.value.request_id


def test_a_list_is_gone_through_page_by_page(client):
    pages = [(200, {}, [{"n": 1}, {"n": 2}]), (200, {}, [{"n": 3}])]

    def operation(*, client, page, limit):
        return client.get_httpx_client().get("/list", params={"page": page, "limit": limit}).json()

    with server(*pages) as (url, requests), client.Leadmatch(url) as leadmatch:
        found = list(leadmatch.each(list, operation, items=list, limit=2))

    assert [each["n"] for each in found] == [1, 2, 3]
    assert [path for _, path, *_ in requests] == ["/list?page=1&limit=2", "/list?page=2&limit=2"]


def test_webhooks_are_verified_as_the_standards_package_signs_them(client):
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body, now = '{"type": "match"}', datetime.datetime.now(tz=datetime.UTC)
    signature = standardwebhooks.Webhook(secret).sign("msg_1", now, body)
    headers = {"Webhook-Id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}

    assert client.verified(secret, headers, body.encode()) == {"type": "match"}
    for bad in (
        {"headers": headers, "body": body.encode() + b" "},
        {"headers": {**headers, "webhook-signature": "v1,abc"}, "body": body.encode()},
        {"headers": headers, "body": body.encode(), "now": now.timestamp() + 301},
        {"headers": {}, "body": body.encode()},
    ):
        with pytest.raises(client.WebhookError):
            client.verified(secret, **bad)
