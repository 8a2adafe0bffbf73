"""
Measure a whole rescoring by a real worker, stage by stage, and compare it with the dense product of the same vectors:
``make bench-run`` (``SIZE=100k``), or ``python -m scripts.benchmarks.bench.run --size 20k``.

It starts its own servers and workers in a temporary folder, fills one market with the demo's generator, and then

1. lets the worker rescore the market ``--repeats`` times, with every list rewritten, and measures the floor (a blocked
   float32 product of the dense vectors) between the runs;
2. changes leads and properties one at a time, at rest and during runs, removes some from the market, and waits until
   all affected lists are visible;
3. compares the lists of all changed entities, and the lists that contain them, with brute force, and runs `leadmatch
   check`.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import cast

import click
import numpy as np
import psutil
from sqlalchemy import Table, insert, select, text
from sqlalchemy.orm import Session, sessionmaker

from models.core.enums import OPEN_STATES, DealType, Role, RunScope, RunState, Side
from models.market.leads import Lead
from models.market.places import city_of
from models.market.properties import Property
from models.platform.database import connect, sessions
from models.platform.migrate import upgrade
from models.platform.settings import database_url
from models.ranking.recommendations import Market
from models.rescoring.runs import get_run, request_run
from models.upkeep.invariants import check_all
from scripts.batches import batched
from scripts.benchmarks.bench.contestants import floor
from scripts.benchmarks.bench.footprint import footprint
from scripts.benchmarks.bench.size import size_option
from scripts.benchmarks.bench.verify import lists_unlike_brute_force, scoring_ms
from scripts.benchmarks.bench.written_out import written_out
from scripts.benchmarks.perf.processes import cpu_of_tree
from scripts.demo.cities import MOSCOW
from scripts.demo.leads import lead_rows, supply_of
from scripts.demo.people import demo_users
from scripts.demo.properties import property_rows
from scripts.launcher.processes import dies_with_parent, stop_child
from scripts.launcher.servers.postgres import PostgresServer
from scripts.launcher.servers.valkey import ValkeyServer
from scripts.launcher.supervise import ROOT, procfile_commands
from worker.market.cache import load_snapshot
from worker.market.snapshot import Snapshot
from worker.queue.client import Client

MARKET = (city_of(MOSCOW.name).key, DealType.SALE)
#: The pause between two changes, so that they do not queue up.
PAUSE_SECONDS = 0.1

memory_option = click.option(
    "--memory-mb",
    type=click.IntRange(min=0),
    default=3072,
    show_default=True,
    help="WORKER_MEMORY_MB: small values make tiles.",
)


@click.command()
@size_option("20k")
@click.option("--repeats", type=click.IntRange(min=1), default=3, show_default=True, help="Runs, and floors.")
@memory_option
@click.option(
    "--changes", type=click.IntRange(min=1), default=40, show_default=True, help="Measured in each situation."
)
def main(size: int, repeats: int, memory_mb: int, changes: int) -> None:
    """Time whole rescorings through a real worker, and single changes. Exit code 1 if a list is wrong."""
    # Entities of each side are changed in three situations, and others then leave the market.
    if size < 4 * changes:
        raise click.UsageError(f"--size must be at least four times --changes: {4 * changes}")
    with system(memory_mb) as (factory, client):
        with factory() as session:
            fill(session, size)
        runs, floors = measure_in_turns(factory, client, repeats)
        report_runs(runs, floors)
        with factory() as session:
            print("\n".join(footprint(session, _snapshot(session))), flush=True)
        clean = report_changes(factory, client, changes)
    sys.exit(0 if clean else 1)


@contextmanager
def system(memory_mb: int) -> Iterator[tuple[sessionmaker[Session], Client]]:
    """Servers, a worker for entities and one for runs, as in the Procfile; all removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="leadmatch-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, PostgreSQL runs under another account, which must come through
        with PostgresServer(folder / "postgres") as postgres, ValkeyServer(folder / "valkey") as valkey:
            url = database_url(postgres.url)
            upgrade(url)
            settings = {
                "ENVIRONMENT": "test",
                "DATABASE_URL": url,
                "REDIS_URL": valkey.url,
                "SECRET_KEY": "only-for-measuring-0123456789-abcdef",
                "LEADMATCH_HOME": name,
                "WORKER_MEMORY_MB": str(memory_mb),
                "LOG_LEVEL": "WARNING",
            }
            os.environ.update(settings)
            commands = procfile_commands(ROOT / "Procfile")
            workers = [_start(commands[name]) for name in ("worker", "runner")]
            try:
                yield sessions(connect(url, statement_timeout_ms=0, application="bench")), Client(valkey.url)
            finally:
                for worker in workers:
                    stop_child(worker, [(signal.SIGTERM, 10)])


def _start(line: str) -> subprocess.Popen:
    command = line.replace("celery ", f"{sys.executable} -m celery ", 1)
    return subprocess.Popen(  # noqa: S602 - a line of our own Procfile, which is written for a shell
        f"exec {command}", shell=True, cwd=ROOT, start_new_session=True, preexec_fn=dies_with_parent(signal.SIGKILL)
    )


def fill(session: Session, size: int) -> None:
    """Add *size* properties and leads of the demo's kind, all for sale in one city."""
    began = time.perf_counter()
    rng = Random("bench")
    people = demo_users(session, max(20, size // 30), 1, with_login=False)
    owners = [user_id for user_id, _ in people]
    realtors = [user_id for user_id, role in people if role is Role.REALTOR]
    for_sale = (row for row in property_rows(rng, MOSCOW, 2 * size, owners) if row["deal_type"] is DealType.SALE)
    for page in batched(islice(for_sale, size), 1000):
        session.execute(insert(cast(Table, Property.__table__)), page)
    supply = supply_of(session, MOSCOW.name, *MARKET)
    for page in batched(lead_rows(rng, supply, size, realtors), 1000):
        session.execute(insert(cast(Table, Lead.__table__)), page)
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()
    print(f"{size:,} leads x {size:,} properties made in {time.perf_counter() - began:.0f} s", flush=True)


# -- Whole runs


def measure_in_turns(factory: sessionmaker[Session], client: Client, repeats: int) -> tuple[list[dict], list[float]]:
    """The stages and seconds of every run, and the seconds of the floors measured between them."""
    runs, floors, dense = [], [], None
    for _ in range(repeats):
        runs.append(whole_run(factory, client))
        if dense is None:
            with factory() as session:
                dense = _dense(_snapshot(session))
        threads = os.cpu_count() or 1
        floors.append(floor(*dense, threads, 1 if len(dense[0]) <= 25_000 else 8).seconds)
    return runs, floors


def whole_run(factory: sessionmaker[Session], client: Client) -> dict:
    """Rescore everything with every list rewritten, and wait for it."""
    with factory() as session:
        session.execute(text("UPDATE markets SET rates = NULL"))  # as if rates had changed: rewrites every list
        session.commit()
    began, cpu_before = time.perf_counter(), workers_cpu()
    run_id = _ask(factory, client)
    while _is_open(factory, run_id):
        time.sleep(0.02)
    seconds, cpu_seconds = time.perf_counter() - began, workers_cpu() - cpu_before
    with factory() as session:
        run = get_run(session, run_id)
        if run.state is not RunState.SUCCEEDED:
            raise SystemExit(f"run {run_id} {run.state}: {[shard.error for shard in run.shards]}")
        stages = dict(run.stages)
        for shard in run.shards:
            for name, value in shard.stages.items():
                stages[name] = max(stages.get(name, 0), value) if name == "peak_mb" else stages.get(name, 0) + value
        entries = session.scalar(
            text(
                "SELECT (SELECT sum(cardinality(scores)) FROM lead_recommendations)"
                " + (SELECT sum(cardinality(scores)) FROM property_recommendations)"
            )
        )
        tiles = sum(shard.tile > 0 for shard in run.shards)
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "stages": stages, "entries": entries, "tiles": tiles}


def workers_cpu() -> float:
    """CPU seconds of the workers that this process has started, so far."""
    children = psutil.Process().children()
    return sum(cpu_of_tree(child) for child in children if "celery" in " ".join(child.cmdline()))


def _ask(factory: sessionmaker[Session], client: Client) -> int:
    with factory() as session:
        run, _ = request_run(session, RunScope.MARKET, "bench", city=MOSCOW.name, deal_type=DealType.SALE)
        session.commit()
    client.run_requested(run.id)
    return run.id


def _is_open(factory: sessionmaker[Session], run_id: int) -> bool:
    with factory() as session:
        return get_run(session, run_id).state in OPEN_STATES


def _snapshot(session: Session) -> Snapshot:
    return load_snapshot(session, MARKET, session.get_one(Market, MARKET).generation)


def _dense(snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray]:
    return written_out(snapshot.leads.vectors, snapshot.properties.vectors, os.cpu_count() or 1)


def report_runs(runs: list[dict], floors: list[float]) -> None:
    middle = sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]
    print(f"\nstages of the median run ({middle['tiles'] or 'no'} tiles), seconds:")
    noted = {name: value for name, value in middle["stages"].items() if name != "peak_mb"}
    for name, seconds in noted.items():
        print(f"  {name:16} {seconds:8.2f}")
    print(f"  {'queue, polling':16} {middle['seconds'] - sum(noted.values()):8.2f}")
    lowest = statistics.median(floors)
    whole = statistics.median(run["seconds"] for run in runs)
    storing = [sum(run["stages"].get(name, 0) for name in ("stage", "merge", "publish")) for run in runs]
    rates = [run["entries"] / seconds / 1e6 for run, seconds in zip(runs, storing, strict=True)]
    print(f"whole runs: {_listed(run['seconds'] for run in runs)} s, median {whole:.2f}")
    print(f"CPU seconds of the workers: {_listed(run['cpu_seconds'] for run in runs)}")
    print(f"floor (dense product): {_listed(floors)} s, median {lowest:.2f}")
    print(f"whole / floor: {whole / lowest:.2f} (target: at most 1.5)")
    stored = middle["entries"] / 1e6
    print(f"storing {stored:.1f} M recommendations: {_listed(rates)} M/s (target: at least 4)")
    print(f"peak memory of the worker: {max(run['stages']['peak_mb'] for run in runs):,.0f} MB", flush=True)


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:.2f}" for number in numbers)


# -- Single changes


def report_changes(factory: sessionmaker[Session], client: Client, changes: int) -> bool:
    """Time single changes in each situation; returns whether all lists were correct at the end."""
    rng = Random("changes")
    with factory() as session:
        ids = {
            side: session.scalars(select(table.id).order_by(table.id)).all()
            for side, table in ((Side.LEAD, Lead), (Side.PROPERTY, Property))
        }
        scored = scoring_ms(_snapshot(session), rng, changes)
    for side, milliseconds in scored.items():
        print(f"\none {side.lower()} against all: scoring p50 {statistics.median(milliseconds):.1f} ms (target: 30)")
    for side in Side:
        write(factory, client, side, ids[side][0])  # the worker loads the market
    changed: dict[Side, set[int]] = {side: set() for side in Side}
    for situation, going in (("at rest", None), ("while runs go", False), ("while runs rewrite every list", True)):
        with _runs_going(factory, client, going):
            for side in Side:
                picked = rng.sample(ids[side], changes)
                took = sorted(write(factory, client, side, entity_id) for entity_id in picked)
                changed[side] |= set(picked)
                p50, p95, longest = (1000 * took[int(len(took) * share)] for share in (0.5, 0.95, 0.999))
                print(
                    f"{situation}, a {side.lower()}: visible p50 {p50:.0f} ms, p95 {p95:.0f} ms, most {longest:.0f} ms"
                )
    for side in Side:
        picked = rng.sample(sorted(set(ids[side]) - changed[side]), changes)
        took = sorted(write(factory, client, side, entity_id, leaves=True) for entity_id in picked)
        p50, p95, longest = (1000 * took[int(len(took) * share)] for share in (0.5, 0.95, 0.999))
        print(
            f"one {side.lower()} leaves every list: visible p50 {p50:.0f} ms, p95 {p95:.0f} ms, most {longest:.0f} ms"
        )
    with factory() as session:
        wrong, looked = lists_unlike_brute_force(session, _snapshot(session), changed)
        print(f"\nlists unlike brute force: {wrong} of {looked} that changes touched")
        broken = [result.rule.key for result in check_all(session) if result.count]
        print(f"leadmatch check: {', '.join(broken) or 'clean'}", flush=True)
    return not wrong and not broken


@contextmanager
def _runs_going(factory: sessionmaker[Session], client: Client, rewrite_lists: bool | None) -> Iterator[None]:
    """Start one run after another inside the context; with None, no runs."""
    over = threading.Event()

    def keep_running() -> None:
        while not over.is_set():
            if rewrite_lists:
                with factory() as session:
                    session.execute(text("UPDATE markets SET rates = NULL"))
                    session.commit()
            run_id = _ask(factory, client)
            while _is_open(factory, run_id):
                time.sleep(0.05)

    if rewrite_lists is None:
        yield
        return
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(keep_running)
        try:
            yield
        finally:
            over.set()
        going.result()


def write(factory: sessionmaker[Session], client: Client, side: Side, entity_id: int, leaves: bool = False) -> float:
    """
    Change one entity like the API; returns the seconds until its list has the new version or, if it *leaves*, no
    market.
    """
    table, lists, key = (
        ("leads", "lead_recommendations", "lead_id")
        if side is Side.LEAD
        else ("properties", "property_recommendations", "property_id")
    )
    change = "budget_max = budget_max * 1.01" if side is Side.LEAD else "price = price * 1.01"
    change = "status = 'ARCHIVED'" if leaves else change
    time.sleep(PAUSE_SECONDS)
    with factory() as session:
        version = session.scalar(
            text(f"UPDATE {table} SET {change} WHERE id = :id RETURNING version"),  # noqa: S608 - names of this module
            {"id": entity_id},
        )
        session.commit()
        began = time.perf_counter()
        (client.lead_changed if side is Side.LEAD else client.property_changed)(entity_id)
        condition = "city_key IS NULL" if leaves else "version >= :version"
        visible = text(f"SELECT {condition} FROM {lists} WHERE {key} = :id")  # noqa: S608 - names of this module
        while not session.scalar(visible, {"id": entity_id, "version": version}):
            session.commit()
            time.sleep(0.003)
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
