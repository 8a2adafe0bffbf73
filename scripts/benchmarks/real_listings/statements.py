"""The SQL of one request, recorded in an instance of the application in this process, on the same database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from api.http.services import services_of
from api.server.app import create_app
from models.platform.settings import Settings
from scripts.benchmarks.real_listings.market import Person


class Watched:
    """The application, with the SQL statements that it sends for one person's requests."""

    def __init__(self, settings: Settings, person: Person) -> None:
        self._app = create_app(settings)
        self._client = self._app.test_client()
        self._headers = {"Authorization": f"Bearer {person.token}"}
        self.ask("GET", "/auth/me")  # so that work done once per process is not recorded

    def ask(self, method: str, path: str, body: object = None) -> tuple[Any, list[str]]:
        """Return the answer's JSON and the statements, in order, without the transaction around them."""
        with _statements(self._app) as seen:
            answer = self._client.open(path, method=method, json=body, headers=self._headers)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path} answers {answer.status_code}")
        return answer.json, seen


@contextmanager
def _statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        # The text of a prepared statement, not the name by which it is executed.
        text = str(context.compiled) if context is not None and context.compiled is not None else statement
        seen.append(text)

    event.listen(services_of(app).engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(services_of(app).engine, "before_cursor_execute", note)
