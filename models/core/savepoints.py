"""Pieces of work in savepoints: a piece that fails is logged and undone, and the others are kept."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

log = logging.getLogger(__name__)


@contextmanager
def own_savepoint(session: Session, event: str, **facts: object) -> Iterator[None]:
    """
    Do one of several pieces of work in a savepoint of the caller's transaction.

    A failure undoes this piece and is logged as *event* with *facts*.

    Raises:
        DBAPIError: The connection, and with it the transaction, is lost.
    """
    try:
        with session.begin_nested():
            yield
    except Exception as failure:
        if getattr(failure, "connection_invalidated", False):
            raise
        log.exception(event, extra=facts)
