"""Figures of one measurement, their file, and their comparison with those of the last release.

A figure is a ratio or a count, so that it depends little on the machine. Lower is better. It is measured in several
rounds; its value is their median, its spread the mean distance of the rounds from the median, as a share of the median.
"""

import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

#: One file per release, named by its version.
RELEASES = Path(__file__).with_name("releases")
#: The growth that is reported as slower, as a share, on top of the spreads of both measurements.
TOLERANCE = 0.2


@dataclass(frozen=True)
class Figure:
    """One ratio or count, in several rounds.

    Args:
        rounds: At least one, each above 0.
        unit: The meaning of 1.
        absolute: The same in seconds or another unit of this machine, as a text.
    """

    rounds: tuple[float, ...]
    unit: str
    absolute: str = ""

    @property
    def value(self) -> float:
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """
        The mean distance of the rounds from their median, as a share of it.

        >>> Figure((2.0, 1.0, 4.0), "x").spread
        0.5
        """
        return statistics.fmean(abs(each - self.value) for each in self.rounds) / self.value


Figures = Mapping[str, Figure]


class Verdict(StrEnum):
    SAME = ""
    SLOWER = "SLOWER"
    BETTER = "better"
    NEW = "new"
    MISSING = "not measured"


@dataclass(frozen=True)
class Comparison:
    """A figure now and at the last release; at least one of them exists."""

    name: str
    now: Figure | None
    before: Figure | None

    @property
    def change(self) -> float:
        """The value now as a multiple of that before.

        Raises:
            ValueError: One of them is absent.
        """
        if self.now is None or self.before is None:
            raise ValueError(f"{self.name} was measured once only")
        return self.now.value / self.before.value

    @property
    def verdict(self) -> Verdict:
        if self.before is None:
            return Verdict.NEW
        if self.now is None:
            return Verdict.MISSING
        limit = 1 + TOLERANCE + self.now.spread + self.before.spread
        if self.change > limit:
            return Verdict.SLOWER
        return Verdict.BETTER if self.change < 1 / limit else Verdict.SAME


def compare(now: Figures, before: Figures) -> list[Comparison]:
    """Every figure of either measurement, in the order of the present one."""
    names = [*now, *(name for name in before if name not in now)]
    return [Comparison(name, now.get(name), before.get(name)) for name in names]


def table(comparisons: Iterable[Comparison]) -> list[str]:
    """A table in Markdown, one line per figure."""
    lines = ["| figure | now | spread | here | before | change | |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for each in comparisons:
        now, before = each.now, each.before
        cells = (
            each.name,
            f"{now.value:.3g} {now.unit}" if now else "",
            f"{now.spread:.0%}" if now else "",
            now.absolute if now else "",
            f"{before.value:.3g} ({before.spread:.0%})" if before else "",
            f"{each.change - 1:+.0%}" if now and before else "",
            each.verdict.value,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def save(path: Path, figures: Figures, constants: Mapping[str, float], facts: Mapping[str, object]) -> None:
    """Write a measurement: its *figures*, the *constants* of this machine, and *facts* about how it was made."""
    measured = {
        name: {
            "value": _rounded(figure.value),
            "unit": figure.unit,
            "spread": round(figure.spread, 3),
            "rounds": [_rounded(each) for each in figure.rounds],
            "absolute": figure.absolute,
        }
        for name, figure in figures.items()
    }
    rounded = {name: _rounded(value) for name, value in constants.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"figures": measured, "constants": rounded, **facts}, indent=1) + "\n")


def load(path: Path) -> dict[str, Figure]:
    """The figures of a measurement that :func:`save` has written."""
    figures = json.loads(path.read_text())["figures"]
    return {name: Figure(tuple(each["rounds"]), each["unit"], each["absolute"]) for name, each in figures.items()}


def last_release(folder: Path = RELEASES) -> Path | None:
    """The file of the newest version in *folder*, None if there is none yet."""
    return max(folder.glob("*.json"), key=_version, default=None)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.stem.split("."))
