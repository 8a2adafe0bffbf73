"""
Compare this version's speed with the last release's: `python -m scripts.benchmarks.perf` (`make perf`).

All figures are ratios or counts measured in one run, in turns: scoring compared with the dense product of the same
vectors, reading compared with counting words, a start compared with imports, pages, writes and visible changes compared
with bare Flask. The machine must be quiet. Takes a few minutes. Exit code 1 if a figure is slower by more than a fifth
plus the noise.
"""

import os
import platform
import sys
import time
from pathlib import Path

import click
import psutil

from models.core.base import utc_now
from models.version import VERSION
from scripts.benchmarks.bench.size import Size
from scripts.benchmarks.perf import engine, system
from scripts.benchmarks.perf.figures import (
    RELEASES,
    TOLERANCE,
    Figure,
    Verdict,
    compare,
    last_release,
    load,
    save,
    table,
)
from scripts.launcher.home import Home
from scripts.one_line import errors_in_one_line


@click.command()
@click.option("--size", type=Size(), default="20k", show_default=True, help="Rows a side that the engine scores.")
@click.option("--market", type=Size(), default="10k", show_default=True, help="Rows a side on the system's market.")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--requests", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Of a kind, a round.")
@click.option("--changes", type=click.IntRange(1, 1_000), default=12, show_default=True, help="Of a kind, a round.")
@click.option("--texts", type=click.IntRange(1), default=1_000, show_default=True, help="That are read, a round.")
@click.option("--only", type=click.Choice(["engine", "system"]), help="One half of the figures.")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The measurement to compare with  [the newest of scripts/benchmarks/perf/releases].",
)
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Written  [perf.json in LEADMATCH_HOME]."
)
@click.option("--keep", is_flag=True, help="Write this version's file of releases as well, for later comparisons.")
def command(
    size: int,
    market: int,
    rounds: int,
    requests: int,
    changes: int,
    texts: int,
    only: str | None,
    against: Path | None,
    report: Path | None,
    keep: bool,
) -> None:
    """Measure the ratios of speed in one go, and compare them with those of the last release."""
    threads, began = os.cpu_count() or 1, time.monotonic()
    path = report or Home.from_env().path / "perf.json"  # the measured system has another home
    figures: dict[str, Figure] = {}
    constants: dict[str, float] = {}
    if only != "system":
        figures |= engine.measure(size, texts, rounds, threads)
        click.echo(f"engine measured, {time.monotonic() - began:.0f} s")
    if only != "engine":
        of_system, constants = system.measure(market, rounds, requests, changes)
        figures |= of_system
    facts: dict[str, object] = {
        "version": VERSION,
        "at": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
        "machine": f"{threads} processors, {platform.machine()}, Python {platform.python_version()}",
        "load_average": round(psutil.getloadavg()[1], 1),
        "arguments": {"size": size, "market": market, "rounds": rounds, "requests": requests, "changes": changes},
    }
    before = against or last_release()
    comparisons = compare(figures, load(before) if before else {})
    if only:
        comparisons = [each for each in comparisons if each.verdict is not Verdict.MISSING]
    for target in (path, *((RELEASES / f"{VERSION}.json",) if keep else ())):
        save(target, figures, constants, facts)
    click.echo("\n" + "\n".join(table(comparisons)))
    click.echo(
        f"\n{time.monotonic() - began:.0f} s; written to {path}; compared with {before or 'nothing: no release'}"
    )
    slower, better = (
        [each.name for each in comparisons if each.verdict is verdict] for verdict in (Verdict.SLOWER, Verdict.BETTER)
    )
    for word, names in (("Better", better), ("Slower", slower)):
        if names:
            click.echo(f"{word} by more than {TOLERANCE:.0%} and the noise: {'; '.join(names)}")
    sys.exit(1 if slower else 0)


if __name__ == "__main__":
    with errors_in_one_line():
        command()
