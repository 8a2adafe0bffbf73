"""What a benchmark has measured: said at once, kept in a file at once, and in the end a table."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path

import click

from models.core.base import utc_now

FLOOR, NARROW_FLOOR, OURS = "dense product alone (the floor)", "the same, 128 columns wide", "Leadmatch"
SQL = "PostgreSQL LATERAL"


@dataclass
class Timings:
    """
    Seconds of every contestant, in the order of its first turn.

    Each is appended to *path* as a line of JSON the moment it is known, so that a run that is broken off leaves what
    it has found.
    """

    size: int
    k: int
    threads: int
    path: Path
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, contestant: str, seconds: float, note: str = "") -> None:
        """*note* says how the time was come by if not by the clock alone, as "every 4th row, times 4"."""
        self.seconds.setdefault(contestant, []).append(seconds)
        click.echo(f"  {contestant:36} {seconds:9.2f} s{f'  ({note})' if note else ''}")
        line = {
            "at": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
            "size": self.size,
            "k": self.k,
            "threads": self.threads,
            "contestant": contestant,
            "seconds": round(seconds, 3),
            "note": note,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")

    def table(self) -> list[str]:
        """Medians and ratios, in Markdown."""
        median = {name: statistics.median(times) for name, times in self.seconds.items()}
        ratio = lambda one, other: f"{one / other:.3g}" if one and other else ""
        lines = [
            f"| {self.size:,} x {self.size:,}, best {self.k} | rounds | median, s | x floor | x 128 wide "
            "| ours is x of it |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for name, middle in median.items():
            cells = (
                name,
                f"{len(self.seconds[name])}",
                f"{middle:,.2f}",
                ratio(middle, median.get(FLOOR)),
                ratio(middle, median.get(NARROW_FLOOR)),
                ratio(median.get(OURS), middle),
            )
            lines.append(f"| {' | '.join(cells)} |")
        return lines
