"""
Share one run among several hosts: ``make scale-out`` (``SIZE=40k``), or ``python -m scripts.benchmarks.scale_out``.

Each host is a network namespace with a runner of one thread and its own home; it reaches PostgreSQL and Valkey only
over its virtual cable, whose bytes are counted. One market is divided into tiles (``--memory-mb``) and rescored, with
every list rewritten, by one host, by two, by three. On a machine with fewer processors than hosts the clock is not
meaningful: CPU seconds, bytes, and the time of the stages that are not shared are the figures to compare. Needs Linux,
root and iproute2.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg2
import redis
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models.platform.database import connect, sessions
from models.platform.migrate import upgrade
from models.platform.settings import database_url
from models.rescoring.runs import RescoringShard
from scripts.benchmarks.bench.run import fill, whole_run
from scripts.benchmarks.bench.size import size_option
from scripts.benchmarks.network import Host, Network, NoNamespacesError, network
from scripts.benchmarks.perf.processes import cpu_of_tree
from scripts.launcher.processes import dies_with_parent, processes_in, stop_child
from scripts.launcher.servers import postgres
from scripts.launcher.servers.postgres import PostgresServer
from scripts.launcher.servers.valkey import ValkeyServer
from scripts.launcher.supervise import ROOT, procfile_commands
from worker.queue.client import Client

#: The longest wait until a started runner consumes its queue.
WAIT_LIMIT_SECONDS = 120.0


@dataclass(frozen=True)
class Shared:
    """One run, shared by some hosts."""

    hosts: int
    seconds: float
    hosts_cpu: float  #: Seconds, of all runners together.
    database_cpu: float  #: Seconds of PostgreSQL.
    sent: int  #: Bytes that the hosts sent, nearly all to PostgreSQL.
    received: int
    tiles: tuple[int, ...]  #: The number of tiles of each host that worked, the largest first.
    in_tiles: float  #: Seconds of all tiles together.
    alone: float  #: Seconds of the merge, which one host does while the others wait.


@click.command()
@size_option("40k")
@click.option("--hosts", "counts", type=click.IntRange(1, 20), multiple=True, default=(1, 2, 3), show_default=True)
@click.option(
    "--repeats", type=click.IntRange(1, 20), default=1, show_default=True, help="Runs of each number of hosts."
)
@click.option(
    "--memory-mb", type=click.IntRange(min=1), default=600, show_default=True, help="Small values make tiles."
)
def main(size: int, counts: tuple[int, ...], repeats: int, memory_mb: int) -> None:
    """Time one run that one, two and three hosts share."""
    try:
        with system(max(counts), memory_mb) as (factory, client, net, start, database):
            with factory() as session:
                fill(session, size)
            with start(net.hosts[:1]):
                first = whole_run(factory, client)
            click.echo(f"first run, which reads the texts: {first['seconds']:.1f} s, {first['tiles']} tiles")
            shared = []
            for count in counts:
                hosts = net.hosts[:count]
                with start(hosts) as runners:
                    shared += [_measured(factory, client, hosts, runners, database) for _ in range(repeats)]
                click.echo(f"{count} hosts: {', '.join(f'{each.seconds:.1f}' for each in shared[-repeats:])} s")
    except NoNamespacesError as error:
        sys.exit(f"leadmatch: {error}")
    click.echo("\n" + "\n".join(as_markdown(size, shared)))


@contextmanager
def system(
    n_hosts: int, memory_mb: int
) -> Iterator[tuple[sessionmaker[Session], Client, Network, "Starter", "PostgresServer"]]:
    """Servers that *n_hosts* hosts reach, and a starter of runners on hosts; all removed afterwards."""
    with ExitStack() as stack:
        net = stack.enter_context(network(n_hosts))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadmatch-scale-out-")))
        folder.chmod(0o755)  # as root, PostgreSQL runs under another account, which must come through
        addresses = postgres.SETTINGS["listen_addresses"]
        stack.callback(postgres.SETTINGS.update, listen_addresses=addresses)
        postgres.SETTINGS["listen_addresses"] = f"{addresses},{net.address}"
        database = stack.enter_context(PostgresServer(folder / "postgres"))
        valkey = stack.enter_context(ValkeyServer(folder / "valkey"))
        _allow_hosts(database.url, valkey.url, net)
        upgrade(database_url(database.url))
        settings = {
            "ENVIRONMENT": "test",
            "DATABASE_URL": database_url(database.url),
            "REDIS_URL": valkey.url,
            "SECRET_KEY": "only-for-measuring-0123456789-abcdef",
            "WORKER_MEMORY_MB": str(memory_mb),
            "WORKER_THREADS": "1",
            "LOG_LEVEL": "WARNING",
        }
        os.environ.update(settings)
        factory = sessions(connect(settings["DATABASE_URL"], statement_timeout_ms=0, application="bench"))
        yield factory, Client(valkey.url), net, Starter(net, folder, settings), database


def _allow_hosts(database: str, broker: str, net: Network) -> None:
    connection = psycopg2.connect(database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('hba_file')")
        row = cursor.fetchone()
        assert row is not None
        with open(row[0], "a") as rules:
            rules.write("host all all 10.0.0.0/8 scram-sha-256\n")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()
    with redis.Redis.from_url(broker) as client:
        client.config_set("bind", f"127.0.0.1 {net.address}")


@dataclass(frozen=True)
class Starter:
    """Starts runners on hosts."""

    net: Network
    folder: Path
    settings: dict[str, str]

    @contextmanager
    def __call__(self, hosts: tuple[Host, ...]) -> Iterator[list[subprocess.Popen]]:
        """A runner on each of *hosts*, all ready; stopped afterwards."""
        with redis.Redis.from_url(self.settings["REDIS_URL"]) as client:
            addresses = {host.address for host in hosts}
            listening = lambda: len({each["addr"].rpartition(":")[0] for each in client.client_list()} & addresses)
            runners = [self._start(host) for host in hosts]
            try:
                until = time.monotonic() + WAIT_LIMIT_SECONDS
                while listening() < len(hosts):
                    if time.monotonic() > until or any(runner.poll() is not None for runner in runners):
                        raise RuntimeError("a runner did not start")
                    time.sleep(0.2)
                yield runners
            finally:
                for runner in runners:
                    stop_child(runner, [(signal.SIGTERM, 20)])

    def _start(self, host: Host) -> subprocess.Popen:
        home = self.folder / host.name
        home.mkdir(exist_ok=True)
        line = procfile_commands(ROOT / "Procfile")["runner"]
        line = line.replace("celery ", f"{sys.executable} -m celery ", 1).replace("%h", host.name)
        urls = {
            name: self.settings[name].replace("127.0.0.1", self.net.address) for name in ("DATABASE_URL", "REDIS_URL")
        }
        return subprocess.Popen(
            [*host.through, "sh", "-c", f"exec {line}"],
            cwd=ROOT,
            env={**os.environ, **urls, "LEADMATCH_HOME": str(home)},
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )


def _measured(
    factory: sessionmaker[Session],
    client: Client,
    hosts: tuple[Host, ...],
    runners: list[subprocess.Popen],
    database: PostgresServer,
) -> Shared:
    def used() -> tuple[float, float, int, int]:
        traffic = [host.traffic() for host in hosts]
        of_database = sum(cpu_of_tree(each) for each in processes_in(database.folder / "data", "postgres")[:1])
        of_hosts = sum(cpu_of_tree(runner.pid) for runner in runners)
        return of_hosts, of_database, sum(sent for sent, _ in traffic), sum(received for _, received in traffic)

    before = used()
    run = whole_run(factory, client)
    hosts_cpu, database_cpu, sent, received = (now - then for now, then in zip(used(), before, strict=True))
    with factory() as session:
        last = select(RescoringShard.run_id).order_by(RescoringShard.run_id.desc()).limit(1).scalar_subquery()
        shards = list(session.scalars(select(RescoringShard).where(RescoringShard.run_id == last)))
    seconds = lambda tiled: sum(_seconds(shard) for shard in shards if bool(shard.tile) is tiled)
    tiles = Counter(shard.worker for shard in shards if shard.tile)
    return Shared(
        len(hosts),
        run["seconds"],
        hosts_cpu,
        database_cpu,
        int(sent),
        int(received),
        tuple(sorted(tiles.values(), reverse=True)),
        seconds(True),
        seconds(False),
    )


def _seconds(shard: RescoringShard) -> float:
    return sum(value for name, value in shard.stages.items() if name != "peak_mb")


def as_markdown(size: int, runs: list[Shared]) -> list[str]:
    """
    A table, one line for each number of hosts (the median of its runs), and the limit of the speed-up.

    On hosts with their own processors a run takes at least the time of its evenly shared tiles and of the merge:
    ``tiles / hosts + merge``, from the run with the fewest hosts.
    """
    of = {count: [each for each in runs if each.hosts == count] for count in sorted({each.hosts for each in runs})}
    middle = lambda rows, part: statistics.median(getattr(row, part) for row in rows)
    base = next(iter(of.values()))
    lines = [
        f"| {size:,} x {size:,}, hosts | seconds | speed-up | tiles of each | CPU s of the hosts | CPU s of PostgreSQL "
        "| MB to PostgreSQL | MB from it | with a processor each, s | speed-up |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    at_best = lambda count: middle(base, "in_tiles") / count + middle(base, "alone")
    for count, rows in of.items():
        cells = (
            str(count),
            f"{middle(rows, 'seconds'):.1f}",
            f"{middle(base, 'seconds') / middle(rows, 'seconds'):.2f}",
            ", ".join(map(str, rows[0].tiles)),
            f"{middle(rows, 'hosts_cpu'):.1f}",
            f"{middle(rows, 'database_cpu'):.1f}",
            f"{middle(rows, 'sent') / 1e6:,.0f}",
            f"{middle(rows, 'received') / 1e6:,.0f}",
            f"{at_best(count):.1f}",
            f"{at_best(base[0].hosts) / at_best(count):.2f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    share = middle(base, "alone") / (middle(base, "alone") + middle(base, "in_tiles"))
    lines += [
        "",
        f"The merge, which one host does alone, takes {middle(base, 'alone'):.1f} s, {share:.0%} of one host's work: "
        f"however many hosts there are, the speed-up stays below {1 / share if share else float('inf'):.1f}.",
    ]
    return lines


if __name__ == "__main__":
    main()
