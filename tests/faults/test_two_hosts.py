"""
Two worker hosts share a run, and one is cut off from the network in the middle: its connections are neither closed nor
reset, but no packet passes.
"""

import os
import shutil
import signal
import time
from contextlib import ExitStack

import psycopg2
import pytest
import redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.core.enums import RunState
from models.platform.database import connect
from models.platform.migrate import upgrade
from models.platform.settings import database_url as with_driver
from models.rescoring.runs import get_run
from scripts.benchmarks.network import NoNamespacesError, network
from scripts.launcher.servers import postgres
from scripts.launcher.servers.postgres import PostgresServer
from scripts.launcher.servers.valkey import ValkeyServer
from tests.factories import make_lead, make_property, make_user
from tests.faults.conftest import full_only
from tests.faults.journal import in_process
from tests.waiting import wait_for

CITIES = ("Москва", "Казань", "Самара", "Пермь", "Омск", "Уфа")
#: The lease takes 20 s, and the next sweep comes within half a minute; the rest is for slow machines.
ENDS_WITHIN = 150  # seconds

AT_A_LOCK = text(
    "SELECT host(client_addr) FROM pg_stat_activity"
    " WHERE application_name = 'leadmatch-worker' AND wait_event_type = 'Lock'"
)


@pytest.fixture(scope="module")
def two_hosts():
    with ExitStack() as stack:
        try:
            found = stack.enter_context(network(2))
        except NoNamespacesError as error:
            pytest.skip(str(error))
        yield found


@pytest.fixture(scope="module")
def postgres_server(two_hosts, servers_folder):
    """A PostgreSQL that the hosts can reach."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(postgres.SETTINGS, "listen_addresses", f"127.0.0.1,{two_hosts.address}")
        server = PostgresServer(servers_folder / "postgres-for-hosts", durable=False)
        with server:
            connection = psycopg2.connect(server.url)
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('hba_file')")
                with open(cursor.fetchone()[0], "a") as rules:
                    rules.write("host all all 10.0.0.0/8 scram-sha-256\n")
                cursor.execute("SELECT pg_reload_conf()")
            connection.close()
            upgrade(server.url)
            yield server
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def valkey_server(two_hosts, servers_folder):
    with ValkeyServer(servers_folder / "valkey-for-hosts", durable=False) as server:
        with redis.Redis.from_url(server.url) as client:
            client.config_set("bind", f"127.0.0.1 {two_hosts.address}")
        yield server


@pytest.fixture(scope="module")
def database_url(postgres_server):
    return with_driver(postgres_server.url)


@pytest.fixture(scope="module")
def engine(database_url):
    engine = connect(database_url, pool_size=10, max_overflow=20, application="tests")
    yield engine
    engine.dispose()


@pytest.fixture
def worker_on(start_worker, two_hosts, postgres_server, redis_url):
    """A function that starts a worker on a host; it can reach the servers only through the host's network link."""

    def start(host):
        return start_worker(
            "runs",
            through=host.through,
            DATABASE_URL=postgres_server.url.replace("127.0.0.1", two_hosts.address),
            REDIS_URL=redis_url.replace("127.0.0.1", two_hosts.address),
        )

    return start


@full_only
def test_a_run_shared_by_two_hosts_ends_once_and_whole_when_one_is_cut_off(
    engine,
    market,
    app,
    two_hosts,
    worker_on,
    start_worker,
    start_beat,
    ask_for_run,
    state_of_run,
    writing,
    all_is_well,
    capsys,
):
    with Session(engine) as session:
        seller, buyer = make_user(session), make_user(session)
        for city in CITIES:
            for _ in range(5):
                make_lead(session, buyer, city=city)
                make_property(session, seller, city=city)
        session.commit()
    cut, kept = two_hosts.hosts
    workers = {host: worker_on(host) for host in two_hosts.hosts}
    start_worker("entities")  # on the host of the servers
    start_beat()
    first = ask_for_run()
    wait_for(lambda: state_of_run(first) is RunState.SUCCEEDED, what="a run of both hosts")
    with writing(in_process(app), pause=1.0):
        with engine.connect() as holder:
            second = held_run(holder, engine, ask_for_run, [host.address for host in two_hosts.hosts])
            cut.cut()
            began = time.monotonic()
            holder.rollback()  # now the host that was cut off gets the lock that it waited for, and keeps it
        wait_for(lambda: state_of_run(second) is RunState.SUCCEEDED, seconds=ENDS_WITHIN, what="the end of the run")
        seconds = time.monotonic() - began
    ended = how_it_ended(engine, second)
    assert {state for state, _, _ in ended} == {RunState.SUCCEEDED}
    attempts = sorted(attempts for _, attempts, _ in ended)
    assert attempts == [1] * (len(CITIES) - 1) + [2]  # the other host did the shard of the one that was cut off

    cut.restore()
    os.killpg(workers[kept].pid, signal.SIGKILL)
    third = ask_for_run()
    wait_for(lambda: state_of_run(third) is RunState.SUCCEEDED, seconds=ENDS_WITHIN, what="a run of the mended host")
    assert workers[cut].poll() is None
    assert how_it_ended(engine, second) == ended  # the unfinished work of the host that was cut off changed nothing
    with capsys.disabled():
        print(f"\n  cut off in the middle: the run ended {seconds:.0f} s later, attempts by shard {attempts}")
    all_is_well()


def held_run(holder, engine, ask_for_run, addresses):
    """Start a run in which a shard of each host waits for a lock of *holder*; returns its id."""
    holder.execute(text("SELECT FROM markets FOR UPDATE"))
    run_id = ask_for_run()

    def waiting():
        with engine.connect() as connection:
            return set(connection.scalars(AT_A_LOCK))

    wait_for(lambda: waiting() >= set(addresses), what="a worker of each host about to publish")
    return run_id


def how_it_ended(engine, run_id):
    """(state, attempts, time of the end) of each shard of the run."""
    with Session(engine) as session:
        return [(shard.state, shard.attempts, shard.finished_at) for shard in get_run(session, run_id).shards]
