"""Load on a running system, from this machine: `python -m scripts.load` (or `make load`).

1. fills one city with leads and properties, unless it has as many already, and waits for the run that lists them;
2. beside the system, serves one list by bare Flask with one SELECT by primary key: the yardstick of what HTTP
costs here; 3. sends the mix (80% pages of recommendations, 10% actions, 5% writes, 5% reads of the own lists) at rest;
4. sends it again while a full run goes, and measures how long a written lead takes until its list can be read.

Client and system share the machine, so the figures are the system's and the client's together. Loopback only:
it signs its own tokens with the system's key, and leaves its rows behind.
"""

import argparse
import http.client
import json
import math
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from models.database import connect, sessions
from models.enums import OPEN_STATES, Role, RunScope
from models.leads import Lead
from models.places import city_of
from models.properties import Property
from models.runs import get_run, request_run
from models.settings import Settings
from models.tokens import make_token
from models.users import User, create_user
from scripts.home import load_home_environment
from scripts.servers.state import free_port
from worker.client import Client

CITY = "Казань"
REALTORS = 50
#: Kind of request -> its share.
MIX = {"page": 0.80, "action": 0.10, "write": 0.05, "own": 0.05}

# -- Rows
# -----------------------------------------------------------------------------------------------------------


def fill(session: Session, count: int) -> list[User]:
    """Have at least *count* leads and properties in the city, of :data:`REALTORS` people; these people."""
    people = list(session.scalars(select(User).where(User.name.like("Load %")).order_by(User.id)))
    if not people:
        people = [
            create_user(
                session, role=Role.REALTOR, name=f"Load {number}", telegram_id=f"load-{number}", phone=None
            )
            for number in range(REALTORS)
        ]
        session.flush()
    ids = [person.id for person in people]
    for table, statement in ((Lead, _LEADS), (Property, _PROPERTIES)):
        there = session.scalar(select(func.count()).select_from(table).where(table.city == CITY))
        session.execute(
            text(statement),
            {"owners": ids, "city": CITY, "key": city_of(CITY).key, "count": max(0, count - there)},
        )
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()
    return people


_OWNER = "(CAST(:owners AS bigint[]))[1 + floor(random() * cardinality(CAST(:owners AS bigint[])))::int]"
_LEADS = f"""
    INSERT INTO leads (owner_id, origin, status, deal_type, client_name, city, city_key, districts, budget_min, budget_max,
        currency, area_min, area_max, rooms, property_type, additional_requirements)
    SELECT {_OWNER}, 'import', 'ACTIVE', 'SALE', 'Load', :city, :key, ARRAY['Район ' || floor(random() * 40)],
        top * 0.5, top, 'RUB', area, area * 1.6, ARRAY[least(4, area / 22)::smallint], 'APARTMENT',
        (ARRAY['рядом метро', 'тихий двор', 'балкон', 'парковка', 'вид на парк'])[1 + floor(random() * 5)::int]
    FROM (SELECT round((2e6 * exp(2.4 * random()))::numeric, -4) AS top, floor(25 + 70 * random()) AS area
          FROM generate_series(1, :count)) AS wish
"""  # noqa: S608  # nosec B608
_PROPERTIES = f"""
    INSERT INTO properties (owner_id, origin, status, deal_type, city, city_key, district, street, price, currency, area, rooms,
        floor, total_floors, property_type, description)
    SELECT {_OWNER}, 'import', 'ACTIVE', 'SALE', :city, :key, 'Район ' || floor(random() * 40), 'Улица', price, 'RUB', area,
        least(4, area / 22)::smallint, 3, 9, 'APARTMENT',
        (ARRAY['рядом метро', 'тихий двор', 'балкон', 'парковка', 'вид на парк'])[1 + floor(random() * 5)::int]
    FROM (SELECT round((2e6 * exp(2.4 * random()))::numeric, -4) AS price, floor(25 + 90 * random()) AS area
          FROM generate_series(1, :count)) AS thing
"""  # noqa: S608  # nosec B608


def start_run(factory: sessionmaker[Session], settings: Settings) -> int:
    with factory() as session:
        run, new = request_run(session, RunScope.ALL, "load")
        session.commit()
    if new:
        Client(settings.redis_url).run_requested(run.id)
    return run.id


def is_open(factory: sessionmaker[Session], run_id: int) -> bool:
    with factory() as session:
        return get_run(session, run_id).state in OPEN_STATES


def finish(factory: sessionmaker[Session], run_id: int) -> None:
    while is_open(factory, run_id):
        time.sleep(0.2)


# -- The yardstick
# --------------------------------------------------------------------------------------------------


def bare_app():
    """Flask, and one SELECT by primary key through a pool of connections; what gunicorn serves as the yardstick."""
    from flask import Flask, jsonify
    from psycopg2.pool import ThreadedConnectionPool

    app = Flask("bare")
    url = os.environ["DATABASE_URL"].replace("+psycopg2", "")
    pool = ThreadedConnectionPool(8, 16, url)

    @app.get("/<int:lead_id>")
    def page(lead_id):
        connection = pool.getconn()
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT property_ids[:20], scores[:20] FROM lead_recommendations WHERE lead_id = %s",
                    (lead_id,),
                )
                ids, scores = cursor.fetchone()
            connection.rollback()
        finally:
            pool.putconn(connection)
        return jsonify(
            [{"property_id": each, "match_score": score} for each, score in zip(ids, scores, strict=True)]
        )

    return app


def serve_bare(port: int) -> subprocess.Popen:
    """gunicorn with as many processes as ours; it keeps connections, or a client would meet one that is just being closed."""
    options = {
        "--bind": f"127.0.0.1:{port}",
        "--worker-class": "gthread",
        "--workers": "2",
        "--threads": "16",
        "--keep-alive": "75",
        "--log-level": "error",
    }
    arguments = [part for option in options.items() for part in option]
    return subprocess.Popen([sys.executable, "-m", "gunicorn", *arguments, "scripts.load:bare_app()"])


# -- Requests
# -------------------------------------------------------------------------------------------------------


def lead_body(chance: random.Random) -> dict:
    """A lead like those of :data:`_LEADS`: one that suited everybody would change everybody's list."""
    top, area = round(2e6 * math.exp(2.4 * chance.random()), -4), chance.randrange(25, 95)
    return {
        "client_name": "Load",
        "client_contacts": "+77010000000",
        "notes": "load",
        "requirements": {
            "location": {"city": CITY, "districts": [f"Район {chance.randrange(40)}"], "metro_stations": []},
            "budget": {"min": top * 0.5, "max": top},
            "area": {"min": area, "max": round(area * 1.6)},
            "rooms": [min(4, area // 22)],
            "property_type": "APARTMENT",
            "property_class": "COMFORT",
            "condition": "FINISHING",
            "payment_method": "MORTGAGE",
        },
    }


class Times:
    """Seconds of answers by kind, and how many were errors."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: dict[str, int] = defaultdict(int)

    def table(self) -> str:
        lines = [f"{'':18}{'answers':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}"]
        for kind, found in sorted(self.seconds.items()):
            ordered = sorted(found)
            points = [
                ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000
                for share in (0.5, 0.95, 0.99)
            ]
            lines.append(
                f"{kind:18}{len(found):>9}"
                + "".join(f"{p:>9.1f}" for p in points)
                + f"{self.errors[kind]:>8}"
            )
        return "\n".join(lines)


class Caller:
    """One client with one kept connection to each server."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._open: dict[str, http.client.HTTPConnection] = {}

    def call(
        self, kind: str, server: str, method: str, path: str, token: str | None = None, body: object = None
    ):
        """Send a request and note how long its answer took; the answer's JSON, or None of an error."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        began = time.perf_counter()
        try:
            connection = self._open.setdefault(server, http.client.HTTPConnection(server, timeout=30))
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            content = answer.read()
            good = answer.status < 400
        except (OSError, http.client.HTTPException):
            self._open.pop(server, None)
            good, content = False, b"null"
        self._times.seconds[kind].append(time.perf_counter() - began)
        self._times.errors[kind] += not good
        return json.loads(content) if good else None


class Load:
    """What clients do, for as long as they are let."""

    def __init__(self, server: str, bare: str, leads: list[tuple[int, int]], tokens: dict[int, str]) -> None:
        self.server, self.bare, self.leads, self.tokens = server, bare, leads, tokens

    def send(self, clients: int, goes_on) -> Times:
        """Let *clients* send the mix for as long as *goes_on* says so."""
        times, over = Times(), threading.Event()
        with ThreadPoolExecutor(clients + 1) as pool:
            futures = [pool.submit(self._mix, Caller(times), over, seed) for seed in range(clients)]
            futures.append(pool.submit(self._freshness, Caller(times), times, over))
            while goes_on():
                time.sleep(0.1)
            over.set()
            for future in futures:
                future.result()
        return times

    def _mix(self, caller: Caller, over: threading.Event, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311  # nosec B311
        while not over.is_set():
            owner, lead_id = chance.choice(self.leads)
            token = self.tokens[owner]
            kind = chance.choices(list(MIX), MIX.values())[0]
            path = f"/leads/{lead_id}/property-recommendations"
            if kind == "page":
                caller.call("page", self.server, "GET", path, token)
                caller.call("bare Flask", self.bare, "GET", f"/{lead_id}")
            elif kind == "action":
                page = caller.call("page", self.server, "GET", path + "?limit=5", token)
                if page and page["recommendations"]:
                    row = page["recommendations"][0]["property_id"]
                    caller.call(
                        "like", self.server, "POST", f"{path}/{row}/action", token, {"action": "LIKE"}
                    )
            elif kind == "write":
                caller.call("POST /leads", self.server, "POST", "/leads", token, lead_body(chance))
            else:
                caller.call("my leads", self.server, "GET", "/leads?limit=20", token)

    def _freshness(self, caller: Caller, times: Times, over: threading.Event) -> None:
        """Post a lead and ask for its list until it has one, again and again."""
        token, chance = next(iter(self.tokens.values())), random.Random(
            "freshness"
        )  # noqa: S311  # nosec B311
        quiet = Caller(Times())
        while not over.wait(0.3):
            began = time.perf_counter()
            made = quiet.call("x", self.server, "POST", "/leads", token, lead_body(chance))
            while made and time.perf_counter() - began < 60:
                page = quiet.call(
                    "x", self.server, "GET", f"/leads/{made['lead_id']}/property-recommendations", token
                )
                if page and page["total"]:
                    break
                time.sleep(0.02)
            times.seconds["write to visible"].append(time.perf_counter() - began)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--size", type=int, default=20_000, help="leads, and properties (20000)")
    arguments.add_argument("--seconds", type=float, default=20, help="how long at rest (20)")
    arguments.add_argument("--clients", type=int, default=4)
    given = arguments.parse_args()
    load_home_environment()
    settings = Settings.from_env()
    server = f"127.0.0.1:{settings.port}"
    factory = sessions(connect(settings.database_url, statement_timeout_ms=0, application="leadmatch-load"))
    if urlsplit(settings.database_url).hostname != "127.0.0.1" or settings.is_production:
        sys.exit("leadmatch: load is made only on this machine's own system, never in production")

    began = time.perf_counter()
    with factory() as session:
        people = fill(session, given.size)
        tokens = {person.id: make_token(person, settings.secret_key, 24) for person in people}
    print(f"{given.size:,} leads and properties filled in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    finish(factory, start_run(factory, settings))
    print(f"full run at rest: {time.perf_counter() - began:.1f} s")
    with factory() as session:
        rows = session.execute(
            text("SELECT owner_id, id FROM leads WHERE owner_id = ANY(:ids) ORDER BY id LIMIT 5000"),
            {"ids": list(tokens)},
        ).all()
    port = free_port()
    bare = serve_bare(port)
    try:
        load = Load(server, f"127.0.0.1:{port}", [tuple(row) for row in rows], tokens)
        time.sleep(2)
        end = time.monotonic() + given.seconds
        times = load.send(given.clients, lambda: time.monotonic() < end)
        print(f"\nAt rest, {given.clients} clients, {given.seconds:.0f} s\n" + times.table())
        began, run_id = time.perf_counter(), start_run(factory, settings)
        times = load.send(given.clients, lambda: is_open(factory, run_id))
        print(f"\nDuring a full run, which took {time.perf_counter() - began:.1f} s\n" + times.table())
    finally:
        bare.terminate()
        bare.wait()


if __name__ == "__main__":
    main()
