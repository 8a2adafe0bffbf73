"""The first output of `leadmatch run`, once the system answers: recommendations and addresses."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from models.core.errors import DomainError
from models.translations.catalogue import describe_error
from scripts.launcher.servers.state import is_free

#: Seconds between two progress lines.
REPORT_SECONDS = 20.0
#: A web process that has ended this often before its first answer is given up.
MAX_ENDS = 3


PAGES = {
    "/": "the web pages",
    "/help": "how to use it, run it and write against it",
    "/docs": "the API, to try",
    "/redoc": "the API, to read",
    "/openapi.json": "the API, for tools",
}


class Welcome(threading.Thread):
    """
    Waits for /health, shows the first results and prints the addresses, while the main thread runs the processes.

    There is no timeout while the web process runs, because on a busy machine its start may take minutes. *give_up* is
    called when it has ended :data:`MAX_ENDS` times, which is the size of the file *ends*. After :meth:`silence` nothing
    more is printed.
    """

    def __init__(
        self, port: int, console: Console, give_up: Callable[[], None], *, show_results: bool, ends: Path
    ) -> None:
        super().__init__(name="welcome", daemon=True)
        self._port = port
        self._ends = ends
        self._base = f"http://127.0.0.1:{port}"
        self._console = console
        self._give_up = give_up
        self._show_results = show_results
        self._silent = threading.Event()

    def silence(self) -> None:
        self._silent.set()

    def run(self) -> None:
        if not self._wait_for_health():
            if not self._silent.is_set():
                self._console.print(
                    f"[red]The web process has ended {MAX_ENDS} times without an answer; its lines above say why."
                )
                self._give_up()
            return
        if self._show_results:
            self._results()
        self._addresses()

    def _wait_for_health(self) -> bool:
        began = time.monotonic()
        next_report = began + REPORT_SECONDS
        while not self._silent.wait(0.25):
            try:
                # A busy machine may need long for an answer; no second request is sent meanwhile.
                with urllib.request.urlopen(f"{self._base}/health", timeout=REPORT_SECONDS) as answer:  # noqa: S310 - http
                    if answer.status == 200:
                        return True
            except (urllib.error.URLError, OSError):
                pass
            if self._ends.exists() and self._ends.stat().st_size >= MAX_ENDS:
                return False
            if time.monotonic() >= next_report and not self._silent.is_set():
                next_report = time.monotonic() + REPORT_SECONDS
                doing = "it is loading its code" if is_free(self._port) else "it listens, but has not answered yet"
                waited = time.monotonic() - began
                self._console.print(f"Waiting for the web process ({waited:.0f} s): {doing}.", highlight=False)
        return False

    def _results(self) -> None:
        from scripts.launcher.showcase import first_run  # Here, to load numeric libraries while the web process starts.

        try:
            first_run(self._console)
        except Exception as error:  # the system works without the showcase
            if not self._silent.is_set():
                reason = (
                    describe_error("en", error)
                    if isinstance(error, DomainError)
                    else f"{type(error).__name__}: {error}"
                )
                self._console.print(f"[yellow]The first recommendations cannot be shown: {reason}", highlight=False)

    def _addresses(self) -> None:
        if self._silent.is_set():
            return
        self._console.print("\n[bold green]Leadmatch is up.[/] Ctrl-C stops it.")
        for path, purpose in PAGES.items():
            self._console.print(f"  {self._base}{path:<14} {purpose}", highlight=False)
