"""Figures of a whole system that is started for the measurement: its start, pages, writes, changes, memory."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import psutil
from sqlalchemy.orm import Session, sessionmaker

from models.market.search.text_search import refresh_words
from models.ranking.freshness import freshness
from scripts.benchmarks import start_up
from scripts.benchmarks.load import bare_app, market
from scripts.benchmarks.load.own import own_system
from scripts.benchmarks.perf import changes, pages
from scripts.benchmarks.perf.figures import Figure
from scripts.benchmarks.perf.processes import Processes
from scripts.benchmarks.perf.statements import Statements, ask_for_module
from scripts.benchmarks.start_up import Start
from worker.queue.client import Client

#: Commands whose CPU time is compared.
COMMANDS = (("--help",), ("runs",))
#: Lists that are not up to date after this time are an error.
WAIT_LIMIT_SECONDS = 120.0

Measured = tuple[dict[str, Figure], dict[str, float]]


def measure(size: int, rounds: int, requests: int, n_changes: int) -> Measured:
    """
    Start a system in a temporary home and measure it.

    Args:
        size: The number of leads, and of properties, in its market.
        rounds: Turns of every kind of request and change.
        requests: The number of requests of each kind in a round.
        n_changes: The number of changes of each kind in a round.
    Returns:
        The figures, and constants of this machine (seconds, bytes, megabytes) for :mod:`scripts.benchmarks.scale`.
    """
    with tempfile.TemporaryDirectory(prefix="leadmatch-perf-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        imports = [start_up.import_cpu()]
        with start_up.running(home):
            ask_for_module(home)
        imports.append(start_up.import_cpu())
        with start_up.running(home) as first:
            pass
        imports.append(start_up.import_cpu())
        with start_up.running(home) as warm:
            import_cpu = min(imports)
            figures = _of_start([first, warm], import_cpu)
            for arguments in COMMANDS:
                took = tuple(start_up.command_cpu(arguments, home) for _ in range(max(rounds, 3)))
                figures[f"leadmatch {' '.join(arguments)}, CPU"] = Figure(
                    tuple(each / import_cpu for each in took), "imports", f"{statistics.median(took):.2f} s"
                )
            click.echo(f"started: {warm.cpu:.1f} CPU s, {warm.cpu / import_cpu:.1f} imports")
            os.environ |= {"LEADMATCH_HOME": str(home), "PORT": str(warm.port)}
            of_requests, constants = _of_requests(home, size, rounds, requests, n_changes)
    return figures | of_requests, constants


def _of_start(starts: list[Start], import_cpu: float) -> dict[str, Figure]:
    clock = statistics.median(start.first_answer for start in starts)
    cpu = statistics.median(start.cpu for start in starts)
    return {
        "start until idle, CPU": Figure(tuple(start.cpu / import_cpu for start in starts), "imports", f"{cpu:.1f} s"),
        "start until the first answer, clock": Figure(
            tuple(start.first_answer / import_cpu for start in starts), "CPU s of one import", f"{clock:.1f} s"
        ),
    }


def _of_requests(home: Path, size: int, rounds: int, requests: int, n_changes: int) -> Measured:
    settings, factory = own_system("leadmatch-perf")
    client = Client(settings.redis_url)
    with factory() as session:
        people = market.fill(session, size)
        tokens = market.tokens_of(people, settings.secret_key)
        refresh_words(session)
        session.commit()
    market.finish(factory, market.start_run(factory, settings))
    with factory() as session:
        leads = market.sample_leads(session)
    click.echo(f"{size:,} leads and properties filled and scored")
    statements = Statements(factory)
    processes, server = Processes(home), f"127.0.0.1:{settings.port}"
    with bare_app.served(factory, f"http://{server}", leads, tokens) as bare:
        kinds = pages.kinds_of(server, bare.removeprefix("http://"), leads, tokens)
        wait_until_quiet = _settled(factory)
        batches = pages.measure(kinds, processes, statements, _bare_processes(), rounds, requests, wait_until_quiet)
    click.echo("pages and writes measured")
    changed = changes.measure(factory, client, processes, statements, rounds, n_changes)
    figures = pages.figures_of(batches) | changes.figures_of(changed, batches)
    for role in ("web", "worker", "runner", "beat"):
        held = processes.memory(role)
        figures[f"memory of the largest process: {role}"] = Figure((held[0],), "MB (PSS)")
    return figures, _constants(batches, changed, processes)


def _constants(
    batches: dict[str, list[pages.Batch]], changed: dict[str, list[changes.Changes]], processes: Processes
) -> dict[str, float]:
    """The constants, by their names in :mod:`scripts.benchmarks.scale.constants`."""
    of = lambda rows, part: statistics.median(getattr(row, part) for row in rows)
    lead, home = (changed[changes.KINDS[kind]] for kind in list(changes.KINDS)[:2])
    both = [*lead, *home]
    return {
        "page_web": of(batches["page"], "web"),
        "page_postgres": of(batches["page"], "database"),
        "page_bytes": of(batches["page"], "bytes"),
        "write_web": of(batches[pages.POST], "web"),
        "change_worker": of(both, "worker"),
        "change_postgres": of(both, "database"),
        "change_wal": of(both, "wal"),
        "web_memory": max(processes.memory("web")),
    }


def _bare_processes() -> list[psutil.Process]:
    """The processes of bare Flask, children of this one."""
    below = psutil.Process().children(recursive=True)
    return [process for process in below if "bare_app:bare_app" in " ".join(process.cmdline())]


def _settled(factory: sessionmaker[Session]) -> Callable[[], None]:
    """Waits until every list is up to date."""

    def wait() -> None:
        until = time.monotonic() + WAIT_LIMIT_SECONDS
        with factory() as session:
            while freshness(session).stale:
                if time.monotonic() > until:
                    raise RuntimeError(f"lists are still out of date after {WAIT_LIMIT_SECONDS:.0f} s")
                session.rollback()
                time.sleep(0.1)

    return wait
