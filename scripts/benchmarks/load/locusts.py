"""Locust as a subprocess: a file tells it what to send, another one holds its measurements."""

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
    Parameters of the clients.

    Args:
        server: URL of the measured system.
        bare: URL of the yardstick.
        leads: (owner, lead) whose pages are requested.
        tokens: Token of each owner.
        tenants: Tokens of the tenants who read the feed.
        pause: Mean seconds between two tasks of a client.
    """

    server: str
    bare: str
    leads: list[tuple[int, int]]
    tokens: dict[int, str]
    tenants: list[str]
    pause: float


@dataclass(frozen=True)
class Times:
    """Milliseconds of answers and numbers of errors by kind of request, and the acknowledged writes."""

    milliseconds: dict[str, list[float]]
    errors: dict[str, int]
    journal: Journal

    @property
    def error_count(self) -> int:
        return sum(self.errors.values())


def send(plan: Plan, clients: int, folder: Path, goes_on: Callable[[], bool]) -> Times:
    """Run *clients* that send the mix, and one that measures freshness, while *goes_on* returns true."""
    plan_file, measured = folder / "plan.json", folder / "measured.json"
    plan_file.write_text(json.dumps(asdict(plan)))
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
        env=os.environ | {"LOAD_PLAN": str(plan_file), "LOAD_MEASURED": str(measured)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while goes_on() and process.poll() is None:
        time.sleep(0.1)
    process.terminate()
    process.wait(60)
    if not measured.exists():
        raise RuntimeError("locust ended without a result")
    results = json.loads(measured.read_text())
    journal = Journal(results["leads"], [(lead_id, property_id) for lead_id, property_id in results["likes"]])
    return Times(results["milliseconds"], results["errors"], journal)
