"""
Measure a running system under load.

1. fills one city with leads and properties, unless it has as many already, and waits for the run that lists them;
2. beside the system, serves the same pages by bare Flask, with one SELECT by primary key, and stores posted bodies with
one INSERT (`bare_app`);
3. lets locust send the mix (`mix`) at rest, and again during a full run; another client posts leads and requests their
lists until they exist; 4. compares the clients' journal of acknowledged writes with the database.

With --pages-only, only the first half of 3 is done, with nothing but pages, to measure the tail with many clients.

Client and system share the machine, so the figures are the system's and the client's together. Loopback only:
it signs its own tokens with the system's key, and leaves its rows behind. Exit code 1 after an error or a lost write.
"""

import argparse
import importlib.util
import sys
import tempfile
import time
from pathlib import Path

from scripts.benchmarks.load import bare_app, market
from scripts.benchmarks.load.journal import Journal, lost
from scripts.benchmarks.load.locusts import Plan, send
from scripts.benchmarks.load.own import own_system
from scripts.benchmarks.load.report import ratio, table, tail
from scripts.one_line import errors_in_one_line


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure a running system under load.")
    arguments.add_argument("--size", type=int, default=20_000, help="leads, and properties (20000)")
    arguments.add_argument("--seconds", type=float, default=20, help="how long at rest (20)")
    arguments.add_argument("--clients", type=int, default=4, help="at once (4)")
    # Without a pause, clients on the system's machine compete for its processors, and only the queue is measured.
    arguments.add_argument("--pause", type=float, default=0.05, help="seconds between what a client does (0.05)")
    arguments.add_argument("--pages-only", action="store_true", help="the tail: clients request pages, at rest only")
    given = arguments.parse_args()
    if importlib.util.find_spec("locust") is None:
        sys.exit("leadmatch: locust is not installed: .venv/bin/pip install -e '.[load]'")
    settings, factory = own_system("leadmatch-load")

    began = time.perf_counter()
    with factory() as session:
        people = market.fill(session, given.size)
        tokens = market.tokens_of(people, settings.secret_key)
    print(f"{given.size:,} leads and properties filled in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    market.finish(factory, market.start_run(factory, settings))
    print(f"full run at rest: {time.perf_counter() - began:.1f} s", flush=True)
    with factory() as session:
        leads = market.sample_leads(session)
        tenants = [tokens[person.id] for person in people if person.role == "tenant"]

    server = f"http://127.0.0.1:{settings.port}"
    journal = Journal()
    errors = 0
    with bare_app.served(factory, server, leads, tokens) as bare, tempfile.TemporaryDirectory() as folder:
        plan = Plan(server, bare, leads, tokens, tenants, given.pause, given.clients, given.pages_only)
        end = time.monotonic() + given.seconds
        times = send(plan, Path(folder), lambda: time.monotonic() < end)
        print(f"\nAt rest, {given.clients} clients pausing {given.pause} s, {given.seconds:.0f} s", flush=True)
        print(f"{table(times)}\n{ratio(times)}", flush=True)
        journal += times.journal
        errors += times.error_count
        if given.pages_only:
            print(f"{tail(times)}; {errors} errors", flush=True)
            sys.exit(1 if errors else 0)
        began, run_id = time.perf_counter(), market.start_run(factory, settings)
        times = send(plan, Path(folder), lambda: market.is_open(factory, run_id))
        took = time.perf_counter() - began
        print(f"\nDuring a full run, which took {took:.1f} s\n{table(times)}\n{ratio(times)}", flush=True)
        journal += times.journal
        errors += times.error_count
    with factory() as session:
        missing = lost(session, journal)
    print(f"\n{len(journal):,} acknowledged writes, {len(missing)} of them not in the database; {errors} errors")
    for entry in missing[:10]:
        print(f"  lost: {entry}")
    sys.exit(1 if missing or errors else 0)


if __name__ == "__main__":
    with errors_in_one_line():
        main()
