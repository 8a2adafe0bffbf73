"""Check that the processes that score do not grow run after run: ``python -m scripts.benchmarks.bench.memory``.

It starts its own servers and workers in a temporary folder, fills one market with the demo's generator, and rescores it
``--runs`` times while leads and properties are changed one after another. After each run it records the unshared memory
(USS) of every worker process, and at the end prints the slope of each process, in megabytes per run, with the 95%
interval.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from random import Random

import click
import numpy as np
import psutil
from scipy import stats
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from models.core.enums import Side
from models.market.leads import Lead
from models.market.properties import Property
from scripts.benchmarks.bench.run import fill, memory_option, system, whole_run, write
from scripts.benchmarks.bench.size import size_option
from scripts.benchmarks.soak import role_of
from worker.queue.client import Client

#: The first share of the runs fills caches and pools and is ignored.
WARM_UP_SHARE = 0.25

#: Process -> megabytes after each run.
Samples = dict[str, list[float]]


@click.command()
@size_option("3k")
@click.option("--runs", type=click.IntRange(min=1), default=60, show_default=True)
@memory_option
def main(size: int, runs: int, memory_mb: int) -> None:
    """Report whether the processes that score grow run after run."""
    samples: Samples = defaultdict(list)
    with system(memory_mb) as (factory, client):
        with factory() as session:
            fill(session, size)
        with changes_going(factory, client) as changed:
            for number in range(1, runs + 1):
                whole_run(factory, client)
                held = held_by_workers()
                for name, megabytes in held.items():
                    samples[name].append(megabytes)
                listed = ", ".join(f"{name} {megabytes:.1f}" for name, megabytes in held.items())
                print(f"run {number}, {changed()} changes: {listed}", flush=True)
    report(samples, runs)


def held_by_workers() -> dict[str, float]:
    """Our worker processes with their unshared megabytes."""
    megabytes_of = {}
    for process in psutil.Process(os.getpid()).children(recursive=True):
        command = " ".join(process.cmdline())
        if "celery" in command:
            megabytes_of[f"{role_of(command)} {process.pid}"] = process.memory_full_info().uss / 2**20
    return megabytes_of


@contextmanager
def changes_going(factory: sessionmaker, client: Client) -> Iterator[Callable[[], int]]:
    """
    Inside the context, change leads and properties in turns, each after the previous change is visible; yields a
    function that returns their number so far.
    """
    chance, over, made = Random("memory"), threading.Event(), 0
    with factory() as session:
        ids = {
            side: session.scalars(select(table.id).order_by(table.id)).all()
            for side, table in ((Side.LEAD, Lead), (Side.PROPERTY, Property))
        }

    def change() -> None:
        nonlocal made
        for side in cycle(Side):
            if over.is_set():
                return
            write(factory, client, side, chance.choice(ids[side]))
            made += 1

    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(change)
        try:
            yield lambda: made
        finally:
            over.set()
        going.result()


def report(samples: Samples, runs: int) -> None:
    """Print a line for each process that existed all the time."""
    print(f"\n{'':16}{'MB at first':>12}{'at last':>9}{'a run':>9}{'±':>7}")
    for name, values in samples.items():
        counted = np.array(values[int(runs * WARM_UP_SHARE) :])
        if len(values) == runs and len(counted) > 2:
            fitted = stats.linregress(np.arange(len(counted)), counted)
            margin = stats.t.ppf(0.975, len(counted) - 2) * fitted.stderr
            print(f"{name:16}{counted[0]:>12.1f}{counted[-1]:>9.1f}{fitted.slope:>+9.2f}{margin:>7.2f}")


if __name__ == "__main__":
    main()
