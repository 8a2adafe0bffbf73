"""The wall clock of web, worker and beat machines jumps a day ahead, two days back, and back to the right time."""

import http.client
import itertools
import shutil
import struct
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import redis
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.accounts.codes import digits_of
from models.accounts.phone_codes import PhoneCode
from models.core.enums import RunState
from tests.factories import SECRET, make_user, token_header
from tests.faults.conftest import full_only
from tests.faults.journal import over_http
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for
from worker.queue.metrics import task_times

DAY = 86_400  # seconds
_numbers = itertools.count(1)


@pytest.fixture
def clock(tmp_path):
    """A clock for processes: `clock.set(days)` moves it; a process with the variables `clock.variables` uses it."""
    library, compiler = tmp_path / "clock.so", shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("moving the clock of a process needs Linux and a C compiler")
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source)], check=True)
    return Clock(library, tmp_path / "clock")


class Clock:
    def __init__(self, library, file):
        self._file = file
        file.write_bytes(bytes(8))
        self.variables = {"LD_PRELOAD": str(library), "LEADMATCH_CLOCK": str(file)}

    def set(self, days):
        with self._file.open("r+b", buffering=0) as file:
            file.write(struct.pack("=q", days * DAY))


@full_only
def test_codes_tokens_leases_schedule_and_lists_survive_a_clock_that_jumps(
    clock,
    engine,
    market,
    start_web,
    start_worker,
    start_beat,
    redis_url,
    writing,
    journal,
    ask_for_run,
    state_of_run,
    all_is_well,
):
    web = start_web(**clock.variables)
    worker = start_worker(concurrency=2, **clock.variables)
    beat = start_beat(**clock.variables)

    def send(*request):
        return over_http(web.port)(
            *request
        )  # a new connection each time: the server might close a kept one between two requests

    with Session(engine) as session:
        user = make_user(session)
        session.commit()
        ended, good = token_header(user), token_header(user)
    assert send("POST", "/auth/logout", None, ended)[0] == 200
    broker = redis.Redis.from_url(redis_url)

    def done(name):
        return sum(times.count for times in task_times(broker) if times.task == name and times.outcome == "success")

    def sweeps():
        return {
            name: done(name)
            for name in ("worker.tasks.sweep", "worker.tasks.sweep_runs", "worker.tasks.sweep_accounts")
        }

    def swept_again():
        before = sweeps()
        wait_for(lambda: all(count > before[name] for name, count in sweeps().items()), what="more sweeps")

    with writing(over_http(web.port), pause=1.0):
        swept_again()
        for days in (1, -1, 0):
            proof = code_asked_for(send, engine)
            run_id = ask_for_run()
            clock.set(days)
            assert abs(clock_of(web) - days * DAY) < 3600

            assert send("GET", "/auth/me", None, good)[0] == 200, days
            assert send("GET", "/auth/me", None, ended)[0] == 401, days
            assert send("POST", "/users/activate", proof, {})[0] == 200, days
            wait_for(lambda run=run_id: state_of_run(run) is RunState.SUCCEEDED, what="the end of a run")
            swept_again()
            assert send("GET", "/auth/me", None, ended)[0] == 401, (
                days
            )  # only expired rows are removed, and this one has not expired
        with Session(engine) as session:
            assert session.scalar(text("SELECT count(*) FROM idempotent_answers")) >= journal.acknowledged
    assert journal.turned_away == 0
    assert worker.poll() is beat.poll() is None
    broker.close()
    all_is_well()


def clock_of(web):
    """How many seconds a web process is ahead of us, by the dates of its answers."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=WAIT_LIMIT_SECONDS)
    connection.request("GET", "/health/live")
    answer = connection.getresponse()
    connection.close()
    return parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()


def code_asked_for(send, engine):
    """Request a code as a new user; returns the proof that they got it."""
    phone = f"+7705{next(_numbers):07}"
    body = {"phone": phone, "first_name": "А", "last_name": "Б", "role": "user"}
    assert send("POST", "/users/register", body, {})[0] < 300
    with Session(engine) as session:
        row = session.scalars(select(PhoneCode).where(PhoneCode.phone == phone)).one()
        return {"phone": phone, "activation_code": digits_of(row, SECRET)}
