"""Locust as a process of its own: what it is to send goes in as a file, what it has measured comes out as one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.benchmarks.load.journal import Journal


@dataclass(frozen=True)
class Plan:
    """
    What clients need to know.

    Args:
        server: Ours, and *bare* the yardstick's; URLs.
        leads: (owner, lead) whose pages are asked for.
        tokens: Of each owner.
        tenants: Tokens of those who read the feed.
        pause: Seconds between two things that a client does, on average.
    """

    server: str
    bare: str
    leads: list[tuple[int, int]]
    tokens: dict[int, str]
    tenants: list[str]
    pause: float


@dataclass(frozen=True)
class Times:
    """Milliseconds of answers by kind, how many were errors, and what was acknowledged."""

    milliseconds: dict[str, list[float]]
    errors: dict[str, int]
    journal: Journal

    @property
    def error_count(self) -> int:
        return sum(self.errors.values())


def send(plan: Plan, clients: int, folder: Path, goes_on: Callable[[], bool]) -> Times:
    """Let *clients* send the mix, and one more watch freshness, for as long as *goes_on* says so."""
    told, measured = folder / "plan.json", folder / "measured.json"
    told.write_text(json.dumps(asdict(plan)))
    measured.unlink(missing_ok=True)
    mix = Path(__file__).with_name("mix.py")
    options = [
        "--headless",
        "--users",
        str(clients + 1),
        "--spawn-rate",
        "100",
        "--loglevel",
        "WARNING",
        "--only-summary",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "locust", "--locustfile", str(mix), "--host", plan.server, *options],
        env=os.environ | {"LOAD_PLAN": str(told), "LOAD_MEASURED": str(measured)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while goes_on() and process.poll() is None:
        time.sleep(0.1)
    process.terminate()
    process.wait(60)
    if not measured.exists():
        raise RuntimeError("locust ended without a result")
    found = json.loads(measured.read_text())
    journal = Journal(found["leads"], [(lead_id, property_id) for lead_id, property_id in found["likes"]])
    return Times(found["milliseconds"], found["errors"], journal)
