"""`leadmatch health`: a process that works is told from one that does not."""

import os
import signal
import socket
import subprocess
import sys

import pytest
import redis
from click.testing import CliRunner

from api.bot.heartbeat import EVERY_SECONDS, LASTS_SECONDS, Heartbeat, key_of
from api.bot.telegram_api import POLL_SECONDS, TIMEOUT_SECONDS
from scripts.cli import cli
from scripts.commands import health as health_command
from scripts.errors import LaunchError
from scripts.launcher.processes import dies_with_parent
from tests.api.conftest import web_processes
from tests.conftest import ROOT
from tests.telegram import TOKEN
from tests.waiting import wait_for


def health(*arguments: str, environment: dict[str, str]) -> str:
    """What the command prints, or why it fails."""
    done = CliRunner().invoke(cli, ["health", *arguments], env=environment)
    if done.exception is None:
        return done.output.strip()
    assert isinstance(done.exception, LaunchError), done.output
    return str(done.exception)


def test_a_worker_that_takes_messages_is_told_from_one_that_does_not(worker_process, process_environment, monkeypatch):
    """By its name among workers and that of its host, as in a container; a test's worker has a name of its own."""
    ready = next(line for line in worker_process.lines if " ready." in line)
    name, _, host = ready.split(" ready.")[0].split()[-1].partition("@")
    monkeypatch.setitem(health_command.WORKERS, "worker", name)
    assert health("worker", "--host", host, environment=process_environment) == "ok"

    worker_process.kill()
    worker_process.wait()

    monkeypatch.setattr(health_command, "PATIENCE", 1.0)
    assert "does not answer" in health("worker", "--host", host, environment=process_environment)


def test_beat_works_while_one_sends(process_environment):
    assert health("beat", environment=process_environment) == "no beat has sent anything for a minute"
    beat = subprocess.Popen(
        [sys.executable, "-m", "celery", "--quiet", "--app", "worker.celery_app.app", "beat"],
        cwd=ROOT,
        env={**os.environ, **process_environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: health("beat", environment=process_environment) == "ok", 60, "beat's first tick")
    finally:
        beat.terminate()
        beat.wait(30)

    assert health("beat", environment=process_environment) == "no beat has sent anything for a minute"


def test_a_web_process_is_asked_whether_it_is_ready(process_environment):
    with web_processes(process_environment) as start:
        web = start()
        port = {"PORT": web.url.rpartition(":")[2]}
        assert health("web", environment=process_environment | port) == "ok"
        os.killpg(web.pid, signal.SIGKILL)  # its processes too, which would answer for a moment
        web.wait()
        told = health("web", environment=process_environment | port)

    assert told.startswith(f"the web process does not answer on port {port['PORT']} (")


def test_a_bot_that_works_is_told_from_one_that_does_not(process_environment, telegram):
    """With a local server in place of Telegram's."""
    bot_settings = {
        "TELEGRAM_BOT": "1",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "PUBLIC_URL": "https://leadmatch.example",
    }
    environment = process_environment | bot_settings
    silent = f"the bot of {socket.gethostname()} has given no sign of life for a minute"
    assert health("bot", environment=environment) == silent

    bot = subprocess.Popen(
        [sys.executable, "-m", "scripts", "bot"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        preexec_fn=dies_with_parent(signal.SIGKILL),
    )
    try:
        wait_for(lambda: health("bot", environment=environment) == "ok", 60, "the bot's first sign of life")
        assert health("bot", "--host", "elsewhere", environment=environment).startswith("the bot of elsewhere")
    finally:
        bot.terminate()
        assert bot.wait(30) == 0

    assert health("bot", environment=environment) == silent


def test_a_bots_sign_of_life_counts_for_a_minute(redis_url):
    """Longer than a silent question for updates takes, so that a bot that works is never missed."""
    assert POLL_SECONDS + TIMEOUT_SECONDS + EVERY_SECONDS < LASTS_SECONDS
    with redis.Redis.from_url(redis_url) as client:
        Heartbeat(client).beat()
        assert 0 < client.ttl(key_of(socket.gethostname())) <= LASTS_SECONDS
        client.delete(key_of(socket.gethostname()))


def test_a_bot_that_is_switched_off_is_well(process_environment):
    assert health("bot", environment=process_environment | {"TELEGRAM_BOT": "", "TELEGRAM_BOT_TOKEN": ""}) == "ok"


@pytest.mark.parametrize("process", ["postgres", ""])
def test_only_processes_of_ours_are_asked(process, process_environment):
    done = CliRunner().invoke(cli, ["health", process], env=process_environment)

    assert done.exit_code == 2
