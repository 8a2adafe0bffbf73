"""The limits of lead generation hold across web processes, and production asks for a key."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session

from api.http.limits import LEADGEN_KEY, Limits
from models.accounts.api_keys import create_api_key
from scripts.launcher.processes import dies_with_parent, stop_child
from tests.waiting import wait_for

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def two_processes(process_environment):
    """Two web processes of a production system; their addresses."""
    known = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "q7Vw2-pLr9_XkTzB4mNcY8sHdG3fJ6aEuR5",
        "SMS_GATEWAY_URL": "smsc://login:password@smsc.kz",
        "TELEGRAM_BOT_SECRET": "a-secret-of-the-bot-0123456789",
        "WEB_CONCURRENCY": "1",
    }
    started, addresses = [], []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "--config", "api/server/gunicorn.py", "api.server.wsgi:app"]
        started.append(
            subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **process_environment, **known, "PORT": str(port)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        )
        addresses.append(f"http://127.0.0.1:{port}")
    for address in addresses:
        wait_for(lambda address=address: _answers(address), what="a web process")
    yield addresses
    for process in started:
        stop_child(process, [])


@pytest.fixture
def key(engine, clean_database):
    with Session(engine) as session:
        row, key = create_api_key(session, "test")
        session.commit()
        return row.id, key


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address + "/api/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_limits_hold_whichever_process_answers(two_processes, key, redis_url):
    """One test for all three: web processes take their time to start."""
    earlier = Limits(redis_url)
    for _ in range(860):
        earlier.spend(LEADGEN_KEY, "leadgen-key", f"key:{key[0]}")

    def call(count: int, address: str, **headers: str) -> list[httpx.Response]:
        with httpx.Client(headers=headers, transport=httpx.HTTPTransport(local_address=address)) as client:
            return [client.get(two_processes[number % 2] + "/api/niches?limit=1") for number in range(count)]

    unknown = call(2, "127.0.0.2")
    of_address = call(104, "127.0.0.3", **{"X-API-Key": key[1]})
    of_key = call(44, "127.0.0.4", **{"X-API-Key": key[1]})

    assert [answer.status_code for answer in unknown] == [401] * 2
    assert [answer.status_code for answer in of_address] == [200] * 100 + [429] * 4
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in of_address[100:])
    assert [answer.status_code for answer in of_key] == [200] * 40 + [429] * 4  # 860 + 100 + 40
    assert 60 < int(of_key[-1].headers["Retry-After"]) <= 3600
