"""Transactions of several people at once."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.core.errors import DomainError
from tests.waiting import WAIT_LIMIT_SECONDS, lock_waits, wait_for


def at_once(engine: Engine, *acts: Callable[[Session], Any]) -> list[str]:
    """Do each in its own transaction; all begin before any has ended. Returns the outcomes."""
    results: list[str] = []
    ready = Barrier(len(acts))

    def run(act: Callable[[Session], Any]) -> None:
        with Session(engine) as own:
            own.connection()
            ready.wait(WAIT_LIMIT_SECONDS)
            results.append(_outcome(own, act))

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def while_open(engine: Engine, first: Callable[[Session], Any], second: Callable[[Session], Any]) -> str:
    """The outcome of *second*, which begins before *first* is committed and has to wait for it."""
    results: list[str] = []

    def run() -> None:
        with Session(engine) as own:
            results.append(_outcome(own, second))

    thread = Thread(target=run)
    with Session(engine) as own:
        first(own)
        own.flush()
        thread.start()
        wait_for(lambda: lock_waits(engine) or results, what="waiting for the first")
        own.commit()
    thread.join()
    return results[0]


def _outcome(own: Session, act: Callable[[Session], Any]) -> str:
    try:
        act(own)
        own.commit()
    except DomainError as error:
        return error.code
    return "done"
