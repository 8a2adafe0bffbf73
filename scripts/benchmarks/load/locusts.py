"""Locust as a subprocess: one file states what to send, another contains its measurements."""

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
        clients: The number of clients, without the one that measures freshness.
        pages_only: Whether clients request pages and nothing else.
    """

    server: str
    bare: str
    leads: list[tuple[int, int]]
    tokens: dict[int, str]
    tenants: list[str]
    pause: float
    clients: int
    pages_only: bool = False


@dataclass(frozen=True)
class Times:
    """Milliseconds of answers and numbers of errors by kind of request, the acknowledged writes, the duration."""

    milliseconds: dict[str, list[float]]
    errors: dict[str, int]
    journal: Journal
    #: Between the first answer and the last one.
    seconds: float

    @property
    def error_count(self) -> int:
        return sum(self.errors.values())


def send(plan: Plan, folder: Path, goes_on: Callable[[], bool]) -> Times:
    """
    Run the plan's clients, which send the mix, and one that measures freshness (unless pages only), while *goes_on* is
    true and at least until the first answer.
    """
    plan_file, measured = folder / "plan.json", folder / "measured.json"
    plan_file.write_text(json.dumps(asdict(plan)))
    begun = measured.with_suffix(".begun")  # after the first answer: locust takes seconds to start
    for file in (measured, begun):
        file.unlink(missing_ok=True)
    mix = Path(__file__).with_name("mix.py")
    options = [
        "--headless",
        "--users",
        str(plan.clients + (not plan.pages_only)),
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
    while (goes_on() or not begun.exists()) and process.poll() is None:
        time.sleep(0.1)
    process.terminate()
    process.wait(60)
    if not measured.exists():
        raise RuntimeError("locust ended without a result")
    results = json.loads(measured.read_text())
    journal = Journal(results["leads"], [(lead_id, property_id) for lead_id, property_id in results["likes"]])
    return Times(results["milliseconds"], results["errors"], journal, results["seconds"])
