"""
The whole OpenAPI document against the whole API, by schemathesis: no 5xx, no undocumented answer, no bad data
taken.
"""

import itertools
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from sqlalchemy.orm import Session

from models.api_keys import create_api_key
from models.enums import Role
from tests.factories import make_user, token_header

#: Requests an operation; the nightly run may ask for more.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))

#: What a document cannot say: why a body of the right shape may still be refused. Any other refusal fails.
BEYOND_A_SCHEMA = (
    "This is not your password",
    "must not be above",
    "city and deal_type",
    "There is no such",
    "It goes with spent only",
    "The file has no such column",
    "Send text/csv",
    "Send one file",
    "Unknown word; use one of",
    "Say a number of rooms",
    "Use page, or after_id and before_id",
    "belongs to another user",
    "Buyer and seller are the same",
)

#: A good request is answered for as long as the live connection lasts, or is no request but a socket.
LIVE = ("/api/events", "/api/ws")

schemathesis.openapi.format("phone", st.from_regex(r"\+77[0-9]{9}", fullmatch=True))


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


class FromEverywhere:
    """WSGI middleware: every request comes from an address of its own, so that limits stay out of the way."""

    def __init__(self, app) -> None:
        self.app = app
        self.numbers = itertools.count(1)

    def __call__(self, environ, start_response):
        number = next(self.numbers)
        environ["REMOTE_ADDR"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return self.app(environ, start_response)


def test_every_operation_keeps_to_the_document(app, db):
    caller = make_user(db, role=Role.ADMIN)
    make_user(db, role=Role.ADMIN)  # the caller may delete themselves
    db.commit()
    app.wsgi_app = FromEverywhere(app.wsgi_app)
    _, key = create_api_key(db, "fuzz")
    db.commit()
    headers = token_header(caller) | {"X-API-Key": key}
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    schema.config.generation.update(allow_x00=False)
    failures = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in LIVE:
            continue
        for mode in GenerationMode:
            failures += fuzz(operation, mode, headers)

    assert not failures, "\n\n".join(failures)
    assert (
        app.test_client().get("/auth/me", headers=token_header(caller)).status_code == 200
    )  # was let in all along


def fuzz(operation, mode: GenerationMode, headers: dict[str, str]) -> list[str]:
    @hypothesis_settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case) -> None:
        answer = case.call(headers=headers)
        try:
            case.validate_response(answer, headers=headers)
        except FailureGroup:
            if not any(reason in answer.text for reason in BEYOND_A_SCHEMA):
                raise

    try:
        check()
    except Unsatisfiable:
        pass  # nothing can be wrong about a request that takes nothing
    except (FailureGroup, BaseExceptionGroup) as error:
        return [f"{operation.label} ({mode.value}): {error}"]
    return []
