"""Requests of one client to a running system and to bare Flask, in turns, by the clock and in CPU seconds."""

import http.client
import itertools
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import psutil

from scripts.benchmarks.load.market import lead_body
from scripts.benchmarks.perf.figures import Figure
from scripts.benchmarks.perf.processes import Processes, cpu_of
from scripts.benchmarks.perf.statements import Statements

#: The console's cookie, as api.console.kit.access names it.
SESSION_COOKIE = "leadmatch_session"
BARE_PAGE, BARE_POST, POST = "bare page", "bare POST", "POST /leads"


@dataclass(frozen=True)
class Request:
    """One request; *server* is host and port."""

    server: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: object = None


@dataclass(frozen=True)
class Batch:
    """The measurements of a number of requests of one kind, per request."""

    seconds: float  #: The median, by the clock.
    web: float  #: CPU seconds of the web processes that answered.
    database: float  #: CPU seconds of PostgreSQL meanwhile, for all clients.
    bytes: float  #: Of the body.
    statements: float  #: Statements sent to PostgreSQL meanwhile, by all clients.


def send(connection: http.client.HTTPConnection, request: Request) -> tuple[float, int]:
    """Returns the seconds until the complete answer, and the bytes of its body.

    Raises:
        RuntimeError: The answer is an error.
    """
    body = json.dumps(request.body) if request.body is not None else None
    headers = {"Content-Type": "application/json", **request.headers} if body else dict(request.headers)
    began = time.perf_counter()
    connection.request(request.method, request.path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    took = time.perf_counter() - began
    if answer.status >= 400:
        raise RuntimeError(f"{request.method} {request.path} answers {answer.status}: {content[:200]!r}")
    return took, len(content)


def batch_of(
    requests: Iterator[Request],
    count: int,
    processes: Processes,
    statements: Statements,
    web: list[psutil.Process] | None = None,
) -> Batch:
    """Send *count* of *requests* on one connection; *web* are the answering processes, if not the system's."""
    used = (lambda: sum(map(cpu_of, web))) if web is not None else (lambda: processes.cpu("web"))
    wanted = list(itertools.islice(requests, count))
    connection = http.client.HTTPConnection(wanted[0].server, timeout=60)
    connection.connect()
    began, of_database, executed = used(), processes.cpu("postgres"), statements.count()
    sent = [send(connection, request) for request in wanted]
    connection.close()
    return Batch(
        statistics.median(seconds for seconds, _ in sent),
        (used() - began) / count,
        max(0.0, processes.cpu("postgres") - of_database) / count,
        statistics.fmean(size for _, size in sent),
        (statements.count() - executed) / count,
    )


def kinds_of(
    server: str, bare: str, leads: list[tuple[int, int]], tokens: Mapping[int, str]
) -> dict[str, Iterator[Request]]:
    """The requests that are measured, without end: name -> requests.

    Args:
        server: Host and port of the system.
        bare: Host and port of bare Flask (:mod:`scripts.benchmarks.load.bare_app`).
        leads: (owner, lead) whose pages are requested.
        tokens: The token of each owner.
    """
    chance = random.Random(1)

    def pages(query: str = "") -> Iterator[Request]:
        while True:
            owner, lead_id = chance.choice(leads)
            yield Request(server, "GET", f"/leads/{lead_id}/property-recommendations{query}", _as(tokens[owner]))

    def bare_pages() -> Iterator[Request]:
        while True:
            yield Request(bare, "GET", f"/{chance.choice(leads)[1]}", {})

    def console(path: str) -> Iterator[Request]:
        while True:
            owner, lead_id = chance.choice(leads)
            cookie = {"Cookie": f"{SESSION_COOKIE}={tokens[owner]}"}
            yield Request(server, "GET", path.format(lead=lead_id), cookie)

    def searches() -> Iterator[Request]:
        while True:
            words, order = chance.choice(("балкон", "тихий двор", "парковка")), chance.choice(("price", "newest"))
            yield Request(server, "GET", f"/homes?deal=sale&q={quote(words)}&order={order}", {})

    def posts(to: str, path: str) -> Iterator[Request]:
        while True:
            owner, _ = chance.choice(leads)
            yield Request(to, "POST", path, _as(tokens[owner]), lead_body(chance))

    return {
        "page": pages(),
        BARE_PAGE: bare_pages(),
        "page of 100": pages("?limit=100"),
        "page with reasons": pages("?explain=true"),
        "console, a lead": console("/console/leads/{lead}"),
        "console, the list": console("/console/leads"),
        "public search": searches(),
        BARE_POST: posts(bare, "/"),
        POST: posts(server, "/leads"),
    }


def measure(
    kinds: Mapping[str, Iterator[Request]],
    processes: Processes,
    statements: Statements,
    bare: list[psutil.Process],
    rounds: int,
    requests: int,
    wait_until_quiet: Callable[[], None],
) -> dict[str, list[Batch]]:
    """
    The batches of every kind, one per round, all kinds in turns; a short round beforehand fills pools and caches.

    Args:
        processes: The processes of the system.
        statements: The counter of the statements of its database.
        bare: The web processes of bare Flask.
        requests: The number of requests of each kind in a round.
        wait_until_quiet: Waits until the workers have processed all writes.
    """
    batches = defaultdict(list)
    for number in range(-1, rounds):
        for name, sent in kinds.items():
            web = bare if name in (BARE_PAGE, BARE_POST) else None
            batch = batch_of(sent, requests if number >= 0 else max(1, requests // 4), processes, statements, web)
            if number >= 0:
                batches[name].append(batch)
            if name == POST:
                wait_until_quiet()
    return batches


def figures_of(batches: Mapping[str, list[Batch]]) -> dict[str, Figure]:
    """Each kind compared with bare Flask in the same round: writes with its INSERT, all others with its SELECT."""
    figures = {}
    for name, own in batches.items():
        bare = batches[BARE_POST if name == POST else BARE_PAGE]
        unit = "of bare Flask with one INSERT" if name == POST else "of bare Flask with one SELECT"
        if name in (BARE_PAGE, BARE_POST):
            continue
        pairs = list(zip(own, bare, strict=True))
        clock, cpu = (statistics.median(values) for values in zip(*((b.seconds, b.web) for b in own), strict=True))
        figures[f"{name}, clock p50"] = Figure(
            tuple(ours.seconds / other.seconds for ours, other in pairs), unit, f"{1000 * clock:.1f} ms"
        )
        # If the system only counts ticks, very short batches measure 0.
        if all(ours.web and other.web for ours, other in pairs):
            figures[f"{name}, CPU of web"] = Figure(
                tuple(ours.web / other.web for ours, other in pairs), unit, f"{1000 * cpu:.2f} ms"
            )
        # For a write, statements of other processes are counted too, because its lists are computed meanwhile.
        if name != POST and all(ours.statements for ours in own):
            figures[f"{name}, statements"] = Figure(tuple(ours.statements for ours in own), "statements")
    return figures


def _as(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
