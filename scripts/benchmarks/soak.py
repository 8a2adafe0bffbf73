"""Look for leaks under a long mixed load on a running system: `python -m scripts.benchmarks.soak` (`make soak`).

Clients read pages, like, dislike, write and archive leads (so that the market has as many at the end as at the
beginning), and there is a full run every minute. Every few seconds the gauges are read: memory and open files of each
process, connections of PostgreSQL, keys and memory of Valkey, files in the home. The result is the slope of each gauge
per hour with its 95% interval, and the rules of `leadmatch check`. Exit code 1 if a gauge grows, a request failed, or
a rule is broken.

Loopback only, on the system of this home (LEADMATCH_HOME); it leaves its rows behind, as `make load` does.
"""

import argparse
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import redis
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from models.platform.settings import Settings
from models.ranking.freshness import freshness
from models.upkeep.invariants import check_all
from scripts.benchmarks.load.caller import Caller, Tally
from scripts.benchmarks.load.market import fill, finish, is_open, lead_body, start_run, tokens_of
from scripts.benchmarks.load.own import own_system
from scripts.launcher.home import MARK, Home
from scripts.launcher.processes import processes_in, processes_marked
from scripts.one_line import errors_in_one_line

#: The first part of the run fills caches and pools and is not measured.
WARM_UP_SHARE = 0.4
#: A line is fitted to the means of this many stretches rather than to the samples, because neighbouring samples are
#: correlated, which would make the interval too narrow.
STRETCHES = 10
#: Growth per hour that is tolerated, as a share of the value, and in units (MB, connections, keys, files).
SMALL_SHARE, SMALL = 0.05, 5.0
#: Growth counts only if the measured values themselves grew by this many units.
MIN_GROWTH = 2.0
#: Leads that a client keeps on the market at a time.
LEADS_KEPT = 20

# -- Load


class Clients:
    """Threads that send a mix of requests until they have to stop."""

    def __init__(self, server: str, leads: list[tuple[int, int]], tokens: dict[int, str], count: int) -> None:
        self._server, self._leads, self._tokens = server, leads, tokens
        self.times, self._over = Tally(), threading.Event()
        self._pool = ThreadPoolExecutor(count)
        self._futures = [self._pool.submit(self._send, seed) for seed in range(count)]

    def stop(self) -> None:
        self._over.set()
        for future in self._futures:
            future.result()

    def _send(self, seed: int) -> None:
        chance, caller = random.Random(seed), Caller(self.times)
        made: list[str] = []
        while not self._over.is_set():
            owner, lead_id = chance.choice(self._leads)
            kind = chance.choices(("page", "like", "write", "own"), (80, 10, 5, 5))[0]
            path, token = f"/leads/{lead_id}/property-recommendations", self._tokens[owner]
            if kind == "page":
                caller.call("page", self._server, "GET", path, token)
            elif kind == "own":
                caller.call("my leads", self._server, "GET", "/leads?limit=20", token)
            elif kind == "like":
                self._act(caller, chance, path, token)
            else:
                self._write(caller, chance, made)

    def _act(self, caller: Caller, chance: random.Random, path: str, token: str) -> None:
        page = caller.call("page", self._server, "GET", path + "?limit=5", token)
        if page and page["recommendations"]:
            row = chance.choice(page["recommendations"])["property_id"]
            body = {"action": chance.choice(("LIKE", "DISLIKE"))}
            caller.call("action", self._server, "POST", f"{path}/{row}/action", token, body)

    def _write(self, caller: Caller, chance: random.Random, made: list[str]) -> None:
        token = next(iter(self._tokens.values()))
        lead = caller.call("POST /leads", self._server, "POST", "/leads", token, lead_body(chance))
        if lead:
            made.append(lead["lead_id"])
        if len(made) > LEADS_KEPT:
            caller.call("archive", self._server, "POST", f"/leads/{made.pop(0)}/archive", token)


# -- Gauges


class Gauges:
    """Reads the gauges of the system of *home*."""

    def __init__(self, home: Home, settings: Settings, factory: sessionmaker[Session]) -> None:
        self._home, self._factory = home, factory
        self._broker = redis.Redis.from_url(settings.redis_url)

    def read(self) -> dict[str, float]:
        """Return the present value of each gauge."""
        gauges: dict[str, float] = defaultdict(float)
        for role, process in self._processes():
            try:
                memory = process.memory_info()
                # Pages of PostgreSQL's shared buffers are in the RSS of every backend that touched them.
                size = (memory.rss - memory.shared if role == "postgres" else memory.rss) / 2**20
                gauges[f"{role}, MB"] += size
                gauges["open files"] += process.num_fds()
                if role != "postgres":  # its backends come and go with connections
                    gauges[f"{role} {process.pid}, MB"] = size
            except psutil.Error:  # the process has ended
                continue
        with self._factory() as session:
            gauges["PostgreSQL connections"] = session.scalar(text("SELECT count(*) FROM pg_stat_activity"))
        memory, clients = self._broker.info("memory"), self._broker.info("clients")
        gauges["Valkey keys"] = self._broker.dbsize()
        gauges["Valkey used memory, MB"] = memory["used_memory"] / 2**20
        gauges["Valkey clients"] = clients["connected_clients"]
        gauges["files in the home"] = sum(
            path.is_file() for path in self._home.path.rglob("*") if not self._is_data(path)
        )
        return dict(gauges)

    def _is_data(self, path: Path) -> bool:
        return any(path.is_relative_to(folder / "data") for folder in (self._home.postgres, self._home.valkey))

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        for process in processes_marked(MARK, str(self._home.path)):
            yield role_of(" ".join(process.cmdline())), process
        for process in processes_in(self._home.valkey / "data", "valkey-server"):
            yield "valkey", process
        for process in processes_in(self._home.postgres / "data", "postgres"):
            yield "postgres", process


def role_of(command: str) -> str:
    """
    >>> role_of("python -m celery --app worker.celery_app.app worker --queues runs --concurrency 1")
    'runner'
    """
    for mark, role in (
        ("scripts.launcher.keep_alive", "keeper"),
        ("gunicorn", "web"),
        ("--queues runs", "runner"),
        (" worker ", "worker"),
        (" beat ", "beat"),
    ):
        if mark in f"{command} ":
            return role
    return "other"


# -- Slopes


@dataclass(frozen=True)
class Trend:
    """A straight line through one gauge."""

    mean: float
    #: Units per hour, and the half width of the 95% interval.
    slope: float
    margin: float
    #: How long it was measured.
    hours: float

    @property
    def verdict(self) -> str:
        small = max(SMALL, SMALL_SHARE * self.mean)
        if self.slope - self.margin > 0 and self.slope > small:
            # A small growth in a short run may still be warming up.
            return "GROWS" if self.slope * self.hours > MIN_GROWTH else "too short to tell"
        return "flat" if self.slope + self.margin <= small else "too short to tell"


def trend(hours: np.ndarray, values: np.ndarray) -> Trend:
    """
    Least squares through the means of :data:`STRETCHES` stretches; Student's t with two degrees fewer.

    Raises:
        ValueError: There are fewer samples than stretches.
    """
    if len(values) < STRETCHES:
        raise ValueError(f"{len(values)} samples are too few for {STRETCHES} stretches")
    x, y = (np.array([part.mean() for part in np.array_split(axis, STRETCHES)]) for axis in (hours, values))
    from scipy import stats  # takes longer to import than everything else here

    fitted = stats.linregress(x, y)
    margin = float(np.nan_to_num(stats.t.ppf(0.975, STRETCHES - 2) * fitted.stderr))  # nan: it was constant
    return Trend(float(values.mean()), float(fitted.slope), margin, float(hours[-1] - hours[0]))


def trends(samples: list[tuple[float, dict[str, float]]]) -> dict[str, Trend]:
    """Fit a trend to every gauge that each sample after warming up contains."""
    counted = samples[int(len(samples) * WARM_UP_SHARE) :]
    hours = np.array([moment for moment, _ in counted]) / 3600
    names = [name for name in counted[0][1] if all(name in values for _, values in counted)]
    return {name: trend(hours, np.array([values[name] for _, values in counted], float)) for name in sorted(names)}


def report(by_gauge: dict[str, Trend]) -> int:
    """Print one line per gauge, and return how many grow."""
    print(f"\n{'':28}{'mean':>10}{'an hour':>10}{'±':>9}  verdict")
    for name, line in by_gauge.items():
        print(f"{name:28}{line.mean:>10.1f}{line.slope:>+10.1f}{line.margin:>9.1f}  {line.verdict}")
    return sum(line.verdict == "GROWS" for line in by_gauge.values())


# -- The measurement


def soak(
    gauges: Gauges, settings: Settings, factory: sessionmaker[Session], minutes: float, every: float, run_every: float
) -> list[tuple[float, dict[str, float]]]:
    """Sample the gauges for *minutes*, every *every* seconds, and start a full run every *run_every* minutes."""
    began, samples, run_id, next_run = time.monotonic(), [], None, 0.0
    while (now := time.monotonic() - began) < minutes * 60:
        if now >= next_run and (run_id is None or not is_open(factory, run_id)):
            run_id, next_run = start_run(factory, settings), now + run_every * 60
        samples.append((now, gauges.read()))
        time.sleep(max(0.0, every - (time.monotonic() - began - now)))
    if run_id is not None:
        finish(factory, run_id)
    return samples


def broken_rules(factory: sessionmaker[Session]) -> list[str]:
    """Wait until no list is stale, and return the broken rules of `leadmatch check`."""
    until = time.monotonic() + 120
    with factory() as session:
        while freshness(session).stale and time.monotonic() < until:
            session.rollback()
            time.sleep(0.5)
        return [f"{result.rule.claim}: {result.count}" for result in check_all(session) if result.count]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--size", type=int, default=5_000, help="leads, and properties, on the market (5000)")
    arguments.add_argument("--clients", type=int, default=4)
    arguments.add_argument("--every", type=float, default=15, help="seconds between samples (15)")
    # Runs make memory rise and fall, so a slope needs many of them.
    arguments.add_argument("--run-every", type=float, default=1, help="minutes between full runs (1)")
    given = arguments.parse_args()
    if given.minutes * 60 * (1 - WARM_UP_SHARE) < STRETCHES * given.every:
        sys.exit("leadmatch: too few samples; give more --minutes, or a smaller --every")
    settings, factory = own_system("leadmatch-soak")
    with factory() as session:
        people = fill(session, given.size)
        tokens = tokens_of(people, settings.secret_key)
        query = text(
            "SELECT owner_id, id FROM leads WHERE owner_id = ANY(:ids) AND origin = 'import' AND status = 'ACTIVE'"
            " ORDER BY id LIMIT 2000"
        )
        leads = [tuple(row) for row in session.execute(query, {"ids": list(tokens)})]
    finish(factory, start_run(factory, settings))
    clients = Clients(f"127.0.0.1:{settings.port}", leads, tokens, given.clients)
    try:
        gauges = Gauges(Home.from_env(), settings, factory)
        samples = soak(gauges, settings, factory, given.minutes, given.every, given.run_every)
    finally:
        clients.stop()
    growing = report(trends(samples))
    print(
        f"\n{given.minutes:g} minutes, {given.clients} clients, {given.size:,} leads and properties\n"
        + clients.times.table()
    )
    errors, broken = sum(clients.times.errors.values()), broken_rules(factory)
    print(f"\n{growing} growing, {errors} failed requests, rules broken: {'; '.join(broken) or 'none'}")
    sys.exit(1 if growing or errors or broken else 0)


if __name__ == "__main__":
    with errors_in_one_line():
        main()
