"""The measured constants, each with the command that measures it. New measurements are entered here."""

from dataclasses import dataclass

QUIET, SHARED = "quiet machine", "cores shared with other programs, small sizes"


@dataclass(frozen=True)
class Constant:
    value: float
    unit: str
    meaning: str
    command: str
    measured_on: str


PERF, RUN, BENCH, TOWNS = (
    "make perf",
    "SIZE=100k make bench-run",
    "SIZE=100k leadmatch bench --alone",
    "python -m scripts.benchmarks.many_towns --rows 1",
)

#: (leads, which are as many as the properties, CPU seconds of scoring), ascending.
SCORING: tuple[tuple[int, float, str, str], ...] = (
    (200, 0.0105, "make perf", QUIET),
    (10_000, 0.91, "leadmatch bench --shape twenty-markets --threads 1", SHARED),
    (20_000, 3.6, "make perf", QUIET),
    (100_000, 29.9, BENCH, QUIET),
)

CONSTANTS: dict[str, Constant] = {
    "load_row": Constant(41e-6, "s", "load and vectorise a lead or property in a run", RUN, QUIET),
    "store_entry": Constant(0.289e-6, "s", "stage, compare and publish an entry of a list", RUN, QUIET),
    "market": Constant(
        0.050,
        "s",
        "a market in a run besides its rows: planning, queue, lock, commit (CPU of the workers)",
        TOWNS,
        QUIET,
    ),
    "lead_disk": Constant(4_040.0, "bytes", "a lead with its list and indexes in PostgreSQL", RUN, QUIET),
    "property_disk": Constant(6_020.0, "bytes", "a property with its list, words and indexes", RUN, QUIET),
    "row_memory": Constant(700.0, "bytes", "a lead or property in the memory of a worker", RUN, QUIET),
    "page_web": Constant(2.14e-3, "CPU s", "a page of 20 in a web process", PERF, QUIET),
    "page_postgres": Constant(1.32e-3, "CPU s", "a page of 20 in PostgreSQL", PERF, QUIET),
    "page_bytes": Constant(12_340.0, "bytes", "a page of 20 as it is sent", PERF, QUIET),
    "write_web": Constant(6.78e-3, "CPU s", "POST /leads in a web process", PERF, QUIET),
    "change_worker": Constant(25.0e-3, "CPU s", "a changed lead or property in a worker, without scoring", PERF, QUIET),
    "change_postgres": Constant(17.7e-3, "CPU s", "a changed lead or property in PostgreSQL", PERF, QUIET),
    "change_seconds": Constant(
        126e-3,
        "s",
        "a changed property until it is visible (p50), which its market's lock is held for at most",
        RUN,
        QUIET,
    ),
    "change_wal": Constant(84_060.0, "bytes", "log that PostgreSQL writes for a change", PERF, QUIET),
    "score_lead": Constant(25.3e-3 / 100_000, "CPU s", "score a changed lead, for each property", BENCH, QUIET),
    "score_property": Constant(33.5e-3 / 100_000, "CPU s", "score a changed property, for each lead", BENCH, QUIET),
    "web_memory": Constant(163.7, "MB", "a web process", PERF, QUIET),
}
