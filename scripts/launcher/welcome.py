"""The first output of `leadmatch run`, once the system answers: recommendations and addresses."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from rich.console import Console

from models.core.errors import DomainError
from models.translations.catalogue import describe_error

#: Time limit for the first answer of the web process.
TIMEOUT = 120.0  # seconds

PAGES = {
    "/": "the web pages",
    "/docs": "the API, to try",
    "/redoc": "the API, to read",
    "/openapi.json": "the API, for tools",
}


class Welcome(threading.Thread):
    """
    Waits for /health, shows the first results and prints the addresses, while the main thread runs the processes.

    *give_up* is called when the web process does not answer in time. After :meth:`silence` nothing more is printed.
    """

    def __init__(self, port: int, console: Console, give_up: Callable[[], None], *, show_results: bool) -> None:
        super().__init__(name="welcome", daemon=True)
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
                    f"[red]The web process does not answer after {TIMEOUT:g} s; its lines above say why."
                )
                self._give_up()
            return
        if self._show_results:
            self._results()
        self._addresses()

    def _wait_for_health(self) -> bool:
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline and not self._silent.wait(0.1):
            try:
                with urllib.request.urlopen(f"{self._base}/health", timeout=5) as answer:  # noqa: S310 - http
                    if answer.status == 200:
                        return True
            except (urllib.error.URLError, OSError):
                continue
        return False

    def _results(self) -> None:
        from scripts.launcher.showcase import first_run  # Its numeric libraries load while the web process starts.

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
