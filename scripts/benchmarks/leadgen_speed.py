"""
Measure lists and statistics of lead generation at size (docs/leadgen.md): `python -m scripts.benchmarks.leadgen_speed`.

A separate database is created in the PostgreSQL of the running system (or DATABASE_URL's), filled with 200,000 leads,
1,000,000 messages and 180,000 days of spend, served by one web process, measured over HTTP, and dropped.
Prints the tables of docs/leadgen.md.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import make_url

from models.leadgen.earnings import campaigns_with_figures, niche_earnings
from models.leadgen.niches import Niche
from models.platform.database import connect, sessions
from models.platform.migrate import upgrade
from models.platform.settings import Settings
from scripts.benchmarks.load.report import percentile
from scripts.launcher.home import load_home_environment
from scripts.launcher.servers.state import free_port
from scripts.one_line import errors_in_one_line

DATABASE = "leadmatch_speed"
NICHES, CAMPAIGNS, ADS, PROSPECTS, MESSAGES, DAYS = 20, 200, 1000, 200_000, 1_000_000, 180

# Niche 1 has two fifths of all leads, the others share the rest; ids are derived from numbers, so that rows can refer
# to each other.
_ID = "('00000000-0000-7000-{kind:04d}-' || lpad(to_hex({number}), 12, '0'))::uuid"
NICHE, CAMPAIGN, AD, PROSPECT = (
    lambda number, kind=kind: _ID.format(kind=8000 + kind, number=number) for kind in range(4)
)
_CAMPAIGNS_OF_FIRST = CAMPAIGNS // 20
_NICHE_OF_CAMPAIGN = f"CASE WHEN c <= {_CAMPAIGNS_OF_FIRST} THEN 1 ELSE 2 + c % {NICHES - 1} END"
FILL = (
    f"""INSERT INTO niches (id, name, category, status, cpl_target, roi_target, created_at)
        SELECT {NICHE("n")}, 'Niche ' || n, 'speed', 'active', 3000, 100, now() - n * interval '1 day'
        FROM generate_series(1, {NICHES}) AS n""",  # noqa: S608
    f"""INSERT INTO campaigns (id, niche_id, name, platform, status, budget, created_at)
        SELECT {CAMPAIGN("c")}, {NICHE(_NICHE_OF_CAMPAIGN)}, 'Campaign ' || c,
            (ARRAY['olx', 'kaspi', 'telegram', 'whatsapp'])[1 + c % 4], 'active', 100000, now() - c * interval '1 hour'
        FROM generate_series(1, {CAMPAIGNS}) AS c""",  # noqa: S608
    f"""INSERT INTO ads (id, campaign_id, title, status, created_at)
        SELECT {AD("a")}, {CAMPAIGN(f"1 + a % {CAMPAIGNS}")}, 'Ad ' || a, 'active', now() - a * interval '1 minute'
        FROM generate_series(1, {ADS}) AS a""",  # noqa: S608
    f"""INSERT INTO ad_spend (ad_id, day, amount)
        SELECT {AD("a")}, current_date - d, round((500 * random())::numeric, 2)
        FROM generate_series(1, {DAYS}) AS d, generate_series(1, {ADS}) AS a""",  # noqa: S608
    f"""INSERT INTO prospects (id, ad_id, campaign_id, niche_id, name, phone, source, budget, status, revenue,
            quality_score, quality_method, version, scored_version, created_at)
        SELECT {PROSPECT("p")}, ads.id, campaigns.id, campaigns.niche_id, 'Lead ' || p,
            '+7701' || lpad(p::text, 7, '0'),
            (ARRAY['olx', 'kaspi', 'telegram', 'whatsapp'])[1 + floor(random() * 4)::int],
            round((1e6 * random())::numeric, 2),
            state, CASE WHEN state = 'won' THEN round((1e5 * random())::numeric, 2) END, 50, 'rules', 1, 1,
            now() - random() * {DAYS} * interval '1 day'
        FROM (SELECT p, CASE WHEN random() < 0.4 THEN floor(random() * {_CAMPAIGNS_OF_FIRST})::int
                ELSE {_CAMPAIGNS_OF_FIRST} + floor(random() * {CAMPAIGNS - _CAMPAIGNS_OF_FIRST})::int END AS place,
                (ARRAY['new', 'contacted', 'qualified', 'hot', 'won', 'lost', 'spam'])[1 + floor(random() * 7)::int]
                    AS state
              FROM generate_series(1, {PROSPECTS}) AS p) AS drawn
        JOIN ads ON ads.id = {AD(f"CASE WHEN place = 0 THEN {CAMPAIGNS} ELSE place END")}
        JOIN campaigns ON campaigns.id = ads.campaign_id""",  # noqa: S608
    f"""INSERT INTO prospect_messages (id, prospect_id, message, sender, platform, created_at)
        SELECT gen_random_uuid(), {PROSPECT(f"1 + m % {PROSPECTS}")}, 'Message ' || m,
            (ARRAY['lead', 'human'])[1 + m % 2], 'olx', now() - random() * {DAYS} * interval '1 day'
        FROM generate_series(1, {MESSAGES}) AS m""",  # noqa: S608
)


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure lists and statistics of lead generation at size.")
    arguments.add_argument("--rounds", type=int, default=50, help="times that each request is sent (50)")
    arguments.add_argument("--keep", action="store_true", help="leave the database there, and take it if it is")
    given = arguments.parse_args()
    load_home_environment()
    settings = Settings.for_command()
    if settings.is_production:
        sys.exit("leadmatch: speed is not measured in production")
    with database(settings.database_url, keep=given.keep) as url:
        engine = connect(url, statement_timeout_ms=0)
        fill(engine)
        with served(url) as client:
            show(client, engine, given.rounds)
        explain(engine)
        engine.dispose()


@contextmanager
def database(url: str, *, keep: bool) -> Iterator[str]:
    """A migrated database beside the one at *url*."""
    server = connect(url).execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        if not keep:
            connection.execute(text(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"))
        if not connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": DATABASE}):
            connection.execute(text(f"CREATE DATABASE {DATABASE}"))
        own = make_url(url).set(database=DATABASE).render_as_string(hide_password=False)
        try:
            upgrade(own)
            yield own
        finally:
            if not keep:
                connection.execute(text(f"DROP DATABASE {DATABASE} WITH (FORCE)"))


def fill(engine: Engine) -> None:
    began = time.perf_counter()
    with engine.begin() as connection:
        if connection.scalar(text("SELECT count(*) FROM prospects")):
            return
        for statement in FILL:
            connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)


@contextmanager
def served(url: str) -> Iterator[httpx.Client]:
    """
    Start a web process on the database; yields a client whose address differs by request, so that no limit applies.
    """
    port = free_port()
    environment = {
        "DATABASE_URL": url,
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "TRUSTED_PROXIES": "1",
        "LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "api/server/gunicorn.py", "api.server.wsgi:app"],
        env=os.environ | environment,
    )
    numbers = iter(range(1, 1 << 24))

    def set_address(request: httpx.Request) -> None:
        number = next(numbers)
        request.headers["X-Forwarded-For"] = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"

    try:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=60, event_hooks={"request": [set_address]}
        ) as client:
            client.get("/health/live").raise_for_status()
            yield client
    finally:
        process.terminate()
        process.wait()


def requests(engine: Engine) -> dict[str, str]:
    """Return the measured requests: name in the docs -> path."""
    with engine.connect() as connection:
        count = lambda niche: connection.scalar(
            text(f"SELECT count(*) FROM prospects WHERE niche_id = {NICHE(niche)}")  # noqa: S608
        )
        value = lambda sql: connection.scalar(text(f"SELECT {sql}"))
        first, second = value(NICHE(1)), value(NICHE(2))
        campaign, prospect = value(CAMPAIGN(2)), value(PROSPECT(1000))
        month = value("current_date - 30")
        biggest, usual = f"{count(1):,} leads", f"{count(2):,} leads"
    return {
        "`GET /api/niches`": "/api/niches",
        "`GET /api/campaigns` (100 with their counts)": "/api/campaigns",
        "`GET /api/campaigns?niche_id=` (the biggest)": f"/api/campaigns?niche_id={first}",
        "`GET /api/campaigns/{id}` (8,000 leads)": f"/api/campaigns/{campaign}",
        "`GET /api/campaigns/{id}/ads`": f"/api/campaigns/{campaign}/ads",
        "`GET /api/leads`": "/api/leads",
        "`GET /api/leads?page=1000`": "/api/leads?page=1000",
        "`GET /api/leads?page=2000` (the last)": "/api/leads?page=2000",
        "`GET /api/leads?status=hot`": "/api/leads?status=hot",
        "`GET /api/leads?status=hot&source=kaspi`": "/api/leads?status=hot&source=kaspi",
        "`GET /api/leads?status=hot&source=kaspi&page=60`": "/api/leads?status=hot&source=kaspi&page=60",
        "`GET /api/leads?niche_id=&status=won`": f"/api/leads?niche_id={first}&status=won",
        "`GET /api/leads?campaign_id=&page=50`": f"/api/leads?campaign_id={campaign}&page=50",
        "`GET /api/leads/{id}`": f"/api/leads/{prospect}",
        "`GET /api/leads/{id}/messages`": f"/api/leads/{prospect}/messages",
        f"`GET /api/niches/{{id}}/stats` ({usual}, all time)": f"/api/niches/{second}/stats",
        f"`GET /api/niches/{{id}}/stats` ({biggest}, 30 days)": f"/api/niches/{first}/stats?from={month}",
        f"`GET /api/niches/{{id}}/stats` ({biggest}, all time)": f"/api/niches/{first}/stats",
        "`GET /api/health`": "/api/health",
    }


def show(client: httpx.Client, engine: Engine, rounds: int) -> None:
    """Send all requests in turn, *rounds* times, and print the table."""
    queries = requests(engine)
    taken: dict[str, list[float]] = {name: [] for name in queries}
    for number in range(rounds + 3):
        for name, path in queries.items():
            began = time.perf_counter()
            answer = client.get(path)
            seconds = time.perf_counter() - began
            answer.raise_for_status()
            if number >= 3:  # the first ones include work done once per process
                taken[name].append(seconds * 1000)
    print("\n| Request | p50 | p95 |\n| --- | --- | --- |")
    for name, milliseconds in taken.items():
        milliseconds.sort()
        print(f"| {name} | {percentile(milliseconds, 0.5):.1f} | {percentile(milliseconds, 0.95):.1f} |")


def explain(engine: Engine) -> None:
    """Print the query plans of the two heaviest statements."""
    captured: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *args: captured.append((args[2], args[3])))
    with sessions(engine)() as session:
        first = session.get_one(Niche, session.scalar(text(f"SELECT {NICHE(1)}")))
        for name, ask in (
            ("Statistics of the biggest niche, all time", lambda: niche_earnings(session, first)),
            (
                "100 campaigns",
                lambda: campaigns_with_figures(session, niche_id=None, platform=None, limit=100, offset=0),
            ),
        ):
            captured.clear()
            ask()
            statement, parameters = captured[-1]
            print(f"\n{name}:\n")
            plan = session.connection().exec_driver_sql(
                f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {statement}", parameters
            )
            print("\n".join(row[0] for row in plan))


if __name__ == "__main__":
    with errors_in_one_line():
        main()
