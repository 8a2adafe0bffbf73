"""
The cost of HTTP on this machine, by bare Flask: the same pages, byte for byte, with one SELECT by primary key, and the
same bodies stored with one INSERT.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
from flask import Flask, Response, request
from psycopg2.pool import ThreadedConnectionPool
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from scripts.launcher.servers.state import free_port

#: Answers of the measured system, and bodies that were posted; kept during the measurement.
TABLE, POSTED = "load_yardstick", "load_yardstick_posted"
#: The second table is logged like that of leads, so the commit waits for the disk.
CREATE = (
    f"CREATE UNLOGGED TABLE {TABLE} (lead_id bigint PRIMARY KEY, page text NOT NULL)",
    f"CREATE TABLE {POSTED} (id bigserial PRIMARY KEY, body jsonb NOT NULL)",
)


def bare_app() -> Flask:
    """Flask and a pool of connections, nothing else: no sign-in, no checks, no log, no transaction."""
    app = Flask("bare")
    pool = ThreadedConnectionPool(8, 32, os.environ["DATABASE_URL"].replace("+psycopg2", ""))

    @app.get("/<int:lead_id>")
    def page(lead_id: int) -> Response:
        connection = pool.getconn()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT page FROM load_yardstick WHERE lead_id = %s", (lead_id,))
                row = cursor.fetchone()
        finally:
            pool.putconn(connection)
        return Response(row[0] if row else None, 200 if row else 404, mimetype="application/json")

    @app.post("/")
    def write() -> tuple[dict, int]:
        body = request.get_json()
        connection = pool.getconn()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO load_yardstick_posted (body) VALUES (%s) RETURNING id", (json.dumps(body),))
                row = cursor.fetchone()
        finally:
            pool.putconn(connection)
        assert row is not None
        return {"id": row[0]}, 201

    return app


@contextlib.contextmanager
def served(
    factory: sessionmaker[Session], server: str, leads: list[tuple[int, int]], tokens: dict[int, str]
) -> Iterator[str]:
    """Store *server*'s pages of *leads* and serve them by an equal gunicorn; yields its URL."""
    port = free_port()
    options = {
        "--bind": f"127.0.0.1:{port}",
        "--worker-class": "gthread",
        "--workers": os.environ.get("WEB_CONCURRENCY", "2"),
        "--threads": os.environ.get("WEB_THREADS", "96"),
        "--keep-alive": "5",
        "--log-level": "error",
    }
    arguments = [part for option in options.items() for part in option]
    with factory.begin() as session:
        session.execute(text(f"DROP TABLE IF EXISTS {TABLE}, {POSTED}"))
        for statement in CREATE:
            session.execute(text(statement))
    try:
        _keep(factory, server, leads, tokens)
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *arguments, "scripts.benchmarks.load.bare_app:bare_app()"]
        )
        try:
            url = f"http://127.0.0.1:{port}"
            httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=60).get(
                f"{url}/{leads[0][1]}"
            ).raise_for_status()
            yield url
        finally:
            process.terminate()
            process.wait()
    finally:
        with factory.begin() as session:
            session.execute(text(f"DROP TABLE {TABLE}, {POSTED}"))


def _keep(factory: sessionmaker[Session], server: str, leads: list[tuple[int, int]], tokens: dict[int, str]) -> None:
    rows = []
    with httpx.Client(base_url=server, timeout=60) as client:
        for owner, lead_id in leads:
            answer = client.get(
                f"/leads/{lead_id}/property-recommendations", headers={"Authorization": f"Bearer {tokens[owner]}"}
            ).raise_for_status()
            rows.append({"lead_id": lead_id, "page": answer.text})
    with factory.begin() as session:
        session.execute(text(f"INSERT INTO {TABLE} VALUES (:lead_id, :page)"), rows)  # noqa: S608
        session.execute(text(f"ANALYZE {TABLE}"))
