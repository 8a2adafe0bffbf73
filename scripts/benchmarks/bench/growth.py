"""Growth of the engine's time and memory with the market, and the cost of many small markets."""

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import click
import numpy as np

from matching.engine.topk import score_market
from scripts.benchmarks.bench.contestants import market_of, text_model_of
from scripts.benchmarks.bench.market import synthetic_market

SIZES = (20_000, 50_000, 100_000, 200_000)
SMALL, SMALL_MARKETS = 10_000, 20


@dataclass(frozen=True)
class Point:
    """One market of *size* leads and as many properties."""

    size: int
    seconds: float
    #: Of all cores together; on a busy machine this is more meaningful than the clock.
    cpu_seconds: float
    #: The share of all pairs that was scored; bounds skipped the others.
    share_scored: float
    #: Peak of the process so far, GiB: market, vectors, scoring and lists. As sizes rise, it is that of this market.
    peak_memory: float


def measure(k: int, threads: int, sizes: tuple[int, ...] = SIZES) -> list[Point]:
    """A point for each of *sizes*, which must ascend; each is reported at once. The many small markets come first."""
    point = _measured(SMALL, SMALL_MARKETS, k, threads)
    click.echo(f"{SMALL_MARKETS} markets of {SMALL:,} x {SMALL:,}: {_line(point)}")
    points = []
    for size in sizes:
        points.append(_measured(size, 1, k, threads))
        click.echo(f"{size:,} x {size:,}: {_line(points[-1])}")
    return points


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The *e* in seconds ~ size ** e, by least squares over the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def as_markdown(points: list[Point]) -> list[str]:
    sizes, seconds = [point.size for point in points], [point.seconds for point in points]
    return [
        "| a side | seconds | CPU seconds | pairs skipped | peak memory, GiB |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {point.size:,} | {point.seconds:.2f} | {point.cpu_seconds:.2f} | {1 - point.share_scored:.1%} | "
            f"{point.peak_memory:.2f} |"
            for point in points
        ),
        "",
        f"Time grows as N^{exponent(sizes, seconds):.2f}; every pair scored would be N^2.",
    ]


def _measured(size: int, markets: int, k: int, threads: int) -> Point:
    """The time of *markets* different markets, one after another; only scoring is timed."""
    seconds = cpu_seconds = share = 0.0
    for seed in range(1, markets + 1):
        made = synthetic_market(size, size, seed)
        market = market_of(made, text_model_of(made))
        del made
        started, cpu_started = time.perf_counter(), time.process_time()
        lists = score_market(market, k, threads)
        seconds += time.perf_counter() - started
        cpu_seconds += time.process_time() - cpu_started
        share += lists.pairs_scored / size**2 / markets
    return Point(size, seconds, cpu_seconds, share, peak_memory())


def peak_memory() -> float:
    """Peak memory of this process so far, GiB."""
    # Linux counts in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2 ** (30 if sys.platform == "darwin" else 20)


def _line(point: Point) -> str:
    return (
        f"{point.seconds:.2f} s (CPU {point.cpu_seconds:.2f} s), {point.share_scored:.1%} of pairs scored, "
        f"peak memory {point.peak_memory:.2f} GiB"
    )
