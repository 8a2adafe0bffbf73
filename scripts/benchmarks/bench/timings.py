"""Timings of a benchmark: printed and appended to a file at once, and summarised in a table at the end."""

import json
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import click

from models.core.base import utc_now

FLOOR, NARROW_FLOOR, OURS = "dense product alone (the floor)", "the same, 128 columns wide", "Leadmatch"
SQL = "PostgreSQL LATERAL"


class Elapsed(NamedTuple):
    """The time of some work. CPU seconds are those of all threads; NaN if another process did the work."""

    seconds: float
    cpu_seconds: float = math.nan

    def plus(self, other: "Elapsed") -> "Elapsed":
        return Elapsed(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds)

    def times(self, factor: float) -> "Elapsed":
        return Elapsed(self.seconds * factor, self.cpu_seconds * factor)


def timed(work: Callable[[], object]) -> Elapsed:
    """Time *work*; on a busy machine CPU seconds are more meaningful than the clock."""
    started, cpu_started = time.perf_counter(), time.process_time()
    work()
    return Elapsed(time.perf_counter() - started, time.process_time() - cpu_started)


@dataclass
class Timings:
    """The timings of all contestants, in the order of their first turn.

    Each is appended to *path* as a line of JSON as soon as it is known, so that an aborted run keeps its results.
    """

    size: int
    k: int
    threads: int
    path: Path
    turns: dict[str, list[Elapsed]] = field(default_factory=dict)

    def add(self, contestant: str, took: Elapsed, note: str = "") -> None:
        """
        Add a timing; *note* states how it was obtained if not simply by the clock, such as "every 4th row, times 4".
        """
        self.turns.setdefault(contestant, []).append(took)
        cpu = "" if math.isnan(took.cpu_seconds) else f" (CPU {took.cpu_seconds:.2f} s)"
        click.echo(f"  {contestant:36} {took.seconds:9.2f} s{cpu}{f'  ({note})' if note else ''}")
        line = {
            "at": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
            "size": self.size,
            "k": self.k,
            "threads": self.threads,
            "contestant": contestant,
            "seconds": round(took.seconds, 3),
            "cpu_seconds": None if math.isnan(took.cpu_seconds) else round(took.cpu_seconds, 3),
            "note": note,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")

    def table(self) -> list[str]:
        """Medians and ratios, in Markdown."""
        median = {name: statistics.median(turn.seconds for turn in turns) for name, turns in self.turns.items()}
        cpu = {name: statistics.median(turn.cpu_seconds for turn in turns) for name, turns in self.turns.items()}
        lines = [
            f"| {self.size:,} x {self.size:,}, best {self.k} | rounds | median, s | x floor | x 128 wide "
            "| ours is x of it | CPU, s | CPU x floor |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for name, middle in median.items():
            cells = (
                name,
                f"{len(self.turns[name])}",
                f"{middle:,.2f}",
                _ratio(middle, median.get(FLOOR)),
                _ratio(middle, median.get(NARROW_FLOOR)),
                _ratio(median.get(OURS), middle),
                "" if math.isnan(cpu[name]) else f"{cpu[name]:,.2f}",
                _ratio(cpu[name], cpu.get(FLOOR)),
            )
            lines.append(f"| {' | '.join(cells)} |")
        return lines


def _ratio(numerator: float | None, denominator: float | None) -> str:
    return (
        f"{numerator / denominator:.3g}"
        if numerator and denominator and not math.isnan(numerator / denominator)
        else ""
    )
