"""The whole system on one machine: its servers, its schema, its processes."""

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack

from rich.console import Console

from models.settings import Settings
from scripts.errors import LaunchError, PortBusyError
from scripts.home import MARK, Home
from scripts.processes import end, processes_marked
from scripts.servers import PostgresServer, ValkeyServer
from scripts.servers.state import is_free

#: What the commands given in other shells need to join in.
SHARED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENVIRONMENT", "PORT")

#: Stands for the URL of a server that is not started yet, so that every other setting is checked before anything is.
LATER = {"DATABASE_URL": "postgresql://later", "REDIS_URL": "redis://later"}


def run_system(console: Console, environ: Mapping[str, str] = os.environ) -> int:
    """
    Start everything, serve until SIGINT or SIGTERM, stop everything; the exit code.

    Raises:
        DomainError: Something keeps us from starting; what was started has been stopped again.
    """
    signal.signal(signal.SIGTERM, _leave)  # Until honcho takes over: end the way Ctrl-C does, through every `with`.
    home = Home.from_env(environ)
    home.prepare()
    with ExitStack() as stack:
        stack.enter_context(home.lock())
        _sweep(home, console)
        variables = _variables(home, environ)
        settings = Settings.from_env({**LATER, **environ, **variables})
        _check_port(settings.port)

        if "DATABASE_URL" not in variables:
            variables["DATABASE_URL"] = stack.enter_context(PostgresServer(home.postgres)).url
        if "REDIS_URL" not in variables:
            variables["REDIS_URL"] = stack.enter_context(ValkeyServer(home.valkey)).url
        os.environ.update(variables)
        home.write_environment({name: variables[name] for name in SHARED})
        settings = Settings.from_env(os.environ)
        _prepare_database(settings, console, demo=not environ.get("NO_DEMO"))

        stack.callback(lambda: end(processes_marked(MARK, str(home.path)), signal.SIGTERM))
        return _serve(settings, {**variables, MARK: str(home.path)}, console, demo=not environ.get("NO_DEMO"))


def _leave(*_: object) -> None:
    sys.exit(0)


def _variables(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that every process gets: what the user gave, else our defaults for one machine."""
    defaults = {
        "ENVIRONMENT": "local",
        "PORT": "8000",
        "LOG_LEVEL": "INFO",
        "LEADMATCH_HOME": str(home.path),
    }
    given = {name: environ[name] for name in (*defaults, "DATABASE_URL", "REDIS_URL", "SECRET_KEY") if environ.get(name)}
    variables = {**defaults, **given, "LEADMATCH_HOME": str(home.path)}
    if "SECRET_KEY" not in variables:
        variables["SECRET_KEY"] = home.secret_key()
    return variables


def _sweep(home: Home, console: Console) -> None:
    """Stop what a killed run of this home left behind. We hold its lock, so whatever runs for it is a leftover."""
    left = processes_marked(MARK, str(home.path))
    end(left, signal.SIGTERM, patience_seconds=3)
    if left:
        console.print(f"Stopped {len(left)} processes that an earlier run left behind.")


def _check_port(port: int) -> None:
    """Raise if the web process could not listen: on all addresses, which also meets a listener on one of them."""
    if not (is_free(port, "127.0.0.1") and is_free(port, "0.0.0.0")):  # nosec B104: a question, closed at once
        if port < 1024 and os.geteuid() != 0:
            raise LaunchError(f"port {port} is busy or needs root; choose one above 1023, as in PORT=8000")
        raise PortBusyError(port)


def _prepare_database(settings: Settings, console: Console, *, demo: bool) -> None:
    # Here, so that a busy port or a read-only folder is told at once, not after the numeric libraries have loaded.
    from models.database import connect, sessions
    from models.migrate import upgrade

    upgrade(settings.database_url)
    if not demo:
        return
    from scripts.demo import fill_if_empty

    engine = connect(settings.database_url, application="leadmatch run")
    try:
        fill_if_empty(sessions(engine), console)
    finally:
        engine.dispose()


def _serve(settings: Settings, variables: dict[str, str], console: Console, *, demo: bool) -> int:
    from scripts.supervise import manager_for, procfile_commands
    from scripts.welcome import Welcome

    failed = []

    def give_up() -> None:
        failed.append("web")
        manager.terminate()

    welcome = Welcome(settings.port, console, give_up, show_results=demo)
    manager = manager_for(procfile_commands(), variables, console, at_start=welcome.start)
    manager.loop()
    welcome.fall_silent()
    told_to_stop = manager.returncode in (130, 143)  # honcho's codes for SIGINT and SIGTERM: an orderly end.
    return 0 if told_to_stop and not failed else 1
