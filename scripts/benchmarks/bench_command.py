"""``leadmatch bench``: the engine beside alternatives, on the same vectors, taking turns in one run."""

import os
import statistics
import time
from functools import partial
from pathlib import Path

import click
import numpy as np

from matching.engine.incremental import column_scores, score_leads_against
from matching.engine.text import TextModel
from matching.engine.topk import MarketLists
from scripts.benchmarks.bench import contestants, criteria_cost, growth, shapes, sql
from scripts.benchmarks.bench.contestants import COMPARATORS, Vectors
from scripts.benchmarks.bench.market import SyntheticMarket, synthetic_market
from scripts.benchmarks.bench.size import size_option
from scripts.benchmarks.bench.timings import FLOOR, NARROW_FLOOR, OURS, SQL, Elapsed, Timings, timed
from scripts.launcher.home import Home

#: Above this many rows per side, the floor and the other libraries are timed on every n-th row, and multiplied by n.
LARGEST_DENSE, FLOOR_SHARE, LIBRARY_SHARE = 25_000, 4, 8


@click.command()
@size_option("20k")
@click.option("--k", type=click.IntRange(min=1), default=100, show_default=True, help="Length of a list.")
@click.option(
    "--repeats",
    type=click.IntRange(1, 100),
    envvar="REPEATS",
    default=3,
    show_default=True,
    help="Turns of the engine and of the floor; the others take one.",
)
@click.option("--threads", type=click.IntRange(min=0), default=0, help="0: one a core.")
@click.option("--alone", is_flag=True, help="The engine and the floor only.")
@click.option(
    "--sql-sample",
    type=click.IntRange(0, 10_000),
    default=50,
    show_default=True,
    help="Leads, and properties, that the SQL query is timed on; 0 leaves it out.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where every time is appended as it comes  [bench.jsonl in LEADMATCH_HOME]",
)
@click.option(
    "--growth",
    "grow",
    is_flag=True,
    help="Instead: the engine at a row of sizes, with the exponent; with --shape, of these shapes.",
)
@click.option("--criteria", "by_criteria", is_flag=True, help="Instead: the engine without each group of criteria.")
@click.option(
    "--shape",
    "shape_names",
    type=click.Choice([*shapes.SHAPES, "all"]),
    multiple=True,
    help="Instead: the engine and the floor on other shapes of market.",
)
def command(
    size: int,
    k: int,
    repeats: int,
    threads: int,
    alone: bool,
    sql_sample: int,
    report: Path | None,
    grow: bool,
    by_criteria: bool,
    shape_names: tuple[str, ...],
) -> None:
    """Time the engine against brute force and other libraries; check its lists in the same run.

    The comparators are optional: pip install 'leadmatch[bench]'. Missing ones are named and left out.
    """
    threads = threads or os.cpu_count() or 1
    if shape_names:
        names = tuple(shapes.SHAPES) if "all" in shape_names else shape_names
        shares = shapes.GROWTH if grow else (1.0,)
        click.echo("\n" + "\n".join(shapes.measure(names, k, threads, shares)))
        return
    if by_criteria:
        click.echo("\n" + "\n".join(criteria_cost.measure(size, k, threads, repeats)))
        return
    if grow:
        click.echo("\n" + "\n".join(growth.as_markdown(growth.measure(k, threads))))
        return
    market, model = _market(size)
    vectors = _vectors(market, model, threads)
    timings = Timings(size, k, threads, report or Home.from_env().path / "bench.jsonl")
    try:
        lists = measure_in_turns(vectors, timings, repeats, alone)
        wrong = contestants.rows_that_differ(vectors, lists, k)
        click.echo(f"lists unlike brute force: {wrong} of {2 * contestants.CHECKED_ROWS} checked")
        show_one_entity(vectors, k)
        click.echo(f"peak memory: {growth.peak_memory():.2f} GiB, dense copies included")
        del vectors
        if not alone and sql_sample:
            time_sql(market, model, timings, sql_sample)
    finally:  # print the results so far, even if the run is interrupted
        click.echo("\n" + "\n".join(timings.table()) + f"\n\n(each turn: {timings.path})")
    click.echo(f"pairs scored: {lists.pairs_scored / size**2:.1%}; the rest was skipped by bounds")
    if wrong:
        raise SystemExit(1)


def _market(size: int) -> tuple[SyntheticMarket, TextModel]:
    market = synthetic_market(size, size)
    return market, contestants.text_model_of(market)


def _vectors(market: SyntheticMarket, model: TextModel, threads: int) -> Vectors:
    started = time.perf_counter()
    vectors = contestants.vectors_of(contestants.market_of(market, model), threads)
    click.echo(
        f"{len(vectors.leads):,} x {len(vectors.properties):,}, vectors of {vectors.leads.shape[1]} columns made in "
        f"{time.perf_counter() - started:.1f} s; {threads} threads"
    )
    return vectors


def measure_in_turns(vectors: Vectors, timings: Timings, repeats: int, alone: bool) -> MarketLists:
    """Time all methods; slower ones run between the first two turns of the engine and of the floor.

    Returns: The engine's last lists.
    """
    size, k, threads = len(vectors.leads), timings.k, timings.threads
    share, library_share = (1, 1) if size <= LARGEST_DENSE else (FLOOR_SHARE, LIBRARY_SHARE)
    note = _sampled(share)
    narrow = np.ascontiguousarray(vectors.leads[:, :128]), np.ascontiguousarray(vectors.properties[:, :128])
    others = (
        {} if alone else {name: comparator for name, comparator in COMPARATORS.items() if size <= comparator.largest}
    )
    for turn in range(repeats):
        click.echo(f"round {turn + 1} of {repeats}")
        timings.add(FLOOR, contestants.floor(vectors.leads, vectors.properties, threads, share), note)
        took, lists = contestants.ours(vectors, k, threads)
        timings.add(OURS, took)
        timings.add(NARROW_FLOOR, contestants.floor(*narrow, threads, share), note)
        for name, comparator in others.items() if turn == 0 else ():
            if contestants.installed(comparator.package):
                timings.add(name, comparator.measure(vectors, k, threads, library_share), _sampled(library_share))
            else:
                click.echo(f"  {name:36}  left out: {comparator.package} is not installed")
    return lists


def _sampled(share: int) -> str:
    return f"every {share}th row, times {share}" if share > 1 else ""


def time_sql(market: SyntheticMarket, model: TextModel, timings: Timings, sample: int) -> None:
    """Time the SQL query in a separate PostgreSQL: on one connection, and on as many connections as threads."""
    click.echo("loading PostgreSQL")
    note = f"{sample} rows of each side, times {timings.size / min(sample, timings.size):g}"
    with sql.loaded(market, model) as url:
        counts = {"lead": len(market.leads), "property": len(market.properties)}
        for connections in sorted({1, timings.threads}):
            seconds = sql.seconds_for_all(url, counts, timings.k, connections, sample)
            # The server's work is not in the CPU seconds of this process, so only the clock shows it.
            timings.add(f"{SQL}, {connections} connection{'s' * (connections > 1)}", Elapsed(seconds), note)


def show_one_entity(vectors: Vectors, k: int, times: int = 21) -> None:
    """Time the computation for one changed lead, and for one changed property."""
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
            took.append(timed(partial(work, row)))
        wall, cpu = (statistics.median(seconds[part] for seconds in took) * 1000 for part in (0, 1))
        click.echo(f"{name}: p50 {wall:.1f} ms (CPU {cpu:.1f} ms)")
