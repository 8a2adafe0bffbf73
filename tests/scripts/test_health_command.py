"""`leadmatch health` distinguishes a process that works from one that does not."""

import os
import signal
import socket

import pytest
import redis
from click.testing import CliRunner

from api.bot.heartbeat import EVERY_SECONDS, HEARTBEAT_LIFETIME_SECONDS, Heartbeat, key_of
from api.bot.telegram_api import POLL_SECONDS, TIMEOUT_SECONDS
from scripts.cli import cli
from scripts.commands import health as health_command
from scripts.errors import LaunchError
from tests.api.conftest import web_processes
from tests.telegram import TOKEN
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for


def health(*arguments: str, environment: dict[str, str]) -> str:
    """The output of the command, or the reason of its failure."""
    done = CliRunner().invoke(cli, ["health", *arguments], env=environment)
    if done.exception is None:
        return done.output.strip()
    assert isinstance(done.exception, LaunchError), done.output
    return str(done.exception)


def test_a_worker_that_takes_messages_is_distinguished_from_one_that_does_not(
    worker_process, process_environment, monkeypatch
):
    """The worker is found by its name and host, as in a container; a test's worker has another name."""
    ready = next(line for line in worker_process.lines if " ready." in line)
    name, _, host = ready.split(" ready.")[0].split()[-1].partition("@")
    monkeypatch.setitem(health_command.WORKERS, "worker", name)
    assert health("worker", "--host", host, environment=process_environment) == "ok"

    worker_process.kill()
    worker_process.wait()

    monkeypatch.setattr(health_command, "TIMEOUT", 1.0)
    assert "does not answer" in health("worker", "--host", host, environment=process_environment)


def test_beat_works_while_one_sends(process_environment, preloaded, redis_url):
    assert health("beat", environment=process_environment) == "no beat has sent anything for a minute"
    command = ("celery", "--quiet", "--app", "worker.celery_app.app", "beat")
    beat = preloaded.fork(*command, environment={**os.environ, **process_environment})
    try:
        wait_for(lambda: health("beat", environment=process_environment) == "ok", what="beat's lock")
        # A beat that is stopped while it takes the lock leaves it until it expires, so wait until it renews it.
        with redis.Redis.from_url(redis_url) as client:
            client.expire(health_command.BEAT_LOCK, 30)
            wait_for(lambda: client.ttl(health_command.BEAT_LOCK) > 30, what="beat's next tick")
    finally:
        beat.terminate()
        beat.wait(WAIT_LIMIT_SECONDS)

    assert health("beat", environment=process_environment) == "no beat has sent anything for a minute"


def test_the_health_of_a_web_process_is_its_readiness(process_environment, preloaded):
    with web_processes(preloaded, process_environment) as start:
        web = start()
        port = {"PORT": web.url.rpartition(":")[2]}
        assert health("web", environment=process_environment | port) == "ok"
        os.killpg(web.pid, signal.SIGKILL)  # with its child processes, which would still answer for a moment
        web.wait()
        message = health("web", environment=process_environment | port)

    assert message.startswith(f"the web process does not answer on port {port['PORT']} (")


def test_a_bot_that_works_is_distinguished_from_one_that_does_not(process_environment, telegram, preloaded):
    """Uses a local server in place of Telegram's."""
    bot_settings = {
        "TELEGRAM_BOT": "1",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "PUBLIC_URL": "https://leadmatch.example",
    }
    environment = process_environment | bot_settings
    silent = f"the bot of {socket.gethostname()} has given no sign of life for a minute"
    assert health("bot", environment=environment) == silent

    bot = preloaded.fork("scripts", "bot", environment={**os.environ, **environment})
    try:
        wait_for(lambda: health("bot", environment=environment) == "ok", what="the bot's first sign of life")
        assert health("bot", "--host", "elsewhere", environment=environment).startswith("the bot of elsewhere")
    finally:
        bot.terminate()
        assert bot.wait(WAIT_LIMIT_SECONDS) == 0

    assert health("bot", environment=environment) == silent


def test_a_bots_sign_of_life_counts_for_a_minute(redis_url):
    """The limit is longer than a poll without updates, so that a working bot always counts as healthy."""
    assert POLL_SECONDS + TIMEOUT_SECONDS + EVERY_SECONDS < HEARTBEAT_LIFETIME_SECONDS
    with redis.Redis.from_url(redis_url) as client:
        Heartbeat(client).beat()
        assert 0 < client.ttl(key_of(socket.gethostname())) <= HEARTBEAT_LIFETIME_SECONDS
        client.delete(key_of(socket.gethostname()))


def test_a_bot_that_is_switched_off_is_well(process_environment):
    assert health("bot", environment=process_environment | {"TELEGRAM_BOT": "", "TELEGRAM_BOT_TOKEN": ""}) == "ok"


@pytest.mark.parametrize("process", ["postgres", ""])
def test_only_our_own_processes_are_checked(process, process_environment):
    done = CliRunner().invoke(cli, ["health", process], env=process_environment)

    assert done.exit_code == 2
