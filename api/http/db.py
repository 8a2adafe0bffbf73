"""The request's session, and what is to follow its commit."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g
from sqlalchemy.orm import Session

View = TypeVar("View", bound=Callable[..., Any])


def session() -> Session:
    """The request's session."""
    if "session" not in g:
        kind = "reading_sessions" if g.get("only_reads") else "sessions"
        g.session = current_app.extensions[kind]()
    return g.session


def only_reads(view: View) -> View:
    """
    This view writes nothing, so its statements need no transaction around them: two trips to the database less.

    They saw a state of their own each in a transaction too (READ COMMITTED). Stands below the access decorator.
    """
    view.only_reads = True
    return view


def after_commit(follow_up: Callable[[], None]) -> None:
    """Call *follow_up* once the request's writes are safe; never if they are not."""
    g.setdefault("after_commit", []).append(follow_up)


def end_session(_error: BaseException | None = None) -> None:
    """Give the connection back; what was not committed is undone. Registered as the app context's teardown."""
    found = g.pop("session", None)
    if found is not None:
        found.close()
