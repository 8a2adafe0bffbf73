"""
A run over many small markets through a real worker: ``python -m scripts.benchmarks.many_towns --towns 200 --rows 200``.

It starts its own servers and workers in a temporary folder, fills this many towns, rescores all of them twice, the
second time with every list rewritten, and prints the cost of a market apart from its rows: planning, queue, lock,
publishing.
"""

import time

import click
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from models.accounts.users import create_user
from models.core.enums import OPEN_STATES, Role, RunScope, RunState
from models.rescoring.runs import get_run, request_run
from scripts.benchmarks.bench.run import memory_option, system, workers_cpu
from scripts.benchmarks.load.market import fill_city
from worker.queue.client import Client


@click.command()
@click.option("--towns", type=click.IntRange(min=1), default=200, show_default=True)
@click.option(
    "--rows", type=click.IntRange(min=1), default=200, show_default=True, help="Leads of a town, and properties."
)
@memory_option
def main(towns: int, rows: int, memory_mb: int) -> None:
    """Time a run over many towns."""
    with system(memory_mb) as (factory, client):
        with factory() as session:
            owner = create_user(session, role=Role.REALTOR, name="Owner", telegram_id="owner", phone=None)
            session.flush()
            for number in range(towns):
                fill_city(session, f"Город {number}", [owner.id], rows)
            session.commit()
            session.execute(text("ANALYZE"))
            session.commit()
        _run(factory, client)
        with factory() as session:
            session.execute(text("UPDATE markets SET rates = NULL"))  # as if rates had changed: every list is rewritten
            session.commit()
        used = workers_cpu()
        seconds = _run(factory, client)
        spent = workers_cpu() - used
    print(
        f"{towns} towns of {rows} x {rows}: {seconds:.2f} s, {1000 * seconds / towns:.1f} ms a market; "
        f"CPU of the runner {spent:.2f} s, {1000 * spent / towns:.1f} ms a market"
    )


def _run(factory: sessionmaker[Session], client: Client) -> float:
    """Seconds of a run over all markets."""
    began = time.perf_counter()
    with factory() as session:
        run, _ = request_run(session, RunScope.ALL, "bench")
        session.commit()
    client.run_requested(run.id)
    while True:
        with factory() as session:
            state = get_run(session, run.id).state
        if state not in OPEN_STATES:
            break
        time.sleep(0.02)
    if state is not RunState.SUCCEEDED:
        raise SystemExit(f"run {run.id} {state}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
