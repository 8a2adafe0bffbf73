"""Transactions of several people at once."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.core.errors import DomainError


def at_once(engine: Engine, *acts: Callable[[Session], Any]) -> list[str]:
    """Do all in transactions of their own, each of which begins before any has ended; what became of each."""
    results: list[str] = []
    ready = Barrier(len(acts))

    def run(act: Callable[[Session], Any]) -> None:
        with Session(engine) as own:
            own.connection()
            ready.wait(30)
            try:
                act(own)
                own.commit()
                results.append("done")
            except DomainError as error:
                results.append(error.code)

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)
