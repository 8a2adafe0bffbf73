"""
Computing processors, memory, disk and network from a country's size and the measured constants.

All are pure functions; every quantity of the result has its formula.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.benchmarks.scale.constants import CONSTANTS, SCORING

#: The planned utilisation of a processor; the rest is reserved for peaks.
USED = 0.6
#: The share of leads and properties that are for sale; the rest is for rent.
SALE = 0.7
#: Length of a list, and bytes of one of its entries: an id and a score.
LIST_LENGTH, ENTRY_BYTES = 100, 12
#: Processors of one host, and of one PostgreSQL server.
HOST_CORES, DATABASE_CORES = 16, 32
#: A worker process without markets, MB, and the share of the rest that snapshots may take (worker.market.cache).
BASE_MB, SNAPSHOT_SHARE = 380, 0.5
#: The share of tables and indexes that PostgreSQL keeps in memory.
HOT = 1.0


@dataclass(frozen=True)
class Country:
    """The size of a country; *writes* and *pages* are per second, half of the writes on each side."""

    properties: int = 2_000_000
    leads: int = 1_000_000
    towns: int = 1_500
    writes: float = 50.0
    pages: float = 2_000.0

    def shares(self) -> list[float]:
        """
        The share of each market in all leads and properties: towns by Zipf's law, each with sale and rent.

        >>> [round(share, 3) for share in Country(towns=2).shares()]
        [0.467, 0.2, 0.233, 0.1]
        """
        total = math.fsum(1 / rank for rank in range(1, self.towns + 1))
        towns = [1 / rank / total for rank in range(1, self.towns + 1)]
        return [share * part for share in towns for part in (SALE, 1 - SALE)]


@dataclass(frozen=True)
class Need:
    """A line of the result: *amount* in *unit*, and the *formula*, with its numbers."""

    name: str
    amount: float
    unit: str
    formula: str


def scoring_seconds(leads: float, properties: float) -> float:
    """
    CPU seconds of scoring a market: a power law between the two nearest measured sizes, by ``sqrt(leads *
    properties)``; outside the measured range that of the nearest two.

    >>> round(scoring_seconds(100_000, 100_000), 6) == SCORING[-1][1]
    True
    """
    side = math.sqrt(leads * properties)
    if not side:
        return 0.0
    after = next((n for n, (size, *_) in enumerate(SCORING) if size >= side), len(SCORING) - 1)
    (small, low, *_), (large, high, *_) = SCORING[max(after, 1) - 1], SCORING[max(after, 1)]
    exponent = math.log(high / low) / math.log(large / small)
    # Below the smallest measured market the time does not fall further, because fixed costs remain.
    return max(low * (side / small) ** exponent, 0.0) if side >= small else low


def needs(country: Country) -> list[Need]:
    """Everything a country needs, in the order of the page."""
    rows = [*_run(country), *_writes(country), *_pages(country), *_database(country), *_network(country)]
    return [*rows, *_hosts(rows)]


def _run(country: Country) -> Iterator[Need]:
    shares, c = country.shares(), _values()
    rows, biggest = country.leads + country.properties, shares[0]
    score = math.fsum(scoring_seconds(country.leads * share, country.properties * share) for share in shares)
    entries, load = _entries(country), rows * c["load_row"]
    store, markets = entries * c["store_entry"], len(shares) * c["market"]
    yield Need("biggest market, leads", country.leads * biggest, "", f"{country.leads:,} x {biggest:.4f}")
    yield Need(
        "biggest market, properties", country.properties * biggest, "", f"{country.properties:,} x {biggest:.4f}"
    )
    yield Need("a full run: scoring", score, "CPU s", f"the sum over {len(shares):,} markets")
    yield Need("a full run: loading", load, "s", f"{rows:,} rows x {c['load_row'] * 1e6:g} us")
    yield Need("a full run: storing", store, "s", f"{entries / 1e6:,.0f} M entries x {c['store_entry'] * 1e6:g} us")
    yield Need("a full run: markets", markets, "s", f"{len(shares):,} x {c['market']:g} s")
    total = score + load + store + markets
    yield Need("a full run, one runner of one processor", total / 60, "min", f"{total:,.0f} s / 60")
    at_least = (
        rows * biggest * (c["load_row"] + LIST_LENGTH * c["store_entry"])
        + scoring_seconds(country.leads * biggest, country.properties * biggest) / HOST_CORES
    )
    yield Need(
        "a full run on many hosts, at least",
        at_least / 60,
        "min",
        f"the biggest market: loading, scoring / {HOST_CORES} processors, storing",
    )


def _entries(country: Country) -> float:
    """Entries of all lists: in each market a hundred per row, or the whole other side if it is smaller."""
    sides = [(country.leads * share, country.properties * share) for share in country.shares()]
    return math.fsum(leads * min(LIST_LENGTH, homes) + homes * min(LIST_LENGTH, leads) for leads, homes in sides)


def _writes(country: Country) -> Iterator[Need]:
    shares, c = country.shares(), _values()
    weighted = math.fsum(share * share for share in shares)
    of_lead = c["change_worker"] + c["score_lead"] * country.properties * weighted
    of_home = c["change_worker"] + c["score_property"] * country.leads * weighted
    mean = (of_lead + of_home) / 2
    yield Need(
        "CPU of a change in a worker",
        1000 * mean,
        "ms",
        f"{1000 * c['change_worker']:g} ms + scoring against the other side of a market of the mean size that a change "
        f"meets, {weighted:.4f} of all",
    )
    yield Need(
        "processors for changes", country.writes * mean / USED, "", f"{country.writes:g}/s x {mean:.4f} s / {USED:g}"
    )
    busy = country.writes * shares[0] * c["change_seconds"]
    yield Need(
        "the biggest market's lock is held",
        100 * busy,
        "% of the time",
        f"{country.writes:g}/s x {shares[0]:.4f} x {c['change_seconds']:g} s; above 60 % changes queue up",
    )
    held = (country.leads + country.properties) * c["row_memory"] / 1e6
    process = BASE_MB + held / SNAPSHOT_SHARE
    yield Need(
        "WORKER_MEMORY_MB that keeps every market loaded",
        process,
        "MB a process",
        f"{BASE_MB} MB + {held:,.0f} MB / {SNAPSHOT_SHARE:g}",
    )
    processes = math.ceil(country.writes * mean / USED)
    yield Need("memory of workers", processes * process / 1000, "GB", f"{processes} processes x {process:,.0f} MB")


def _pages(country: Country) -> Iterator[Need]:
    c = _values()
    cores = (country.pages * c["page_web"] + country.writes * c["write_web"]) / USED
    yield Need(
        "processors for web processes",
        cores,
        "",
        f"({country.pages:g}/s x {1000 * c['page_web']:g} ms + {country.writes:g}/s x {1000 * c['write_web']:g} ms) "
        f"/ {USED:g}",
    )
    memory = math.ceil(cores) * c["web_memory"] / 1000
    yield Need("memory of web processes", memory, "GB", f"{math.ceil(cores)} processes x {c['web_memory']:g} MB")


def _database(country: Country) -> Iterator[Need]:
    c = _values()
    cores = (country.pages * c["page_postgres"] + country.writes * c["change_postgres"]) / USED
    yield Need(
        "processors for PostgreSQL",
        cores,
        "",
        f"({country.pages:g}/s x {1000 * c['page_postgres']:g} ms + {country.writes:g}/s x "
        f"{1000 * c['change_postgres']:g} ms) / {USED:g}",
    )
    disk = (country.leads * c["lead_disk"] + country.properties * c["property_disk"]) / 1e9
    yield Need(
        "PostgreSQL on disk",
        disk,
        "GB",
        f"{country.leads:,} x {c['lead_disk'] / 1e3:g} KB + {country.properties:,} x {c['property_disk'] / 1e3:g} KB",
    )
    yield Need("PostgreSQL's memory", disk * HOT + 4, "GB", f"{HOT:g} of that, and 4 GB for connections and sorts")
    wal = country.writes * c["change_wal"] / 1e6
    yield Need("PostgreSQL's log", wal, "MB/s", f"{country.writes:g}/s x {c['change_wal'] / 1e3:g} KB")


def _network(country: Country) -> Iterator[Need]:
    c = _values()
    sent = country.pages * c["page_bytes"] * 8 / 1e6
    yield Need(
        "pages to clients", sent, "Mbit/s", f"{country.pages:g}/s x {c['page_bytes'] / 1e3:g} KB x 8, not compressed"
    )
    entries = _entries(country)
    yield Need(
        "a full run's lists to PostgreSQL",
        entries * ENTRY_BYTES / 1e9,
        "GB",
        f"{entries / 1e6:,.0f} M entries x {ENTRY_BYTES} bytes",
    )


def _hosts(rows: list[Need]) -> Iterator[Need]:
    cores = {each.name: each.amount for each in rows if each.name.startswith("processors for")}
    web, workers = cores["processors for web processes"], cores["processors for changes"]
    count = math.ceil((web + workers) / HOST_CORES)
    yield Need(
        "hosts for web and workers",
        count,
        f"of {HOST_CORES} processors",
        f"({web:.1f} + {workers:.1f}) / {HOST_CORES}, rounded up; besides, one for PostgreSQL and one for runs",
    )


def replicas_needed(country: Country) -> bool:
    """Whether pages and changes need more processors than one PostgreSQL server has."""
    [cores] = [each.amount for each in needs(country) if each.name == "processors for PostgreSQL"]
    return cores > DATABASE_CORES


def _values() -> dict[str, float]:
    return {name: constant.value for name, constant in CONSTANTS.items()}
