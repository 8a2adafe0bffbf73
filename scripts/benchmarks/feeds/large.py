"""A large feed through a real worker, twice: ``make bench-import`` (``SIZE=500k``).

It starts its own servers and workers in a temporary folder, serves a generated YRL feed at an address, and lets a
worker fetch and import it. It reports offers per second, by the clock and by CPU seconds of the worker and of
PostgreSQL (on a busy machine only the latter are meaningful), the worker's memory over time, and the writes of a second
import of the same feed, which must be only the row of the import itself. Before that, a small feed is imported several
times with changes, and the time until the lists show them is reported. Exit code 1 if a promise is broken.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import psutil
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from models.core.enums import OPEN_STATES, RunScope
from models.rescoring.runs import cancel_run, request_run, runs
from models.sources.sources import create_source, request_import
from models.sources.tables import Import, ImportState, Source
from scripts.benchmarks.bench.run import fill, memory_option, system
from scripts.benchmarks.bench.size import size_option
from scripts.benchmarks.feeds.generated import write_feed
from scripts.benchmarks.feeds.visible import seconds_until_visible
from scripts.importing import owner_of_imports
from worker.queue.client import Client

#: Offers per second of CPU of the worker or PostgreSQL, whichever is busier, because they work in parallel.
PROMISED_RATE = 2_000
#: The time from an import's commit until its few changes are in all lists.
PROMISED_SECONDS = 1.0
#: The permitted growth of the worker's memory from the first tenth of an import to its end.
MAX_GROWTH_MB = 64
#: Tables of which an unchanged import rewrites no row.
LISTINGS = (
    "properties",
    "property_prices",
    "listing_words",
    "lead_recommendations",
    "property_recommendations",
    "rescoring_runs",
)
LEADS = 200
POLL_INTERVAL = 0.1  # seconds


@dataclass
class ImportFigures:
    """The measurements of one import."""

    counts: dict[str, int]
    seconds: float  #: By the clock, including fetching.
    worker_seconds: float  #: CPU.
    database_seconds: float  #: CPU.
    wal_bytes: int  #: Written to PostgreSQL's log meanwhile by all processes.
    begins_mb: int  #: The worker's peak memory in the first tenth of the file.
    peak_mb: int
    written: list[str]  #: The tables among LISTINGS of which a row was written meanwhile.

    @property
    def rate(self) -> float:
        """Offers per second of CPU of the worker or PostgreSQL, whichever is busier."""
        return self.counts["offers"] / max(self.worker_seconds, self.database_seconds)

    def __str__(self) -> str:
        offers = self.counts["offers"]
        parts = (
            f"{offers:,} offers in {self.seconds:.1f} s by the clock ({offers / self.seconds:,.0f}/s)",
            f"CPU of the worker {self.worker_seconds:.1f} s ({offers / self.worker_seconds:,.0f}/s)",
            f"of PostgreSQL {self.database_seconds:.1f} s ({offers / self.database_seconds:,.0f}/s)",
            f"the worker's memory {self.begins_mb:,} MB in the first tenth, at most {self.peak_mb:,} MB",
            f"WAL {self.wal_bytes / 2**20:,.1f} MB",
        )
        return "; ".join(parts)


@click.command()
@size_option("20k")
@click.option("--lists", is_flag=True, help="Wait for the run that makes the lists after the first import.")
@memory_option
def main(size: int, lists: bool, memory_mb: int) -> None:
    """Import a generated feed of --size offers twice. Exit code 1 if a promise is broken."""
    os.environ.update(FEED_PRIVATE_ADDRESSES="1", FEED_MAX_MB="4096")
    with tempfile.TemporaryDirectory(prefix="leadmatch-large-") as folder:
        path = Path(folder) / "feed.xml"
        write_feed(path, size)
        print(f"{size:,} offers, {path.stat().st_size >> 20:,} MB of YRL", flush=True)
        with _served(path.parent) as address, system(memory_mb) as (factory, client):
            with factory() as session:
                fill(session, LEADS)
                owner = owner_of_imports(session, None)
                source_id = create_source(session, owner, {"name": "large", "address": f"{address}/feed.xml"}).id
                session.commit()
            _make_lists(factory, client)
            visible: dict[str, float] = {}
            for change, seconds in seconds_until_visible(factory, client):
                visible[change] = seconds
                print(f"{change}: in all lists {1000 * seconds:.0f} ms after the commit", flush=True)
            first = _imported(factory, client, source_id)
            print(f"first: {first}", flush=True)
            _end_runs(factory, wait=lists)
            second = _imported(factory, client, source_id)
            print(f"again: {second}", flush=True)
    visible.pop("new")  # there is no promise for homes whose texts must be read first
    sys.exit(_verdicts(size, max(visible.values()), first, second))


def _verdicts(size: int, visible: float, first: ImportFigures, second: ImportFigures) -> int:
    """Print which promises are kept; returns 1 if any is broken."""
    kept = {
        f"changes are in all lists within {PROMISED_SECONDS:g} s": visible <= PROMISED_SECONDS,
        f"{size:,} offers are taken": first.counts["new"] == size and second.counts["unchanged"] == size,
        f"{PROMISED_RATE:,} offers a second of CPU": first.rate >= PROMISED_RATE,
        f"memory grows by at most {MAX_GROWTH_MB} MB": first.peak_mb - first.begins_mb <= MAX_GROWTH_MB,
        "an unchanged feed writes no listing and no list, and asks for no run": not second.written,
    }
    for promise, is_kept in kept.items():
        print(f"{'met   ' if is_kept else 'MISSED'} {promise}")
    if second.written:
        print(f"written by the unchanged feed: {', '.join(second.written)}")
    return 0 if all(kept.values()) else 1


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The address at which the files of *folder* are served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _imported(factory: sessionmaker[Session], client: Client, source_id: int) -> ImportFigures:
    """Import the source, and measure it."""
    with factory() as session:
        import_id = request_import(session, session.get_one(Source, source_id), "request").id
        session.commit()
    client.import_requested(import_id)
    while _import(factory, import_id).state is ImportState.QUEUED:
        time.sleep(POLL_INTERVAL)
    # Only now, because the worker does one thing at a time and may still have been reading texts for a cancelled run.
    before = _state_of_listings(factory)
    worker, database = _worker(), _database()
    began, wal = time.monotonic(), _wal(factory)
    spent = _cpu_seconds(worker), _cpu_seconds(database)
    begins_mb = peak_mb = 0
    while (import_ := _import(factory, import_id)).state is ImportState.RUNNING:
        peak_mb = max(peak_mb, _memory_mb(worker))
        if (import_.progress or 0) < 0.1:
            begins_mb = peak_mb
        time.sleep(POLL_INTERVAL)
    if import_.state is not ImportState.SUCCEEDED:
        raise SystemExit(f"the import {import_.state}: {import_.reason} {import_.reason_facts}")
    after = _state_of_listings(factory)
    return ImportFigures(
        import_.counts,
        time.monotonic() - began,
        _cpu_seconds(worker) - spent[0],
        _cpu_seconds(database) - spent[1],
        _wal(factory) - wal,
        begins_mb,
        peak_mb,
        [name for name in LISTINGS if before[name] != after[name]],
    )


def _import(factory: sessionmaker[Session], import_id: int) -> Import:
    with factory() as session:
        return session.get_one(Import, import_id)


def _end_runs(factory: sessionmaker[Session], wait: bool) -> None:
    """Wait for the runs requested by the import, or cancel them, because ``make bench-run`` measures runs."""
    began = time.monotonic()
    while True:
        with factory() as session:
            open_runs = [run for run in session.scalars(runs().limit(20)) if run.state in OPEN_STATES]
            if not open_runs:
                break
            if not wait:
                for run in open_runs:
                    cancel_run(session, run.id)
                session.commit()
        time.sleep(POLL_INTERVAL)
    if wait:
        print(f"lists: made after {time.monotonic() - began:.0f} s by the clock", flush=True)


def _make_lists(factory: sessionmaker[Session], client: Client) -> None:
    """Score everything on the market, and wait for it."""
    with factory() as session:
        run, _ = request_run(session, RunScope.ALL, "bench")
        session.commit()
        run_id = run.id
    client.run_requested(run_id)
    _end_runs(factory, wait=True)


def _state_of_listings(factory: sessionmaker[Session]) -> dict[str, Any]:
    """Table -> a value that changes with any write, because PostgreSQL stores new versions of rows at other places."""
    queries = {
        name: f"SELECT count(*), sum(hashtext(ctid::text || '/' || xmin::text)::bigint) FROM {name}"  # noqa: S608
        for name in LISTINGS
    }
    with factory() as session:
        return {name: tuple(session.execute(text(query)).one()) for name, query in queries.items()}


def _wal(factory: sessionmaker[Session]) -> int:
    with factory() as session:
        return int(session.scalar(text("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")) or 0)


def _worker() -> list[psutil.Process]:
    """Our worker for runs and imports: the parent process and its child."""
    return [each for each in psutil.Process().children(recursive=True) if "--queues runs" in _command(each)]


def _database() -> list[psutil.Process]:
    """Our PostgreSQL. Its main process comes first; its figures include ended backends."""
    return [each for each in psutil.Process().children() if "postgres" in _command(each)]


def _command(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _cpu_seconds(processes: list[psutil.Process]) -> float:
    """CPU seconds of processes and of all their children, living and ended."""
    seconds: dict[int, float] = {}
    for root in processes:
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                times = process.cpu_times()
                seconds[process.pid] = times.user + times.system
                seconds[process.pid] += times.children_user + times.children_system
    return sum(seconds.values())


def _memory_mb(processes: list[psutil.Process]) -> int:
    """Memory of the largest of them."""
    sizes = [0]
    for process in processes:
        with suppress(psutil.Error):
            sizes.append(process.memory_info().rss >> 20)
    return max(sizes)


if __name__ == "__main__":
    main()
