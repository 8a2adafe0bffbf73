"""`leadmatch health`: check a process, for supervisors that restart failed ones."""

import os
import socket
import urllib.error
import urllib.request

import click
import redis
from celery import Celery

from api.bot.heartbeat import key_of
from models.platform.settings import Settings
from scripts.errors import LaunchError

#: Process of the Procfile -> the first part of its worker's node name.
WORKERS = {"worker": "entities", "runner": "runs"}

TIMEOUT = 10.0  # seconds

#: The lock that RedBeat renews whenever it has sent the due tasks, at least every 5 s. It expires after a minute.
BEAT_LOCK = "redbeat::lock"


@click.command()
@click.argument("process", type=click.Choice(["web", *WORKERS, "bot", "beat"]))
@click.option("--host", help="Host of a worker, runner or bot  [this one].")
def command(process: str, host: str | None) -> None:
    """Check a process; exit code 1 if it does not work.

    web: it can serve requests (/health/ready). worker, runner: the one of this host takes messages, busy or not. bot:
    the one of this host has sent a heartbeat within the last minute, or is switched off (TELEGRAM_BOT). beat: one of
    all hosts has sent due tasks within the last minute.
    """
    if host is not None and process in ("web", "beat"):
        raise click.UsageError(f"--host is for {', '.join(WORKERS)} and bot.")
    host = host or socket.gethostname()
    if process == "web":
        _check_web(Settings.for_command().port)
    elif process == "bot":
        _check_bot(Settings.for_command("REDIS_URL"), host)
    elif process == "beat":
        _check_beat(Settings.for_command("REDIS_URL").redis_url)
    else:
        _check_worker(Settings.for_command("REDIS_URL").redis_url, f"{WORKERS[process]}@{host}")
    click.echo("ok")


def _check_web(port: int) -> None:
    bound = os.environ.get("BIND") or "127.0.0.1"
    address = "127.0.0.1" if bound == "0.0.0.0" else bound  # noqa: S104 - is compared, not bound
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/health/ready", timeout=TIMEOUT):
            return
    except urllib.error.HTTPError as error:
        raise LaunchError(f"the web process is not ready: {error.read().decode(errors='replace').strip()}") from None
    except OSError as error:
        raise LaunchError(f"the web process does not answer on port {port} ({error})") from None


def _check_beat(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT) as client:
        if not client.exists(BEAT_LOCK):
            raise LaunchError("no beat has sent anything for a minute")


def _check_bot(settings: Settings, host: str) -> None:
    if not settings.telegram_bot or not settings.telegram_bot_token:
        return  # the process waits and does nothing
    with redis.Redis.from_url(settings.redis_url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT) as client:
        if not client.exists(key_of(host)):
            raise LaunchError(f"the bot of {host} has given no sign of life for a minute")


def _check_worker(redis_url: str, node: str) -> None:
    with redis.Redis.from_url(redis_url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT) as client:
        client.ping()  # otherwise an unavailable broker would be reported as an unavailable worker
    with Celery("health", broker=redis_url, set_as_current=False) as app:
        if not app.control.ping(destination=[node], timeout=TIMEOUT):
            raise LaunchError(f"the worker {node} does not answer within {TIMEOUT:g} s")
