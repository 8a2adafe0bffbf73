"""
``leadmatch bench``: the engine beside what one could use instead, on the same vectors, taking turns in one
run.
"""

import os
import resource
import statistics
import time

import click
import numpy as np

from matching.incremental import column_scores, score_leads_against
from scripts.bench import contestants
from scripts.bench.contestants import COMPARATORS, Vectors
from scripts.bench.market import synthetic_market

FLOOR, NARROW_FLOOR, OURS = "dense product alone (the floor)", "the same, 128 columns wide", "Leadmatch"
#: Above this many rows a side, dense contestants are timed on a sample of rows and multiplied.
LARGEST_DENSE = 25_000
#: At most this many rows a side for the two slowest.
LARGEST_SLOW = 25_000


class Size(click.ParamType):
    """A number of rows; 20k means 20,000."""

    name = "rows"

    def convert(self, value, param, ctx) -> int:
        text = str(value).lower()
        digits = text.removesuffix("k")
        if not digits.isdecimal() or int(digits) == 0:
            self.fail(f"{value!r} is no number of rows; write 20000 or 20k", param, ctx)
        return int(digits) * (1000 if text.endswith("k") else 1)


@click.command()
@click.option(
    "--size", type=Size(), envvar="SIZE", default="20k", show_default=True, help="Leads and properties."
)
@click.option("--k", default=100, show_default=True, help="Length of a list.")
@click.option("--repeats", default=3, show_default=True, help="Rounds; medians are shown.")
@click.option("--threads", default=0, help="0: one a core.")
@click.option("--alone", is_flag=True, help="The engine and the floor only.")
@click.option("--growth", is_flag=True, help="Instead: the engine at a row of sizes, with the exponent.")
def command(size: int, k: int, repeats: int, threads: int, alone: bool, growth: bool) -> None:
    """Time the engine against brute force and other libraries; check its lists in the same run."""
    threads = threads or os.cpu_count() or 1
    if growth:
        show_growth(k, threads)
        return
    vectors = prepare(size, threads)
    seconds, lists = take_turns(vectors, k, repeats, threads, alone)
    wrong = contestants.rows_that_differ(vectors, lists, k)
    show(seconds, lists.pairs_scored / size**2)
    click.echo(f"lists unlike brute force: {wrong} of {2 * contestants.CHECKED_ROWS} checked")
    show_one_entity(vectors, k)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    click.echo(f"peak memory: {peak:.2f} GiB, dense copies included")
    if wrong:
        raise SystemExit(1)


def prepare(size: int, threads: int) -> Vectors:
    started = time.perf_counter()
    market = synthetic_market(size, size)
    made = time.perf_counter()
    vectors = contestants.vectors_of(market, threads)
    click.echo(
        f"market of {size:,} x {size:,} made in {made - started:.1f} s, vectors of "
        f"{vectors.leads.shape[1]} columns in {time.perf_counter() - made:.1f} s; {threads} threads"
    )
    return vectors


def take_turns(vectors: Vectors, k: int, repeats: int, threads: int, alone: bool):
    """Seconds of every contestant in every round, and our lists."""
    size = len(vectors.leads)
    share = 1 if size <= LARGEST_DENSE else 8
    narrow = np.ascontiguousarray(vectors.leads[:, :128]), np.ascontiguousarray(vectors.properties[:, :128])
    names = (
        []
        if alone
        else [name for name, (package, _) in COMPARATORS.items() if contestants.installed(package)]
    )
    if size > LARGEST_SLOW:
        names = [name for name in names if name.startswith("faiss")]
    seconds: dict[str, list[float]] = {name: [] for name in (FLOOR, NARROW_FLOOR, OURS, *names)}
    for _ in range(repeats):
        seconds[FLOOR].append(contestants.floor(vectors.leads, vectors.properties, threads, share))
        seconds[NARROW_FLOOR].append(contestants.floor(*narrow, threads, 1))
        took, lists = contestants.ours(vectors, k, threads)
        seconds[OURS].append(took)
        for name in names:
            seconds[name].append(COMPARATORS[name][1](vectors, k, threads, share))
    return seconds, lists


def show(seconds: dict[str, list[float]], share_scored: float) -> None:
    median = {name: statistics.median(times) for name, times in seconds.items()}
    click.echo(f"\n{'':36} {'seconds':>9} {'x floor':>9} {'x narrow':>9} {'ours is x of it':>16}")
    for name, middle in median.items():
        ratios = (middle / median[FLOOR], middle / median[NARROW_FLOOR])
        click.echo(f"{name:36} {middle:9.2f} {ratios[0]:9.2f} {ratios[1]:9.2f} {median[OURS] / middle:16.2f}")
    click.echo(f"\npairs scored: {share_scored:.1%}; the rest was skipped by bounds")


def show_one_entity(vectors: Vectors, k: int, times: int = 21) -> None:
    """Compute of one changed lead, and of one changed property."""
    market = vectors.market
    rows = np.linspace(0, min(len(market.leads), len(market.properties)) - 1, times).astype(int)
    for name, work in (
        (
            "one lead against all properties",
            lambda row: score_leads_against(market.leads.take([row]), market.properties, k),
        ),
        (
            "one property against all leads",
            lambda row: column_scores(market.leads, market.properties.take([row])),
        ),
    ):
        took = []
        for row in rows:
            started = time.perf_counter()
            work(row)
            took.append(time.perf_counter() - started)
        click.echo(f"{name}: p50 {statistics.median(took) * 1000:.1f} ms")


def show_growth(k: int, threads: int, sizes: tuple[int, ...] = (20_000, 50_000, 100_000)) -> None:
    points = []
    for size in sizes:
        vectors = prepare(size, threads)
        took, lists = contestants.ours(vectors, k, threads)
        points.append((size, took))
        click.echo(f"{size:>9,} a side: {took:7.2f} s, {lists.pairs_scored / size**2:.1%} of pairs scored")
    exponent = np.polyfit(*np.log(np.array(points)).T, 1)[0]
    click.echo(f"time grows as N^{exponent:.2f}")
    vectors = prepare(10_000, threads)
    took = sum(contestants.ours(vectors, k, threads)[0] for _ in range(20))
    click.echo(f"twenty markets of 10,000 a side: {took:.2f} s")
