"""Single changes of a running system: the time until all lists show them, and the cost."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from models.core.enums import Side, Status
from models.market.leads import Lead
from models.market.properties import Property
from scripts.benchmarks.bench.run import write
from scripts.benchmarks.load.market import CITY
from scripts.benchmarks.perf.figures import Figure
from scripts.benchmarks.perf.pages import BARE_POST, Batch
from scripts.benchmarks.perf.processes import Processes
from scripts.benchmarks.perf.statements import Statements
from worker.queue.client import Client


@dataclass(frozen=True)
class Changes:
    """The measurements of a number of changes, per change."""

    seconds: float  #: The median from commit to visible.
    slow: float  #: The same at p95.
    worker: float  #: CPU seconds of the workers for single changes.
    database: float  #: CPU seconds of PostgreSQL, including the queries whether the change is visible yet.
    wal: float  #: Bytes that PostgreSQL wrote to its log.
    statements: float  #: Statements that the workers sent to PostgreSQL.


#: (side, whether the row leaves the market)
Kind = tuple[Side, bool]
KINDS: dict[Kind, str] = {
    (Side.LEAD, False): "a changed lead",
    (Side.PROPERTY, False): "a changed property",
    (Side.LEAD, True): "a lead that leaves",
    (Side.PROPERTY, True): "a property that leaves",
}


def measure(
    factory: sessionmaker[Session],
    client: Client,
    processes: Processes,
    statements: Statements,
    rounds: int,
    count: int,
) -> dict[str, list[Changes]]:
    """*count* changes of each kind in each of *rounds*, all kinds in turns; two changes beforehand load the market."""
    chance = Random("changes")
    ids = {}
    with factory() as session:
        for side, table in ((Side.LEAD, Lead), (Side.PROPERTY, Property)):
            wanted = select(table.id).where(table.city == CITY, table.origin == "import", table.status == Status.ACTIVE)
            ids[side] = list(session.scalars(wanted.order_by(table.id)))
    for of_side in ids.values():
        chance.shuffle(of_side)
    for side in Side:
        write(factory, client, side, ids[side].pop())
    measured: dict[str, list[Changes]] = defaultdict(list)
    for _ in range(rounds):
        for (side, leaves), name in KINDS.items():
            used, of_database, logged = processes.cpu("worker"), processes.cpu("postgres"), _wal(factory)
            executed = statements.count()
            took = sorted(write(factory, client, side, ids[side].pop(), leaves) for _ in range(count))
            measured[name].append(
                Changes(
                    statistics.median(took),
                    took[int(len(took) * 0.95)],
                    (processes.cpu("worker") - used) / count,
                    max(0.0, processes.cpu("postgres") - of_database) / count,
                    (_wal(factory) - logged) / count,
                    (statements.count() - executed) / count,
                )
            )
    return measured


def figures_of(measured: Mapping[str, list[Changes]], batches: Mapping[str, list[Batch]]) -> dict[str, Figure]:
    """Each kind compared with bare Flask with one INSERT: time until visible, CPU of the workers; and statements."""
    clock = statistics.median(batch.seconds for batch in batches[BARE_POST])
    cpu = statistics.median(batch.web for batch in batches[BARE_POST])
    unit, figures = "of bare Flask with one INSERT", {}
    for name, changes in measured.items():
        half, slow, worker = (
            statistics.median(getattr(each, part) for each in changes) for part in ("seconds", "slow", "worker")
        )
        figures[f"{name}, visible p50"] = Figure(
            tuple(each.seconds / clock for each in changes), unit, f"{1000 * half:.0f} ms, p95 {1000 * slow:.0f} ms"
        )
        if cpu and all(each.worker for each in changes):
            figures[f"{name}, CPU of workers"] = Figure(
                tuple(each.worker / cpu for each in changes), unit, f"{1000 * worker:.1f} ms"
            )
        if all(each.statements for each in changes):
            figures[f"{name}, statements"] = Figure(tuple(each.statements for each in changes), "statements")
    return figures


def _wal(factory: sessionmaker[Session]) -> int:
    """Bytes of log that PostgreSQL has written so far."""
    with factory() as session:
        return int(session.scalar(text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")) or 0)
